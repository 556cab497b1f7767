//! Segment files: their names, creating one, reading at a position.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::LogError;
use super::format;

/// The file of the segment whose first offset is `base`.
pub(super) fn segment_path(dir: &Path, base: u64) -> PathBuf {
    dir.join(format!("{base:020}.seg"))
}

/// First offsets of all segments, ascending.
pub(super) fn segments(dir: &Path) -> Result<Vec<u64>, LogError> {
    let entries = fs::read_dir(dir).map_err(|error| LogError::io("read", dir, error))?;
    let mut bases = Vec::new();
    for entry in entries {
        let name = entry.map_err(|error| LogError::io("read", dir, error))?.file_name();
        bases.extend(name.to_str().and_then(|name| name.strip_suffix(".seg")?.parse::<u64>().ok()));
    }
    bases.sort_unstable();
    Ok(bases)
}

/// Writes an empty segment and its folder entry to disk. By rename: a segment has its whole header or does
/// not exist, so an incomplete header is damage.
pub(super) fn create_segment(dir: &Path, base: u64) -> Result<(), LogError> {
    let path = segment_path(dir, base);
    let unnamed = dir.join("next-segment");
    let made = (|| {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unnamed)?;
        file.write_all_at(&format::segment_header(base), 0)?;
        file.sync_all()?;
        fs::rename(&unnamed, &path)?;
        File::open(dir)?.sync_all()
    })();
    made.map_err(|error| {
        // Without its cursor an empty segment is only clutter; a leftover is harmless, readers stop at the
        // cursor.
        let _ = fs::remove_file(&unnamed);
        let _ = fs::remove_file(&path);
        LogError::io("create", &path, error)
    })
}

pub(super) fn read_up_to(file: &File, out: &mut [u8], at: u64) -> io::Result<usize> {
    let mut got = 0;
    while got < out.len() {
        match file.read_at(&mut out[got..], at + got as u64) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}
