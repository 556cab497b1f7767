//! Errors of the log, worded for people.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::disk;

/// What a caller may match on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogErrorKind {
    /// The operating system refused; the message contains its reason.
    Io,
    /// The disk is full; nothing of the batch was written.
    NoSpace,
    /// The input breaks a limit or has a wrong length.
    Invalid,
    /// No such topic.
    NotFound,
    /// The folder was written by a newer version, or lies on a file system without working locks.
    Unsupported,
    /// Stored bytes do not match their checksums.
    Damaged,
    /// Something that the log depends on does not answer.
    Unavailable,
    /// A gate closed before the records were on the log: none of them was stored.
    Closed,
    /// An earlier sync failed; what the kernel holds can no longer be trusted.
    Failed,
}

/// An error of the log. The text is one line and names the file or topic.
#[derive(Debug, Error)]
pub enum LogError {
    /// The operating system refused.
    #[error("Cannot {action} {}: {}", .path.display(), disk::why(.source))]
    Io {
        /// What was tried, between "Cannot" and the path.
        action: &'static str,
        /// Of the file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The version of the log's folder is unknown here.
    #[error(
        "Cannot open {}: its format is `{version}`, need `legend-log {newest}` or an older one; use the legend version that wrote it, or, if the file is damaged, restore it from a copy",
        .path.display()
    )]
    Format {
        /// Of the file that states it.
        path: PathBuf,
        /// The file's content, as far as it can be shown.
        version: String,
        /// The newest version known here.
        newest: u32,
    },
    /// File locks do not work there.
    #[error("Cannot keep the log in {}: {name} is a network file system, need a local disk", .root.display())]
    NetworkFileSystem {
        /// The log's folder.
        root: PathBuf,
        /// The file system's name.
        name: &'static str,
    },
    /// The file with the log's identity does not hold one.
    #[error(
        "Cannot use {}: it is damaged, need {digits} hex digits; remove it, then `legend db accept-log` makes the store accept this log as its own",
        .path.display()
    )]
    Identity {
        /// Of the file.
        path: PathBuf,
        /// How many digits it must have.
        digits: usize,
    },
    /// A segment does not begin with a header of this version.
    #[error("Cannot open {}: its header is damaged or of a newer version (this is {version})", .path.display())]
    Header {
        /// Of the segment.
        path: PathBuf,
        /// The version known here.
        version: u32,
    },
    /// Cannot be used as a file name.
    #[error("Cannot use {what} name `{shown}`: need 1..={bytes_max} characters of a-z A-Z 0-9 . _ -")]
    Name {
        /// What has the name.
        what: &'static str,
        /// The beginning of the name.
        shown: String,
        /// The maximum length.
        bytes_max: usize,
    },
    /// No such topic.
    #[error("Cannot open topic {0}: it does not exist, create it with `legend topics create`")]
    NoTopic(String),
    /// This process may only read.
    #[error("Cannot write {}: its disk is read-only, or this user may not write there", .0.display())]
    NotWritable(PathBuf),
    /// An earlier sync failed; what the kernel holds can no longer be trusted.
    #[error("Cannot append to {}: a sync failed before, restart legend to recover it", .0.display())]
    SyncFailed(PathBuf),
    /// A gate closed before the records were on the log: none of them was stored.
    #[error("Cannot append to {}: appends are blocked", .0.display())]
    GateClosed(PathBuf),
    /// There is nothing to append.
    #[error("Cannot append: the batch is empty, need a record")]
    EmptyBatch,
    /// The bytes of a batch are not a sequence of whole records.
    #[error("Cannot append: record {0} of the batch is cut off or has inconsistent lengths")]
    Lengths(u64),
    /// A record that does not fit into any segment.
    #[error(
        "Cannot append: record of {bytes} bytes with {headers} headers, need at most {bytes_max} bytes and {headers_max} headers"
    )]
    TooLarge {
        /// Of the record.
        bytes: usize,
        /// The maximum length.
        bytes_max: usize,
        /// How many it has.
        headers: usize,
        /// The maximum number.
        headers_max: usize,
    },
}

