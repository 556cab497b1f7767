//! Errors of models. Their texts appear to operators, in agents' answers and in lists of models.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use model::ModelError;
use model::artefact::FILE_BYTES_MAX;
use serde_json::Value;
use thiserror::Error;
use topic_log::disk;

/// Why a stored signature is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// It does not have the form of a signature.
    #[error("its signature is malformed")]
    NoSignature,
    /// Made by an untrusted key, given by the first digits of its id.
    #[error("its key {0} is not trusted here")]
    KeyNotTrusted(String),
    /// The content differs from what was signed.
    #[error("its signature does not match: it was altered")]
    Altered,
}

/// Why a small file next to a model cannot be read.
#[derive(Debug, Error)]
pub enum SmallFileError {
    /// The file system refuses.
    #[error("{0}")]
    Unread(#[source] io::Error),
    /// It has this many bytes, which exceeds the limit.
    #[error("{0} bytes")]
    TooLong(u64),
}

/// Why a model must not be used; the texts follow its name.
#[derive(Debug, Error)]
pub enum Unusable {
    /// It has no readable manifest.
    #[error("it has no manifest ({0})")]
    NoManifest(#[source] SmallFileError),
    /// Its manifest has no readable signature.
    #[error("it is not signed")]
    NotSigned(#[source] SmallFileError),
    /// Its manifest's signature is not accepted.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Its manifest cannot be parsed.
    #[error("its manifest is not JSON: {0}")]
    NoJson(#[source] serde_json::Error),
    /// Its manifest names this instead of the module.
    #[error("it is a model of {0}")]
    OtherModule(Value),
    /// The manifest exists, but not the file.
    #[error("its file is missing")]
    NoFile(#[source] io::Error),
    /// It has this many bytes.
    #[error("it is {0} bytes long, need at most {FILE_BYTES_MAX}")]
    TooLong(u64),
    /// The file system refuses.
    #[error("its file cannot be read: {0}")]
    Unread(#[source] io::Error),
    /// Its hash differs from the manifest's.
    #[error("its bytes differ from those that were signed")]
    OtherBytes,
    /// The file, or one of its answers, is wrong.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// It reads more features than there are.
    #[error("it reads {count} features, the agent has {known}")]
    TooManyFeatures {
        /// Features in its rows.
        count: usize,
        /// Features that the agent has.
        known: usize,
    },
    /// It was trained on features with other names or in another order.
    #[error("its features are {has:016x}, the agent's first {count} are {need:016x}")]
    OtherFeatures {
        /// The hash of its features.
        has: u64,
        /// The number of its features.
        count: usize,
        /// The hash of the agent's first features, as many as the model has.
        need: u64,
    },
    /// It has its own code, and the configuration does not allow that.
    #[error(
        "it has code of its own, which would have all rights of the agent: set models.foreign = true to allow that"
    )]
    ForeignNotAllowed,
    /// A private copy of its bytes cannot be made.
    #[error("it cannot be copied: {0}")]
    NotCopied(#[source] io::Error),
    /// The mark by which the next start knows that this model crashed cannot be written.
    #[error("the file that would record its crash cannot be written: {}", disk::why(.0))]
    NoMark(#[source] io::Error),
    /// It failed its trial, or could not be tried.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// It passed its trial, but does not load here.
    #[error(transparent)]
    SharedObject(#[from] SharedObjectError),
    /// It has crashed this agent before; the path is the file that records it.
    #[error("it crashed this agent or did not answer; to try it again, remove its entry from {}", .0.display())]
    Crashed(PathBuf),
}

/// Why a shared object does not yield a function.
#[derive(Debug, Error)]
pub enum SharedObjectError {
    /// The system's loader refuses it.
    #[error("the loader refuses it")]
    Refused(#[source] libloading::Error),
    /// The symbol is missing, or at address 0.
    #[error("it has no symbol treelite_predict")]
    NoPredict,
    /// The loader returned another file for its name.
    #[error("the loader returned another file, which was loaded before")]
    OtherFile,
}

/// The result of a model's trial, or why there was none.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// The system cannot provide a process, pipe or memory for it.
    #[error("it cannot be probed: {0}")]
    System(#[source] io::Error),
    /// The trial's executable cannot be used.
    #[error("it cannot be probed: {0}")]
    Program(#[from] ProgramError),
    /// The process ended before it reached the model.
    #[error("it cannot be probed: legend-probe ended before it began ({0})")]
    NotBegun(ExitStatus),
    /// The process was not ready within this time.
    #[error("it cannot be probed: legend-probe did not start within {} ms", .0.as_millis())]
    NotStarted(Duration),
    /// The model took longer than this.
    #[error("it did not answer within {} ms in a child process", .0.as_millis())]
    NoAnswer(Duration),
    /// This signal ended the process.
    #[error("it crashed in a child process (signal {0})")]
    Crashed(i32),
    /// The process ended without a signal and without an answer.
    #[error("it ended its process instead of answering")]
    Ended,
    /// What the process wrote about the model.
    #[error("{0}")]
    Answered(String),
}

/// Why the trial's executable cannot be used.
#[derive(Debug, Error)]
pub enum ProgramError {
    /// It must be next to our own file, whose path is unknown.
    #[error("the path of the executable is not known (/proc/self/maps)")]
    OwnFile,
    /// It does not exist.
    #[error("{} is missing, it belongs beside {}: build or copy legend again", .path.display(), .own.display())]
    NotThere {
        /// Where it must be.
        path: PathBuf,
        /// Our own file.
        own: PathBuf,
    },
    /// The file system refuses.
    #[error("{} cannot be used: {source}", .path.display())]
    File {
        /// Of the executable.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Another user could have written it.
    #[error("{} cannot be used: it must be a file of this user that no other user may write", .0.display())]
    NotTrusted(PathBuf),
}

/// Why what a slot holds is not a version.
#[derive(Debug, Error)]
pub enum SelectionError {
    /// The pin's text is not a version.
    #[error("the pin names no version")]
    Pin,
    /// The name belongs to something other than a symlink.
    #[error("{} is not a symlink", .path.display())]
    NoSymlink {
        /// Of the symlink.
        path: PathBuf,
        /// The error of reading it as a symlink.
        source: io::Error,
    },
    /// It points to something else.
    #[error("{} points to {}, which is not a version of this folder", .path.display(), .target.display())]
    NoVersion {
        /// Of the symlink.
        path: PathBuf,
        /// Its target.
        target: PathBuf,
    },
}

/// Why a version of another host is not installed; the texts follow its name.
#[derive(Debug, Error)]
pub enum InstallError {
    /// Its manifest has this many bytes, which exceeds the limit.
    #[error("its manifest has {0} bytes")]
    LongManifest(usize),
    /// Its manifest is not accepted.
    #[error(transparent)]
    Manifest(#[from] Unusable),
    /// Its version or hash differs from the manifest's.
    #[error("its bytes differ from its manifest")]
    OtherBytes,
    /// Its name is not a version.
    #[error("a version is 12 hex digits")]
    NoVersion,
}

/// Why the registry is not changed, as a whole line.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// The folder does not accept a version.
    #[error("Cannot register a model in {}: {}", .folder.display(), disk::why(.source))]
    Register {
        /// The models' folder.
        folder: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Another host's version may not be used.
    #[error("Cannot accept model {version} of {module}: {source}")]
    Install {
        /// As the caller named it.
        version: String,
        /// The module of the model.
        module: &'static str,
        /// The reason.
        source: InstallError,
    },
    /// The folder does not accept a symlink or pin.
    #[error("Cannot {verb} in {}: {}", .folder.display(), disk::why(.source))]
    Select {
        /// `deploy` or `pin`.
        verb: &'static str,
        /// The models' folder.
        folder: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The version is not registered.
    #[error("Cannot {verb} {version}: {module} has no such version, see `legend model list`")]
    NoVersion {
        /// `deploy` or `pin`.
        verb: &'static str,
        /// As the caller named it.
        version: String,
        /// The module of the model.
        module: &'static str,
    },
}
