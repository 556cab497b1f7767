//! Meteora's DAMM v2 and DBC against the answers of their own SDKs to seeded states: exact input, partial fill and
//! exact output over all kinds of fees and curves. The answers are facts in `tests/data`.

mod common;

use common::meteora::{DammV2, Dbc, Dynamic, POOL};
use markets::meteora_damm_v2::MeteoraDammV2;
use markets::meteora_dbc::MeteoraDbc;
use markets::{Market, Now, Quote, Refusal, Side};

/// The generator that made the states for the SDKs: 53 bits a number.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u128 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u128::from(self.0 >> 11)
    }

    fn below(&mut self, limit: u128) -> u128 {
        self.next() % limit
    }

    fn word(&mut self, least: u64, span: u64) -> u64 {
        least + u64::try_from(self.below(span.into())).expect("below a word")
    }

    fn short(&mut self, least: u16, span: u16) -> u16 {
        least + u16::try_from(self.below(span.into())).expect("below a short word")
    }

    fn byte(&mut self, limit: u8) -> u8 {
        u8::try_from(self.below(limit.into())).expect("below a byte")
    }

    /// From 1 on, of `bits` to `bits + span` bits.
    fn amount(&mut self, bits: u128, span: u128) -> u64 {
        let number = self.next();
        let limit = 1 << (bits + self.below(span));
        1 + u64::try_from(number % limit).expect("below a word")
    }

    fn dynamic(&mut self) -> (bool, u128, u32) {
        let is_on = self.byte(2) == 1;
        let accumulator = self.below(14_460_000);
        (is_on, accumulator, u32::try_from(self.below(2_000_000)).expect("below a word"))
    }
}

/// How a swap names its amount.
#[derive(Clone, Copy, Debug)]
enum Kind {
    In,
    Partial,
    Out,
}

const KINDS: [Kind; 3] = [Kind::In, Kind::Partial, Kind::Out];
/// More than any seeded swap moves, and room for more.
const PLENTY: u64 = 1 << 62;

/// The same swap of any market, with what it changes.
macro_rules! swapped {
    ($market:ty, $held:expr, $kind:expr, $side:expr, $amount:expr, $now:expr) => {{
        let (mut market, mut head) = <$market>::load(&POOL, $held).expect("a pool that loads");
        let (whole, before) = (market.clone(), head);
        let said: Result<Quote, Refusal> = match $kind {
            Kind::In => market.quote_in(&head, $side, $amount, $now),
            Kind::Partial => market.quote_partial(&head, $side, $amount, $now),
            Kind::Out => market.quote_out(&head, $side, $amount, $now),
        };
        let done = match $kind {
            Kind::In => market.swap(&mut head, $side, $amount, $now),
            Kind::Partial => market.swap_partial(&mut head, $side, $amount, $now),
            Kind::Out => market.swap_out(&mut head, $side, $amount, $now),
        };
        assert_eq!(said, done, "the quote and the swap");
        assert!(done.is_ok() || (market == whole && head == before), "a refused swap changed the market");
        done.map(|quote| (quote, head.sqrt_price()))
    }};
}

/// Lines that are facts, without their header.
fn facts(text: &str) -> impl Iterator<Item = Option<Vec<u128>>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| match line {
        "-" => None,
        _ => Some(line.split(' ').map(|number| number.parse().expect("a number")).collect()),
    })
}

fn damm_v2_base_fee(seeded: &mut Seeded, kind: u8) -> [u8; 32] {
    let cliff = seeded.word(1_000_000, 200_000_000);
    let count = seeded.short(1, 100);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&cliff.to_le_bytes());
    bytes[8] = kind;
    bytes[14..16].copy_from_slice(&count.to_le_bytes());
    let linear = |seeded: &mut Seeded| seeded.word(0, cliff / (u64::from(count) + 1) + 1);
    let last = match kind {
        0 | 1 => {
            bytes[16..24].copy_from_slice(&seeded.word(1, 100).to_le_bytes());
            if kind == 0 { linear(seeded) } else { seeded.word(1, 500) }
        }
        2 => {
            let most = (cliff / 100_000 + 1 + seeded.word(0, 4_000)).min(9_000);
            bytes[14..16].copy_from_slice(&seeded.short(1, 300).to_le_bytes());
            bytes[16..18].copy_from_slice(&seeded.short(1, 2_000).to_le_bytes());
            bytes[20..22].copy_from_slice(&u16::try_from(most).expect("basis points").to_le_bytes());
            seeded.word(1_000_000, 10_000_000_000)
        }
        _ => {
            bytes[16..18].copy_from_slice(&seeded.short(1, 500).to_le_bytes());
            bytes[20..22].copy_from_slice(&seeded.short(1, 3_000).to_le_bytes());
            if kind == 3 { linear(seeded) } else { seeded.word(1, 500) }
        }
    };
    bytes[24..].copy_from_slice(&last.to_le_bytes());
    bytes
}

