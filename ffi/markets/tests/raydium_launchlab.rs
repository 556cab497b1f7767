//! Raydium LaunchLab: real purchases by the program's own events, seeded states with transfer fees, damaged accounts.

mod common;

use common::properties::{Plan, State, check, hostile};
use common::{Held, address, facts, tokens};
use markets::any::AnyMarket;
use markets::raydium_launchlab::PROGRAM;
use markets::{Address, Now, Refusal, Side};
use serde::Deserialize;

/// A purchase by the event of the program.
#[derive(Deserialize)]
struct Trade {
    source: String,
    slot: u64,
    initial: [String; 2],
    to_sell: String,
    before: [String; 2],
    after: [String; 2],
    /// Of the program, the platform and the creator, in parts of a million.
    rates: [u64; 3],
    amount_in: String,
    amount_out: String,
    /// Of the program and the platform.
    fees: [String; 2],
}

struct Pool {
    curve_type: u8,
    status: u8,
    initial: [u64; 2],
    to_sell: u64,
    traded: [u64; 2],
    rates: [u64; 3],
    /// What the coin's mint withholds: basis points and their maximum; spl-token for none.
    transfer_fee: Option<(u16, u64)>,
}

const POOL: Address = [31; 32];
const COIN: Address = [32; 32];
const VAULTS: [Address; 2] = [[33; 32], [34; 32]];
const GLOBAL: Address = [35; 32];
const PLATFORM: Address = [36; 32];

impl Pool {
    fn new() -> Pool {
        Pool {
            curve_type: 0,
            status: 0,
            initial: [1_073_025_605_596_382, 30_000_852_951],
            to_sell: 793_100_000_000_000,
            traded: [0; 2],
            rates: [2_500, 10_000, 0],
            transfer_fee: None,
        }
    }

    fn held(&self) -> Held {
        let quote = address("So11111111111111111111111111111111111111112");
        let number = |data: &mut Vec<u8>, offset: usize, number: u64| {
            data[offset..offset + 8].copy_from_slice(&number.to_le_bytes());
        };
        let blank = |tag: [u8; 8], size: usize| {
            let mut data = tag.to_vec();
            data.resize(size, 0);
            data
        };
        let mut pool = blank([247, 237, 227, 245, 215, 195, 222, 70], 429);
        pool[17] = self.status;
        let numbers = [self.to_sell, self.initial[0], self.initial[1], self.traded[0], self.traded[1]];
        numbers.iter().enumerate().for_each(|(place, &at)| number(&mut pool, 29 + 8 * place, at));
        let names = [GLOBAL, PLATFORM, COIN, quote, VAULTS[0], VAULTS[1]];
        let places = [141, 173, 205, 237, 269, 301];
        places.iter().zip(names).for_each(|(&at, name)| pool[at..at + 32].copy_from_slice(&name));
        let mut global = blank([149, 8, 156, 202, 160, 252, 176, 217], 371);
        global[16] = self.curve_type;
        number(&mut global, 27, self.rates[0]);
        global[83..115].copy_from_slice(&quote);
        let mut platform = blank([160, 78, 128, 0, 248, 83, 230, 160], 944);
        number(&mut platform, 104, self.rates[1]);
        number(&mut platform, 720, self.rates[2]);
        let mut held = Held::default();
        for (at, data) in [(POOL, pool), (GLOBAL, global), (PLATFORM, platform)] {
            held.put(at, PROGRAM, data);
        }
        let program = if self.transfer_fee.is_some() { tokens::TOKEN_2022 } else { tokens::TOKEN };
        let coins = self.to_sell.saturating_sub(self.traded[0]);
        held.put(VAULTS[0], program, tokens::account(&COIN, &[7; 32], coins));
        held.put(VAULTS[1], tokens::TOKEN, tokens::account(&quote, &[7; 32], self.traded[1]));
        if let Some((basis_points, maximum)) = self.transfer_fee {
            held.put(COIN, program, tokens::mint_with_fee(1 << 50, basis_points, maximum));
        }
        held
    }

    fn market(&self) -> AnyMarket {
        self.held().market(&POOL)
    }
}

fn numbers<const N: usize>(texts: &[String; N]) -> [u64; N] {
    texts.each_ref().map(|text| text.parse().expect("a number"))
}

#[test]
fn real_purchases_are_quoted_to_the_unit() {
    let trades = facts::<Trade>("raydium_launchlab.ndjson");
    for trade in &trades {
        let now = Now { slot: trade.slot, time_s: 0 };
        let [to_sell, amount_in, amount_out] =
            numbers(&[trade.to_sell.clone(), trade.amount_in.clone(), trade.amount_out.clone()]);
        let pool = Pool {
            initial: numbers(&trade.initial),
            to_sell,
            traded: numbers(&trade.before),
            rates: trade.rates,
            ..Pool::new()
        };
        let mut market = pool.market();
        let quote = market.swap(Side::B, amount_in, &now);
        let quote = quote.unwrap_or_else(|refusal| panic!("{}: {refusal}", trade.source));
        let fee = numbers(&trade.fees).iter().sum();
        assert_eq!((quote.amount_in, quote.amount_out, quote.fee), (amount_in, amount_out, fee));
        assert_eq!(quote.fee_side, Side::B);
        let after = Pool { traded: numbers(&trade.after), ..pool };
        assert!(market == after.market(), "the state after {}", trade.source);
    }
    println!("raydium_launchlab: {} real purchases equal", trades.len());
    assert_eq!(trades.len(), 5);
}

