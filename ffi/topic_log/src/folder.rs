//! The folder of all topics of one data folder.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::error::LogError;
use super::identity::{self, Identity};
use super::names::check_name;
use super::topic::{Topic, TopicOptions};
use super::version::{WITH_PACKS, WITHOUT_PACKS, version_text, write_version};

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
        fs::DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(root)
            .map_err(|error| LogError::io("create", root, error))?;
        refuse_network_file_system(root)?;
        let path = root.join("FORMAT");
        let version = match fs::read(&path) {
            // Damaged bytes are shown as far as they are valid text.
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                write_version(root, &path, WITHOUT_PACKS)?;
                version_text(WITHOUT_PACKS)
            }
            Err(error) => return Err(LogError::io("read", &path, error)),
        };
        if ![WITHOUT_PACKS, WITH_PACKS].iter().any(|&known| version.trim() == version_text(known).trim()) {
            let shown = version.trim().chars().take(40).map(|c| if c.is_control() { '?' } else { c });
            return Err(LogError::Format { path, version: shown.collect(), newest: WITH_PACKS });
        }
        Ok(Log { root: root.to_path_buf(), identity: identity::read_or_make(root)? })
    }

    /// Which log it is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The identity under which records are numbered from now on. It changes after the log was restored from
    /// a copy, so that no number is used twice.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn identity_for_writing(&self) -> Result<Identity, LogError> {
        identity::for_writing(&self.root)
    }

    /// Opens a topic; makes it if `create`.
    ///
    /// # Errors
    /// Like [`Topic::open`]; `Invalid` for a name with characters other than `a-z A-Z 0-9 . _ -`.
    pub fn topic(&self, name: &str, options: TopicOptions, create: bool) -> Result<Topic, LogError> {
        check_name("topic", name)?;
        Topic::open(&self.root.join(name), options, create)
    }

    /// Names of all topics, sorted.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn topics(&self) -> Result<Vec<String>, LogError> {
        let entries = fs::read_dir(&self.root).map_err(|error| LogError::io("read", &self.root, error))?;
        let mut names: Vec<_> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.path().is_dir())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        Ok(names)
    }
}

/// Locks and shared pages do not work across hosts, and on some of these file systems not at all.
fn refuse_network_file_system(root: &Path) -> Result<(), LogError> {
    let stat = rustix::fs::statfs(root).map_err(|error| LogError::io("look at", root, error.into()))?;
    match network_file_system(stat.f_type) {
        None => Ok(()),
        Some(name) => Err(LogError::NetworkFileSystem { root: root.to_path_buf(), name }),
    }
}

/// The name of a network file system by its magic number (`linux/magic.h`), else `None`.
pub(super) fn network_file_system(magic: i64) -> Option<&'static str> {
    match magic & 0xffff_ffff {
        0x6969 => Some("NFS"),
        0xff53_4d42 => Some("CIFS"),
        0xfe53_4d42 | 0x517b => Some("SMB"),
        0x5346_414f => Some("AFS"),
        _ => None,
    }
}
