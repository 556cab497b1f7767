//! The file source: captured chain data in every form of SPEC 12, as blocks of frames in slot order.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use engine::frame::{FrameError, Transaction, block_end};

use super::block::Block;
use super::journal::{self, Frames};
use super::rpc::{Document, List, TransactionWithMeta, WholeBlock, WholeTransaction};
use super::to_frame::{self, Place, SkipReason};
use super::unpack::{self, TEXT_BYTES_MAX, Unpacked, cannot_read};

/// Longest block that is read in one pass: a longer one is read transaction by transaction, in less memory.
const WHOLE_BYTES_MAX: usize = 32 << 20;
/// Longest transaction as JSON; the chain's own are below 1,232 bytes, with logs and balances below a megabyte.
const TRANSACTION_BYTES_MAX: usize = 8 << 20;

/// What could not be used, for the last line of every verb that reads files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceCounts {
    /// Files read to their end.
    pub files: u64,
    /// Blocks and single transactions given out.
    pub blocks: u64,
    /// Transactions given out.
    pub transactions: u64,
    /// Transactions of a version this executable does not know.
    pub unknown_version: u64,
    /// Transactions that are not as JSON-RPC writes them.
    pub malformed: u64,
}

/// An error of the source: one line that names the file.
#[derive(Debug)]
pub struct SourceError(String);

impl SourceError {
    pub(crate) fn new(line: String) -> Self {
        SourceError(line)
    }
}

impl std::fmt::Display for SourceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SourceError {}

/// Reads `paths` (files, or folders recursively) and hands out their blocks in slot order.
pub struct FileSource {
    files: Vec<PathBuf>,
    next: usize,
    slot: Option<u64>,
    counts: SourceCounts,
}

impl FileSource {
    /// Finds the files; `slot` overrides what names and contents say, for a single block.
    ///
    /// # Errors
    /// A path is missing or unreadable, or nothing was found.
    pub fn open(paths: &[PathBuf], slot: Option<u64>) -> Result<FileSource, SourceError> {
        let mut files = Vec::new();
        for path in paths {
            let meta = fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
            if meta.is_dir() { collect(path, &mut files)? } else { files.push(path.clone()) }
        }
        if files.is_empty() {
            let shown: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
            return Err(SourceError(format!(
                "Cannot read {}: no .json, .ndjson, .jsonl or .journal file in it",
                shown.join(", ")
            )));
        }
        let mut keyed = Vec::with_capacity(files.len());
        let alone = files.len() == 1;
        for file in files {
            let slot = if alone {
                Some(0)
            } else {
                slot_in_name(&file).map_or_else(|| first_slot(&file), |slot| Ok(Some(slot)))?
            };
            keyed.push((slot.unwrap_or(0), file));
        }
        keyed.sort();
        let files = keyed.into_iter().map(|(_, file)| file).collect();
        Ok(FileSource { files, next: 0, slot, counts: SourceCounts::default() })
    }

    /// What was read and what could not be used so far.
    #[must_use]
    pub fn counts(&self) -> SourceCounts {
        self.counts
    }

    /// Calls `each` for every block of the next file; false when there is none left. `each` stops the
    /// file by returning false.
    ///
    /// # Errors
    /// The file cannot be read, or holds no block or transaction.
    pub fn read_file(&mut self, mut each: impl FnMut(&Block) -> bool) -> Result<bool, SourceError> {
        let Some(path) = self.files.get(self.next).cloned() else { return Ok(false) };
        self.next += 1;
        if is_journal(&path) {
            self.read_journal(&path, each)?;
            self.counts.files += 1;
            return Ok(true);
        }
        let hint = self.slot.or_else(|| slot_in_name(&path));
        let mut goes_on = true;
        unpack::for_each_text(&path, TEXT_BYTES_MAX, |text, whole| {
            if whole || !text.trim_ascii().is_empty() {
                self.read_text(&path, text, hint, &mut |block| {
                    goes_on = each(block);
                    goes_on
                })?;
            }
            Ok(goes_on)
        })?;
        self.counts.files += 1;
        Ok(true)
    }

    /// A source of texts alone, for [`FileSource::read_text`].
    #[must_use]
    pub fn of_texts() -> FileSource {
        FileSource { files: Vec::new(), next: 0, slot: None, counts: SourceCounts::default() }
    }

