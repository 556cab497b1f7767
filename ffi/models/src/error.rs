//! What can go wrong with models. The text of each is what operators, answers of agents and lists of models have.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use model::ModelError;
use model::artefact::FILE_BYTES_MAX;
use serde_json::Value;
use thiserror::Error;
use topic_log::disk;

/// Why a written signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// It is not written as one.
    #[error("its signature is no signature")]
    NoSignature,
    /// Of another key, by these first digits of its name.
    #[error("its key {0} is not trusted here")]
    KeyNotTrusted(String),
    /// What is signed is not what is there.
    #[error("its signature does not fit: it was altered")]
    Altered,
}

/// Why a small file beside a model is not read.
#[derive(Debug, Error)]
pub enum SmallFileError {
    /// The file system refuses.
    #[error("{0}")]
    Unread(#[source] io::Error),
    /// It has this many bytes, which are too many.
    #[error("{0} bytes")]
    TooLong(u64),
}

/// Why a model must not be used, to be said after its name.
#[derive(Debug, Error)]
pub enum Unusable {
    /// Nothing says what it is.
    #[error("it has no manifest ({0})")]
    NoManifest(#[source] SmallFileError),
    /// Its manifest has no signature beside it.
    #[error("it is not signed")]
    NotSigned(#[source] SmallFileError),
    /// Its manifest's signature does not count.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Its manifest cannot be parsed.
    #[error("its manifest is no JSON: {0}")]
    NoJson(#[source] serde_json::Error),
    /// Its manifest says this instead of the module.
    #[error("it is a model of {0}")]
    OtherModule(Value),
    /// There is a manifest at most.
    #[error("its file is not there")]
    NoFile(#[source] io::Error),
    /// It has this many bytes.
    #[error("it is {0} bytes long, need at most {FILE_BYTES_MAX}")]
    TooLong(u64),
    /// The file system refuses.
    #[error("its file cannot be read: {0}")]
    Unread(#[source] io::Error),
    /// Another hash than its manifest says.
    #[error("its bytes are not those that were signed")]
    OtherBytes,
    /// Something is wrong in the file, or with its answers.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// It reads more numbers than there are.
    #[error("it reads {count} features, the agent has {known}")]
    TooManyFeatures {
        /// Of its rows.
        count: usize,
        /// Of the agent's.
        known: usize,
    },
    /// It was trained on features of other names or in another order.
    #[error("its features are {has:016x}, the agent's first {count} are {need:016x}")]
    OtherFeatures {
        /// The hash of its features.
        has: u64,
        /// How many they are.
        count: usize,
        /// The hash of that many of the agent's.
        need: u64,
    },
    /// It brings code, and the configuration does not allow that.
    #[error(
        "it brings code of its own, which would have all rights of the agent: set models.foreign = true to allow that"
    )]
    ForeignNotAllowed,
    /// No private copy of its bytes.
    #[error("it cannot be copied: {0}")]
    NotCopied(#[source] io::Error),
    /// What tells the next start that it crashed cannot be written.
    #[error("its mark cannot be made: {}", disk::why(.0))]
    NoMark(#[source] io::Error),
    /// It did not come through its trial, or there was none.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// It came through its trial and does not load here.
    #[error(transparent)]
    SharedObject(#[from] SharedObjectError),
    /// It has ended this agent before; the file that says so.
    #[error("it crashed this agent or did not answer it, take it out of {} to try again", .0.display())]
    Crashed(PathBuf),
}

/// Why a shared object does not become a function.
#[derive(Debug, Error)]
pub enum SharedObjectError {
    /// The system's loader refuses it.
    #[error("the loader refuses it")]
    Refused(#[source] libloading::Error),
    /// The symbol is not there, or at address 0.
    #[error("it has no symbol treelite_predict")]
    NoPredict,
    /// Its name is the one of another file.
    #[error("the loader gave another file that was loaded before")]
    OtherFile,
}

/// What a model's trial came to, or why there was none.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// The system gives no process, pipe or memory for it.
    #[error("it cannot be probed: {0}")]
    System(#[source] io::Error),
    /// The trial's executable cannot be used.
    #[error("it cannot be probed: {0}")]
    Program(#[from] ProgramError),
    /// The process ended before the model was touched.
    #[error("it cannot be probed: legend-probe ended before it began ({0})")]
    NotBegun(ExitStatus),
    /// The process was not ready in this time.
    #[error("it cannot be probed: legend-probe did not start within {} ms", .0.as_millis())]
    NotStarted(Duration),
    /// The model took longer than this.
    #[error("it did not answer within {} ms in a child process", .0.as_millis())]
    NoAnswer(Duration),
    /// A signal of this number ended the process.
    #[error("it crashed in a child process (signal {0})")]
    Crashed(i32),
    /// The process ended without a signal and without an answer.
    #[error("it ended its process instead of answering")]
    Ended,
    /// What the process wrote of the model.
    #[error("{0}")]
    Answered(String),
}

/// Why the trial's executable cannot be used.
#[derive(Debug, Error)]
pub enum ProgramError {
    /// It lies beside our own file, which nothing names.
    #[error("its own file is not known (/proc/self/maps)")]
    OwnFile,
    /// There is none.
    #[error("{} is not there, it belongs to {}: build or copy legend again", .path.display(), .own.display())]
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
        /// Why.
        source: io::Error,
    },
    /// Somebody else may have written it.
    #[error("{} cannot be used: it must be a file of this user's that nobody else may write", .0.display())]
    NotTrusted(PathBuf),
}

/// Why what a link or a pin names is no version.
#[derive(Debug, Error)]
pub enum LinkError {
    /// The pin's text is none.
    #[error("the pin names no version")]
    Pin,
    /// Something else has the link's name.
    #[error("{} is no symlink", .path.display())]
    NoSymlink {
        /// Of the link.
        path: PathBuf,
        /// What reading it as one gave.
        source: io::Error,
    },
    /// It leads elsewhere.
    #[error("{} points to {}, which is no version here", .path.display(), .target.display())]
    NoVersion {
        /// Of the link.
        path: PathBuf,
        /// What it names.
        target: PathBuf,
    },
}

/// Why a version of another host is not taken, to be said after its name.
#[derive(Debug, Error)]
pub enum TakeError {
    /// This many bytes of it are too many.
    #[error("its manifest has {0} bytes")]
    LongManifest(usize),
    /// Its manifest does not count.
    #[error(transparent)]
    Manifest(#[from] Unusable),
    /// Another version or hash than its manifest says.
    #[error("its bytes are not those of its manifest")]
    OtherBytes,
    /// Its name is none.
    #[error("a version is 12 hex digits")]
    NoVersion,
}

/// Why the registry is not changed: a whole line.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// The folder does not take a version.
    #[error("Cannot register a model in {}: {}", .folder.display(), disk::why(.source))]
    Register {
        /// Of all models.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another host's version is not one that may be used.
    #[error("Cannot take model {version} of {module}: {source}")]
    Take {
        /// As it was named.
        version: String,
        /// Whose model it would be.
        module: &'static str,
        /// Why.
        source: TakeError,
    },
    /// The folder does not take a name for what is used.
    #[error("Cannot {verb} in {}: {}", .folder.display(), disk::why(.source))]
    Point {
        /// Deploy or pin.
        verb: &'static str,
        /// Of all models.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The version is not registered.
    #[error("Cannot {verb} {version}: {module} has no such version, see `legend model list`")]
    NoVersion {
        /// Deploy or pin.
        verb: &'static str,
        /// As it was named.
        version: String,
        /// Whose model it would be.
        module: &'static str,
    },
}
