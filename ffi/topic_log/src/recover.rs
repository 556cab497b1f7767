//! Finding the end of a topic from its segments alone, after a reboot or in a copied folder.

use std::fs::{self, OpenOptions};
use std::path::Path;

use super::error::LogError;
use super::format::{self, Located, SEGMENT_HEADER, next_record};
use super::log_files::log_files;
use super::pack::{end_of, pack_path};
use super::segment::{create_segment, segment_path, segments};
use super::state::Cursor;

/// What the segments show.
pub(super) struct Recovered {
    /// The end of the log.
    pub(super) cursor: Cursor,
    /// The first offset kept.
    pub(super) start: u64,
}

/// Reads the last segment and returns the end of the log and the first offset kept.
///
/// Bytes after the last whole record are a torn tail and are cut. Damage followed by whole records is not a
/// torn tail: it stays, for the reader to report. Without `repair` nothing is changed.
pub(super) fn scan(dir: &Path, repair: bool) -> Result<Recovered, LogError> {
    let mut bases = segments(dir)?;
    drop_unused(dir, &mut bases, repair)?;
    let packs = log_files(dir)?.into_iter().filter(|file| !file.is_segment);
    let packs: Vec<u64> = packs.map(|file| file.base).collect();
    let first = packs.first().or(bases.first()).copied().unwrap_or(0);
    let Some(&last) = bases.last() else {
        // Packs alone: the segments were removed by hand. A new segment follows the packs.
        let end = match packs.last().map(|&base| pack_path(dir, base)) {
            Some(path) => end_of(&path).map_err(|error| LogError::io("read", &path, error))?,
            None => None,
        };
        let base = end.or(packs.last().copied()).unwrap_or(0);
        if repair {
            create_segment(dir, base)?;
        }
        let cursor = Cursor { segment: base, bytes: SEGMENT_HEADER as u64, offset: base };
        return Ok(Recovered { cursor, start: first });
    };
    let path = segment_path(dir, last);
    let bytes = fs::read(&path).map_err(|error| LogError::io("read", &path, error))?;
    if !bytes.get(..SEGMENT_HEADER).is_some_and(|header| format::is_segment_header(header, last)) {
        return Err(LogError::Header { path, version: format::FORMAT_VERSION });
    }
    let (mut end, mut offset) = (SEGMENT_HEADER, last);
    let mut at = SEGMENT_HEADER;
    while let Some(Located { at: found, len }) = next_record(&bytes, at, offset) {
        offset = format::offset_of(&bytes[found..]) + 1;
        at = found + len;
        end = at;
    }
    if end < bytes.len() && repair {
        let cut = OpenOptions::new().write(true).open(&path).and_then(|file| {
            file.set_len(end as u64)?;
            file.sync_all()
        });
        cut.map_err(|error| LogError::io("cut the torn tail of", &path, error))?;
    }
    let cursor = Cursor { segment: last, bytes: end as u64, offset };
    Ok(Recovered { cursor, start: first })
}

/// Removes trailing segments without a record: a writer was killed after making one and before using it, and
/// continued in the previous one after its restart.
fn drop_unused(dir: &Path, bases: &mut Vec<u64>, repair: bool) -> Result<(), LogError> {
    while let [.., _, last] = bases[..] {
        let path = segment_path(dir, last);
        if fs::metadata(&path).is_ok_and(|meta| meta.len() > SEGMENT_HEADER as u64) {
            break;
        }
        if repair {
            fs::remove_file(&path).map_err(|error| LogError::io("remove", &path, error))?;
        }
        bases.pop();
    }
    Ok(())
}
