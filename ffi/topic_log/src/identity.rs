//! Identifies this log, and detects whether its files were put here by a copy.
//!
//! `id` beside FORMAT holds the log's random name and, once the log was restored from a copy, its epoch. A
//! copy of the log has the same name. It differs from the log in the change time of `id`, which cannot be
//! set; `home` stores that time.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use wire::hex::to_hex;

use super::error::LogError;

const ID_DIGITS: usize = 32;
const EPOCH_DIGITS: usize = 8;

/// A log's name and epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// 32 hex digits, made with the log; empty if it has none and none can be written.
    pub id: String,
    /// 8 hex digits; empty until the log is restored from a copy. Records numbered after that are distinct
    /// from those that the original log numbered since the copy was made.
    pub epoch: String,
}

impl Identity {
    /// `name`, or `name.epoch`: after a restore, numbers come from a different producer.
    #[must_use]
    pub fn producer(&self, name: &str) -> String {
        if self.epoch.is_empty() { name.to_owned() } else { format!("{name}.{}", self.epoch) }
    }
}

/// Reads the name of the log in `root`; makes one if an older version made the log without it.
///
/// # Errors
/// `Io`, or `Unsupported` when the file holds something else.
pub(super) fn read_or_make(root: &Path) -> Result<Identity, LogError> {
    let path = root.join("id");
    match fs::read(&path) {
        Ok(bytes) => parse(&path, &bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let fresh = Identity { id: random_hex(ID_DIGITS / 2, &path)?, epoch: String::new() };
            // By a rename that never replaces: of two concurrent starts, the first one's name stands.
            let made = write(root, &fresh, |temporary| {
                Ok(renameat_with(CWD, temporary, CWD, &path, RenameFlags::NOREPLACE)?)
            });
            if made.is_err() {
                let _ = fs::remove_file(temporary_of(root));
            }
            match fs::read(&path) {
                Ok(bytes) => parse(&path, &bytes),
                // Nothing can be written here: a process that only reads continues without an identity.
                Err(_) => Ok(Identity { id: String::new(), epoch: String::new() }),
            }
        }
        Err(error) => Err(LogError::io("read", &path, error)),
    }
}

/// The identity under which records are numbered from now on: with a new epoch if a copy put the log here.
///
/// # Errors
/// Like [`read_or_make`].
pub(super) fn for_writing(root: &Path) -> Result<Identity, LogError> {
    let io = |path: &Path, error: std::io::Error| LogError::io("use", path, error);
    let lock_path = root.join("id.lock");
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let lock = options.open(&lock_path).map_err(|error| io(&lock_path, error))?;
    // If two agents start at once, one of them notices the copy and the other finds it handled.
    lock.lock().map_err(|error| io(&lock_path, error))?;
    let mut identity = read_or_make(root)?;
    let (id_path, home_path) = (root.join("id"), root.join("home"));
    if identity.id.is_empty() {
        return Ok(identity);
    }
    let now = inode_and_change_of(&id_path).map_err(|error| io(&id_path, error))?;
    let known = fs::read_to_string(&home_path).unwrap_or_default();
    if known.trim() == now {
        return Ok(identity);
    }
    if !known.is_empty() {
        identity.epoch = random_hex(EPOCH_DIGITS / 2, &id_path)?;
        write(root, &identity, |temporary| fs::rename(temporary, &id_path))
            .map_err(|error| io(&id_path, error))?;
    }
    let now = inode_and_change_of(&id_path).map_err(|error| io(&id_path, error))?;
    let temporary = root.join("home.new");
    // Best effort: if this fails, the next start only begins one more epoch.
    let _ = fs::write(&temporary, now).and_then(|()| fs::rename(&temporary, &home_path));
    Ok(identity)
}

