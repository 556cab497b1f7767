//! Meteora DLMM against `@meteora-ag/dlmm` 1.9.14: `LEGEND_ORACLES` names the folder with its answers.

mod common;

use std::collections::BTreeMap;

use common::dlmm::{BINS, Made, POOL, SNAPSHOT_SLOT, snapshot};
use common::oracle;
use markets::any::AnyMarket;
use markets::{Now, Quote, Refusal, Side};
use serde::Deserialize;

/// A pool that Meteora's SDK was asked about.
#[derive(Deserialize)]
struct Asked {
    step: u16,
    active: i32,
    /// Number and width in the pool's account, by offset.
    numbers: BTreeMap<String, (i64, usize)>,
    /// Basis points and maximum.
    fees: [Option<(u16, String)>; 2],
    /// Number, whether it sells x, liquidity, open orders, orders filled in part.
    bins: Vec<(i32, u8, String, String, String)>,
    time: i64,
    /// Whether x is given, whether it is exact in, amount, answer.
    asked: Vec<(bool, bool, String, Answer)>,
}

#[derive(Deserialize, Debug)]
#[serde(untagged)]
enum Answer {
    Paid(String, String),
    Refused(#[allow(dead_code, reason = "shown where it differs")] String),
}

impl Answer {
    /// A swap that pays nothing is quoted by the SDK and refused by the program.
    fn paid(&self) -> Option<(u64, u64)> {
        let Answer::Paid(spent, paid) = self else { return None };
        Some((number(spent), number(paid))).filter(|(_, paid)| *paid > 0)
    }
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}

impl Asked {
    fn made(&self) -> Made {
        let mut made = Made::new(self.step, self.active);
        for (offset, (number, width)) in &self.numbers {
            made.held.write(&POOL, offset.parse().expect("an offset"), &number.to_le_bytes()[..*width]);
        }
        let middle = self.active.div_euclid(BINS);
        (middle - 1..=middle + 1).for_each(|array| made.add_array(array, 2));
        for (id, sells, own, open, partial) in &self.bins {
            let side = if *sells == 1 { Side::A } else { Side::B };
            made.write_bin(*id, 140, &[*sells]);
            for (offset, amount) in [(8 * side.index(), own), (112, open), (128, partial)] {
                made.put(*id, side, offset, number(amount));
            }
        }
        let fee =
            |side: usize| self.fees[side].as_ref().map(|(basis_points, most)| (*basis_points, number(most)));
        made.close([fee(0), fee(1)]);
        made
    }
}

fn quoted(market: &AnyMarket, x: bool, exact_in: bool, amount: u64, now: &Now) -> Result<Quote, Refusal> {
    let side = if x { Side::A } else { Side::B };
    if exact_in { market.quote_in(side, amount, now) } else { market.quote_out(side, amount, now) }
}

#[test]
fn quotes_of_made_pools_equal_those_of_the_sdk() {
    let Some(text) = oracle("dlmm_states.ndjson") else { return };
    let (mut equal, mut refused) = (0, 0);
    for line in text.lines() {
        let asked: Asked = serde_json::from_str(line).expect("a pool");
        let market = asked.made().held.market(&POOL);
        let now = Now { slot: 1_064 * 432_000, time_s: asked.time };
        for (x, exact_in, amount, answer) in &asked.asked {
            let quote = quoted(&market, *x, *exact_in, number(amount), &now);
            let got = quote.ok().map(|quote| (quote.amount_in, quote.amount_out));
            // Of an input with a transfer fee the SDK calls consumed what would arrive as the same amount.
            let paid =
                answer.paid().map(|(spent, paid)| (if *exact_in { number(amount) } else { spent }, paid));
            assert_eq!(got, paid, "{x} {exact_in} {amount}: {quote:?} {answer:?}, {line}");
            equal += 1;
            refused += u32::from(got.is_none());
        }
    }
    println!("{equal} answers of the SDK on made pools are equal, {refused} of them refusals");
    assert!(equal >= 6_000 && refused < equal / 2, "{equal} {refused}");
}

/// An answer of the SDK to a size, over mainnet's snapshot.
#[derive(Deserialize)]
struct Sized {
    y: bool,
    inp: bool,
    amt: String,
    ts: i64,
    #[serde(rename = "in")]
    spent: Option<String>,
    out: Option<String>,
}

#[test]
fn quotes_of_mainnets_snapshot_equal_those_of_the_sdk() {
    let (Some((held, pool)), Some(text)) = (snapshot(), oracle("dlmm.json")) else { return };
    let market = held.market(&pool);
    let sizes: Vec<Sized> = serde_json::from_str(&text).expect("the SDK's answers");
    let mut refused = 0;
    for size in &sizes {
        let now = Now { slot: SNAPSHOT_SLOT, time_s: size.ts };
        let quote = quoted(&market, size.y, size.inp, number(&size.amt), &now);
        let got = quote.ok().map(|quote| (quote.amount_in, quote.amount_out));
        let answer = size.spent.as_ref().zip(size.out.as_ref());
        let answer = answer.map(|(spent, out)| (number(spent), number(out))).filter(|(_, out)| *out > 0);
        assert_eq!(got, answer, "{} {} {}: {quote:?}", size.y, size.inp, size.amt);
        refused += u32::from(got.is_none());
    }
    println!(
        "{} answers of the SDK on mainnet's snapshot are equal, {refused} of them refusals",
        sizes.len()
    );
    assert!(sizes.len() >= 1_000 && refused < 500, "{refused}");
}

/// What `@meteora-ag/dlmm` 1.9.14 answers on the snapshot: x given, exact in, amount, seconds, spent, paid.
const SDK: &[(bool, bool, u64, i64, u64, u64)] = &[
    (true, false, 33_509_662, 1_792_441_794, 163_344, 33_509_662),
    (false, false, 5_950, 1_792_441_716, 1_221_617, 5_950),
    (false, false, 1_395, 1_792_441_778, 286_413, 1_395),
    (false, false, 124_809_208, 1_792_441_671, 25_694_437_330, 124_809_208),
    (true, false, 693_529, 1_792_441_861, 3_382, 693_529),
    (false, true, 493_374, 1_792_441_680, 493_374, 2_403),
    (false, false, 15_294, 1_792_441_795, 3_140_066, 15_294),
    (true, false, 902_814_434, 1_792_441_753, 4_400_795, 902_814_434),
    (false, true, 6_714, 1_792_441_827, 6_714, 32),
    (false, true, 1_680_985, 1_792_441_764, 1_680_985, 8_187),
    (true, true, 49_123, 1_792_441_666, 49_123, 10_077_243),
    (true, false, 77_706, 1_792_441_705, 380, 77_706),
    (false, true, 3_841, 1_792_441_721, 3_841, 18),
    (false, false, 25_279, 1_792_441_813, 5_190_122, 25_279),
    (false, true, 113_348_294, 1_792_441_785, 113_348_294, 552_074),
    (false, false, 421_929, 1_792_441_857, 86_627_742, 421_929),
    (false, false, 941_747, 1_792_441_852, 193_353_421, 941_747),
    (false, true, 1_800_353, 1_792_441_695, 1_800_353, 8_768),
    (true, false, 71_287, 1_792_441_691, 349, 71_287),
    (false, false, 45_853_392, 1_792_441_860, 9_419_358_244, 45_853_392),
    (false, true, 10_271_378_898, 1_792_441_720, 10_271_378_898, 49_996_448),
    (false, false, 722_362, 1_792_441_668, 148_312_043, 722_362),
    (true, false, 43_497, 1_792_441_745, 213, 43_497),
    (false, true, 228_982, 1_792_441_684, 228_982, 1_115),
];

#[test]
fn some_sizes_of_mainnets_snapshot_are_quoted_as_by_the_sdk() {
    let Some((held, pool)) = snapshot() else { return };
    let market = held.market(&pool);
    for &(x, exact_in, amount, time_s, spent, paid) in SDK {
        let quote = quoted(&market, x, exact_in, amount, &Now { slot: SNAPSHOT_SLOT, time_s });
        let quote = quote.expect("a quote");
        assert_eq!((quote.amount_in, quote.amount_out), (spent, paid), "{x} {exact_in} {amount}");
    }
}
