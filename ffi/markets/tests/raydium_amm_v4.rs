//! Raydium AMM v4 against logs of a mainnet block, over seeded states and damaged accounts.

mod common;

use common::properties::{Plan, State, check, hostile};
use common::tokens::{TOKEN, account, mint};
use common::{Held, Random, facts, held, shared};
use markets::any::AnyMarket;
use markets::{Address, Now, Refusal, Side};
use serde::Deserialize;

const POOL: Address = [1; 32];
const VAULTS: [Address; 2] = [[2; 32], [3; 32]];
const MINTS: [Address; 2] = [[4; 32], [5; 32]];
const ORDERS: Address = [6; 32];
const BOOK: Address = [7; 32];
const NOW: Now = Now { slot: 285_000_037, time_s: 1_725_000_000 };

/// A pool that swaps at 25 basis points, with what its vaults have.
fn pool(vaults: [u64; 2]) -> Held {
    let mut held = Held::default();
    held.put(POOL, markets::raydium_amm_v4::PROGRAM, vec![0; 752]);
    for (offset, number) in [(0, 6_u64), (176, 25), (184, 10_000)] {
        held.write(&POOL, offset, &number.to_le_bytes());
    }
    for side in 0..2 {
        held.write(&POOL, 336 + 32 * side, &VAULTS[side]);
        held.write(&POOL, 400 + 32 * side, &MINTS[side]);
        held.put(VAULTS[side], TOKEN, account(&MINTS[side], &[9; 32], vaults[side]));
        held.put(MINTS[side], TOKEN, mint(1 << 60, 9));
    }
    held.write(&POOL, 496, &ORDERS);
    held.write(&POOL, 560, &BOOK);
    held
}

/// A swap by its log: `ray_log` has the reserves before it.
#[derive(Deserialize)]
struct Fact {
    exact: String,
    side: String,
    reserves: [String; 2],
    amount_in: String,
    amount_out: String,
}

#[test]
fn every_logged_swap_of_a_mainnet_block_is_quoted_to_the_unit() {
    let number = |text: &String| text.parse::<u64>().expect("a number");
    let mut counts = [0; 2];
    for fact in facts::<Fact>("raydium_amm_v4.ndjson") {
        let market = pool([number(&fact.reserves[0]), number(&fact.reserves[1])]).market(&POOL);
        let side = if fact.side == "A" { Side::A } else { Side::B };
        let (amount_in, amount_out) = (number(&fact.amount_in), number(&fact.amount_out));
        let is_out = fact.exact == "out";
        let quote = match is_out {
            true => market.quote_out(side, amount_out, &NOW),
            false => market.quote_in(side, amount_in, &NOW),
        };
        let got = quote.map(|quote| (quote.amount_in, quote.amount_out));
        assert_eq!(got, Ok((amount_in, amount_out)), "{:?}", fact.reserves);
        counts[usize::from(is_out)] += 1;
    }
    println!("exact in {}, exact out {}", counts[0], counts[1]);
    assert_eq!(counts, [81, 33]);
}

#[test]
fn what_is_owed_is_no_reserve_and_a_status_decides() {
    let mut held = pool([1_000_000, 2_000_000]);
    let plain = held.market(&POOL).quote_in(Side::A, 10_000, &NOW).expect("a quote");
    for (side, owed) in [(0, 500_000_u64), (1, 1_000_000)] {
        held.write(&POOL, 192 + 8 * side, &owed.to_le_bytes());
    }
    let owed = held.market(&POOL).quote_in(Side::A, 10_000, &NOW).expect("a quote");
    assert!(owed.amount_out < plain.amount_out, "{owed:?}, {plain:?}");
    let state = |held: &mut Held, status: u64, open: u64| {
        held.write(&POOL, 0, &status.to_le_bytes());
        held.write(&POOL, 224, &open.to_le_bytes());
        held.market(&POOL).quote_in(Side::A, 10_000, &NOW).map(|quote| quote.amount_out)
    };
    let closed = Err(Refusal::Program("InvalidStatus"));
    let opens = u64::try_from(NOW.time_s).expect("a time");
    let pays = Ok(owed.amount_out);
    let cases =
        [(0, 0, closed), (1, 0, pays), (2, 0, closed), (3, 0, closed), (4, 0, closed), (5, 0, closed)];
    for (status, open, expected) in
        cases.into_iter().chain([(6, opens + 1, pays), (7, opens, pays), (7, opens + 1, closed)])
    {
        assert_eq!(state(&mut held, status, open), expected, "status {status}, open from {open}");
    }
    held.write(&POOL, 0, &8_u64.to_le_bytes());
    let loaded = AnyMarket::load(&POOL, &held).expect("a market");
    assert_eq!(loaded.err(), Some(Refusal::Hostile("unknown pool status")));
}