#[test]
fn what_is_not_known_and_what_has_ended_is_refused() {
    let now = Now::default();
    let loaded = |pool: Pool| AnyMarket::load(&POOL, &pool.held()).expect("a market").err();
    for curve_type in [1, 2, 255] {
        let refusal = loaded(Pool { curve_type, ..Pool::new() });
        assert_eq!(refusal, Some(Refusal::Unsupported("a curve that is not a constant product")));
    }
    for traded in [[793_100_000_000_000, 1 << 36], [0, 0]] {
        let status = u8::from(traded[0] == 0);
        let market = Pool { status, traded, ..Pool::new() }.market();
        for side in Side::BOTH {
            assert_eq!(market.quote_in(side, 1_000_000, &now), Err(Refusal::Program("PoolMigrated")));
            assert_eq!(market.quote_out(side, 1_000_000, &now), Err(Refusal::Program("PoolMigrated")));
        }
    }
    let market = Pool::new().market();
    assert_eq!(market.quote_in(Side::B, 0, &now), Err(Refusal::Program("InvalidInput")));
    assert_eq!(market.quote_in(Side::A, 1 << 40, &now), Err(Refusal::Program("MathOverflow")));
    assert_eq!(market.quote_in(Side::A, 1, &now), Err(Refusal::Program("ExceededSlippage")));
    let rates = [500_000, 500_000, 1];
    assert_eq!(
        loaded(Pool { rates, ..Pool::new() }),
        Some(Refusal::Hostile("the fee rates add up to more than 100 %"))
    );
    let to_sell = 1_073_025_605_596_382;
    assert_eq!(
        loaded(Pool { to_sell, ..Pool::new() }),
        Some(Refusal::Hostile("the curve's reserves contradict each other"))
    );
}

#[test]
fn the_last_coins_are_sold_for_what_they_cost() {
    let now = Now::default();
    let mut market = Pool::new().market();
    let all = market.quote_out(Side::B, 793_100_000_000_000, &now).expect("all coins");
    assert_eq!(market.swap(Side::B, u64::MAX / 4, &now), Ok(all));
    assert_eq!(all.amount_out, 793_100_000_000_000);
    let refused = market.quote_in(Side::B, 1_000_000, &now);
    assert_eq!(refused, Err(Refusal::Program("PoolMigrated")));
}

#[test]
fn properties_hold_over_seeded_states() {
    // Both roundings of a fee may ask for a unit more; a transfer fee for one at its own.
    let plan = Plan { seed: 6, states: 10_000, excess: 2 };
    let tally = check(&plan, |random| {
        let initial = [random.size().max(3), random.size().max(1)];
        let to_sell = random.up_to(initial[0] - 1).max(1);
        let sold = random.below(to_sell);
        // What the coins that are sold were paid at least.
        let raised = u128::from(sold) * u128::from(initial[1]);
        let raised = u64::try_from(raised.div_ceil(u128::from(initial[0] - sold))).ok()?;
        let mut rate = || random.of(&[0, 100, 2_500, 10_000, 100_000]);
        let rates = [rate(), rate(), rate()];
        let transfer_fee = match random.below(4) {
            0 => Some((random.of(&[1, 100, 2_000]), random.size())),
            _ => None,
        };
        let pool = Pool { initial, to_sell, traded: [sold, raised], rates, transfer_fee, ..Pool::new() };
        let market = AnyMarket::load(&POOL, &pool.held()).expect("a market").ok()?;
        Some(State { market, now: Now::default(), reserves: [to_sell - sold, raised] })
    });
    println!("{tally:?}");
    assert!(tally.states > 9_000 && tally.quoted > 50_000 && tally.inverted > 10_000, "{tally:?}");
}

#[test]
fn damaged_accounts_are_refused_or_quoted_within_the_curve() {
    let pool = Pool { traded: [1 << 40, 1 << 33], transfer_fee: Some((100, 1 << 30)), ..Pool::new() };
    let damage = hostile(&pool.held(), &POOL, &Now::default(), 2_000, |held| {
        let number = |offset: usize| {
            let bytes = held.0.get(&POOL).and_then(|pool| pool.data.get(offset..offset + 8));
            bytes.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
        };
        [number(29).saturating_sub(number(53)), number(61)]
    });
    println!("{damage:?}");
    assert!(damage.tried > 10_000 && damage.refused > 1_000, "{damage:?}");
}
