//! The file source: captured chain data in every form of docs/CONTRACT.md, as blocks of frames in slot order.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use engine::frame::{FrameError, Transaction, block_end};

use super::block::Block;
use super::error::{NEED_BLOCK, NoBlock, SourceError};
use super::journal::{self, Frames};
use super::rpc::{Document, List, TransactionWithMeta, WholeTransaction};
use super::to_frame::{self, Place, SkipReason};
use super::unpack::{self, TEXT_BYTES_MAX, Unpacked};
use super::whole::{self, BlockSays};

/// Maximum size of a block that is read in one pass: a longer one is read by transaction, with less memory.
const WHOLE_BYTES_MAX: usize = 32 << 20;
/// Maximum size of a transaction as JSON; on the chain they are below 1,232 bytes, with logs and balances
/// below a megabyte.
const TRANSACTION_BYTES_MAX: usize = 8 << 20;

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

/// What could not be read in a file: how much, and the first reason.
#[derive(Default)]
struct Unread {
    lines: u64,
    transactions: u64,
    first: Option<String>,
    /// Lines of the file before the current text.
    lines_before: usize,
}

impl Unread {
    fn line(&mut self, number: usize, why: &serde_json::Error) {
        self.lines += 1;
        self.first.get_or_insert_with(|| format!("line {number}: it is not JSON ({why})"));
    }

    fn refused(&mut self, why: &NoBlock) {
        self.lines += 1;
        self.first.get_or_insert_with(|| format!("{why}, {NEED_BLOCK}"));
    }

    fn transaction(&mut self, raw: &RawValue, why: &SkipReason) {
        self.transactions += 1;
        self.first.get_or_insert_with(|| {
            let name = to_frame::signature_of(raw).unwrap_or_else(|| "a transaction".to_owned());
            format!("{name}: {why}")
        });
    }

    fn error(&self, path: &Path) -> Option<SourceError> {
        let first = self.first.clone()?;
        let more = self.lines + self.transactions - 1;
        Some(SourceError::Partial { path: path.to_path_buf(), first, more })
    }
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
            return Err(SourceError::NothingThere(shown.join(", ")));
        }
        let mut keyed = Vec::with_capacity(files.len());
        let alone = files.len() == 1;
        for file in files {
            let slot = if alone { Some(0) } else { slot_in_name(&file).or_else(|| first_slot(&file)) };
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
        let mut goes_on = true;
        unpack::for_each_text(&path, TEXT_BYTES_MAX, |text, whole| {
            if whole || !text.trim_ascii().is_empty() {
                self.read_text(&path, text, hint, &mut |block| {
                    goes_on = each(block);
                    goes_on
                })?;
            }
            if !whole {
                self.unread.lines_before += text.bytes().filter(|byte| *byte == b'\n').count();
            }
            Ok(goes_on)
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
        for (line, why) in &torn {
            self.unread.line(self.unread.lines_before + line, why);
        }
        for why in &refused {
            self.unread.refused(why);
        }
        Ok(())
    }

    /// Fills `block` if `text` is exactly one block, with a known slot and nothing unusual in it.
    fn read_whole(&self, text: &str, hint: Option<u64>, block: &mut Block) -> bool {
        let mut sure = self.slot;
        // A second pass if the slot comes only after the transactions.
        for _ in 0..2 {
            block.clear(0, 0, true);
            let mut taken = None;
            let says = whole::read(text, |said, WholeTransaction { transaction, meta, version }| {
                taken = sure.or(said).or(hint);
                let place = Place { slot: taken.unwrap_or_default(), index: block.len() as u64 };
                let written =
                    block.push(0, |out| to_frame::write_parsed(out, place, transaction, meta, version));
                written.is_ok()
            });
            let Ok(BlockSays { slot, block_time }) = says else { return false };
            sure = sure.or(slot).or(hint);
            let Some(slot) = sure else { return false };
            if taken == sure || block.is_empty() {
                block.end(slot, nanoseconds(block_time));
                return true;
            }
        }
        false
    }

    /// Reads the blocks of a capture journal: frames up to a `block_meta`, which ends the slot.
    fn read_journal(&mut self, path: &Path, mut each: impl FnMut(&Block) -> bool) -> Result<(), SourceError> {
        let mut frames =
            Frames::open(Unpacked::open(path)?)?.ok_or_else(|| SourceError::NoJournal(path.to_path_buf()))?;
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
        let (at, place) = (block.time_ns, Place { slot: block.slot, index });
        let written = block.push(at, |out| to_frame::write(out, place, transaction, meta, version));
        if let Err(reason) = &written {
            self.unread.transaction(transaction, reason);
        }
        self.count(&written);
    }

    fn no_transaction(&mut self, raw: &RawValue) {
        self.counts.malformed += 1;
        let why = SkipReason::Malformed("it is no transaction with its meta, or a too long one".into());
        self.unread.transaction(raw, &why);
    }

    /// Counts a transaction without a frame, by its reason.
    fn count(&mut self, written: &Result<(), SkipReason>) {
        match written {
            Ok(()) => {}
            Err(SkipReason::UnknownVersion) => self.counts.unknown_version += 1,
            Err(SkipReason::Malformed(_)) => self.counts.malformed += 1,
        }
    }
}

/// Whether the answer contains `"result": null`, which parses like an answer without a result.
fn has_null_result(raw: &RawValue) -> bool {
    #[derive(serde::Deserialize)]
    struct Answer<'a> {
        #[serde(borrow, default, deserialize_with = "as_it_stands")]
        result: Option<&'a RawValue>,
    }
    fn as_it_stands<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<&'de RawValue>, D::Error> {
        <&RawValue as serde::Deserialize>::deserialize(value).map(Some)
    }
    serde_json::from_str::<Answer<'_>>(raw.get())
        .is_ok_and(|answer| answer.result.is_some_and(|result| result.get() == "null"))
}

