//! Meteora's bonding curve over seeded states and damaged accounts, and against two events of the program.

mod common;

use common::meteora::{Dbc, Dynamic, POOL, VAULTS, check_limited};
use common::properties::{Plan, State, check, hostile};
use common::{Held, Random};
use markets::any::AnyMarket;
use markets::meteora_dbc::MeteoraDbc;
use markets::{Market, Now, Refusal, Side};

const NOW: Now = Now { slot: 2_000, time_s: 1_800_000_000 };

fn vaults(held: &Held) -> [u64; 2] {
    VAULTS.map(|vault| {
        let bytes = held.0.get(&vault).and_then(|account| account.data.get(64..72));
        bytes.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
    })
}

/// A pool that has sold a part of its curve. `kind`: 0 and 1 fees by time, 2 by size.
fn pool(random: &mut Random, kind: u8, stretches: u64) -> Dbc {
    let start = (1_u128 << (50 + random.below(30))) + u128::from(random.next() >> 16);
    let (mut top, mut curve) = (start, Vec::new());
    for _ in 0..1 + random.below(stretches) {
        top = top * u128::from(1_010 + random.below(600)) / 1_000;
        curve.push((top, (1 << (90 + random.below(20))) + u128::from(random.next())));
    }
    let part = |low: u128, high: u128, parts: u64| low + (high - low) * u128::from(parts) / 1_000;
    let migration = part(start, top, 600 + random.below(401));
    let price = part(start, migration, random.below(1_000));
    let cliff = 10_000_000 + random.below(300_000_000);
    let (first_parameter, second, third) = match kind {
        0 => (100, 1 + random.below(100), random.below(cliff / 101)),
        1 => (100, 1 + random.below(100), random.below(500)),
        _ => (300, 1 + random.below(2_000), 1_000_000 + random.below(10_000_000_000)),
    };
    Dbc {
        collects: if kind == 2 { 0 } else { u8::try_from(random.below(2)).expect("a bit") },
        base_fee: [cliff, second, third],
        first_parameter,
        base_fee_kind: kind,
        dynamic: Dynamic {
            is_on: random.below(2) == 0,
            accumulator: u128::from(random.below(14_460_000)),
            control: u32::try_from(random.below(2_000_000)).expect("a word"),
        },
        sqrt_prices: [start, migration, price],
        curve,
        activation: 1_000,
        threshold: 1 << 62,
        reserves: [1 << 62, 1 << 61],
        vaults: [(1 << 62) + random.below(1 << 61), (1 << 61) + random.below(1 << 60)],
    }
}

#[test]
fn properties_hold_over_seeded_states() {
    // An exact output loses up to one of its units where it leaves a stretch: its input is the least on one stretch,
    // and need not be on many.
    for (stretches, excess) in [(1, 0), (20, u64::MAX - 1)] {
        let plan = Plan { seed: 13, states: 10_000, excess };
        let tally = check(&plan, |random| {
            let kind = u8::try_from(random.below(2)).expect("a kind");
            let pool = pool(random, kind, stretches);
            Some(State { market: pool.held().market(&POOL), now: NOW, reserves: pool.vaults })
        });
        println!("{tally:?}");
        assert!(tally.states == 10_000 && tally.quoted > 50_000 && tally.inverted > 10_000, "{tally:?}");
    }
}

#[test]
fn properties_hold_with_a_rate_limiter() {
    let mut quoted = 0;
    for seed in 0..10_000 {
        let mut random = Random(seed);
        let pool = pool(&mut random, 2, 20);
        quoted += check_limited(&pool.held().market(&POOL), &NOW, pool.vaults, &mut random);
    }
    assert!(quoted > 40_000, "{quoted}");
}

#[test]
fn damaged_accounts_are_refused_or_quoted_within_their_vaults() {
    for kind in 0..3 {
        let held = pool(&mut Random(u64::from(kind)), kind, 20).held();
        let damage = hostile(&held, &POOL, &NOW, 3_000, vaults);
        println!("{damage:?}");
        assert!(damage.tried > 10_000 && damage.refused > 1_000, "{damage:?}");
    }
}

/// A pool of one stretch at a flat rate, as it was before a purchase of which the event names `net`, `out` and the
/// root of the price after it. Price and liquidity before it follow from them.
fn before(net: u64, out: u64, after: u128, rate: u64, migration: u128) -> Dbc {
    // out = net * 2^128 / (before * after), and liquidity = net * 2^128 / (after - before).
    let (exact_net, exact_out) = (net as f64, out as f64);
    let guess = exact_net / exact_out * 2_f64.powi(128) / after as f64;
    let gives = |price: u128| {
        let rise = after - price;
        let liquidity = markets::wide::Wide { high: net.into(), low: 0 }.div_rem(rise).expect("liquidity").0;
        let high = markets::wide::mul_div(liquidity, rise, after).expect("a part") / price;
        (liquidity, u64::try_from(high).expect("an amount"))
    };
    // The lower the price before, the more is paid out.
    let (mut low, mut high) = ((guess * 0.999_999) as u128, ((guess * 1.000_001) as u128).min(after - 1));
    while low < high {
        let middle = (low + high) / 2;
        if gives(middle).1 > out { low = middle + 1 } else { high = middle }
    }
    let (liquidity, pays) = gives(low);
    assert_eq!(pays, out, "no price before it pays so much");
    Dbc {
        collects: 0,
        base_fee: [rate, 0, 0],
        first_parameter: 0,
        base_fee_kind: 0,
        dynamic: Dynamic::default(),
        sqrt_prices: [low / 2, migration, low],
        curve: vec![(migration, liquidity)],
        activation: 0,
        threshold: 0,
        reserves: [1 << 60, 0],
        vaults: [1 << 60, 1 << 60],
    }
}

