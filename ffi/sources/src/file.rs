//! The file source: captured chain data in every form of docs/CONTRACT.md, as blocks of frames in slot order.

mod counts;
mod discovery;
mod documents;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use engine::frame::{FrameError, Transaction, block_end};
use engine::position::ChainPosition;

pub use self::counts::SourceCounts;
use self::counts::Unread;
use self::discovery::{Found, first_slot, is_journal, slot_in_name};
use self::documents::{TornLine, for_each_document, has_null_result};
use super::block::Block;
use super::error::{NoBlock, SourceError};
use super::journal::Frames;
use super::one_pass::{self, BlockHeader};
use super::rpc::{Document, List, TransactionWithMeta, WholeTransaction};
use super::to_frame::{self, SkipReason};
use super::unpack::{self, TEXT_BYTES_MAX, Unpacked};

/// Maximum size of a block that is read in one pass: a longer one is read by transaction, with less memory.
const WHOLE_BYTES_MAX: usize = 32 << 20;
/// Maximum size of a transaction as JSON; on the chain they are below 1,232 bytes, with logs and balances
/// below a megabyte.
const TRANSACTION_BYTES_MAX: usize = 8 << 20;

/// Reads `paths` (files, or folders recursively) and passes on their blocks in slot order.
pub struct FileSource {
    files: Vec<PathBuf>,
    next: usize,
    slot: Option<u64>,
    /// The slot used for a transaction without one; `None`: such a file is refused.
    slotless: Option<u64>,
    counts: SourceCounts,
    /// Folders that could not be listed and are still to be reported.
    unlisted: Vec<SourceError>,
    /// For the current file.
    unread: Unread,
}

impl FileSource {
    /// Finds the files; `slot` overrides the one in names and contents, for a single block.
    ///
    /// # Errors
    /// A path is missing or unreadable, or nothing was found.
    pub fn open(paths: &[PathBuf], slot: Option<u64>) -> Result<FileSource, SourceError> {
        let (mut files, mut found) = (Vec::new(), Found::default());
        for path in paths {
            let meta = fs::metadata(path).map_err(|error| SourceError::read(path.clone(), error))?;
            if meta.is_dir() {
                found.collect(path, &mut files);
            } else {
                files.push(path.clone());
            }
        }
        if files.is_empty() {
            if let Some(error) = found.unlisted.pop() {
                return Err(error);
            }
            let shown: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
            return Err(SourceError::NoFiles(shown.join(", ")));
        }
        let mut keyed = Vec::with_capacity(files.len());
        let single = files.len() == 1;
        for file in files {
            let slot = if single { Some(0) } else { slot_in_name(&file).or_else(|| first_slot(&file)) };
            keyed.push((slot.unwrap_or(0), file));
        }
        keyed.sort();
        let files = keyed.into_iter().map(|(_, file)| file).collect();
        Ok(FileSource { files, slot, unlisted: found.unlisted, ..FileSource::of_texts() })
    }

    /// Accepts single transactions without a known slot, as if they were in `slot`.
    #[must_use]
    pub fn slotless(self, slot: u64) -> FileSource {
        FileSource { slotless: Some(slot), ..self }
    }

    /// What was read so far, and what could not be used.
    #[must_use]
    pub fn counts(&self) -> SourceCounts {
        self.counts
    }

    /// Calls `each` for every block of the next file; false if none is left. `each` stops the file by
    /// returning false.
    ///
    /// # Errors
    /// The file cannot be read, or holds no block or transaction.
    pub fn read_file(&mut self, mut each: impl FnMut(&Block) -> bool) -> Result<bool, SourceError> {
        if let Some(error) = self.unlisted.pop() {
            return Err(error);
        }
        let Some(path) = self.files.get(self.next).cloned() else { return Ok(false) };
        self.unread = Unread::default();
        self.next += 1;
        if is_journal(&path) {
            self.read_journal(&path, each)?;
            self.counts.files += 1;
            return Ok(true);
        }
        let hint = self.slot.or_else(|| slot_in_name(&path));
        let mut continues = true;
        unpack::for_each_text(&path, TEXT_BYTES_MAX, |text, whole| {
            if whole || !text.trim_ascii().is_empty() {
                self.read_text(&path, text, hint, &mut |block| {
                    continues = each(block);
                    continues
                })?;
            }
            if !whole {
                self.unread.lines_before += text.bytes().filter(|byte| *byte == b'\n').count();
            }
            Ok(continues)
        })?;
        self.counts.files += 1;
        self.unread.error(&path).map_or(Ok(true), Err)
    }

