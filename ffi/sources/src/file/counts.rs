//! What was read, and what could not be used.

use std::path::Path;

use serde_json::value::RawValue;

use crate::error::{NEED_BLOCK, NoBlock, SourceError};
use crate::to_frame::{self, SkipReason};

/// Counts of what could and could not be used, for the last line of every verb that reads files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceCounts {
    /// Files read to their end.
    pub files: u64,
    /// Blocks and single transactions passed on.
    pub blocks: u64,
    /// Transactions passed on.
    pub transactions: u64,
    /// Transactions of a version this executable does not know.
    pub unknown_version: u64,
    /// Transactions that do not have the form of JSON-RPC.
    pub malformed: u64,
}

impl SourceCounts {
    /// Counts a transaction without a frame, by its reason.
    pub(super) fn count(&mut self, written: &Result<(), SkipReason>) {
        match written {
            Ok(()) => {}
            Err(SkipReason::UnknownVersion) => self.unknown_version += 1,
            Err(SkipReason::Malformed(_)) => self.malformed += 1,
        }
    }
}

/// What could not be read in a file: how much, and the first reason.
#[derive(Default)]
pub(super) struct Unread {
    lines: u64,
    transactions: u64,
    first: Option<String>,
    /// Lines of the file before the current text.
    pub(super) lines_before: usize,
}

impl Unread {
    pub(super) fn line(&mut self, number: usize, why: &serde_json::Error) {
        self.lines += 1;
        self.first.get_or_insert_with(|| format!("line {number}: it is not JSON ({why})"));
    }

    pub(super) fn refused(&mut self, why: &NoBlock) {
        self.lines += 1;
        self.first.get_or_insert_with(|| format!("{why}, {NEED_BLOCK}"));
    }

    pub(super) fn transaction(&mut self, raw: &RawValue, why: &SkipReason) {
        self.transactions += 1;
        self.first.get_or_insert_with(|| {
            let name = to_frame::signature_of(raw).unwrap_or_else(|| "a transaction".to_owned());
            format!("{name}: {why}")
        });
    }

    pub(super) fn error(&self, path: &Path) -> Option<SourceError> {
        let first = self.first.clone()?;
        let more = self.lines + self.transactions - 1;
        Some(SourceError::Partial { path: path.to_path_buf(), first, more })
    }
}
