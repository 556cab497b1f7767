//! The C boundary of `liblegend.so`, opened only by `ffi/library.ts`.
//!
//! Every function that can fail takes `out, out_len` as its last parameters. It returns a value >= 0, or a
//! negative [`Status`] with one line of UTF-8 in `out` as `[len u32 LE][text]`. Buffers belong to the caller
//! and are not kept. A panic is caught and becomes [`Status::Panicked`].

mod agent;
mod cluster;
mod door;
mod handles;
mod link;
mod log;
mod model;
mod ndjson;
mod process;
mod registry;
mod sink;
mod store;
mod trainer;
mod version;

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::agent::AgentError;
use ::door::DoorError;
use control::ControlError;
use kafka::ClusterError;
use models::RegistryError;
use sources::error::SourceError;
use topic_log::{LogError, LogErrorKind};

pub use version::ABI_VERSION;

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

/// A status and its line.
pub(crate) struct Failure(pub Status, pub String);

pub(crate) type Answer = Result<i32, Failure>;

impl Failure {
    /// A failure caused by the operating system or its files.
    pub(crate) fn io(error: impl Display) -> Failure {
        Failure(Status::Io, error.to_string())
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
        Failure(error.kind().into(), error.to_string())
    }
}

impl From<ClusterError> for Failure {
    fn from(error: ClusterError) -> Self {
        Failure(error.kind().into(), error.to_string())
    }
}

impl From<AgentError> for Failure {
    fn from(error: AgentError) -> Self {
        let status = if error.is_held() { Status::Unavailable } else { Status::Io };
        Failure(status, error.to_string())
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
        Failure(status, error.to_string())
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

/// The [`ABI_VERSION`] of this library.
#[unsafe(no_mangle)]
pub extern "C" fn legend_abi_version() -> u32 {
    ABI_VERSION
}

/// Runs `call` with `out` as a slice; a failure or panic becomes a status and a line in `out`.
///
/// # Safety
/// `out` must be valid for `out_len` bytes of writes and unshared until this returns.
pub(crate) unsafe fn guard(out: *mut u8, out_len: u32, call: impl FnOnce(&mut [u8]) -> Answer) -> i32 {
    if out.is_null() {
        return Status::NullPointer as i32;
    }
    // SAFETY: `out` is not null, and the caller guarantees its length and exclusive access.
    let out = unsafe { std::slice::from_raw_parts_mut(out, out_len as usize) };
    let answer = catch_unwind(AssertUnwindSafe(|| call(out)));
    let answer = answer.unwrap_or_else(|_| {
        Err(Failure(Status::Panicked, "Cannot go on: a bug, see the lines above".to_owned()))
    });
    match answer {
        Ok(value) => value,
        Err(Failure(status, line)) => {
            if status != Status::TooSmall {
                write_line(out, &line);
            }
            status as i32
        }
    }
}

/// The caller's bytes as UTF-8.
///
/// # Safety
/// `text` must be valid for `len` bytes of reads until the result is dropped.
pub(crate) unsafe fn text<'a>(text: *const u8, len: u32) -> Result<&'a str, Failure> {
    // SAFETY: the caller guarantees that `text` is valid for `len` reads.
    let bytes = unsafe { bytes(text, len) }?;
    std::str::from_utf8(bytes)
        .map_err(|_| Failure(Status::Invalid, "Cannot read a text argument: it is not UTF-8".to_owned()))
}

/// The caller's bytes.
///
/// # Safety
/// `bytes` must be valid for `len` bytes of reads until the result is dropped.
pub(crate) unsafe fn bytes<'a>(bytes: *const u8, len: u32) -> Result<&'a [u8], Failure> {
    if bytes.is_null() && len > 0 {
        return Err(Failure(Status::NullPointer, "Cannot read an argument: it is null".to_owned()));
    }
    if len == 0 {
        return Ok(&[]);
    }
    // SAFETY: `bytes` is not null, and the caller guarantees its length.
    Ok(unsafe { std::slice::from_raw_parts(bytes, len as usize) })
}

pub(crate) fn bad_handle(what: &str) -> Failure {
    Failure(Status::BadHandle, format!("Cannot use {what}: it is closed"))
}

/// Copies a whole text to `out`; returns its length.
pub(crate) fn answer_text(out: &mut [u8], text: &str) -> Answer {
    let Some(target) = out.get_mut(..text.len()) else {
        if let Some(size) = out.get_mut(..4) {
            size.copy_from_slice(&(text.len() as u32).to_le_bytes());
        }
        return Err(Failure(Status::TooSmall, String::new()));
    };
    target.copy_from_slice(text.as_bytes());
    Ok(text.len() as i32)
}

fn write_line(out: &mut [u8], line: &str) {
    let Some(room) = out.len().checked_sub(4) else { return };
    let mut len = line.len().min(room);
    while !line.is_char_boundary(len) {
        len -= 1;
    }
    out[..4].copy_from_slice(&(len as u32).to_le_bytes());
    out[4..4 + len].copy_from_slice(&line.as_bytes()[..len]);
}

#[cfg(test)]
mod tests {
    use models::error::InstallError;

    use super::*;

    fn run(out: &mut [u8], call: impl FnOnce(&mut [u8]) -> Answer) -> i32 {
        // SAFETY: pointer and length are those of a live slice that nothing else uses.
        unsafe { guard(out.as_mut_ptr(), out.len() as u32, call) }
    }

    #[test]
    fn guard_answers_a_status_and_a_line_for_failures_and_panics() {
        let mut out = [0; 32];
        assert_eq!(run(&mut out, |_| Err(Failure(Status::NotFound, "Cannot find x".to_owned()))), -6);
        assert_eq!((out[0], &out[4..17]), (13, &b"Cannot find x"[..]));
        assert_eq!(run(&mut out, |_| panic!("on purpose")), Status::Panicked as i32);
        assert_eq!(run(&mut out, |_| Ok(7)), 7);
        // SAFETY: a null pointer is rejected before it is used.
        assert_eq!(unsafe { guard(std::ptr::null_mut(), 8, |_| Ok(0)) }, Status::NullPointer as i32);
    }

    #[test]
    fn what_the_registry_has_not_done_has_a_status_by_what_was_in_the_way() {
        let disk = || std::io::Error::from(std::io::ErrorKind::ReadOnlyFilesystem);
        let (folder, version, module) =
            (std::path::PathBuf::from("/data/models"), "0123456789ab".to_owned(), "mev");
        let taken =
            RegistryError::Install { version: version.clone(), module, source: InstallError::OtherBytes };
        for (error, status) in [
            (RegistryError::Register { folder: folder.clone(), source: disk() }, -4),
            (RegistryError::Select { verb: "deploy", folder, source: disk() }, -4),
            (taken, -3),
            (RegistryError::NoVersion { verb: "deploy", version, module }, -6),
        ] {
            let line = error.to_string();
            let Failure(found, said) = error.into();
            assert_eq!((found as i32, &said), (status, &line));
        }
    }

    #[test]
    fn a_line_is_cut_at_a_character_and_a_tiny_buffer_is_left_alone() {
        let mut out = [0; 7];
        run(&mut out, |_| Err(Failure(Status::Io, "aü€".to_owned())));
        assert_eq!((out[0], &out[4..]), (3, "aü".as_bytes()));
        let mut tiny = [9; 3];
        run(&mut tiny, |_| Err(Failure(Status::Io, "x".to_owned())));
        assert_eq!(tiny, [9; 3]);
    }
}