/// Properties that a copy of `id` cannot share with it.
fn inode_and_change_of(id: &Path) -> std::io::Result<String> {
    let meta = fs::metadata(id)?;
    Ok(format!("{} {} {}", meta.ino(), meta.ctime(), meta.ctime_nsec()))
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Identity, LogError> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let mut words = text.split_whitespace();
    let (id, epoch) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_hex =
        |word: &str, digits: usize| word.len() == digits && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex(id, ID_DIGITS) && (epoch.is_empty() || is_hex(epoch, EPOCH_DIGITS)) && words.next().is_none() {
        return Ok(Identity { id: id.to_owned(), epoch: epoch.to_owned() });
    }
    Err(LogError::Identity { path: path.to_path_buf(), digits: ID_DIGITS })
}

fn temporary_of(root: &Path) -> PathBuf {
    root.join(format!("id.{}", std::process::id()))
}

fn write(
    root: &Path,
    identity: &Identity,
    put: impl FnOnce(&Path) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let temporary = temporary_of(root);
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    writeln!(file, "{} {}", identity.id, identity.epoch)?;
    file.sync_all()?;
    put(&temporary)
}

fn random_hex(bytes: usize, path: &Path) -> Result<String, LogError> {
    let mut random = [0_u8; ID_DIGITS / 2];
    fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut random[..bytes]))
        .map_err(|error| LogError::io("make", path, error))?;
    Ok(to_hex(&random[..bytes]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("legend-identity-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder of the test");
        path
    }

    #[test]
    fn a_log_keeps_its_name_and_its_numbering() {
        let root = folder("kept");
        let first = for_writing(&root).expect("an identity");
        assert_eq!((first.id.len(), first.producer("mev-1").as_str()), (32, "mev-1"));
        assert_eq!(for_writing(&root).expect("an identity"), first);
        assert_eq!(read_or_make(&root).expect("an identity"), first);
        fs::remove_dir_all(root).expect("the folder goes");
    }

    #[test]
    fn a_copy_has_the_name_and_numbers_apart() {
        let (root, copy) = (folder("original"), folder("copy"));
        let first = for_writing(&root).expect("an identity");
        for name in ["id", "home"] {
            fs::copy(root.join(name), copy.join(name)).expect("a copied file");
        }
        // A process that only reads changes nothing.
        assert_eq!(read_or_make(&copy).expect("an identity"), first);
        let second = for_writing(&copy).expect("an identity");
        assert_eq!(second.id, first.id);
        assert_eq!(second.producer("mev-1"), format!("mev-1.{}", second.epoch));
        assert_eq!(second.epoch.len(), 8);
        assert_eq!(for_writing(&copy).expect("an identity"), second, "once");
        // Overwritten in place: the same file with another change time.
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs::copy(root.join("id"), copy.join("id")).expect("a copied file");
        assert_ne!(for_writing(&copy).expect("an identity").epoch, second.epoch);
        for path in [root, copy] {
            fs::remove_dir_all(path).expect("the folder goes");
        }
    }

    #[test]
    fn of_two_starts_at_once_one_waits_for_the_other() {
        let root = folder("lock");
        for_writing(&root).expect("an identity");
        let other = fs::File::open(root.join("id.lock")).expect("it was made");
        other.lock().expect("locks");
        std::thread::scope(|scope| {
            let (result, results) = std::sync::mpsc::channel();
            let root = &root;
            scope.spawn(move || result.send(for_writing(root).is_ok()));
            let early = results.recv_timeout(std::time::Duration::from_millis(200));
            other.unlock().expect("unlocks");
            assert_eq!(early, Err(std::sync::mpsc::RecvTimeoutError::Timeout), "the other one has it");
            assert_eq!(results.recv_timeout(std::time::Duration::from_secs(60)), Ok(true));
        });
        fs::remove_dir_all(root).expect("the folder goes");
    }

    #[test]
    fn a_damaged_identity_is_refused_by_a_line_that_names_it() {
        let root = folder("damaged");
        fs::write(root.join("id"), [0xff, 0xfe, 1, 2]).expect("a written file");
        let error = read_or_make(&root).expect_err("damage is refused").to_string();
        assert!(error.starts_with("Cannot use ") && error.contains("it is damaged"), "{error}");
        fs::remove_dir_all(root).expect("the folder goes");
    }
}
