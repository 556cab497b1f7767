//! Disk errors in words that say what to do, and small files that a full disk cannot block.

use std::fs::{self, File};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

/// Whether the disk or the user's share of it is full.
pub fn is_full(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// The reason, for the end of a line. Operators meet these errors, and "os error 28" does not help them.
pub fn why(error: &Error) -> String {
    match error.kind() {
        _ if is_full(error) => "the disk is full, free some space".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        _ => error.to_string(),
    }
}

/// Makes a folder that only its owner may use, unless it exists. Its parent must exist: a data folder that
/// disappears while legend runs must not be recreated empty.
///
/// # Errors
/// The disk refuses, the parent folder is gone, or something else has the name.
pub fn make_folder(path: &Path) -> Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

/// A small text file that is always replaced as a whole, even on a full disk: there a second file of its size
/// is overwritten in place and exchanged with it. Trailing blanks pad both to full size.
pub struct PreallocatedFile {
    path: PathBuf,
    reserve: PathBuf,
    bytes: usize,
}

impl PreallocatedFile {
    /// Reserves room for texts of up to `bytes`. Best effort: if the disk is already full, the first write
    /// reports it.
    pub fn open(path: PathBuf, bytes: usize) -> PreallocatedFile {
        let reserve = path.with_extension("reserve");
        // An existing file already has its room; on a full disk it would not get it again.
        if fs::metadata(&reserve).map_or(true, |metadata| metadata.len() < bytes as u64) {
            let _ = fs::write(&reserve, vec![b' '; bytes]);
        }
        PreallocatedFile { path, reserve, bytes }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts `text` in place of what the file held.
    ///
    /// # Errors
    /// The disk refuses; the file is as it was.
    pub fn write(&self, mut text: String) -> Result<()> {
        text.extend(std::iter::repeat_n(' ', self.bytes.saturating_sub(text.len())));
        self.replace(text.as_bytes()).or_else(|error| {
            if !is_full(&error) {
                return Err(error);
            }
            // Without the second file, a full disk cannot be worked around.
            self.exchange(text.as_bytes())
                .map_err(|other| if other.kind() == ErrorKind::NotFound { error } else { other })
        })
    }

    fn replace(&self, text: &[u8]) -> Result<()> {
        let temporary = self.path.with_extension("new");
        let replaced = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, &self.path));
        if replaced.is_err() {
            // A leftover would take up room on a full disk.
            let _ = fs::remove_file(&temporary);
        }
        replaced
    }

    fn exchange(&self, text: &[u8]) -> Result<()> {
        let file = File::options().write(true).open(&self.reserve)?;
        file.write_all_at(text, 0)?;
        file.set_len(text.len() as u64)?;
        match renameat_with(CWD, &self.reserve, CWD, &self.path, RenameFlags::EXCHANGE) {
            // Nothing was ever written: this file takes the place of the missing one.
            Err(rustix::io::Errno::NOENT) => fs::rename(&self.reserve, &self.path),
            exchanged => Ok(exchanged?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_full_quota_say_what_to_do_and_other_errors_keep_the_systems_text() {
        for (errno, words) in [
            (libc::ENOSPC, "the disk is full, free some space"),
            (libc::EDQUOT, "the disk is full, free some space"),
            (libc::EACCES, "Permission denied (os error 13)"),
        ] {
            assert_eq!(why(&Error::from_raw_os_error(errno)), words);
        }
    }

    #[test]
    fn a_preallocated_file_is_replaced_and_exchanged_as_a_whole() {
        let folder = std::env::temp_dir().join(format!("legend-kept-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("makes");
        let file = PreallocatedFile::open(folder.join("status.json"), 64);
        let held = || fs::read_to_string(file.path()).expect("reads");
        file.write("first".to_owned()).expect("writes");
        assert_eq!((held().trim_end(), held().len()), ("first", 64));
        // Twice, as on a full disk: each round uses the file that the other one released.
        for text in ["second, which is longer", "third"] {
            file.exchange(format!("{text:64}").as_bytes()).expect("exchanges");
            assert_eq!((held().trim_end(), held().len()), (text, 64));
        }
        fs::remove_file(file.path()).expect("removes");
        file.exchange(b"as on a disk that was full from the start").expect("takes the second file's room");
        assert_eq!(held(), "as on a disk that was full from the start");
        assert_eq!(file.exchange(b"no second file").map_err(|error| error.kind()), Err(ErrorKind::NotFound));
        file.write("x".repeat(100)).expect("a longer text takes its own room");
        assert_eq!(held(), "x".repeat(100));
        fs::remove_dir_all(folder).expect("removes");
    }
}