/// A pool of DAMM v2 and its slot.
fn damm_v2(seeded: &mut Seeded) -> (DammV2, u64) {
    let kind = seeded.byte(5);
    let collects = if kind == 2 { 1 } else { seeded.byte(3) };
    let version = seeded.byte(2);
    let now = (1 << 60) + seeded.next() * (1 << 8);
    let low = now * (500 + seeded.below(499)) / 1_000;
    let high = now * (1_001 + seeded.below(2_000)) / 1_000;
    let liquidity = (1 << (90 + seeded.below(25))) + seeded.next();
    let base_fee = damm_v2_base_fee(seeded, kind);
    let first_sqrt_price = now * (700 + seeded.below(600)) / 1_000;
    let amounts = [seeded.word(1_000_000, 1 << 50), seeded.word(1_000_000, 1 << 50)];
    let (is_on, accumulator, control) = seeded.dynamic();
    let slot = seeded.word(1_000, 4_000);
    let compounding_bps = if collects == 2 { seeded.short(0, 10_000) } else { 0 };
    let pool = DammV2 {
        collects,
        version,
        compounding_bps,
        base_fee,
        dynamic: Dynamic { is_on, accumulator, control },
        first_sqrt_price,
        liquidity,
        sqrt_prices: [low, high, now],
        activation: 1_000,
        amounts,
        vaults: [PLENTY; 2],
    };
    (pool, slot)
}

#[test]
fn damm_v2_equals_its_sdk_on_3_000_seeded_states() {
    let mut seeded = Seeded(99);
    let (mut equal, mut refused) = (0, 0);
    for (number, fact) in facts(include_str!("data/meteora_damm_v2_sdk.txt")).enumerate() {
        let (pool, slot) = damm_v2(&mut seeded);
        let side = Side::BOTH[usize::from(seeded.byte(2))];
        let kind = KINDS[usize::from(seeded.byte(3))];
        let amount = seeded.amount(4, 42);
        let now = Now { slot, time_s: 2_000_000_000 };
        let got = swapped!(MeteoraDammV2, &pool.held(), kind, side, amount, &now);
        let numbers = got.map(|(quote, sqrt_price)| {
            vec![quote.amount_in.into(), quote.amount_out.into(), sqrt_price, u128::from(quote.fee)]
        });
        assert_eq!(
            numbers.as_ref().ok(),
            fact.as_ref(),
            "state {number}: {kind:?} {side:?} {amount} {pool:?} {got:?}"
        );
        equal += 1;
        refused += u32::from(fact.is_none());
    }
    println!("meteora_damm_v2: {equal} of 3000 states equal to the SDK, {refused} of them refusals");
    assert_eq!((equal, refused), (3_000, 318));
}

/// A pool of DBC and its slot.
fn dbc(seeded: &mut Seeded) -> (Dbc, u64) {
    let count = 1 + seeded.below(5);
    let start = (1 << 58) + seeded.below(1 << 57);
    let (mut top, mut curve) = (start, Vec::new());
    for _ in 0..count {
        top = top * (1_010 + seeded.below(600)) / 1_000;
        let liquidity = (1 << (90 + seeded.below(20))) + seeded.next();
        curve.push((top, liquidity));
    }
    let migration = start + (top - start) * (600 + seeded.below(400)) / 1_000;
    let price = start + (migration - start) * seeded.below(1_000) / 1_000;
    let kind = seeded.byte(3);
    let cliff = seeded.word(10_000_000, 300_000_000);
    let first_parameter = if kind == 2 { seeded.short(1, 300) } else { seeded.short(1, 100) };
    let second = if kind == 2 { seeded.word(1, 1_000) } else { seeded.word(1, 100) };
    let third = match kind {
        2 => seeded.word(1_000_000, 10_000_000_000),
        0 => seeded.word(0, cliff / (u64::from(first_parameter) + 1) + 1),
        _ => seeded.word(1, 500),
    };
    let is_on = seeded.byte(2) == 1;
    let collects = if kind == 2 { 0 } else { seeded.byte(2) };
    let control = u32::try_from(seeded.below(2_000_000)).expect("below a word");
    let accumulator = seeded.below(14_460_000);
    let slot = seeded.word(1_000, 3_000);
    let pool = Dbc {
        collects,
        base_fee: [cliff, second, third],
        first_parameter,
        base_fee_kind: kind,
        dynamic: Dynamic { is_on, accumulator, control },
        sqrt_prices: [start, migration, price],
        curve,
        activation: 1_000,
        threshold: u64::MAX,
        reserves: [PLENTY; 2],
        vaults: [PLENTY; 2],
    };
    (pool, slot)
}

#[test]
fn dbc_equals_its_sdk_on_2_000_seeded_states() {
    let mut seeded = Seeded(4_242);
    let (mut equal, mut refused) = (0, 0);
    for (number, fact) in facts(include_str!("data/meteora_dbc_sdk.txt")).enumerate() {
        let (pool, slot) = dbc(&mut seeded);
        let side = if seeded.byte(2) == 0 { Side::A } else { Side::B };
        let kind = KINDS[usize::from(seeded.byte(3))];
        let amount = seeded.amount(4, 40);
        let now = Now { slot, time_s: 2_000_000_000 };
        let got = swapped!(MeteoraDbc, &pool.held(), kind, side, amount, &now);
        let numbers =
            got.map(|(quote, sqrt_price)| vec![quote.amount_in.into(), quote.amount_out.into(), sqrt_price]);
        assert_eq!(
            numbers.as_ref().ok(),
            fact.as_ref(),
            "state {number}: {kind:?} {side:?} {amount} {pool:?} {got:?}"
        );
        equal += 1;
        refused += u32::from(fact.is_none());
    }
    println!("meteora_dbc: {equal} of 2000 states equal to the SDK, {refused} of them refusals");
    assert_eq!((equal, refused), (2_000, 258));
}
