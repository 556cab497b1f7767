//! Which files there are, and in which order their slots come.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use engine::frame::Transaction;

use super::documents::for_each_document;
use crate::error::SourceError;
use crate::journal::{self, Frames};
use crate::rpc::Document;
use crate::unpack::{self, TEXT_BYTES_MAX, Unpacked};

/// Names a file whatever path leads to it.
#[derive(PartialEq, Eq, Hash)]
struct FileIdentity {
    device: u64,
    inode: u64,
}

impl FileIdentity {
    fn of(meta: &fs::Metadata) -> FileIdentity {
        FileIdentity { device: meta.dev(), inode: meta.ino() }
    }
}

/// What is found in folders: each folder and file once, however many links lead to it.
#[derive(Default)]
pub(super) struct Found {
    seen: HashSet<FileIdentity>,
    pub(super) unlisted: Vec<SourceError>,
}

impl Found {
    /// Whether it is seen for the first time.
    fn is_new(&mut self, meta: &fs::Metadata) -> bool {
        self.seen.insert(FileIdentity::of(meta))
    }

    /// A folder that cannot be listed is reported when the files are read.
    pub(super) fn collect(&mut self, folder: &Path, files: &mut Vec<PathBuf>) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.unlisted.push(SourceError::read(folder.to_path_buf(), error)),
        };
        if let Ok(meta) = fs::metadata(folder) {
            self.seen.insert(FileIdentity::of(&meta));
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
pub(super) fn slot_in_name(path: &Path) -> Option<u64> {
    let stem = path.file_name()?.to_str()?.split('.').next()?;
    stem.strip_prefix("slot_").or_else(|| stem.strip_prefix("block_")).unwrap_or(stem).parse().ok()
}

pub(super) fn is_journal(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let plain = name.strip_suffix(".zst").or_else(|| name.strip_suffix(".gz")).unwrap_or(&name);
    Path::new(plain).extension().is_some_and(|ending| ending == journal::ENDING)
}

/// The slot of the first document, to order files whose names do not state it. Errors in a file are reported
/// later, when it is read; only regular files can be read twice.
pub(super) fn first_slot(path: &Path) -> Option<u64> {
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
