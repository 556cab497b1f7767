//! The kill latch next to an agent's state. A process that kills an agent that does not answer increments its
//! count on disk, even while the agent holds its own files. Only an un-kill that the agent obeys marks a
//! count as lifted.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use topic_log::clock::now_ns;

const MAGIC: &[u8; 8] = b"LGNDKILL";
/// Magic, count, length and bytes of the request's id, CRC: within one sector, so it is never torn.
const BYTES: usize = 96;
const REQUEST_MAX: usize = 64;
/// A symlink or a pipe in the latch's place is not followed, and does not block the open.
const NO_LINK: i32 = libc::O_NOFOLLOW | libc::O_NONBLOCK;
/// How long to wait for another process that is killing.
const LOCK_WAIT: Duration = Duration::from_millis(200);

/// Content of a latch file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latched {
    /// How often the agent was killed this way.
    pub count: u64,
    /// The request of the latest of these kills.
    pub request_id: String,
}

fn path(data_dir: &Path, module: &str) -> PathBuf {
    data_dir.join("agents").join(format!("{module}.kill"))
}

/// The latch of `module`; `None`: it was never set.
///
/// # Errors
/// It cannot be read or is damaged: the module then counts as killed.
pub fn read(data_dir: &Path, module: &str) -> Result<Option<Latched>> {
    match OpenOptions::new().read(true).custom_flags(NO_LINK).open(path(data_dir, module)) {
        Ok(file) => parse(&file),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether an error of [`read`] is caused by the file's content or permissions, and is therefore permanent.
#[must_use]
pub fn is_damaged(error: &Error) -> bool {
    let kinds = [ErrorKind::InvalidData, ErrorKind::UnexpectedEof, ErrorKind::PermissionDenied];
    kinds.contains(&error.kind())
        || matches!(error.raw_os_error(), Some(libc::ELOOP | libc::EISDIR | libc::ENXIO))
}

fn parse(file: &File) -> Result<Option<Latched>> {
    let mut bytes = [0; BYTES];
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(Error::new(ErrorKind::InvalidData, "it is not a file"));
    }
    if metadata.len() == 0 {
        // Created, but the disk had no room for its content.
        return Ok(None);
    }
    file.read_exact_at(&mut bytes, 0)?;
    let damaged = || Error::new(ErrorKind::InvalidData, "it is damaged");
    let number = |at: usize| bytes[at..at + 8].try_into().map(u64::from_le_bytes).unwrap_or(0);
    let crc = crc32c::crc32c(&bytes[..BYTES - 4]).to_le_bytes();
    if !bytes.starts_with(MAGIC) || bytes[BYTES - 4..] != crc {
        return Err(damaged());
    }
    let (count, len) = (number(8), usize::from(bytes[16]));
    let id = bytes.get(17..17 + len).filter(|_| len <= REQUEST_MAX).ok_or_else(damaged)?;
    let request_id = String::from_utf8_lossy(id).into_owned();
    Ok((count > 0).then_some(Latched { count, request_id }))
}

/// Reserves the file's room in advance, so that a full disk cannot stop a later kill.
///
/// # Errors
/// The disk refuses.
pub fn reserve(data_dir: &Path, module: &str) -> Result<()> {
    let file = open(data_dir, module)?;
    if file.metadata()?.len() < BYTES as u64 {
        put(&file, 0, "")?;
        sync_folder(data_dir)?;
    }
    Ok(())
}

/// Kills `module` from its next check on: the kill is on disk when this returns.
///
/// # Errors
/// The disk refuses.
pub fn set(data_dir: &Path, module: &str, request_id: &str) -> Result<()> {
    let file = open(data_dir, module)?;
    let begin = Instant::now();
    // A process stopped while it holds the lock must not block this kill: what it would write is a kill too.
    while file.try_lock().is_err() && begin.elapsed() < LOCK_WAIT {
        std::thread::sleep(Duration::from_millis(1));
    }
    let fresh = file.metadata()?.len() < BYTES as u64;
    let count = match parse(&file) {
        Ok(latched) => latched.map_or(0, |latched| latched.count) + 1,
        // Larger than any count, so that no earlier un-kill lifts this one.
        Err(_) => now_ns(),
    };
    put(&file, count, request_id)?;
    if fresh { sync_folder(data_dir) } else { Ok(()) }
}

fn open(data_dir: &Path, module: &str) -> Result<File> {
    // A missing folder is not made again: its agents may still run, with the folder moved.
    let folder = data_dir.join("agents");
    let path = path(data_dir, module);
    let fresh = path.symlink_metadata().is_err();
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(NO_LINK)
        .open(&path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.nlink() != 1 {
        return Err(Error::new(ErrorKind::InvalidData, "something else is in its place"));
    }
    if fresh && rustix::process::geteuid().is_root() {
        // An agent that runs as a service user must be able to read what root made.
        let owner = std::fs::metadata(&folder)?;
        let _ = fchown(&file, Some(owner.uid()), Some(owner.gid()));
    }
    Ok(file)
}

fn put(file: &File, count: u64, request_id: &str) -> Result<()> {
    let id = request_id.as_bytes();
    let id = &id[..id.len().min(REQUEST_MAX)];
    let mut bytes = [0; BYTES];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..16].copy_from_slice(&count.to_le_bytes());
    bytes[16] = id.len() as u8;
    bytes[17..17 + id.len()].copy_from_slice(id);
    let crc = crc32c::crc32c(&bytes[..BYTES - 4]).to_le_bytes();
    bytes[BYTES - 4..].copy_from_slice(&crc);
    file.write_all_at(&bytes, 0)?;
    file.sync_data()
}

fn sync_folder(data_dir: &Path) -> Result<()> {
    File::open(data_dir.join("agents"))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latch_counts_up_and_a_damaged_one_is_a_kill_that_the_next_one_repairs() {
        let folder = std::env::temp_dir().join(format!("legend-latch-{}", std::process::id()));
        let count = || read(&folder, "mev").map(|latched| latched.map(|latched| latched.count));
        assert_eq!(count().expect("nothing there"), None);
        assert!(
            set(&folder, "mev", "first").is_err() && !folder.exists(),
            "a folder that is gone is not made again"
        );
        std::fs::create_dir_all(folder.join("agents")).expect("a folder of the test");
        reserve(&folder, "mev").expect("takes room");
        assert_eq!(count().expect("reads"), None, "room alone is not a kill");
        set(&folder, "mev", "first").expect("sets");
        set(&folder, "mev", &"x".repeat(200)).expect("sets");
        reserve(&folder, "mev").expect("leaves what is there");
        let latched = read(&folder, "mev").expect("reads").expect("is set");
        assert_eq!((latched.count, latched.request_id.len()), (2, REQUEST_MAX));
        assert_eq!(read(&folder, "arbitrage").expect("reads"), None);
        std::fs::write(folder.join("agents/mev.kill"), "").expect("empties");
        assert_eq!(count().expect("reads"), None, "an empty file is not a kill");
        for damage in [&b"LGND"[..], &[0; BYTES]] {
            let file = folder.join("agents/mev.kill");
            std::fs::write(&file, damage).expect("damages");
            assert!(count().is_err());
            set(&folder, "mev", "again").expect("sets");
            assert!(count().expect("reads").expect("is set") > 1_000_000);
        }
        std::fs::remove_dir_all(folder).expect("removes");
    }
}
