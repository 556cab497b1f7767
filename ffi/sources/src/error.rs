//! Errors of a source, worded for people.

use std::io;
use std::path::PathBuf;

use kafka::ClusterError;
use thiserror::Error;
use topic_log::{LogError, disk};

/// What to provide instead of an answer without a block; follows the reason.
pub(super) const NEED_BLOCK: &str = "need the answer of getBlock or getTransaction";

/// Why JSON is neither a block nor a transaction with its meta.
#[derive(Debug, Error)]
pub enum NoBlock {
    /// A part of it does not have the form that its name requires.
    #[error("{0}")]
    Json(#[source] serde_json::Error),
    /// It is an error answer of an RPC node, which begins with this text.
    #[error("it holds the RPC error {0}")]
    Rpc(String),
    /// It is an RPC node's answer without a result.
    #[error("its result is null (a skipped slot, or an unknown signature)")]
    Null,
    /// Its slot is unknown.
    #[error("neither it nor the file name states its slot, use --slot")]
    NoSlot,
    /// A single transaction that is too long.
    #[error("its transaction is longer than any transaction of the chain")]
    TooLong,
    /// Other JSON.
    #[error("it has neither transactions nor transaction and meta")]
    Other,
}

/// Why a snapshot of accounts cannot be used.
#[derive(Debug, Error)]
pub enum NoAccounts {
    /// A line is not JSON, or has another form.
    #[error("{0}")]
    Json(#[source] serde_json::Error),
    /// A line lacks a field.
    #[error("a line lacks pubkey, owner or data")]
    Incomplete,
    /// This account's address, owner or data is invalid.
    #[error("account {0} is malformed")]
    Malformed(String),
}

/// An error of a source: one line that names the file.
#[derive(Debug, Error)]
pub enum SourceError {
    /// There is no such file or folder.
    #[error("Cannot read {}: it does not exist", .0.display())]
    Missing(PathBuf),
    /// The system refuses.
    #[error("Cannot read {}: {source}", .path.display())]
    Read {
        /// Of the file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file's end is missing.
    #[error("Cannot unpack {}: it is truncated", .0.display())]
    Truncated(PathBuf),
    /// The content does not match the file's ending.
    #[error("Cannot unpack {}: {source}", .path.display())]
    Unpack {
        /// Of the file.
        path: PathBuf,
        /// The unpacker's reason.
        source: io::Error,
    },
    /// A few bytes that unpack to very many.
    #[error(
        "Cannot unpack {}: {packed} bytes of it unpack to {unpacked} or more, need at most {ratio_max} to one",
        .path.display()
    )]
    Bomb {
        /// Of the file.
        path: PathBuf,
        /// Bytes read.
        packed: u64,
        /// Bytes that they unpacked to.
        unpacked: u64,
        /// Maximum unpacked bytes per packed byte.
        ratio_max: u64,
    },
    /// More than may be held in memory at once.
    #[error(
        "Cannot read {}: one of its values or blocks is longer than {bytes_max} bytes; this limit is for each of them, not for the file",
        .path.display()
    )]
    TooLong {
        /// Of the file.
        path: PathBuf,
        /// The maximum length.
        bytes_max: usize,
    },
    /// The file is not UTF-8.
    #[error("Cannot read {}: it is not UTF-8 text", .0.display())]
    NotText(PathBuf),
    /// Folders without any file of a known ending.
    #[error("Cannot read {0}: no .json, .ndjson, .jsonl or .journal file in it")]
    NoFiles(String),
    /// Not a journal, or one of another version.
    #[error("Cannot read {}: it is not a capture journal of this version", .0.display())]
    NotAJournal(PathBuf),
    /// A journal that is damaged from here on.
    #[error("Cannot read {} from byte {at} on: the record there is cut or damaged", .path.display())]
    Damaged {
        /// Of the file.
        path: PathBuf,
        /// Position of the record.
        at: usize,
    },
    /// The file is not JSON.
    #[error("Cannot read {}: it is not JSON ({source})", .path.display())]
    NotJson {
        /// Of the file.
        path: PathBuf,
        /// The parser's reason.
        source: serde_json::Error,
    },
    /// The file is empty.
    #[error("Cannot read {}: it is empty", .0.display())]
    Empty(PathBuf),
    /// The file is JSON, but not a block or transaction.
    #[error("Cannot read {}: {why}, {NEED_BLOCK}", .path.display())]
    NoBlock {
        /// Of the file.
        path: PathBuf,
        /// What is wrong with it.
        why: NoBlock,
    },
    /// A part of the file could not be read; everything else in it was passed on.
    #[error(
        "Cannot read all of {}: {first}{}",
        .path.display(),
        if *.more == 0 { String::new() } else { format!("; {more} more of it could not be read", more = .more) }
    )]
    Partial {
        /// Of the file.
        path: PathBuf,
        /// Position and reason of the first such part.
        first: String,
        /// How many further parts there are.
        more: u64,
    },
    /// A snapshot of accounts cannot be used.
    #[error("Cannot read accounts from {}: {why}", .path.display())]
    NoAccounts {
        /// Of the file.
        path: PathBuf,
        /// What is wrong with it.
        why: NoAccounts,
    },
    /// A file made from a source cannot be written.
    #[error("Cannot write {}: {}", .path.display(), disk::why(.source))]
    Write {
        /// Of the file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// No source has this name.
    #[error("Cannot use --source {spec}: need {need}")]
    Spec {
        /// The given name.
        spec: String,
        /// The valid names.
        need: &'static str,
    },
    /// This host's log failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The cluster failed.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

impl SourceError {
    /// Why a file or folder cannot be opened or read.
    pub(super) fn read(path: PathBuf, source: io::Error) -> SourceError {
        match source.kind() {
            io::ErrorKind::NotFound => SourceError::Missing(path),
            _ => SourceError::Read { path, source },
        }
    }

    /// Whether only a part of the file could not be read, and everything else in it was passed on.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        matches!(self, SourceError::Partial { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(errors: Vec<(SourceError, &str)>) {
        for (error, text) in errors {
            assert_eq!(error.to_string(), text);
            assert_eq!(error.is_partial(), text.starts_with("Cannot read all of "), "{text}");
        }
    }

    fn no_json() -> serde_json::Error {
        serde_json::from_str::<u8>("x").expect_err("no JSON")
    }

    #[test]
    fn a_file_or_source_that_cannot_be_used_is_named_with_the_reason() {
        let (path, refused) = (|| PathBuf::from("/a.json"), || io::Error::from_raw_os_error(13));
        check(vec![
            (
                SourceError::read(path(), io::ErrorKind::NotFound.into()),
                "Cannot read /a.json: it does not exist",
            ),
            (SourceError::read(path(), refused()), "Cannot read /a.json: Permission denied (os error 13)"),
            (SourceError::Truncated(path()), "Cannot unpack /a.json: it is truncated"),
            (
                SourceError::Unpack { path: path(), source: refused() },
                "Cannot unpack /a.json: Permission denied (os error 13)",
            ),
            (
                SourceError::Bomb { path: path(), packed: 2, unpacked: 99, ratio_max: 9 },
                "Cannot unpack /a.json: 2 bytes of it unpack to 99 or more, need at most 9 to one",
            ),
            (
                SourceError::TooLong { path: path(), bytes_max: 8 },
                "Cannot read /a.json: one of its values or blocks is longer than 8 bytes; this limit is for each of them, not for the file",
            ),
            (SourceError::NotText(path()), "Cannot read /a.json: it is not UTF-8 text"),
            (
                SourceError::NoFiles("/a, /b".to_owned()),
                "Cannot read /a, /b: no .json, .ndjson, .jsonl or .journal file in it",
            ),
            (
                SourceError::NotAJournal(path()),
                "Cannot read /a.json: it is not a capture journal of this version",
            ),
            (
                SourceError::Damaged { path: path(), at: 12 },
                "Cannot read /a.json from byte 12 on: the record there is cut or damaged",
            ),
            (
                SourceError::Write { path: path(), source: io::Error::from_raw_os_error(28) },
                "Cannot write /a.json: the disk is full, free some space",
            ),
            (
                SourceError::Spec { spec: "x".to_owned(), need: "file:PATH or sim[:SEED]" },
                "Cannot use --source x: need file:PATH or sim[:SEED]",
            ),
        ]);
    }

    #[test]
    fn what_is_in_a_file_and_cannot_be_used_is_named_with_what_is_needed() {
        let path = || PathBuf::from("/a.json");
        let [block, file, accounts] = [
            format!("Cannot read /a.json: {}, need the answer of getBlock or getTransaction", no_json()),
            format!("Cannot read /a.json: it is not JSON ({})", no_json()),
            format!("Cannot read accounts from /a.json: {}", no_json()),
        ];
        let no_block = |why| SourceError::NoBlock { path: path(), why };
        let no_accounts = |why| SourceError::NoAccounts { path: path(), why };
        let partial = |more| SourceError::Partial { path: path(), first: "line 1: x".to_owned(), more };
        check(vec![
            (SourceError::NotJson { path: path(), source: no_json() }, &file),
            (SourceError::Empty(path()), "Cannot read /a.json: it is empty"),
            (no_block(NoBlock::Json(no_json())), &block),
            (
                no_block(NoBlock::Rpc("{}".to_owned())),
                "Cannot read /a.json: it holds the RPC error {}, need the answer of getBlock or getTransaction",
            ),
            (
                no_block(NoBlock::Null),
                "Cannot read /a.json: its result is null (a skipped slot, or an unknown signature), need the answer of getBlock or getTransaction",
            ),
            (
                no_block(NoBlock::NoSlot),
                "Cannot read /a.json: neither it nor the file name states its slot, use --slot, need the answer of getBlock or getTransaction",
            ),
            (
                no_block(NoBlock::TooLong),
                "Cannot read /a.json: its transaction is longer than any transaction of the chain, need the answer of getBlock or getTransaction",
            ),
            (
                no_block(NoBlock::Other),
                "Cannot read /a.json: it has neither transactions nor transaction and meta, need the answer of getBlock or getTransaction",
            ),
            (partial(0), "Cannot read all of /a.json: line 1: x"),
            (partial(2), "Cannot read all of /a.json: line 1: x; 2 more of it could not be read"),
            (no_accounts(NoAccounts::Json(no_json())), &accounts),
            (
                no_accounts(NoAccounts::Incomplete),
                "Cannot read accounts from /a.json: a line lacks pubkey, owner or data",
            ),
            (
                no_accounts(NoAccounts::Malformed("K".to_owned())),
                "Cannot read accounts from /a.json: account K is malformed",
            ),
        ]);
    }
}
