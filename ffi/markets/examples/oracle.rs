//! Answers questions about markets that are made of accounts: one JSON object a line on stdin, one on stdout.
//!
//! `{"hold": {ADDRESS: {"owner": ADDRESS, "data": BASE64}}}` replaces what is held and has no answer. Every other line
//! is a question: `{"pool", "accounts" (over what is held), "side": "a"|"b", "exact": "in"|"out", "amount", "slot",
//! "time_s"}`, whose answer is `{"in", "out"}` or `{"refused": why}`.

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufWriter, Write as _, stdin, stdout};

use base64::Engine as _;
use markets::any::AnyMarket;
use markets::{Account, Accounts, Address, Now, Quote, Side};
use serde::Deserialize;

#[derive(Deserialize)]
struct Stored {
    owner: String,
    data: String,
}

type Written = HashMap<String, Stored>;

#[derive(Deserialize)]
struct Line {
    hold: Option<Written>,
    pool: Option<String>,
    accounts: Option<Written>,
    #[serde(default)]
    side: String,
    #[serde(default)]
    exact: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    slot: u64,
    #[serde(default)]
    time_s: i64,
}

/// Owner and bytes by address.
type Held = HashMap<Address, (Address, Vec<u8>)>;

/// What one question holds, over what all hold.
struct Both<'a> {
    over: &'a Held,
    under: &'a Held,
}

impl Accounts for Both<'_> {
    fn get(&self, address: &Address) -> Option<Account<'_>> {
        let (owner, data) = self.over.get(address).or_else(|| self.under.get(address))?;
        Some(Account { address: *address, owner: *owner, data })
    }

    fn owned_by(&self, owner: &Address) -> Box<dyn Iterator<Item = Account<'_>> + '_> {
        let owner = *owner;
        let under = self.under.iter().filter(|(address, _)| !self.over.contains_key(*address));
        Box::new(
            self.over
                .iter()
                .chain(under)
                .filter(move |(_, (of, _))| *of == owner)
                .map(|(address, (owner, data))| Account { address: *address, owner: *owner, data }),
        )
    }
}

fn address(text: &str) -> Result<Address, Box<dyn Error>> {
    let mut bytes = [0; 32];
    five8::decode_32(text, &mut bytes).map_err(|error| format!("{text} is not an address: {error:?}"))?;
    Ok(bytes)
}

fn held(written: Written) -> Result<Held, Box<dyn Error>> {
    let decode = |stored: Stored| -> Result<_, Box<dyn Error>> {
        Ok((address(&stored.owner)?, base64::prelude::BASE64_STANDARD.decode(stored.data)?))
    };
    written.into_iter().map(|(key, stored)| Ok((address(&key)?, decode(stored)?))).collect()
}

/// The market's quote, or why there is none.
fn answer(line: &Line, pool: &Address, accounts: &Both<'_>) -> Result<Quote, Box<dyn Error>> {
    let market = AnyMarket::load(pool, accounts).ok_or("a program without a market")??;
    let side = if line.side == "a" { Side::A } else { Side::B };
    let (amount, now) = (line.amount.parse()?, Now { slot: line.slot, time_s: line.time_s });
    Ok(match line.exact.as_str() {
        "in" => market.quote_in(side, amount, &now)?,
        _ => market.quote_out(side, amount, &now)?,
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut under, mut output) = (Held::new(), BufWriter::new(stdout()));
    for line in stdin().lines() {
        let mut line: Line = serde_json::from_str(&line?)?;
        if let Some(written) = line.hold.take() {
            under = held(written)?;
            continue;
        }
        let over = held(line.accounts.take().unwrap_or_default())?;
        let pool = address(line.pool.as_deref().ok_or("a line without a pool")?)?;
        let written = match answer(&line, &pool, &Both { over: &over, under: &under }) {
            Ok(quote) => serde_json::json!({
                "in": quote.amount_in.to_string(),
                "out": quote.amount_out.to_string(),
            }),
            Err(refusal) => serde_json::json!({ "refused": refusal.to_string() }),
        };
        writeln!(output, "{written}")?;
    }
    output.flush()?;
    Ok(())
}
