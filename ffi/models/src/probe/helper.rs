//! The trial's own process: `legend-probe`, which the asking process starts and which lives for one model.
//!
//! It is given three descriptors: 0, what is asked; 1, where the answer goes; 2, the model.

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
/// Written otherwise than the name of a model that is loaded for use: the loader would answer with what it has by a name.
const MODEL_PATH: &str = "/proc/self/./fd/3";

/// A descriptor that is a number here and owned by nobody.
struct Number(c_int);

impl AsRawFd for Number {
    fn as_raw_fd(&self) -> c_int {
        self.0
    }
}

/// All that `legend-probe` does: confines itself, loads the model, asks it the golden rows, writes what came of it and
/// ends without anything of the model's running at the end.
#[must_use]
pub fn run_probe() -> ExitCode {
    let Some(request) = prepare() else { return ExitCode::FAILURE };
    // SAFETY: `prepare` has put it there; it is not closed, for nothing of this process runs after the answer.
    let mut answer = ManuallyDrop::new(unsafe { File::from_raw_fd(ANSWER_FD) });
    if answer.write_all(READY).is_err() {
        return ExitCode::FAILURE;
    }
    let told = if confine() { tried(&request) } else { Err(TrialError::NotConfined) };
    let text = told.map_or_else(|why| why.to_string(), |()| "ok".to_owned());
    let text = text.as_bytes();
    // Without an answer it is said that it ended.
    let _ = answer.write_all(&text[..text.len().min(ANSWER_BYTES)]);
    // SAFETY: it runs nothing of this process, nor of the model's.
    unsafe { libc::_exit(0) }
}

/// What this process says of the model; it goes into an answer as its text.
#[derive(Debug, thiserror::Error)]
enum TrialError {
    #[error("this system confines no process (seccomp)")]
    NotConfined,
    #[error(transparent)]
    SharedObject(#[from] SharedObjectError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Loads the model and asks it the golden rows.
fn tried(request: &Request) -> Result<(), TrialError> {
    let (library, predict) = shared_object::load(MODEL_PATH, &Number(MODEL_FD))?;
    let _library = ManuallyDrop::new(library);
    let Request { golden, features, .. } = request;
    // SAFETY: rows are as long as is said; a crash ends this process.
    check_answers(golden, *features, |row| unsafe { predict(row.as_ptr(), *features) })?;
    Ok(())
}

/// Reads what is asked, and leaves the model and the answer as the only descriptors. `None`: it was not started as a
/// trial is, or whoever started it has gone.
fn prepare() -> Option<Request> {
    // SAFETY: a descriptor that the one who asks has opened for this process alone.
    let mut asked = unsafe { File::from_raw_fd(0) };
    asked.rewind().ok()?;
    let request = request::read(&mut asked).ok()?;
    drop(asked);
    // SAFETY: calls of this process about itself, with whole arguments. Descriptors are numbers here.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
        if u32::try_from(libc::getppid()) != Ok(request.parent) {
            return None;
        }
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        // In this order none is written over before it was copied.
        for (from, to) in [(2, MODEL_FD), (1, ANSWER_FD), (null, 0), (null, 1), (null, 2)] {
            if libc::dup2(from, to) != to {
                return None;
            }
        }
        (libc::syscall(libc::SYS_close_range, ANSWER_FD + 1, c_int::MAX, 0) == 0).then_some(request)
    }
}