#[test]
fn tokens_in_an_order_book_are_not_supported() {
    let mut held = pool([1_000_000, 2_000_000]);
    held.put(ORDERS, BOOK, vec![0; 3_228]);
    assert!(held.market(&POOL).quote_in(Side::A, 10_000, &NOW).is_ok());
    held.write(&ORDERS, 101, &1_u64.to_le_bytes());
    let loaded = AnyMarket::load(&POOL, &held).expect("a market");
    assert_eq!(loaded.err(), Some(Refusal::Unsupported("a pool with tokens in an order book")));
}

#[test]
fn a_mainnet_snapshot_pays_what_its_reserves_say() {
    let Some(folder) = shared("accounts") else { return };
    let held = held(&folder.join("bridge_defaults_20261020.json"));
    let market = held.market(&common::address("58oQChx4yWmvKdwLLZzBi4ChoCc2fqCUWBkwMihLYQo2"));
    // 1 SOL and 100 USDC, at 25 basis points; there and back by the two instructions.
    for (side, amount) in [(Side::A, 1_000_000_000), (Side::B, 100_000_000)] {
        let there = market.quote_in(side, amount, &NOW).expect("a quote");
        let exact = market.quote_out(side, there.amount_out, &NOW).expect("a quote");
        assert!(exact.amount_in <= amount && there.fee == amount / 400, "{there:?}, {exact:?}");
    }
}

fn vaults(held: &Held) -> [u64; 2] {
    VAULTS.map(|vault| {
        let bytes = held.0.get(&vault).and_then(|vault| vault.data.get(64..72));
        bytes.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
    })
}

#[test]
fn properties_hold_over_seeded_states() {
    // The fee is rounded to the nearest below one unit: the exact output's input is then one more than the least.
    let plan = Plan { seed: 4, states: 10_000, excess: 1 };
    let tally = check(&plan, |random: &mut Random| {
        let amount = |random: &mut Random| random.next() >> (1 + random.below(50));
        let mut held = pool([amount(random), amount(random)]);
        let any = random.size().max(1);
        let whole = random.of(&[10_000, 1_000_000, any]);
        let part = random.below(whole);
        held.write(&POOL, 176, &random.of(&[0, whole / 400, part]).to_le_bytes());
        held.write(&POOL, 184, &whole.to_le_bytes());
        for side in 0..2 {
            let owed = random.up_to(vaults(&held)[side]) / 2;
            held.write(&POOL, 192 + 8 * side, &owed.to_le_bytes());
        }
        let market = AnyMarket::load(&POOL, &held).expect("a market").ok()?;
        Some(State { market, now: NOW, reserves: vaults(&held) })
    });
    println!("{tally:?}");
    assert!(tally.states > 9_000 && tally.quoted > 50_000 && tally.inverted > 15_000, "{tally:?}");
}

#[test]
fn damaged_accounts_are_refused_or_quoted_within_their_vaults() {
    let mut held = pool([123_456_789_012, 987_654_321_098]);
    held.put(ORDERS, BOOK, vec![0; 3_228]);
    let damage = hostile(&held, &POOL, &NOW, 2_000, vaults);
    println!("{damage:?}");
    assert!(damage.tried > 10_000 && damage.refused > 1_000, "{damage:?}");
}
