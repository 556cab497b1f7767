//! The trial's own process: `legend-probe`, started by the agent for one model.
//!
//! It gets three descriptors: 0, the request; 1, the pipe for the answer; 2, the model.

use std::ffi::c_int;
use std::fs::File;
use std::io::{Seek, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd};
use std::process::ExitCode;

use model::ModelError;
use model::artefact::check_answers;

use super::confine::confine;
use super::request::{self, ANSWER_BYTES, ANSWER_FD, READY, Request};
use crate::error::SharedObjectError;
use crate::shared_object;

const MODEL_FD: c_int = 3;
/// Differs from the name of a model that is loaded for use: for a known name, the loader returns what it
/// already has.
const MODEL_PATH: &str = "/proc/self/./fd/3";

/// A descriptor as a plain number, without ownership.
struct Number(c_int);

impl AsRawFd for Number {
    fn as_raw_fd(&self) -> c_int {
        self.0
    }
}

/// All of `legend-probe`: confines itself, loads the model, evaluates the golden rows, writes the result, and
/// exits without running any code of the model's.
#[must_use]
pub fn run_probe() -> ExitCode {
    let Some(request) = prepare() else { return ExitCode::FAILURE };
    // SAFETY: `prepare` opened it, and only this `File` uses it; it is never closed, as the process exits
    // right after the answer.
    let mut answer = ManuallyDrop::new(unsafe { File::from_raw_fd(ANSWER_FD) });
    if answer.write_all(READY).is_err() {
        return ExitCode::FAILURE;
    }
    let result = if confine() { try_model(&request) } else { Err(TrialError::NotConfined) };
    let text = result.map_or_else(|why| why.to_string(), |()| "ok".to_owned());
    let text = text.as_bytes();
    // If this fails, the parent reports that the process ended without an answer.
    let _ = answer.write_all(&text[..text.len().min(ANSWER_BYTES)]);
    // SAFETY: takes an integer, and runs no exit code of this process or of the model.
    unsafe { libc::_exit(0) }
}

/// This process's verdict on the model; its text is the answer.
#[derive(Debug, thiserror::Error)]
enum TrialError {
    #[error("this system cannot confine a process (seccomp)")]
    NotConfined,
    #[error(transparent)]
    SharedObject(#[from] SharedObjectError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Loads the model and evaluates the golden rows.
fn try_model(request: &Request) -> Result<(), TrialError> {
    let (library, predict) = shared_object::load(MODEL_PATH, &Number(MODEL_FD))?;
    let _library = ManuallyDrop::new(library);
    let Request { golden, features, .. } = request;
    // SAFETY: `check_answers` passes rows of `features` numbers; a crash ends only this process.
    check_answers(golden, *features, |row| unsafe { predict(row.as_ptr(), *features) })?;
    Ok(())
}

/// Reads the request, and leaves only the descriptors of the model and the answer. `None`: it was not started
/// as a trial, or its parent is gone.
fn prepare() -> Option<Request> {
    // SAFETY: the parent opened descriptor 0 for this process, and nothing else here owns it.
    let mut request_file = unsafe { File::from_raw_fd(0) };
    request_file.rewind().ok()?;
    let request = request::read(&mut request_file).ok()?;
    drop(request_file);
    // SAFETY: it takes integers.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) };
    // SAFETY: it takes nothing. A parent that was gone before the call above sends no signal.
    if u32::try_from(unsafe { libc::getppid() }) != Ok(request.parent) {
        return None;
    }
    // SAFETY: the path is a C string.
    let null = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) };
    // In this order, no descriptor is overwritten before it was copied.
    for (from, to) in [(2, MODEL_FD), (1, ANSWER_FD), (null, 0), (null, 1), (null, 2)] {
        // SAFETY: no Rust value owns these descriptors.
        if unsafe { libc::dup2(from, to) } != to {
            return None;
        }
    }
    // SAFETY: as above; `null` is among those that are closed.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, ANSWER_FD + 1, c_int::MAX, 0) };
    (closed == 0).then_some(request)
}
