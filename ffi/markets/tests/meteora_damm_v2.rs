//! Meteora DAMM v2 over seeded states and damaged accounts; its limiter, its fees of transfers and its product.

mod common;

use common::meteora::{DammV2, Dynamic, MINTS, POOL, VAULTS, check_limited};
use common::properties::{Plan, State, check, hostile};
use common::{Held, Random, address};
use markets::any::AnyMarket;
use markets::meteora_damm_v2::MeteoraDammV2;
use markets::segment::{self, Rounding};
use markets::{Market, Now, Refusal, Side};

const NOW: Now = Now { slot: 2_000, time_s: 1_800_000_000 };
/// The square root of the price 1, in fixed point with 64 fractional bits.
const ONE: u128 = 1 << 64;

fn vaults(held: &Held) -> [u64; 2] {
    VAULTS.map(|vault| {
        let bytes = held.0.get(&vault).and_then(|account| account.data.get(64..72));
        bytes.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
    })
}

/// The bytes of a base fee.
fn base_fee(kind: u8, cliff: u64, count: u16, words: [u32; 2], last: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&cliff.to_le_bytes());
    bytes[8] = kind;
    bytes[14..16].copy_from_slice(&count.to_le_bytes());
    bytes[16..20].copy_from_slice(&words[0].to_le_bytes());
    bytes[20..24].copy_from_slice(&words[1].to_le_bytes());
    bytes[24..].copy_from_slice(&last.to_le_bytes());
    bytes
}

fn word(random: &mut Random, limit: u64) -> u32 {
    u32::try_from(1 + random.below(limit)).expect("a word")
}

/// What a range holds; `None` where that does not fit.
fn holds(liquidity: u128, [low, high, now]: [u128; 3]) -> Option<[u64; 2]> {
    let first = segment::base(liquidity, now, high, Rounding::Up).ok()?;
    let second = segment::quote(liquidity, low, now, Rounding::Up).ok()?;
    Some([u64::try_from(first).ok()?, u64::try_from(second).ok()?])
}

/// A pool of any kind of base fee and any way of collecting it.
fn pool(random: &mut Random, kind: u8) -> DammV2 {
    let cliff = 1_000_000 + random.below(200_000_000);
    let words = match kind {
        0 | 1 => [word(random, 100), 0],
        2 => [word(random, 2_000), 6_000],
        _ => [word(random, 500), word(random, 3_000)],
    };
    let last = match kind {
        0 | 3 => random.below(cliff / 101),
        2 => 1_000_000 + random.below(10_000_000_000),
        _ => random.below(500),
    };
    let now = (1 << (50 + random.below(28))) + u128::from(random.next() >> 15);
    let part = |parts: u64| now * u128::from(parts) / 1_000;
    let collects = if kind == 2 { 1 } else { u8::try_from(random.below(3)).expect("a way") };
    let liquidity = 1 << (90 + random.below(30));
    let sqrt_prices = [part(500 + random.below(500)), part(1_000 + random.below(2_000)), now];
    let any = [20, 40].map(|bits| 1_000 + (random.next() >> (3 + random.below(bits))));
    let amounts = if collects == 2 { any } else { holds(liquidity, sqrt_prices).unwrap_or(any) };
    DammV2 {
        collects,
        version: u8::try_from(random.below(2)).expect("a version"),
        compounding_bps: u16::try_from(random.below(10_001)).expect("basis points"),
        base_fee: base_fee(kind, cliff, 100, words, last),
        dynamic: Dynamic {
            is_on: random.below(2) == 0,
            accumulator: u128::from(random.below(14_460_000)),
            control: word(random, 2_000_000),
        },
        first_sqrt_price: part(700 + random.below(600)),
        liquidity,
        sqrt_prices,
        activation: 1_000,
        amounts,
        vaults: amounts.map(|amount| amount.saturating_add(random.below(1_000_000))),
    }
}

#[test]
fn properties_hold_over_seeded_states() {
    let plan = Plan { seed: 17, states: 10_200, excess: 0 };
    let tally = check(&plan, |random| {
        let kind = random.of(&[0, 1, 3, 4]);
        let pool = pool(random, kind);
        if pool.collects < 2 {
            holds(pool.liquidity, pool.sqrt_prices)?;
        }
        Some(State { market: pool.held().market(&POOL), now: NOW, reserves: pool.vaults })
    });
    println!("{tally:?}");
    assert!(tally.states > 10_000 && tally.quoted > 50_000 && tally.inverted > 10_000, "{tally:?}");
}