    /// A source without files, for [`FileSource::read_text`].
    #[must_use]
    pub fn of_texts() -> FileSource {
        FileSource {
            files: Vec::new(),
            next: 0,
            slot: None,
            slotless: None,
            counts: SourceCounts::default(),
            unlisted: Vec::new(),
            unread: Unread::default(),
        }
    }

    /// Counts one more text that could not be used.
    pub fn count_malformed(&mut self) {
        self.counts.malformed += 1;
    }

    /// Calls `each` for every block of a text; `path` names it in errors. `hint`: its slot, if the text does
    /// not state it.
    ///
    /// # Errors
    /// It holds no block or transaction.
    pub fn read_text(
        &mut self,
        path: &Path,
        text: &str,
        hint: Option<u64>,
        each: &mut impl FnMut(&Block) -> bool,
    ) -> Result<(), SourceError> {
        let mut block = Block::default();
        if text.len() <= WHOLE_BYTES_MAX && self.read_whole(text, hint, &mut block) {
            self.hand_out(&mut block, each);
            return Ok(());
        }
        // Read again by transaction, to report what is unusual.
        block.clear(0, 0, false);
        let (mut torn, mut refused, mut good) = (Vec::new(), Vec::new(), false);
        for_each_document(path, text, &mut torn, |document| {
            match self.fill(document, hint, &mut block) {
                Ok(()) => good = true,
                // Among several answers, one without a block.
                Err(error) => {
                    refused.push(error);
                    return Ok(true);
                }
            }
            // A single transaction that could not be read is not a block.
            Ok(self.hand_out(&mut block, each))
        })?;
        if !good && torn.is_empty() && refused.len() == 1 {
            let no_block = |why| SourceError::NoBlock { path: path.to_path_buf(), why };
            return refused.pop().map_or(Ok(()), |why| Err(no_block(why)));
        }
        self.counts.malformed += (torn.len() + refused.len()) as u64;
        for TornLine { number, why } in &torn {
            self.unread.line(self.unread.lines_before + number, why);
        }
        for why in &refused {
            self.unread.refused(why);
        }
        Ok(())
    }

    /// Fills `block` if `text` is exactly one block, with a known slot and nothing unusual in it.
    fn read_whole(&self, text: &str, hint: Option<u64>, block: &mut Block) -> bool {
        let mut known_slot = self.slot;
        // A second pass if the slot comes only after the transactions.
        for _ in 0..2 {
            block.clear(0, 0, true);
            let mut used_slot = None;
            let header =
                one_pass::read(text, |slot_so_far, WholeTransaction { transaction, meta, version }| {
                    used_slot = known_slot.or(slot_so_far).or(hint);
                    let position =
                        ChainPosition { slot: used_slot.unwrap_or_default(), index: block.len() as u64 };
                    let written = block
                        .push(0, |out| to_frame::write_parsed(out, position, transaction, meta, version));
                    written.is_ok()
                });
            let Ok(BlockHeader { slot, block_time }) = header else { return false };
            known_slot = known_slot.or(slot).or(hint);
            let Some(slot) = known_slot else { return false };
            if used_slot == known_slot || block.is_empty() {
                block.end(slot, nanoseconds(block_time));
                return true;
            }
        }
        false
    }

