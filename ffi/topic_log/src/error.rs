//! What can go wrong with the log, as a person should read it.

use std::fmt;
use std::io;
use std::path::Path;

use crate::disk;

/// What a caller may branch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogErrorKind {
    /// The operating system refused; the message has its words.
    Io,
    /// The disk is full; nothing of the batch was written.
    NoSpace,
    /// Input breaks a limit or a length.
    Invalid,
    /// No such topic.
    NotFound,
    /// The folder was written by a newer version, or lies on a file system without working locks.
    Unsupported,
    /// Stored bytes do not match their checksums.
    Damaged,
    /// Something that the log needs does not answer.
    Unavailable,
    /// A gate was closed before the records were on the log: none of them is.
    Closed,
    /// A sync failed before; what the kernel holds can no longer be trusted.
    Failed,
}

/// An error of the log. The text is one line and names the file or topic.
#[derive(Clone, Debug)]
pub struct LogError {
    /// What a caller may branch on.
    pub kind: LogErrorKind,
    message: String,
}

impl LogError {
    /// Of this kind; the text names the file or topic.
    #[must_use]
    pub fn new(kind: LogErrorKind, message: String) -> Self {
        LogError { kind, message }
    }

    pub(super) fn io(action: &str, path: &Path, error: &io::Error) -> Self {
        let kind = if disk::is_full(error) { LogErrorKind::NoSpace } else { LogErrorKind::Io };
        LogError::new(kind, format!("Cannot {action} {}: {}", path.display(), disk::why(error)))
    }

    /// A record or batch that breaks a rule of the format.
    #[must_use]
    pub fn invalid(message: &str) -> Self {
        LogError::new(LogErrorKind::Invalid, format!("Cannot append: {message}"))
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for LogError {}