#[test]
fn properties_hold_with_a_rate_limiter() {
    let mut quoted = 0;
    for seed in 0..10_000 {
        let mut random = Random(seed);
        let pool = pool(&mut random, 2);
        if holds(pool.liquidity, pool.sqrt_prices).is_some() {
            quoted += check_limited(&pool.held().market(&POOL), &NOW, pool.vaults, &mut random);
        }
    }
    assert!(quoted > 40_000, "{quoted}");
}

#[test]
fn damaged_accounts_are_refused_or_quoted_within_their_vaults() {
    for kind in 0..5 {
        for collects in 0..3 {
            let mut pool = pool(&mut Random(u64::from(kind)), kind);
            (pool.collects, pool.vaults) = (collects, [1 << 50; 2]);
            let damage = hostile(&pool.held(), &POOL, &NOW, 2_000, vaults);
            println!("{damage:?}");
            assert!(damage.tried > 5_000 && damage.refused > 1_000, "{damage:?}");
        }
    }
}

/// A pool around the price of 1 at a flat rate.
fn plain(rate: u64) -> DammV2 {
    DammV2 {
        collects: 0,
        version: 1,
        compounding_bps: 0,
        base_fee: base_fee(0, rate, 0, [0, 0], 0),
        dynamic: Dynamic::default(),
        first_sqrt_price: ONE,
        liquidity: 1_000_000_000 << 64,
        sqrt_prices: [ONE / 2, ONE * 2, ONE],
        activation: 1_000,
        amounts: [500_000_000; 2],
        vaults: [500_000_000; 2],
    }
}

#[test]
fn a_range_ends_and_a_partial_fill_stops_there() {
    let held = plain(0).held();
    let (mut market, mut head) = MeteoraDammV2::load(&POOL, &held).expect("a pool");
    // From 1 down to 1/2 the range takes 10^9 of the first mint and pays half as much of the second.
    let range = Err(Refusal::Program("PriceRangeViolation"));
    assert_eq!(market.quote_in(&head, Side::A, 1_000_000_001, &NOW), range);
    let quote = market.swap_partial(&mut head, Side::A, 5_000_000_000, &NOW).expect("a swap");
    assert_eq!((quote.amount_in, quote.amount_out), (1_000_000_000, 500_000_000));
    assert_eq!(head.sqrt_price(), ONE / 2);
    assert_eq!(market.quote_in(&head, Side::A, 10, &NOW), range);
    // Dust lands and pays nothing.
    let dust = market.quote_in(&head, Side::B, 0, &NOW);
    assert_eq!(dust, Err(Refusal::Program("AmountIsZero")));
    let (market, head) = MeteoraDammV2::load(&POOL, &plain(500_000_000).held()).expect("a pool");
    assert_eq!(market.quote_in(&head, Side::A, 2, &NOW).map(|quote| quote.amount_out), Ok(0));
}

#[test]
fn a_pool_trades_from_its_activation_on_and_not_while_it_is_disabled() {
    let held = plain(0).held();
    let disabled = Err(Refusal::Program("PoolDisabled"));
    let at = |held: &Held, slot: u64| held.market(&POOL).quote_in(Side::A, 1_000, &Now { slot, ..NOW });
    assert_eq!(at(&held, 999), disabled);
    assert_eq!(at(&held, 1_000).map(|quote| quote.amount_out), Ok(999));
    let mut held = held;
    held.write(&POOL, 481, &[1]);
    assert_eq!(at(&held, 1_000), disabled);
    assert_eq!(held.market(&POOL).quote_out(Side::A, 1_000, &NOW), disabled);
}

