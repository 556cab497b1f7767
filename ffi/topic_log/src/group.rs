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

/// The file of a group has two slots, written in turn, so that a write that is cut short leaves the other:
/// `generation, offset, lost` u64 LE, CRC-32C u32 of them, padding.
const SLOT_BYTES: usize = 32;
const OFFSET_AT: usize = 8;
const LOST_AT: usize = 16;
const CRC_AT: usize = 24;
const CRC_END: usize = 28;

/// A slot's content.
#[derive(Clone, Copy)]
struct Slot {
    /// Counts the commits from 1; the slot with the higher one holds.
    generation: u64,
    committed: Committed,
}

impl Slot {
    fn bytes(self) -> [u8; SLOT_BYTES] {
        let mut bytes = [0; SLOT_BYTES];
        bytes[..OFFSET_AT].copy_from_slice(&self.generation.to_le_bytes());
        bytes[OFFSET_AT..LOST_AT].copy_from_slice(&self.committed.offset.to_le_bytes());
        bytes[LOST_AT..CRC_AT].copy_from_slice(&self.committed.lost.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..CRC_AT]);
        bytes[CRC_AT..CRC_END].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// `None` for a slot that was never written, or not as a whole.
    fn parse(bytes: &[u8]) -> Option<Slot> {
        let is_whole = crc32c::crc32c(&bytes[..CRC_AT]).to_le_bytes() == bytes[CRC_AT..CRC_END];
        let generation = u64_at(bytes, 0);
        let committed = Committed { offset: u64_at(bytes, OFFSET_AT), lost: u64_at(bytes, LOST_AT) };
        (is_whole && generation != 0).then_some(Slot { generation, committed })
    }
}

impl Topic {
    /// The last commit of `group`; `None` for a group that never committed.
    ///
    /// # Errors
    /// `Invalid` name; `Io` with the path.
    pub fn committed(&self, group: &str) -> Result<Option<Committed>, LogError> {
        Ok(self.newest_slot(group)?.map(|slot| slot.committed))
    }

    /// Stores the group's offset on disk. A later commit wins; a lower offset rewinds.
    ///
    /// # Errors
    /// `Invalid` name; `Io` and `NoSpace` with the path.
    pub fn commit(&self, group: &str, committed: Committed) -> Result<(), LogError> {
        let generation = self.newest_slot(group)?.map_or(0, |slot| slot.generation) + 1;
        let slot = Slot { generation, committed }.bytes();
        let path = self.group_path(group)?;
        let parent = path.parent().unwrap_or(&self.dir);
        let stored = (|| {
            crate::disk::make_folder(parent)?;
            let fresh = !path.exists();
            let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
            file.write_all_at(&slot, (generation % 2) * SLOT_BYTES as u64)?;
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

    fn newest_slot(&self, group: &str) -> Result<Option<Slot>, LogError> {
        let path = self.group_path(group)?;
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LogError::io("read", &path, error)),
        };
        let slots = bytes.chunks_exact(SLOT_BYTES).filter_map(Slot::parse);
        Ok(slots.max_by_key(|slot| slot.generation))
    }

    fn group_path(&self, group: &str) -> Result<PathBuf, LogError> {
        check_name("group", group)?;
        Ok(self.dir.join("groups").join(group))
    }
}