    /// Counts one more text that could not be used.
    pub fn count_malformed(&mut self) {
        self.counts.malformed += 1;
    }

    /// Calls `each` for every block of a text that `path` names; `hint`: the slot when the text does not say it.
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
        if text.len() <= WHOLE_BYTES_MAX
            && let Ok(whole) = serde_json::from_str::<WholeBlock<'_>>(text)
            && let Some(slot) = self.slot.or(whole.slot).or(hint)
        {
            block.clear(slot, nanoseconds(whole.block_time), true);
            for (index, WholeTransaction { transaction, meta, version }) in (0..).zip(whole.transactions) {
                let place = Place { slot, index };
                let at = block.time_ns;
                self.count(
                    &block.push(at, |out| to_frame::write_parsed(out, place, transaction, meta, version)),
                );
            }
            self.hand_out(&mut block, each);
            return Ok(());
        }
        for_each_document(path, text, |document| {
            self.fill(path, document, hint, &mut block)?;
            // A transaction alone that could not be read is no block.
            Ok(self.hand_out(&mut block, each))
        })
    }

    /// Blocks of a capture journal: frames up to a `block_meta`, which ends the slot.
    fn read_journal(&mut self, path: &Path, mut each: impl FnMut(&Block) -> bool) -> Result<(), SourceError> {
        let mut frames = Frames::open(Unpacked::open(path)?)?.ok_or_else(|| {
            SourceError(format!("Cannot read {}: it is no capture journal of this version", path.display()))
        })?;
        let mut block = Block::default();
        let mut transaction = Transaction::default();
        while let Some(captured) = frames.next() {
            let captured = captured?.map_err(|at| {
                SourceError(format!(
                    "Cannot read {} from byte {at} on: the record there is cut or damaged",
                    path.display()
                ))
            })?;
            match transaction.walk(captured.frame) {
                Ok(()) if block.is_empty() || block.slot == transaction.slot => {
                    (block.slot, block.time_ns) = (transaction.slot, captured.received_ns);
                }
                Ok(()) => {
                    // Single transactions have no end of a block between them.
                    if !self.hand_out(&mut block, &mut each) {
                        return Ok(());
                    }
                    block.clear(transaction.slot, captured.received_ns, false);
                }
                Err(FrameError::NotATransaction) => {
                    // Slots, pings and the like are in live journals too; only a block's end ends it.
                    let Some((slot, _)) = block_end(captured.frame) else { continue };
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
            self.count(&copied);
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

    fn fill(
        &mut self,
        path: &Path,
        raw: &RawValue,
        hint: Option<u64>,
        block: &mut Block,
    ) -> Result<(), SourceError> {
        let no_block = |why: &str| {
            SourceError(format!(
                "Cannot read {}: {why}, need the answer of getBlock or getTransaction",
                path.display()
            ))
        };
        let mut document: Document<'_> =
            serde_json::from_str(raw.get()).map_err(|error| no_block(&error.to_string()))?;
        if let Some(error) = document.error {
            return Err(no_block(&format!(
                "it holds the RPC error {}",
                error.get().chars().take(120).collect::<String>()
            )));
        }
        let outer = document.slot;
        if let Some(inside) = document.result.or(document.block) {
            if inside.get() == "null" {
                return Err(no_block("its result is null (a skipped slot, or an unknown signature)"));
            }
            document = serde_json::from_str(inside.get()).map_err(|error| no_block(&error.to_string()))?;
        }
        let slot = self.slot.or(outer).or(document.slot).or(hint);
        let slot = slot.ok_or_else(|| no_block("its slot is not in it nor in the file name, use --slot"));
        if let Some(List(transactions)) = &document.transactions {
            block.clear(slot?, nanoseconds(document.block_time), true);
            for (index, raw) in (0..).zip(transactions) {
                match serde_json::from_str::<TransactionWithMeta<'_>>(raw.get()) {
                    _ if raw.get().len() > TRANSACTION_BYTES_MAX => self.counts.malformed += 1,
                    Ok(TransactionWithMeta { transaction: Some(transaction), meta: Some(meta), version }) => {
                        self.push(block, index, transaction, meta, version);
                    }
                    _ => self.counts.malformed += 1,
                }
            }
            return Ok(());
        }
        if let (Some(transaction), Some(meta)) = (document.transaction, document.meta) {
            if raw.get().len() > TRANSACTION_BYTES_MAX {
                return Err(no_block("its transaction is longer than any of the chain"));
            }
            block.clear(slot?, nanoseconds(document.block_time), false);
            self.push(block, document.transaction_index.unwrap_or(0), transaction, meta, document.version);
            return Ok(());
        }
        Err(no_block("it has neither transactions nor transaction and meta"))
    }

    fn push(
        &mut self,
        block: &mut Block,
        index: u64,
        transaction: &RawValue,
        meta: &RawValue,
        version: Option<&RawValue>,
    ) {
        let (at, place) = (block.time_ns, Place { slot: block.slot, index });
        self.count(&block.push(at, |out| to_frame::write(out, place, transaction, meta, version)));
    }

    /// Counts why a transaction gave no frame.
    fn count(&mut self, written: &Result<(), SkipReason>) {
        match written {
            Ok(()) => {}
            Err(SkipReason::UnknownVersion) => self.counts.unknown_version += 1,
            Err(SkipReason::Malformed) => self.counts.malformed += 1,
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), SourceError> {
    let entries = fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))?;
    for entry in entries {
        let path = entry.map_err(|error| cannot_read(folder, &error))?.path();
        if path.is_dir() {
            collect(&path, files)?;
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let plain = name.strip_suffix(".zst").or_else(|| name.strip_suffix(".gz")).unwrap_or(&name);
        if [".json", ".ndjson", ".jsonl", ".journal"].iter().any(|ending| plain.ends_with(ending)) {
            files.push(path);
        }
    }
    Ok(())
}

/// `slot_N`, `block_N` or `N` before the first dot.
fn slot_in_name(path: &Path) -> Option<u64> {
    let stem = path.file_name()?.to_str()?.split('.').next()?;
    stem.strip_prefix("slot_").or_else(|| stem.strip_prefix("block_")).unwrap_or(stem).parse().ok()
}

fn is_journal(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let plain = name.strip_suffix(".zst").or_else(|| name.strip_suffix(".gz")).unwrap_or(&name);
    Path::new(plain).extension().is_some_and(|ending| ending == journal::ENDING)
}

/// Block times are whole seconds; unknown ones are 0.
fn nanoseconds(time_s: Option<i64>) -> u64 {
    time_s.and_then(|time_s| u64::try_from(time_s).ok()).unwrap_or(0).saturating_mul(1_000_000_000)
}

/// The slot of the first document, to order files whose names do not say it.
fn first_slot(path: &Path) -> Result<Option<u64>, SourceError> {
    if is_journal(path) {
        let mut transaction = Transaction::default();
        let Some(mut frames) = Frames::open(Unpacked::open(path)?)? else { return Ok(None) };
        let Some(Ok(first)) = frames.next().transpose()? else { return Ok(None) };
        return Ok(transaction.walk(first.frame).ok().map(|()| transaction.slot));
    }
    let mut slot = None;
    let read = unpack::for_each_text(path, TEXT_BYTES_MAX, |text, _| {
        for_each_document(path, text, |raw| {
            if let Ok(document) = serde_json::from_str::<Document<'_>>(raw.get()) {
                let inside =
                    document.result.and_then(|raw| serde_json::from_str::<Document<'_>>(raw.get()).ok());
                slot = document.slot.or_else(|| inside?.slot);
            }
            Ok(false)
        })?;
        Ok(false)
    });
    // Whatever is wrong with the file is said when its turn comes.
    Ok(read.ok().and(slot))
}

/// Calls `each` for every value of NDJSON, a JSON array, or one value; stops when it returns false.
fn for_each_document(
    path: &Path,
    text: &str,
    mut each: impl FnMut(&RawValue) -> Result<bool, SourceError>,
) -> Result<(), SourceError> {
    let broken = |error: &serde_json::Error| {
        SourceError(format!("Cannot read {}: it is not JSON ({error})", path.display()))
    };
    let mut any = false;
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let value = value.map_err(|error| broken(&error))?;
        any = true;
        if !value.get().starts_with('[') {
            if !each(value)? {
                return Ok(());
            }
            continue;
        }
        let List(items): List<'_> = serde_json::from_str(value.get()).map_err(|error| broken(&error))?;
        for item in items {
            if !each(item)? {
                return Ok(());
            }
        }
    }
    if any { Ok(()) } else { Err(SourceError(format!("Cannot read {}: it is empty", path.display()))) }
}
