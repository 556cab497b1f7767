//! Quotes against swaps that the real programs executed: every line gives the same amount or a refusal.
//! `LEGEND_SHARED=none` skips them; they are data beside the checkout.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use markets::any::{AnyMarket, IDS};
use markets::{Account, Accounts, Address, Now};
use serde::Deserialize;

#[derive(Deserialize)]
struct Stored {
    owner: String,
    data: String,
}

#[derive(Deserialize)]
struct Snapshot {
    accounts: HashMap<String, Stored>,
}

#[derive(Deserialize)]
struct Line {
    pool: String,
    accounts_file: String,
    input_mint: String,
    amount_in: String,
    amount_in_spent: Option<String>,
    amount_out_actual: Option<String>,
    err: Option<serde_json::Value>,
    slot: u64,
    unix_ts: i64,
}

/// Accounts by address.
struct Held(HashMap<Address, (Address, Vec<u8>)>);

impl Accounts for Held {
    fn get(&self, address: &Address) -> Option<Account<'_>> {
        let (owner, data) = self.0.get(address)?;
        Some(Account { address: *address, owner: *owner, data })
    }

    fn owned_by(&self, owner: &Address) -> Box<dyn Iterator<Item = Account<'_>> + '_> {
        let owner = *owner;
        Box::new(
            self.0.iter().filter(move |(_, (of, _))| *of == owner).map(|(address, (owner, data))| Account {
                address: *address,
                owner: *owner,
                data,
            }),
        )
    }
}

fn address(text: &str) -> Address {
    let mut bytes = [0; 32];
    five8::decode_32(text, &mut bytes).expect("an address");
    bytes
}

fn shared() -> Option<PathBuf> {
    if std::env::var("LEGEND_SHARED").is_ok_and(|value| value == "none") {
        return None;
    }
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/executed"))
}

fn held(file: &Path) -> Held {
    let text = fs::read(file).unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()));
    let snapshot: Snapshot = serde_json::from_slice(&text).expect("a snapshot");
    let decode = |stored: Stored| base64::prelude::BASE64_STANDARD.decode(stored.data).expect("base64");
    Held(
        snapshot
            .accounts
            .into_iter()
            .map(|(key, stored)| (address(&key), (address(&stored.owner), decode(stored))))
            .collect(),
    )
}

/// What the program did: paid this out of that, or refused.
fn expected(line: &Line) -> Option<(u64, u64)> {
    if line.err.as_ref().is_some_and(|error| !error.is_null()) {
        return None;
    }
    let number = |text: &Option<String>| text.as_ref().expect("an amount").parse().expect("a number");
    Some((number(&line.amount_in_spent), number(&line.amount_out_actual)))
}

#[test]
fn every_executed_swap_is_quoted_to_the_unit_and_every_refusal_refused() {
    let Some(folder) = shared() else { return };
    let text = fs::read_to_string(folder.join("quotes.ndjson")).expect("the executed quotes");
    let mut files: HashMap<String, Held> = HashMap::new();
    let mut counts: BTreeMap<&str, [u32; 2]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in text.lines() {
        let line: Line = serde_json::from_str(line).expect("a line");
        let name = line.accounts_file.clone();
        let accounts = files.entry(name).or_insert_with(|| held(&folder.join(&line.accounts_file)));
        let Some(loaded) = AnyMarket::load(&address(&line.pool), accounts) else {
            counts.entry("no market").or_default()[1] += 1;
            continue;
        };
        let market = match loaded {
            Ok(market) => market,
            Err(refusal) => {
                wrong.push(format!("{}: cannot load: {refusal}", line.pool));
                continue;
            }
        };
        let side = market.side_of(&address(&line.input_mint)).expect("a mint of the pool");
        let now = Now { slot: line.slot, time_s: line.unix_ts };
        let quote = market.quote_in(side, line.amount_in.parse().expect("a number"), &now);
        let got = quote.ok().map(|quote| (quote.amount_in, quote.amount_out));
        let count = counts.entry(market.id()).or_default();
        count[1] += 1;
        if got == expected(&line) {
            count[0] += 1;
        } else {
            wrong.push(format!(
                "{} {:?} {}: {quote:?}, executed {:?}",
                market.id(),
                side,
                line.amount_in,
                expected(&line)
            ));
        }
    }
    for (id, [equal, all]) in &counts {
        println!("{id}: {equal} of {all} equal");
    }
    assert!(wrong.is_empty(), "{} of {IDS:?}: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
}
