//! The files of a topic, in the order of their records.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::LogError;
use super::pack::pack_path;
use super::segment::segment_path;

/// A file with records of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LogFile {
    /// Its first offset.
    pub(super) base: u64,
    /// Whether it is a segment; otherwise a pack. If both hold an offset, the segment was not removed yet.
    pub(super) is_segment: bool,
}

impl LogFile {
    pub(super) fn path(self, dir: &Path) -> PathBuf {
        if self.is_segment { segment_path(dir, self.base) } else { pack_path(dir, self.base) }
    }
}

/// All packs and segments, by their first offsets.
pub(super) fn log_files(dir: &Path) -> Result<Vec<LogFile>, LogError> {
    let entries = fs::read_dir(dir).map_err(|error| LogError::io("read", dir, error))?;
    let mut files = Vec::new();
    for entry in entries {
        let name = entry.map_err(|error| LogError::io("read", dir, error))?.file_name();
        let Some((base, kind)) = name.to_str().and_then(|name| name.split_once('.')) else { continue };
        if let ("seg" | "pack", Ok(base)) = (kind, base.parse()) {
            files.push(LogFile { base, is_segment: kind == "seg" });
        }
    }
    files.sort_unstable();
    Ok(files)
}