#[test]
fn a_purchase_on_mainnet_gives_what_its_event_says() {
    // EvtSwap2 of 8zfVYSKWC3J…: exact input, 1 % and 40 parts of 10^9; reserves and threshold are the event's.
    let (input, net, out, after) = (1_000_000_000, 989_999_960, 16_831_620_311_519, 143_053_753_073_663_277);
    let (fee, reserve_after, threshold) = (8_000_032 + 2_000_008, 15_052_243_090, 60_000_000_000);
    let mut pool = before(net, out, after, 10_000_040, after * 2);
    (pool.threshold, pool.reserves[1]) = (threshold, reserve_after - net);
    let (mut market, mut head) = MeteoraDbc::load(&POOL, &pool.held()).expect("a pool");
    let quote = market.swap(&mut head, Side::B, input, &NOW).expect("a swap");
    assert_eq!((quote.amount_in, quote.amount_out, quote.fee, quote.fee_side), (input, out, fee, Side::B));
    assert!(head.sqrt_price().abs_diff(after) <= 1, "{}", head.sqrt_price());
    assert_eq!(head.reserves()[1], reserve_after);
    // What was bought costs no more than was paid for it.
    let (market, head) = MeteoraDbc::load(&POOL, &pool.held()).expect("a pool");
    let exact = market.quote_out(&head, Side::B, out, &NOW).expect("an exact output");
    assert!((input - 1_000..=input).contains(&exact.amount_in), "{exact:?}");
}

#[test]
fn a_purchase_at_the_end_of_the_curve_is_filled_in_part_as_its_event_says() {
    // EvtSwap2 of 87fubRzj…, executed locally by the program of October 2026: partial fill at 5 %.
    let (asked, spent, net, left) = (126_215_516_845_u64, 44_282_638_975, 42_068_507_026, 77_836_233_976);
    let (out, migration) = (659_304_064_601_765, 205_040_080_057_149_003);
    let (reserve_after, threshold) = (42_073_565_866, 42_073_564_455);
    let mut pool = before(net, out, migration, 50_000_000, migration);
    (pool.threshold, pool.reserves[1]) = (threshold, reserve_after - net);
    let (mut market, mut head) = MeteoraDbc::load(&POOL, &pool.held()).expect("a pool");
    assert_eq!(asked - asked.div_ceil(20) - net, left, "what the event leaves");
    let drained = Err(Refusal::Program("InsufficientLiquidity"));
    assert_eq!(market.quote_in(&head, Side::B, asked, &NOW), drained);
    let quote = market.swap_partial(&mut head, Side::B, asked, &NOW).expect("a swap");
    assert_eq!((quote.amount_in, quote.amount_out, quote.fee), (spent, out, 1_771_305_560 + 442_826_389));
    assert_eq!((head.sqrt_price(), head.reserves()[1]), (migration, reserve_after));
    // The pool is completed.
    let completed = Err(Refusal::Program("PoolIsCompleted"));
    assert_eq!(market.quote_in(&head, Side::A, 1_000_000, &NOW), completed);
    assert_eq!(market.quote_out(&head, Side::A, 1_000, &NOW), completed);
}

#[test]
fn a_rate_limiter_takes_more_of_larger_purchases_and_nothing_more_of_sales() {
    let mut pool = pool(&mut Random(1), 2, 20);
    (pool.base_fee, pool.dynamic) = ([10_000_000, 1_000, 1_000_000], Dynamic::default());
    (pool.first_parameter, pool.activation) = (100, 1_000);
    let market = pool.held().market(&POOL);
    let fee = |slot: u64, amount: u64| {
        market.quote_in(Side::B, amount, &Now { slot, ..NOW }).map(|quote| quote.fee)
    };
    // 1 % of the first million, then 1 % more of each further one, for 1,000 slots.
    assert_eq!(fee(2_000, 1_000_000), Ok(10_000));
    assert_eq!(fee(2_000, 3_000_000), Ok(10_000 + 20_000 + 30_000));
    assert_eq!(fee(2_001, 3_000_000), Ok(30_000));
    let sale = market.quote_in(Side::A, 3_000_000_000, &NOW).expect("a sale");
    let whole = sale.amount_out + sale.fee;
    assert_eq!(sale.fee, whole.div_ceil(100));
}

#[test]
fn a_pool_that_migrated_and_one_that_is_not_of_the_program_are_refused() {
    let mut held = pool(&mut Random(2), 0, 20).held();
    held.write(&POOL, 305, &[1]);
    let completed = Err(Refusal::Program("PoolIsCompleted"));
    assert_eq!(held.market(&POOL).quote_in(Side::B, 1_000_000, &NOW), completed);
    held.write(&POOL, 0, &[0]);
    assert!(matches!(AnyMarket::load(&POOL, &held), Some(Err(Refusal::Hostile(_)))));
}