    /// Reads the blocks of a capture journal: frames up to a `block_meta`, which ends the slot.
    fn read_journal(&mut self, path: &Path, mut each: impl FnMut(&Block) -> bool) -> Result<(), SourceError> {
        let mut frames = Frames::open(Unpacked::open(path)?)?
            .ok_or_else(|| SourceError::NotAJournal(path.to_path_buf()))?;
        let mut block = Block::default();
        let mut transaction = Transaction::default();
        while let Some(captured) = frames.next() {
            let captured = captured?.map_err(|at| SourceError::Damaged { path: path.to_path_buf(), at })?;
            match transaction.walk(captured.frame) {
                Ok(()) if block.is_empty() || block.slot == transaction.slot => {
                    (block.slot, block.time_ns) = (transaction.slot, captured.received_ns);
                }
                Ok(()) => {
                    // There is no end of a block between single transactions.
                    if !self.hand_out(&mut block, &mut each) {
                        return Ok(());
                    }
                    block.clear(transaction.slot, captured.received_ns, false);
                }
                Err(FrameError::NotATransaction) => {
                    // Live journals also contain slots, pings and other frames; only a `block_meta` ends the
                    // block.
                    let Some(slot) = block_end(captured.frame) else { continue };
                    if !block.is_empty() && block.slot != slot && !self.hand_out(&mut block, &mut each) {
                        return Ok(());
                    }
                    if block.slot != slot {
                        block.clear(slot, 0, true);
                    }
                    (block.time_ns, block.whole) = (captured.received_ns, true);
                    // An empty block ends its slot too.
                    if !self.hand_out(&mut block, &mut each) {
                        return Ok(());
                    }
                    block.clear(0, 0, false);
                    continue;
                }
                Err(_) => {
                    self.counts.malformed += 1;
                    continue;
                }
            }
            if block.bytes() > TEXT_BYTES_MAX {
                return Err(unpack::too_long(path, TEXT_BYTES_MAX));
            }
            let copied = block.push(captured.received_ns, |out| {
                out.extend_from_slice(captured.frame);
                Ok(())
            });
            self.counts.count(&copied);
        }
        self.hand_out(&mut block, &mut each);
        Ok(())
    }

    fn hand_out(&mut self, block: &mut Block, each: &mut impl FnMut(&Block) -> bool) -> bool {
        if block.is_empty() && !block.whole {
            return true;
        }
        self.counts.blocks += 1;
        self.counts.transactions += block.len() as u64;
        each(block)
    }

    fn fill(&mut self, raw: &RawValue, hint: Option<u64>, block: &mut Block) -> Result<(), NoBlock> {
        let mut document: Document<'_> = serde_json::from_str(raw.get()).map_err(NoBlock::Json)?;
        if let Some(error) = document.error {
            return Err(NoBlock::Rpc(error.get().chars().take(120).collect()));
        }
        let outer = document.slot;
        if document.transaction.is_none() && document.transactions.is_none() && has_null_result(raw) {
            return Err(NoBlock::Null);
        }
        if let Some(inside) = document.result.or(document.block) {
            document = serde_json::from_str(inside.get()).map_err(NoBlock::Json)?;
        }
        let slot = self.slot.or(outer).or(document.slot).or(hint);
        let slot = slot.ok_or(NoBlock::NoSlot);
        if let Some(List(transactions)) = &document.transactions {
            block.clear(slot?, nanoseconds(document.block_time), true);
            for (index, raw) in (0..).zip(transactions) {
                match serde_json::from_str::<TransactionWithMeta<'_>>(raw.get()) {
                    _ if raw.get().len() > TRANSACTION_BYTES_MAX => self.no_transaction(raw),
                    Ok(TransactionWithMeta { transaction: Some(transaction), meta: Some(meta), version }) => {
                        self.push(block, index, transaction, meta, version);
                    }
                    _ => self.no_transaction(raw),
                }
            }
            return Ok(());
        }
        if let (Some(transaction), Some(meta)) = (document.transaction, document.meta) {
            if raw.get().len() > TRANSACTION_BYTES_MAX {
                return Err(NoBlock::TooLong);
            }
            let slot = slot.or_else(|error| self.slotless.ok_or(error))?;
            block.clear(slot, nanoseconds(document.block_time), false);
            self.push(block, document.transaction_index.unwrap_or(0), transaction, meta, document.version);
            return Ok(());
        }
        Err(NoBlock::Other)
    }

    fn push(
        &mut self,
        block: &mut Block,
        index: u64,
        transaction: &RawValue,
        meta: &RawValue,
        version: Option<&RawValue>,
    ) {
        let (at, position) = (block.time_ns, ChainPosition { slot: block.slot, index });
        let written = block.push(at, |out| to_frame::write(out, position, transaction, meta, version));
        if let Err(reason) = &written {
            self.unread.transaction(transaction, reason);
        }
        self.counts.count(&written);
    }

    fn no_transaction(&mut self, raw: &RawValue) {
        self.counts.malformed += 1;
        let why = SkipReason::Malformed("it is not a transaction with its meta, or it is too long".into());
        self.unread.transaction(raw, &why);
    }
}

/// Block times are whole seconds; unknown ones are 0.
fn nanoseconds(time_s: Option<i64>) -> u64 {
    time_s.and_then(|time_s| u64::try_from(time_s).ok()).unwrap_or(0).saturating_mul(1_000_000_000)
}
