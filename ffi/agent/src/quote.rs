//! `legend quote`: what pools would pay, from snapshots of accounts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use engine::pubkey::Pubkey;
use markets::any::AnyMarket;
use markets::{Account, Accounts, Address, Now, Quote, Refusal};
use serde::Deserialize;
use serde_json::json;
use sources::accounts::{self, OwnedAccount};
use sources::unpack::read_text;

use crate::error::AgentError;

/// Snapshots held at once; lines of a batch name theirs in runs.
const SNAPSHOTS_MAX: usize = 8;
/// Maximum size of a snapshot.
const SNAPSHOT_BYTES_MAX: usize = 64 << 20;
/// Maximum size of a batch file.
const BATCH_BYTES_MAX: usize = 256 << 20;

/// Options of `legend quote`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuoteOptions {
    /// A file of NDJSON with one quote per line; `accounts_file` is relative to its folder.
    pub batch: Option<PathBuf>,
    /// One quote; `accounts_file` is relative to the current folder.
    pub one: Option<Asked>,
}

/// What is asked of a pool. A line of a batch may have other fields, which are ignored.
#[derive(Clone, Deserialize)]
pub struct Asked {
    /// The snapshot.
    accounts_file: PathBuf,
    pool: String,
    input_mint: String,
    /// Units of the mint, as digits.
    amount_in: String,
    /// Slot of the swap; if absent, the slot of the snapshot.
    slot: Option<u64>,
    /// Block time of the swap, Unix seconds; if absent, the time of the snapshot.
    unix_ts: Option<i64>,
}

/// When a snapshot was taken, as far as the snapshot states it.
#[derive(Deserialize)]
struct Taken {
    slot: Option<u64>,
    unix_ts: Option<i64>,
}

/// A snapshot, by address.
struct Snapshot {
    accounts: Vec<OwnedAccount>,
    places: HashMap<Address, usize>,
    taken: Taken,
}

impl Snapshot {
    fn read(path: &Path) -> Result<Snapshot, AgentError> {
        let accounts = accounts::read(path)?;
        let places = accounts.iter().enumerate().map(|(place, account)| (account.view().pubkey.0, place));
        let text = read_text(path, SNAPSHOT_BYTES_MAX)?;
        let first = serde_json::Deserializer::from_str(&text).into_iter::<Taken>().next();
        let taken = first.and_then(Result::ok).unwrap_or(Taken { slot: None, unix_ts: None });
        Ok(Snapshot { places: places.collect(), accounts, taken })
    }
}

fn view(account: &OwnedAccount) -> Account<'_> {
    let account = account.view();
    Account { address: account.pubkey.0, owner: account.owner.0, data: account.data }
}

impl Accounts for Snapshot {
    fn get(&self, address: &Address) -> Option<Account<'_>> {
        self.places.get(address).and_then(|&place| self.accounts.get(place)).map(view)
    }

    fn owned_by(&self, owner: &Address) -> Box<dyn Iterator<Item = Account<'_>> + '_> {
        let owner = *owner;
        Box::new(self.accounts.iter().map(view).filter(move |account| account.owner == owner))
    }
}

/// Quotes, one line for each that is asked.
pub struct QuoteStream {
    folder: PathBuf,
    lines: std::vec::IntoIter<(usize, String)>,
    one: Option<Asked>,
    /// The newest last.
    snapshots: Vec<(PathBuf, Snapshot)>,
    answer: Vec<u8>,
    at: usize,
    /// Lines that are not quotes, or whose snapshot cannot be read.
    unanswered: u64,
}

impl QuoteStream {
    /// Reads the batch file; snapshots are read when a line names them.
    ///
    /// # Errors
    /// The batch file cannot be read.
    pub fn open(options: QuoteOptions) -> Result<QuoteStream, AgentError> {
        let (mut folder, mut lines) = (PathBuf::new(), Vec::new());
        if let Some(batch) = options.batch {
            let text = read_text(&batch, BATCH_BYTES_MAX)?;
            let all = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            lines.extend(all.map(|(at, line)| (at + 1, line.to_owned())));
            folder = batch.parent().map(Path::to_path_buf).unwrap_or_default();
        }
        let (lines, one) = (lines.into_iter(), options.one);
        Ok(QuoteStream {
            folder,
            lines,
            one,
            snapshots: Vec::new(),
            answer: Vec::new(),
            at: 0,
            unanswered: 0,
        })
    }

