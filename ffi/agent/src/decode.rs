//! `legend decode`: reads files and prints one NDJSON line per leg.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use engine::frame::Transaction;
use engine::legs::{self, DecodeCounts, Leg};
use engine::missed::Missed;
use engine::pubkey::Signature;
use engine::seen::Seen;
use engine::tips::{TipAccounts, TipCounter};
use serde_json::json;
use sources::block::TimedFrame;
use sources::error::SourceError;
use sources::file::{FileSource, SourceCounts};

use crate::counters_json::{add_tips, missed};
use crate::error::AgentError;
use crate::tips::{self, TipAccount};

/// The slot of a transaction without a known slot.
const NO_SLOT: u64 = u64::MAX;

/// Options of `legend decode`.
#[derive(serde::Deserialize)]
pub struct DecodeOptions {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Slot of a single block that does not state it.
    pub slot: Option<u64>,
    /// Tip accounts in addition to the built-in ones.
    #[serde(default)]
    pub tips: Vec<TipAccount>,
}

/// Pulls lines from files, one file at a time.
pub struct DecodeStream {
    source: FileSource,
    lines: String,
    at: usize,
    counts: DecodeCounts,
    missed: Missed,
    tip_accounts: Arc<TipAccounts>,
    tip_counter: TipCounter,
    seen: Seen,
    failed: u64,
    repeated: u64,
    unreadable: u64,
}

impl DecodeStream {
    /// See [`FileSource::open`].
    ///
    /// # Errors
    /// As for that function.
    pub fn open(options: &DecodeOptions) -> Result<DecodeStream, AgentError> {
        let tip_accounts = tips::accounts(&options.tips)?;
        let source = FileSource::open(&options.paths, options.slot)?.slotless(NO_SLOT);
        Ok(DecodeStream {
            source,
            lines: String::new(),
            at: 0,
            counts: DecodeCounts::default(),
            missed: Missed::default(),
            tip_accounts,
            tip_counter: TipCounter::default(),
            seen: Seen::default(),
            failed: 0,
            repeated: 0,
            unreadable: 0,
        })
    }

    /// Copies up to `out.len()` bytes of lines; 0 = the end.
    ///
    /// # Errors
    /// A file cannot be read; the next call continues with the next file.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, AgentError> {
        while self.at == self.lines.len() {
            self.lines.clear();
            self.at = 0;
            if !self.read_file()? {
                return Ok(0);
            }
        }
        let rest = &self.lines.as_bytes()[self.at..];
        let len = rest.len().min(out.len());
        out[..len].copy_from_slice(&rest[..len]);
        self.at += len;
        Ok(len)
    }

    /// Counters of the whole run, as JSON.
    #[must_use]
    pub fn summary(&self) -> String {
        let SourceCounts { files, blocks, transactions, unknown_version, malformed } = self.source.counts();
        let DecodeCounts { legs, malformed: malformed_swaps, unresolved } = self.counts;
        let mut summary = json!({
            "files": files,
            "blocks": blocks,
            "transactions": transactions,
            "failed": self.failed,
            "repeated": self.repeated,
            "unremembered": self.seen.unremembered,
            "legs": legs,
            "unknown_version": unknown_version,
            "malformed": malformed + self.unreadable,
            "malformed_swaps": malformed_swaps,
            "unresolved_swaps": unresolved,
            "missed_swaps": self.missed.total(),
            "missed_by_program": missed(&self.missed),
        });
        add_tips(&mut summary, &self.tip_counter.report());
        summary.to_string()
    }

    fn read_file(&mut self) -> Result<bool, SourceError> {
        let (mut transaction, mut legs) = (Transaction::default(), Vec::new());
        let Self { source, lines, counts, missed, seen, failed, repeated, unreadable, .. } = self;
        let (tip_counter, tip_accounts) = (&mut self.tip_counter, &self.tip_accounts);
        source.read_file(|block| {
            for TimedFrame { frame, .. } in block.frames() {
                if transaction.walk(frame).is_err() {
                    *unreadable += 1;
                    continue;
                }
                let signature = Signature::from_slice(transaction.signature.of(frame)).unwrap_or_default();
                if !seen.is_first(transaction.slot, &signature) {
                    *repeated += 1;
                    continue;
                }
                *failed += u64::from(transaction.failed);
                legs.clear();
                legs::decode(frame, &transaction, &mut legs, counts, missed);
                tip_counter.count(frame, &transaction, tip_accounts);
                for leg in &legs {
                    write_leg(lines, &transaction, signature, leg);
                }
            }
            // This makes it known for longer than the newest slots; a transaction without a slot is not a
            // block.
            if block.whole {
                seen.end(block.slot);
            }
            true
        })
    }
}

