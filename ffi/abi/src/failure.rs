//! Why a call failed: a status for the caller and one line for people.

use std::fmt::Display;

use agent::AgentError;
use control::ControlError;
use door::DoorError;
use kafka::ClusterError;
use models::RegistryError;
use sources::error::SourceError;
use topic_log::{LogError, LogErrorKind};

/// Why a call failed; `ffi/library.ts` knows the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// A null pointer where bytes are needed.
    NullPointer = -1,
    /// A handle that is closed or never existed.
    BadHandle = -2,
    /// Input that is not UTF-8, JSON or in range.
    Invalid = -3,
    /// The operating system refused.
    Io = -4,
    /// The disk is full; nothing was written.
    NoSpace = -5,
    /// No such thing.
    NotFound = -6,
    /// A newer format, or an unsuitable file system.
    Unsupported = -7,
    /// Stored bytes are damaged.
    Damaged = -8,
    /// A bug: the call panicked.
    Panicked = -9,
    /// Something required does not answer.
    Unavailable = -11,
    /// `out` is too small; the first 4 bytes hold the size needed.
    TooSmall = -10,
}

/// Why a call failed, with the line for people.
pub(crate) struct Failure {
    pub(crate) status: Status,
    pub(crate) line: String,
}

impl Failure {
    pub(crate) fn new(status: Status, line: impl Display) -> Failure {
        Failure { status, line: line.to_string() }
    }

    /// Input that cannot be used.
    pub(crate) fn invalid(line: impl Display) -> Failure {
        Failure::new(Status::Invalid, line)
    }

    /// A handle that is closed or never existed.
    pub(crate) fn closed(what: &str) -> Failure {
        Failure::new(Status::BadHandle, format!("Cannot use {what}: it is closed"))
    }

    /// `out` has less room than the answer needs.
    pub(crate) fn too_small() -> Failure {
        Failure::new(Status::TooSmall, "")
    }

    /// A failure caused by the operating system or its files.
    pub(crate) fn io(error: impl Display) -> Failure {
        Failure::new(Status::Io, error)
    }
}

impl From<LogErrorKind> for Status {
    fn from(kind: LogErrorKind) -> Status {
        match kind {
            LogErrorKind::Io | LogErrorKind::Failed => Status::Io,
            LogErrorKind::NoSpace => Status::NoSpace,
            LogErrorKind::Invalid => Status::Invalid,
            LogErrorKind::NotFound => Status::NotFound,
            LogErrorKind::Unsupported => Status::Unsupported,
            LogErrorKind::Damaged => Status::Damaged,
            LogErrorKind::Unavailable | LogErrorKind::Closed => Status::Unavailable,
        }
    }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        Failure::new(error.kind().into(), error)
    }
}

impl From<ClusterError> for Failure {
    fn from(error: ClusterError) -> Self {
        Failure::new(error.kind().into(), error)
    }
}

impl From<AgentError> for Failure {
    fn from(error: AgentError) -> Self {
        let status = if error.is_held() { Status::Unavailable } else { Status::Io };
        Failure::new(status, error)
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        Failure::io(error)
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let status = match error {
            RegistryError::Register { .. } | RegistryError::Select { .. } => Status::Io,
            RegistryError::Install { .. } => Status::Invalid,
            RegistryError::NoVersion { .. } => Status::NotFound,
        };
        Failure::new(status, error)
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Failure::io(error)
    }
}

impl From<DoorError> for Failure {
    fn from(error: DoorError) -> Self {
        Failure::io(error)
    }
}

#[cfg(test)]
mod tests {
    use models::error::InstallError;

    use super::*;

    #[test]
    fn each_failure_of_the_registry_has_the_status_of_its_cause() {
        let disk = || std::io::Error::from(std::io::ErrorKind::ReadOnlyFilesystem);
        let (folder, version, module) =
            (std::path::PathBuf::from("/data/models"), "0123456789ab".to_owned(), "mev");
        let installed =
            RegistryError::Install { version: version.clone(), module, source: InstallError::OtherBytes };
        for (error, status) in [
            (RegistryError::Register { folder: folder.clone(), source: disk() }, -4),
            (RegistryError::Select { verb: "deploy", folder, source: disk() }, -4),
            (installed, -3),
            (RegistryError::NoVersion { verb: "deploy", version, module }, -6),
        ] {
            let line = error.to_string();
            let failure = Failure::from(error);
            assert_eq!((failure.status as i32, &failure.line), (status, &line));
        }
    }
}