    /// Copies up to `out.len()` bytes of answers; 0 = the end.
    ///
    /// # Errors
    /// Once, at the end: how many lines are not quotes or name a snapshot that cannot be read.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, AgentError> {
        if self.at == self.answer.len() {
            self.at = 0;
            self.answer.clear();
            let answered = match self.next() {
                Ok(None) if self.unanswered == 0 => return Ok(0),
                Ok(None) => return Err(AgentError::Unanswered(std::mem::take(&mut self.unanswered))),
                Ok(Some(asked)) => self.ask(&asked),
                Err(error) => Err(error),
            };
            let answer = answered.unwrap_or_else(|error| {
                self.unanswered += 1;
                json!({ "error": error.to_string() }).to_string()
            });
            self.answer = answer.into_bytes();
            self.answer.push(b'\n');
        }
        let rest = &self.answer[self.at..];
        let length = rest.len().min(out.len());
        out[..length].copy_from_slice(&rest[..length]);
        self.at += length;
        Ok(length)
    }

    fn next(&mut self) -> Result<Option<Asked>, AgentError> {
        if let Some(one) = self.one.take() {
            return Ok(Some(one));
        }
        let Some((number, line)) = self.lines.next() else { return Ok(None) };
        let asked = serde_json::from_str(&line);
        asked.map(Some).map_err(|source| AgentError::Batch { line: number, source })
    }

    fn snapshot(&mut self, file: &Path) -> Result<&Snapshot, AgentError> {
        let place = self.snapshots.iter().position(|(known, _)| known == file);
        let place = match place {
            Some(place) => place,
            None => {
                let snapshot = Snapshot::read(file)?;
                if self.snapshots.len() == SNAPSHOTS_MAX {
                    self.snapshots.remove(0);
                }
                self.snapshots.push((file.to_path_buf(), snapshot));
                self.snapshots.len() - 1
            }
        };
        Ok(&self.snapshots[place].1)
    }

    /// The answer as JSON: the amounts, or why there are none.
    fn ask(&mut self, asked: &Asked) -> Result<String, AgentError> {
        let file = self.folder.join(&asked.accounts_file);
        let snapshot = self.snapshot(&file)?;
        let answer = match quote(snapshot, asked) {
            Ok((id, mints, quote)) => json!({
                "dex": id,
                "pool": asked.pool,
                "in_amount": quote.amount_in.to_string(),
                "out_amount": quote.amount_out.to_string(),
                "fee_amount": quote.fee.to_string(),
                "fee_mint": Pubkey(mints[quote.fee_side.index()]).to_string(),
            }),
            Err(error) => json!({ "pool": asked.pool, "error": error.to_string() }),
        };
        Ok(answer.to_string())
    }
}

type Answer = (&'static str, [Address; 2], Quote);

/// Why there is no quote.
#[derive(Debug, thiserror::Error)]
enum NoQuote {
    #[error("the {what} {text:?} is not an address")]
    Address { what: &'static str, text: String },
    #[error("the amount {0:?} is not a number below 2^64")]
    Amount(String),
    #[error("the pool's program is not supported")]
    NoMarket,
    #[error("the pool does not hold this mint")]
    Mint,
    #[error("the snapshot does not say when it was taken: need slot and time")]
    Time,
    #[error("the snapshot does not hold the account {0}")]
    NotHeld(Pubkey),
    #[error(transparent)]
    Refused(Refusal),
}

impl From<Refusal> for NoQuote {
    fn from(refusal: Refusal) -> NoQuote {
        match refusal {
            Refusal::NotHeld(address) => NoQuote::NotHeld(Pubkey(address)),
            other => NoQuote::Refused(other),
        }
    }
}

fn quote(snapshot: &Snapshot, asked: &Asked) -> Result<Answer, NoQuote> {
    let key = |what: &'static str, text: &str| {
        let parsed = Pubkey::parse(text.as_bytes()).map(|key| key.0);
        parsed.ok_or_else(|| NoQuote::Address { what, text: text.to_owned() })
    };
    let (pool, mint) = (key("pool", &asked.pool)?, key("mint", &asked.input_mint)?);
    let amount: u64 = asked.amount_in.parse().map_err(|_| NoQuote::Amount(asked.amount_in.clone()))?;
    let market = AnyMarket::load(&pool, snapshot).ok_or(NoQuote::NoMarket)??;
    let side = market.side_of(&mint).ok_or(NoQuote::Mint)?;
    let taken = &snapshot.taken;
    let (Some(slot), Some(time_s)) = (asked.slot.or(taken.slot), asked.unix_ts.or(taken.unix_ts)) else {
        return Err(NoQuote::Time);
    };
    let now = Now { slot, time_s };
    let quote = market.quote_in(side, amount, &now)?;
    Ok((market.id(), market.mints(), quote))
}