fn write_leg(out: &mut String, transaction: &Transaction, signature: Signature, leg: &Leg) {
    let slot = if transaction.slot == NO_SLOT { "null".to_owned() } else { transaction.slot.to_string() };
    let index = transaction.index;
    let inner = if leg.inner == 0 { String::new() } else { format!(".{}", leg.inner) };
    let Leg {
        top,
        hop,
        program,
        pool,
        trader,
        in_mint,
        in_amount,
        out_mint,
        out_amount,
        trader_in,
        trader_out,
        ..
    } = leg;
    let id = leg.dex_name();
    // Written only for inexact legs: their amounts may be too large by a transfer fee.
    let inexact = if leg.exact { "" } else { ",\"exact\":false" };
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{{\"slot\":{slot},\"index\":{index},\"signature\":\"{signature}\",\"ix\":\"{top}{inner}\",\"leg\":{hop},\
         \"dex\":\"{id}\",\"program\":\"{program}\",\"pool\":\"{pool}\",\"trader\":\"{trader}\",\
         \"in_mint\":\"{in_mint}\",\"in_amount\":\"{in_amount}\",\"out_mint\":\"{out_mint}\",\
         \"out_amount\":\"{out_amount}\",\"trader_in\":\"{trader_in}\",\"trader_out\":\"{trader_out}\"{inexact}}}"
    );
}

#[cfg(test)]
mod tests {
    use engine::pubkey::Pubkey;

    use super::*;

    /// A getBlock answer with one transaction, which calls a program and transfers nothing.
    fn block(slot: u64) -> serde_json::Value {
        let mut signature = [7; 64];
        signature[32..40].copy_from_slice(&slot.to_le_bytes());
        let call = json!({ "programIdIndex": 1, "accounts": [0], "data": "", "stackHeight": null });
        let header = json!({
            "numRequiredSignatures": 1,
            "numReadonlySignedAccounts": 0,
            "numReadonlyUnsignedAccounts": 1,
        });
        let message = json!({
            "header": header,
            "accountKeys": [Pubkey([1; 32]).to_string(), Pubkey([2; 32]).to_string()],
            "recentBlockhash": Pubkey([3; 32]).to_string(),
            "instructions": [call],
        });
        let meta = json!({
            "err": null,
            "fee": 5_000,
            "preBalances": [9_000, 1],
            "postBalances": [4_000, 1],
            "innerInstructions": [],
            "preTokenBalances": [],
            "postTokenBalances": [],
            "logMessages": [],
            "loadedAddresses": { "writable": [], "readonly": [] },
        });
        let signatures = [Signature(signature).to_string()];
        json!({
            "slot": slot,
            "blockTime": 1_700_000_000,
            "transactions": [{
                "transaction": { "signatures": signatures, "message": message },
                "meta": meta,
                "version": "legacy",
            }],
        })
    }

    #[test]
    fn slots_beyond_the_remembered_ones_count_once_when_given_twice() {
        let folder = std::env::temp_dir().join(format!("legend-decode-twice-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("makes a folder");
        let text: String = (1..=200).map(|slot| format!("{}\n", block(slot))).collect();
        let files = ["first.ndjson", "second.ndjson"].map(|name| folder.join(name));
        for file in &files {
            std::fs::write(file, &text).expect("writes");
        }
        let mut stream =
            DecodeStream::open(&DecodeOptions { paths: files.to_vec(), slot: None, tips: Vec::new() })
                .expect("opens");
        assert_eq!(stream.read(&mut [0; 1_024]).expect("reads"), 0, "there is no leg");
        let summary: serde_json::Value = serde_json::from_str(&stream.summary()).expect("JSON");
        let counted = ["files", "blocks", "transactions", "repeated", "malformed"].map(|name| &summary[name]);
        assert_eq!(counted.map(serde_json::Value::as_u64), [2, 400, 400, 200, 0].map(Some), "{summary}");
        std::fs::remove_dir_all(folder).expect("removes");
    }
}