impl LogError {
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        LogError::Io { action, path: path.to_path_buf(), source }
    }

    /// What a caller may match on.
    #[must_use]
    pub fn kind(&self) -> LogErrorKind {
        match self {
            LogError::Io { source, .. } if disk::is_full(source) => LogErrorKind::NoSpace,
            LogError::Io { .. } | LogError::NotWritable(_) => LogErrorKind::Io,
            LogError::Format { .. } | LogError::NetworkFileSystem { .. } | LogError::Identity { .. } => {
                LogErrorKind::Unsupported
            }
            LogError::Header { .. } => LogErrorKind::Damaged,
            LogError::NoTopic(_) => LogErrorKind::NotFound,
            LogError::SyncFailed(_) => LogErrorKind::Failed,
            LogError::GateClosed(_) => LogErrorKind::Closed,
            LogError::Name { .. }
            | LogError::EmptyBatch
            | LogError::Lengths(_)
            | LogError::TooLarge { .. } => LogErrorKind::Invalid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_system_names_the_action_and_the_path_and_a_full_disk_has_its_own_kind() {
        for (errno, text, kind) in [
            (libc::ENOSPC, "Cannot write /log/a: the disk is full, free some space", LogErrorKind::NoSpace),
            (libc::EACCES, "Cannot write /log/a: Permission denied (os error 13)", LogErrorKind::Io),
        ] {
            let error = LogError::io("write", Path::new("/log/a"), io::Error::from_raw_os_error(errno));
            assert_eq!((error.to_string().as_str(), error.kind()), (text, kind));
            assert!(std::error::Error::source(&error).is_some());
        }
    }

    #[test]
    fn each_refusal_of_the_log_is_the_line_and_the_kind_that_callers_know() {
        let path = PathBuf::from("/log");
        for (error, text, kind) in [
            (
                LogError::Format { path: path.clone(), version: "legend-log 9".to_owned(), newest: 3 },
                "Cannot open /log: its format is `legend-log 9`, need `legend-log 3` or an older one; use the legend version that wrote it, or, if the file is damaged, restore it from a copy",
                LogErrorKind::Unsupported,
            ),
            (
                LogError::NetworkFileSystem { root: path.clone(), name: "NFS" },
                "Cannot keep the log in /log: NFS is a network file system, need a local disk",
                LogErrorKind::Unsupported,
            ),
            (
                LogError::Identity { path: path.clone(), digits: 32 },
                "Cannot use /log: it is damaged, need 32 hex digits; remove it, then `legend db accept-log` makes the store accept this log as its own",
                LogErrorKind::Unsupported,
            ),
            (
                LogError::Header { path: path.clone(), version: 1 },
                "Cannot open /log: its header is damaged or of a newer version (this is 1)",
                LogErrorKind::Damaged,
            ),
            (
                LogError::Name { what: "topic", shown: "a b".to_owned(), bytes_max: 200 },
                "Cannot use topic name `a b`: need 1..=200 characters of a-z A-Z 0-9 . _ -",
                LogErrorKind::Invalid,
            ),
            (
                LogError::NoTopic("a".to_owned()),
                "Cannot open topic a: it does not exist, create it with `legend topics create`",
                LogErrorKind::NotFound,
            ),
            (
                LogError::NotWritable(path.clone()),
                "Cannot write /log: its disk is read-only, or this user may not write there",
                LogErrorKind::Io,
            ),
            (
                LogError::SyncFailed(path.clone()),
                "Cannot append to /log: a sync failed before, restart legend to recover it",
                LogErrorKind::Failed,
            ),
            (LogError::GateClosed(path), "Cannot append to /log: appends are blocked", LogErrorKind::Closed),
            (LogError::EmptyBatch, "Cannot append: the batch is empty, need a record", LogErrorKind::Invalid),
            (
                LogError::Lengths(2),
                "Cannot append: record 2 of the batch is cut off or has inconsistent lengths",
                LogErrorKind::Invalid,
            ),
            (
                LogError::TooLarge { bytes: 9, bytes_max: 8, headers: 3, headers_max: 2 },
                "Cannot append: record of 9 bytes with 3 headers, need at most 8 bytes and 2 headers",
                LogErrorKind::Invalid,
            ),
        ] {
            assert_eq!((error.to_string().as_str(), error.kind()), (text, kind));
        }
    }
}
