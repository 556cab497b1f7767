//! The embedded topic log: segment files that all processes of one host share.
//!
//! Appends take one lock, one write and, when asked, one shared `fdatasync`. Readers take no lock:
//! they read below `visible`, which moves only when records are stored as their producer asked.
//! Everything shared lives in one page per topic ([`state`]); everything durable in the segments
//! ([`format`]), which become packs ([`pack`]) when they are closed. A topic here has one partition: on one host order over
//! the whole topic is worth more than parallel files (docs/adr/0004-embedded-log.md, docs/adr/0022-packs.md).

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

mod error;
pub mod format;
mod group;
mod identity;
mod pack;
mod reader;
mod recover;
mod state;
mod tidy;
mod topic;

pub use error::{LogError, LogErrorKind};
pub use group::Committed;
pub use identity::Identity;
pub use reader::{Gap, GapCause, Position, Read, Reader};
pub use topic::{Durability, Gate, Topic, TopicOptions};

/// The group of the link to Kafka. Retention keeps what it has not read, but of these topics, whose oldest
/// records may go when the spool is full.
pub const HOLD_GROUP: &str = "kafka";
const MAY_GO: [&str; 8] = [
    "agent-status-proto",
    "arbitrage-decisions",
    "arbitrage-decisions-proto",
    "decision-evidence",
    "metrics-proto",
    "sandwich-decisions",
    "sandwich-decisions-proto",
    "sandwich-raw",
];

/// What FORMAT says until a topic has a pack, so that a legend that knows none can read the log.
const WITHOUT_PACKS: u32 = 1;
/// What it says from then on.
const WITH_PACKS: u32 = 2;

/// Longest topic or group name in bytes.
const NAME_BYTES_MAX: usize = 128;

/// The root of all topics of one data folder.
pub struct Log {
    root: PathBuf,
    identity: Identity,
}

impl Log {
    /// Opens the log under `root`, made if missing.
    ///
    /// # Errors
    /// `Unsupported` for a newer format or a network file system; `Io` with the path.
    pub fn open(root: &Path) -> Result<Log, LogError> {
        let io = |action, error: &std::io::Error| LogError::io(action, root, error);
        fs::DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(root)
            .map_err(|error| io("create", &error))?;
        refuse_network_file_system(root)?;
        let path = root.join("FORMAT");
        let version = match fs::read(&path) {
            // Damaged bytes are shown as far as they are text.
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                write_version(root, &path, WITHOUT_PACKS)?;
                version_text(WITHOUT_PACKS)
            }
            Err(error) => return Err(LogError::io("read", &path, &error)),
        };
        if ![WITHOUT_PACKS, WITH_PACKS].iter().any(|&known| version.trim() == version_text(known).trim()) {
            let message = format!(
                "Cannot open {}: its format is `{}`, need `legend-log {WITH_PACKS}` or an older one; use the legend version that wrote it, or put the file back when it is damaged",
                path.display(),
                version
                    .trim()
                    .chars()
                    .take(40)
                    .map(|c| if c.is_control() { '?' } else { c })
                    .collect::<String>(),
            );
            return Err(LogError::new(LogErrorKind::Unsupported, message));
        }
        Ok(Log { root: root.to_path_buf(), identity: identity::read_or_make(root)? })
    }

    /// Which log it is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The identity under which its records are numbered from now on: another one after the log was put back from a
    /// copy, so that no number is used twice.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn identity_for_writing(&self) -> Result<Identity, LogError> {
        identity::for_writing(&self.root)
    }

    /// Opens a topic; makes it when `create`.
    ///
    /// # Errors
    /// As [`Topic::open`]; `Invalid` for a name with other characters than `a-z A-Z 0-9 . _ -`.
    pub fn topic(&self, name: &str, options: TopicOptions, create: bool) -> Result<Topic, LogError> {
        check_name("topic", name)?;
        Topic::open(&self.root.join(name), options, create)
    }

    /// Names of all topics, sorted.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn topics(&self) -> Result<Vec<String>, LogError> {
        let entries = fs::read_dir(&self.root).map_err(|error| LogError::io("read", &self.root, &error))?;
        let mut names: Vec<_> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.path().is_dir())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        Ok(names)
    }
}

fn version_text(version: u32) -> String {
    format!("legend-log {version}\n")
}

/// Writes FORMAT by rename, so that two first starts at once both find it whole.
fn write_version(root: &Path, path: &Path, version: u32) -> Result<(), LogError> {
    let temporary = root.join(format!("FORMAT.{}", std::process::id()));
    let written =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary).and_then(
            |mut file| {
                file.write_all(version_text(version).as_bytes())?;
                file.sync_all()?;
                fs::rename(&temporary, path)
            },
        );
    written.map_err(|error| LogError::io("create", path, &error))
}

/// Comes before the first pack of the topic in `dir`: a legend that knows no packs must not take them for lost records.
fn may_have_packs(dir: &Path) -> Result<(), LogError> {
    let Some(root) = dir.parent() else { return Ok(()) };
    let path = root.join("FORMAT");
    let version = fs::read_to_string(&path).map_err(|error| LogError::io("read", &path, &error))?;
    if version == version_text(WITH_PACKS) {
        return Ok(());
    }
    write_version(root, &path, WITH_PACKS)?;
    fs::File::open(root)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| LogError::io("sync", root, &error))
}

pub(crate) fn check_name(what: &str, name: &str) -> Result<(), LogError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let sound =
        (1..=NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(allowed) && !name.starts_with('.');
    if sound {
        return Ok(());
    }
    let shown: String = name.chars().take(40).collect();
    let message = format!(
        "Cannot use {what} name `{shown}`: need 1..={NAME_BYTES_MAX} characters of a-z A-Z 0-9 . _ -"
    );
    Err(LogError::new(LogErrorKind::Invalid, message))
}

/// Locks and shared pages do not work across hosts, and on some of these not at all.
fn refuse_network_file_system(root: &Path) -> Result<(), LogError> {
    let stat = rustix::fs::statfs(root).map_err(|error| LogError::io("look at", root, &error.into()))?;
    match network_file_system(stat.f_type) {
        None => Ok(()),
        Some(name) => {
            let message = format!(
                "Cannot keep the log in {}: {name} is a network file system, need a local disk",
                root.display()
            );
            Err(LogError::new(LogErrorKind::Unsupported, message))
        }
    }
}

/// The name of a network file system by its magic number (`linux/magic.h`), else `None`.
fn network_file_system(magic: i64) -> Option<&'static str> {
    match magic & 0xffff_ffff {
        0x6969 => Some("NFS"),
        0xff53_4d42 => Some("CIFS"),
        0xfe53_4d42 | 0x517b => Some("SMB"),
        0x5346_414f => Some("AFS"),
        _ => None,
    }
}

#[cfg(test)]
mod foreign_tests;
#[cfg(test)]
mod pack_tests;
#[cfg(test)]
mod tests;
