//! Why the program does not start, each as the line that a person reads.

use std::io;
use std::path::PathBuf;

use rustix::io::Errno;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A call about this process itself was refused.
    #[error("Cannot start: {0}")]
    Process(#[source] Errno),
    /// A part of a run whose parent is gone.
    #[error("Cannot start: the process that started this part has ended")]
    ParentEnded,
    /// The executable itself cannot be opened.
    #[error("Cannot read /proc/self/exe: {0}")]
    OwnFile(#[source] io::Error),
    /// Its end is not what the packer writes.
    #[error("Cannot start {}: the file is damaged or cut, copy it again", exe.display())]
    Cut { exe: PathBuf },
    /// A packed part does not have the hash that the executable names.
    #[error("Cannot start {}: the file is damaged, copy it again", exe.display())]
    Damaged { exe: PathBuf },
    /// `__unpack` of something else.
    #[error("Cannot unpack: need `__unpack clickhouse`")]
    UnpackWhat,
    /// ClickHouse is not in this executable.
    #[error("Cannot unpack ClickHouse: {} was built with --slim, set CLICKHOUSE_URL or use the full build", exe.display())]
    Slim { exe: PathBuf },
    /// Neither variable that names one is set.
    #[error("Cannot start: no folder to unpack into, set HOME or LEGEND_CACHE_DIR")]
    NoCacheFolder,
    /// The path of the folder cannot be made absolute.
    #[error(transparent)]
    Absolute(io::Error),
    /// The folder, or one above it, cannot be opened.
    #[error("Cannot use {}: {source}; set LEGEND_CACHE_DIR to another folder", folder.display())]
    Use { folder: PathBuf, source: Errno },
    /// The path has `..` in it.
    #[error("Cannot use {}: it has `..` in it, set LEGEND_CACHE_DIR to another", folder.display())]
    Upwards { folder: PathBuf },
    /// A link on the way to the folder.
    #[error(
        "Cannot use {}: {} is a symbolic link, set LEGEND_CACHE_DIR to a folder whose path has none",
        folder.display(),
        link.display()
    )]
    Link { folder: PathBuf, link: PathBuf },
    /// Another user may change the folder, or one above it.
    #[error(
        "Cannot unpack into {}: {} must belong to this user and not be writable by others, set LEGEND_CACHE_DIR to another folder",
        folder.display(),
        shown.display()
    )]
    NotOurs { folder: PathBuf, shown: PathBuf },
    /// Another user may change what was unpacked before.
    #[error(
        "Cannot use {}: it and everything in it must belong to this user and not be writable by others; remove it, or set LEGEND_CACHE_DIR to another folder",
        folder.display()
    )]
    PartNotOurs { folder: PathBuf },
    /// What was unpacked before cannot be read.
    #[error("Cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// There is no room.
    #[error("Cannot unpack into {}: the disk is full; free some space or set LEGEND_CACHE_DIR to another folder", folder.display())]
    Full { folder: PathBuf },
    /// The folder cannot be written.
    #[error(
        "Cannot unpack into {}: {}; free some space or set LEGEND_CACHE_DIR to another folder",
        folder.display(),
        source.to_string().replace('\n', " ")
    )]
    Unpack { folder: PathBuf, source: io::Error },
    /// No program in the folder may be executed.
    #[error("Cannot run from {}: it is mounted noexec, set LEGEND_CACHE_DIR to another folder", folder.display())]
    NoExec { folder: PathBuf },
    /// The program may not be run.
    #[error(
        "Cannot run {}: permission denied (a noexec mount?), set LEGEND_CACHE_DIR to another folder",
        program.display()
    )]
    Denied { program: PathBuf },
    /// The program cannot be run.
    #[error("Cannot run {}: {source}", program.display())]
    Run { program: PathBuf, source: io::Error },
}

/// A result with this [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
