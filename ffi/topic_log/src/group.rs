//! Consumer groups: a committed offset, and the number of records that retention removed before they were
//! read.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;

use super::error::LogError;
use super::format::u64_at;
use super::names::check_name;
use super::topic::Topic;

/// What a group has stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The next offset that the group will read.
    pub offset: u64,
    /// Total of records that were gone before the group read them.
    pub lost: u64,
}

/// Two slots, written in turn: `generation, offset, lost` u64 LE, CRC-32C u32, padding to 32 bytes.
const SLOT: usize = 32;

impl Topic {
    /// The last commit of `group`; `None` for a group that never committed.
    ///
    /// # Errors
    /// `Invalid` name; `Io` with the path.
    pub fn committed(&self, group: &str) -> Result<Option<Committed>, LogError> {
        Ok(self.read_slots(group)?.map(|(_, committed)| committed))
    }

    /// Stores the group's offset on disk. A later commit wins; a lower offset rewinds.
    ///
    /// # Errors
    /// `Invalid` name; `Io` and `NoSpace` with the path.
    pub fn commit(&self, group: &str, committed: Committed) -> Result<(), LogError> {
        let generation = self.read_slots(group)?.map_or(0, |(generation, _)| generation) + 1;
        let mut slot = [0; SLOT];
        slot[..8].copy_from_slice(&generation.to_le_bytes());
        slot[8..16].copy_from_slice(&committed.offset.to_le_bytes());
        slot[16..24].copy_from_slice(&committed.lost.to_le_bytes());
        let crc = crc32c::crc32c(&slot[..24]);
        slot[24..28].copy_from_slice(&crc.to_le_bytes());
        let path = self.group_path(group)?;
        let parent = path.parent().unwrap_or(&self.dir);
        let stored = (|| {
            crate::disk::make_folder(parent)?;
            let fresh = !path.exists();
            let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
            file.write_all_at(&slot, (generation % 2) * SLOT as u64)?;
            file.sync_data()?;
            if fresh { File::open(parent)?.sync_all() } else { Ok(()) }
        })();
        stored.map_err(|error| LogError::io("commit to", &path, error))
    }

    /// Names of all groups that ever committed.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn groups(&self) -> Result<Vec<String>, LogError> {
        let dir = self.dir.join("groups");
        if !dir.exists() {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(&dir).map_err(|error| LogError::io("read", &dir, error))?;
        let mut names: Vec<_> =
            entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        Ok(names)
    }

    fn read_slots(&self, group: &str) -> Result<Option<(u64, Committed)>, LogError> {
        let path = self.group_path(group)?;
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LogError::io("read", &path, error)),
        };
        let slots = bytes
            .chunks_exact(SLOT)
            .filter(|slot| crc32c::crc32c(&slot[..24]).to_le_bytes() == slot[24..28] && u64_at(slot, 0) != 0);
        Ok(slots
            .map(|slot| (u64_at(slot, 0), Committed { offset: u64_at(slot, 8), lost: u64_at(slot, 16) }))
            .max_by_key(|(generation, _)| *generation))
    }

    fn group_path(&self, group: &str) -> Result<PathBuf, LogError> {
        check_name("group", group)?;
        Ok(self.dir.join("groups").join(group))
    }
}