#[test]
fn fees_of_transfers_are_taken_on_both_sides() {
    let mut held = plain(0).held();
    let token_2022 = address("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
    for (side, basis_points) in [(0, 100_u16), (1, 200)] {
        let vault = held.0[&VAULTS[side]].data.clone();
        held.put(VAULTS[side], token_2022, vault);
        // A mint of 1 or 2 % since epoch 0.
        let mut mint = vec![0; 166];
        mint.extend_from_slice(&[1, 0, 108, 0]);
        mint.extend_from_slice(&[0; 72 + 18 + 8]);
        mint.extend_from_slice(&u64::MAX.to_le_bytes());
        mint.extend_from_slice(&basis_points.to_le_bytes());
        held.put(MINTS[side], token_2022, mint);
    }
    let market = held.market(&POOL);
    // 10,000 less 1 % is 9,900; the pool pays 9,899 of them; less 198 (2 %, rounded up).
    let quote = market.quote_in(Side::A, 10_000, &NOW).expect("a quote");
    assert_eq!((quote.amount_in, quote.amount_out, quote.fee), (10_000, 9_701, 0));
    let exact = market.quote_out(Side::A, 9_701, &NOW).expect("a quote");
    assert_eq!((exact.amount_in, exact.amount_out), (10_000, 9_701));
}

#[test]
fn a_rate_limiter_takes_more_of_larger_purchases_of_any_form() {
    let mut pool = plain(0);
    // 1 % of the first million, then 1 % more of each further one, at most 5 %, for 1,000 slots.
    (pool.collects, pool.base_fee) = (1, base_fee(2, 10_000_000, 100, [1_000, 500], 1_000_000));
    pool.vaults = [1 << 40; 2];
    let market = pool.held().market(&POOL);
    let fee = |slot: u64, amount: u64| {
        market.quote_in(Side::B, amount, &Now { slot, ..NOW }).map(|quote| quote.fee)
    };
    assert_eq!(fee(2_000, 1_000_000), Ok(10_000));
    assert_eq!(fee(2_000, 3_000_000), Ok(60_000));
    // The rate of all that is rounded up before the fee is.
    assert_eq!(fee(2_000, 7_000_000), Ok(250_001));
    assert_eq!(fee(2_001, 7_000_000), Ok(70_000));
    // An exact output pays the same rates.
    let whole = market.quote_in(Side::B, 3_000_000, &NOW).expect("a quote");
    let exact = market.quote_out(Side::B, whole.amount_out, &NOW).expect("a quote");
    assert!(exact.amount_in.abs_diff(3_000_000) <= 3, "{exact:?}");
}

#[test]
fn fees_of_a_product_compound() {
    let mut pool = plain(10_000_000);
    (pool.collects, pool.compounding_bps, pool.amounts, pool.vaults) =
        (2, 5_000, [1_000_000; 2], [2_000_000; 2]);
    let (mut market, mut head) = MeteoraDammV2::load(&POOL, &pool.held()).expect("a pool");
    let quote = market.swap(&mut head, Side::B, 100_000, &NOW).expect("a swap");
    // 1 % is 1,000: 200 to the protocol, half of the rest stays. 99,000 buy 1,000,000 * 99,000 / 1,099,000.
    assert_eq!((quote.fee, quote.fee_side, quote.amount_out), (1_000, Side::B, 90_081));
    let root = (((1_099_400_f64 / 909_919.0).sqrt()) * ONE as f64) as u128;
    assert!(head.sqrt_price().abs_diff(root) < ONE >> 40, "{}", head.sqrt_price());
    // There is no range that could end.
    let large = market.quote_in(&head, Side::A, 1 << 50, &NOW).expect("a quote");
    assert!(large.amount_out + large.fee < 1_099_400, "{large:?}");
}

#[test]
fn volatility_decays_and_follows_the_price() {
    let mut pool = plain(1_000_000);
    pool.dynamic = Dynamic { is_on: true, accumulator: 0, control: 2_000_000 };
    let AnyMarket::MeteoraDammV2(mut market, mut head) = pool.held().market(&POOL) else {
        panic!("another DEX")
    };
    let after = |elapsed_s: i64| Now { time_s: NOW.time_s + elapsed_s, ..NOW };
    let mut swap = |amount: u64, elapsed_s: i64| {
        let quote = market.swap(&mut head, Side::A, amount, &after(elapsed_s)).expect("a swap");
        let next = market.quote_in(&head, Side::A, 1_000_000, &after(elapsed_s)).expect("a quote");
        [quote.amount_out, quote.fee, next.amount_out, next.fee]
    };
    // Worked out by hand, in whole numbers. 20,000,000 move the root by 200 basis points: 400 steps.
    assert_eq!(swap(20_000_000, 0), [19_588_235, 19_608, 651_994, 308_233]);
    // Sooner than 10 s after it nothing is forgotten.
    assert_eq!(swap(100, 5), [65, 31, 651_994, 308_233]);
    // After a minute a half is.
    assert_eq!(swap(5_000_000, 60), [3_247_248, 1_535_151, 781_050, 169_836]);
    // After hours all is: the fee of this swap is still the old one, that of the next is the base fee.
    assert_eq!(swap(100, 10_000), [78, 17, 949_935, 951]);
}
