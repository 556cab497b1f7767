//! Quotes against swaps that the real programs executed: every line gives the same amount or a refusal.
//! `LEGEND_SHARED=none` skips them; they are data beside the checkout.

mod common;

use std::collections::{BTreeMap, HashMap};

use common::{Held, Line, address, executed, held};
use markets::Now;
use markets::any::AnyMarket;

/// Lines of each DEX that is quoted, all equal; the lines of other programs are counted too.
const EQUAL: &[(&str, u32)] = &[
    ("meteora_damm_v1", 320),
    ("meteora_damm_v2", 320),
    ("meteora_dlmm", 320),
    ("orca_whirlpool", 320),
    ("raydium_amm_v4", 400),
    ("raydium_clmm", 320),
    ("raydium_cpmm", 320),
];
const LINES: u32 = 2_320;

/// The DEX of a line, and what differs.
fn compare(line: &Line, accounts: &Held) -> (&'static str, Option<String>) {
    let pool = address(&line.pool);
    let market = match AnyMarket::load(&pool, accounts) {
        None => return ("no market", None),
        Some(Ok(market)) => market,
        Some(Err(refusal)) => return ("not loaded", Some(format!("{}: {refusal:?}", line.pool))),
    };
    let side = market.side_of(&address(&line.input_mint)).expect("a mint of the pool");
    let now = Now { slot: line.slot, time_s: line.unix_ts };
    let quote = market.quote_in(side, line.amount_in.parse().expect("a number"), &now);
    if quote.map(|quote| (quote.amount_in, quote.amount_out)).ok() == line.expected() {
        return (market.id(), None);
    }
    let text = format!("{} {side:?} {}: {quote:?}", market.id(), line.amount_in);
    (market.id(), Some(format!("{text}, executed {:?} {:?}", line.expected(), line.err)))
}

#[test]
fn every_executed_swap_is_quoted_to_the_unit_and_every_refusal_refused() {
    let Some((folder, lines)) = executed() else { return };
    let mut files: HashMap<&str, Held> = HashMap::new();
    let mut counts: BTreeMap<&str, [u32; 2]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in &lines {
        let file = line.accounts_file.as_str();
        let accounts = files.entry(file).or_insert_with(|| held(&folder.join(file)));
        let (id, difference) = compare(line, accounts);
        let count = counts.entry(id).or_default();
        count[0] += u32::from(difference.is_none());
        count[1] += 1;
        wrong.extend(difference);
    }
    for (id, [equal, all]) in &counts {
        println!("{id}: {equal} of {all} equal");
    }
    assert!(wrong.is_empty(), "{} differ: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
    for (id, expected) in EQUAL {
        assert_eq!(counts.get(id), Some(&[*expected; 2]), "{id}");
    }
    assert_eq!(counts.values().map(|[_, all]| all).sum::<u32>(), LINES);
}
