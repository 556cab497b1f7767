//! Seeded pools with ticks: positions around a price, and what Whirlpool's and Raydium CLMM's accounts say of them.

use std::collections::BTreeMap;

use markets::{Address, Now, Side};
use serde::Deserialize;

use super::properties::State;
use super::tokens::{TOKEN, TOKEN_2022, account, mint, mint_with_fee};
use super::{Held, Random, facts};

pub const POOL: Address = [1; 32];
pub const VAULTS: [Address; 2] = [[2; 32], [3; 32]];
pub const MINTS: [Address; 2] = [[4; 32], [5; 32]];

/// Liquidity at a tick.
#[derive(Clone, Copy, Default)]
pub struct Ends {
    pub net: i128,
    pub gross: u128,
}

/// A curve: its price, and where its positions begin and end.
pub struct Curve {
    pub spacing: u16,
    pub tick: i32,
    pub price: u128,
    pub liquidity: u128,
    pub ends: BTreeMap<i32, Ends>,
    /// Ticks of an array, spacing included.
    pub span: i32,
}

/// A price between two ticks: near enough by floating point, for it is not at their edges.
pub fn price_within(tick: i32, part: f64) -> u128 {
    (1.0001_f64.powf((f64::from(tick) + part) / 2.0) * 2_f64.powi(64)) as u128
}

impl Curve {
    /// Positions of any size over seven arrays of `count` ticks around a price.
    pub fn random(random: &mut Random, count: i32) -> Curve {
        let spacing = random.of(&[1_u16, 2, 8, 10, 64, 120, 128]);
        let span = count * i32::from(spacing);
        let reach = random.of(&[2_000, 40_000, 250_000_u64]);
        let tick =
            i32::try_from(random.below(2 * reach)).expect("a tick") - i32::try_from(reach).expect("a tick");
        let low = tick.div_euclid(span) * span - 3 * span;
        let most = u32::try_from(7 * count).expect("a count");
        let mut curve = Curve {
            spacing,
            tick,
            price: price_within(tick, 0.05 + (random.below(90) as f64) / 100.0),
            liquidity: 0,
            ends: BTreeMap::new(),
            span,
        };
        // The smallest move of a price is then worth less than a unit of either mint.
        let finest = ((curve.price >> 32) * (curve.price >> 32)).min(1 << 64) >> 6;
        for _ in 0..=random.below(8) {
            let mut place =
                || low + i32::try_from(random.below(u64::from(most))).expect("a place") * i32::from(spacing);
            let (a, b) = (place(), place());
            let (lower, upper) = (a.min(b), a.max(b));
            if lower == upper || lower < -443_636 || upper > 443_636 {
                continue;
            }
            let size = finest >> random.below(40);
            curve.add(lower, upper, 1 + size - size / 3 * u128::from(random.below(3)) / 2);
        }
        curve
    }

    /// Adds a position.
    pub fn add(&mut self, lower: i32, upper: i32, liquidity: u128) {
        let net = i128::try_from(liquidity).expect("a liquidity");
        for (tick, net) in [(lower, net), (upper, -net)] {
            let ends = self.ends.entry(tick).or_default();
            ends.net += net;
            ends.gross += liquidity;
        }
        if (lower..upper).contains(&self.tick) {
            self.liquidity += liquidity;
        }
    }

    /// First ticks of the seven arrays.
    pub fn arrays(&self) -> impl Iterator<Item = i32> + '_ {
        let first = self.tick.div_euclid(self.span) * self.span;
        (-3..=3).map(move |number| first + number * self.span)
    }
}

/// Two mints with their vaults; now and then one that withholds of transfers.
pub fn put_tokens(held: &mut Held, random: &mut Random) {
    for side in 0..2 {
        let amount = random.next() >> (1 + random.below(20));
        let (program, data) = if random.below(4) == 0 {
            let rate = random.of(&[0, 1, 100, 3_000]);
            let most = random.size();
            (TOKEN_2022, mint_with_fee(1 << 60, rate, most))
        } else {
            (TOKEN, mint(1 << 60, 6))
        };
        held.put(VAULTS[side], program, account(&MINTS[side], &POOL, amount));
        held.put(MINTS[side], program, data);
    }
}

/// What the vaults have.
pub fn vaults(held: &Held) -> [u64; 2] {
    VAULTS.map(|vault| {
        let bytes = held.0.get(&vault).and_then(|vault| vault.data.get(64..72));
        bytes.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
    })
}

/// The address of the array that begins at a tick.
pub fn array(first: i32) -> Address {
    let mut address = [8; 32];
    address[..4].copy_from_slice(&first.to_be_bytes());
    address
}

/// The input of an exact output is at most what one unit more of the output costs above the least: a step that ends
/// at a tick is taken whole. Returns whether there was an answer.
pub fn is_least(state: &State, side: Side, wanted: u64) -> bool {
    let Ok(exact) = state.market.quote_out(side, wanted, &state.now) else { return false };
    let mut after = state.market.clone();
    after.swap(side, exact.amount_in, &state.now).expect("an input that is paid for");
    let worth = (1.01 / after.marginal(side, &state.now)).ceil();
    let Some(less) = exact.amount_in.checked_sub(3 + worth as u64) else { return true };
    let paid = state.market.quote_in(side, less, &state.now).map_or(0, |quote| quote.amount_out);
    assert!(paid < exact.amount_out, "{exact:?}, but {less} of {side:?} gets {paid}");
    true
}

/// An answer of the DEX's own SDK for a seeded pool; the first line of its file names the source.
#[derive(Deserialize)]
struct Fact {
    seed: u64,
    side: String,
    exact: String,
    amount: String,
    amount_in: String,
    amount_out: String,
    fee: String,
}

/// Compares all facts of a file with the pools of their seeds; returns how many were equal.
pub fn equal_facts(file: &str, now: &Now, pool: impl Fn(u64) -> Held) -> usize {
    let all = facts::<Fact>(file);
    for fact in &all {
        let number = |text: &String| text.parse::<u64>().expect("a number");
        let side = if fact.side == "A" { Side::A } else { Side::B };
        let (market, amount) = (pool(fact.seed).market(&POOL), number(&fact.amount));
        let quote = match fact.exact.as_str() {
            "in" => market.quote_in(side, amount, now),
            _ => market.quote_out(side, amount, now),
        };
        let got = quote.map(|quote| (quote.amount_in, quote.amount_out, quote.fee));
        let expected = (number(&fact.amount_in), number(&fact.amount_out), number(&fact.fee));
        assert_eq!(got, Ok(expected), "seed {} {side:?} {amount} {}", fact.seed, fact.exact);
    }
    all.len()
}