/// What is found in folders: each folder and file once, however many links lead to it.
#[derive(Default)]
struct Found {
    seen: HashSet<(u64, u64)>,
    unlisted: Vec<SourceError>,
}

impl Found {
    /// Whether it is seen for the first time.
    fn is_new(&mut self, meta: &fs::Metadata) -> bool {
        self.seen.insert((meta.dev(), meta.ino()))
    }

    /// A folder that cannot be listed is reported when the files are read.
    fn collect(&mut self, folder: &Path, files: &mut Vec<PathBuf>) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.unlisted.push(SourceError::read(folder.to_path_buf(), error)),
        };
        if let Ok(meta) = fs::metadata(folder) {
            self.seen.insert((meta.dev(), meta.ino()));
        }
        for entry in entries {
            let path = match entry {
                Ok(entry) => entry.path(),
                Err(error) => return self.unlisted.push(SourceError::read(folder.to_path_buf(), error)),
            };
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let plain = name.strip_suffix(".zst").or_else(|| name.strip_suffix(".gz")).unwrap_or(&name);
            let fits =
                [".json", ".ndjson", ".jsonl", ".journal"].iter().any(|ending| plain.ends_with(ending));
            match fs::metadata(&path) {
                Ok(meta) if meta.is_dir() && self.is_new(&meta) => self.collect(&path, files),
                // A pipe or a socket in a folder is not a capture.
                Ok(meta) if fits && meta.is_file() && self.is_new(&meta) => files.push(path),
                Err(error) if fits => self.unlisted.push(SourceError::read(path, error)),
                _ => {}
            }
        }
    }
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

/// The slot of the first document, to order files whose names do not state it. Errors in a file are reported
/// later, when it is read; only regular files can be read twice.
fn first_slot(path: &Path) -> Option<u64> {
    if !fs::metadata(path).is_ok_and(|meta| meta.is_file()) {
        return None;
    }
    if is_journal(path) {
        let mut transaction = Transaction::default();
        let mut frames = Frames::open(Unpacked::open(path).ok()?).ok()??;
        let first = frames.next()?.ok()?.ok()?;
        return transaction.walk(first.frame).ok().map(|()| transaction.slot);
    }
    let mut slot = None;
    let read = unpack::for_each_text(path, TEXT_BYTES_MAX, |text, _| {
        for_each_document(path, text, &mut Vec::new(), |raw| {
            if let Ok(document) = serde_json::from_str::<Document<'_>>(raw.get()) {
                let inside =
                    document.result.and_then(|raw| serde_json::from_str::<Document<'_>>(raw.get()).ok());
                slot = document.slot.or_else(|| inside?.slot);
            }
            Ok(false)
        })?;
        Ok(false)
    });
    read.ok().and(slot)
}

/// Calls `each` for every value of NDJSON, a JSON array, or one value; stops when it returns false. A line of
/// NDJSON that is not JSON goes to `torn` with its number, and reading continues.
fn for_each_document(
    path: &Path,
    text: &str,
    torn: &mut Vec<(usize, serde_json::Error)>,
    mut each: impl FnMut(&RawValue) -> Result<bool, SourceError>,
) -> Result<(), SourceError> {
    let broken = |source| SourceError::NotJson { path: path.to_path_buf(), source };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut any = false;
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    loop {
        let begin = values.byte_offset();
        let Some(value) = values.next() else { break };
        let value = match value {
            Ok(value) => value,
            Err(error) => {
                let begin = begin + (text[begin..].len() - text[begin..].trim_start().len());
                return for_each_line(text, begin, any, torn, &mut each)
                    .unwrap_or_else(|| Err(broken(error)));
            }
        };
        any = true;
        if !value.get().starts_with('[') {
            if !each(value)? {
                return Ok(());
            }
            continue;
        }
        let List(items): List<'_> = serde_json::from_str(value.get()).map_err(broken)?;
        for item in items {
            if !each(item)? {
                return Ok(());
            }
        }
    }
    if any { Ok(()) } else { Err(SourceError::Empty(path.to_path_buf())) }
}

/// Continues line by line from the torn line at `begin`; `None` if the text is not NDJSON: no value came
/// before that line, and none follows it.
fn for_each_line(
    text: &str,
    begin: usize,
    any: bool,
    torn: &mut Vec<(usize, serde_json::Error)>,
    each: &mut impl FnMut(&RawValue) -> Result<bool, SourceError>,
) -> Option<Result<(), SourceError>> {
    let is_value = |line: &str| line.starts_with('{') && serde_json::from_str::<&RawValue>(line).is_ok();
    if !any && !text[begin..].lines().skip(1).take(1).any(|line| is_value(line.trim())) {
        return None;
    }
    let before = text[..begin].bytes().filter(|byte| *byte == b'\n').count();
    for (number, line) in (before + 1..).zip(text[begin..].lines()) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        match serde_json::from_str::<&RawValue>(line) {
            Ok(value) => match each(value) {
                Ok(true) => {}
                Ok(false) => return Some(Ok(())),
                Err(error) => return Some(Err(error)),
            },
            Err(error) => torn.push((number, error)),
        }
    }
    Some(Ok(()))
}
