//! The first run of a foreign model: in a separate process that may compute and read files, and nothing else.
//! A crash, an endless loop, a fork or excessive memory use does no harm there, and the answer comes within a
//! bounded time.
//!
//! The process is a fresh one (ADR 26): it has none of our memory, and no lock of our threads.

mod confine;
mod helper;
mod program;
mod request;

use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use model::Golden;
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::error::ProbeError;
use crate::private_copy::private_copy;

use request::{ANSWER_BYTES, READY};

pub use helper::run_probe;

/// Time limit of the model for loading and all golden rows.
const ANSWER_LIMIT: Duration = Duration::from_millis(2_000);
/// Time limit for starting the process on a busy machine, which the model is not responsible for.
const START_LIMIT: Duration = Duration::from_millis(10_000);
/// How often to check for the answer.
const POLL_EVERY: Duration = Duration::from_micros(300);

/// Finds the probe's executable now: a process that becomes another user may not be able to see it later.
pub fn prepare() {
    // An error is reported when a model is to be probed.
    let _ = program::program();
}

/// Loads the file and evaluates the golden rows in a separate process.
pub(super) fn probe(file: &OwnedFd, golden: &Golden, features: usize) -> Result<(), ProbeError> {
    let cannot = ProbeError::System;
    let program = program::program()?;
    let request = request::encode(std::process::id(), golden, features);
    let request = private_copy(&request).map_err(cannot)?;
    let (mut answers, to) = std::io::pipe().map_err(cannot)?;
    // Never block on the pipe, even if another process holds its other end.
    fcntl_setfl(&answers, OFlags::NONBLOCK).map_err(|error| cannot(error.into()))?;
    let mut command = Command::new(format!("/proc/self/fd/{}", program.as_raw_fd()));
    command.arg0("legend-probe").env_clear().process_group(0);
    command.stdin(request).stdout(to).stderr(file.try_clone().map_err(cannot)?);
    let child = command.spawn().map_err(cannot)?;
    // Closes our copies of its descriptors.
    drop(command);
    let group = Pid::from_child(&child);
    let mut answer = Vec::new();
    let ended = wait(child, &mut || {
        let mut piece = [0; ANSWER_BYTES];
        while answer.len() <= ANSWER_BYTES
            && let Ok(len) = answers.read(&mut piece)
            && len > 0
        {
            answer.extend_from_slice(&piece[..len]);
        }
        answer.starts_with(READY)
    });
    // Kills anything left of it; usually there is nothing.
    let _ = kill_process_group(group, Signal::KILL);
    outcome(ended?, &answer)
}

/// Interprets an exit status and an answer.
fn outcome(status: ExitStatus, answer: &[u8]) -> Result<(), ProbeError> {
    let Some(verdict) = answer.strip_prefix(READY) else {
        return Err(ProbeError::NotBegun(status));
    };
    if let Some(signal) = status.signal() {
        return Err(ProbeError::Crashed(signal));
    }
    match verdict {
        b"ok" => Ok(()),
        b"" => Err(ProbeError::Ended),
        why => Err(ProbeError::Answered(String::from_utf8_lossy(why).into_owned())),
    }
}

/// Waits for the child's exit and kills it if it takes too long. `is_ready` reads its output and returns
/// whether it has begun.
fn wait(mut child: Child, is_ready: &mut impl FnMut() -> bool) -> Result<ExitStatus, ProbeError> {
    let (mut begin, mut has_begun) = (Instant::now(), false);
    loop {
        // In this order, so that output written before the exit is read.
        let ended = child.try_wait();
        if is_ready() && !has_begun {
            (begin, has_begun) = (Instant::now(), true);
        }
        let why = match ended {
            Ok(Some(status)) => return Ok(status),
            Err(error) => ProbeError::System(error),
            Ok(None) if has_begun && begin.elapsed() > ANSWER_LIMIT => ProbeError::NoAnswer(ANSWER_LIMIT),
            Ok(None) if begin.elapsed() > START_LIMIT => ProbeError::NotStarted(START_LIMIT),
            Ok(None) => {
                std::thread::sleep(POLL_EVERY);
                continue;
            }
        };
        // Both fail only if the child is already gone.
        let _ = child.kill();
        let _ = child.wait();
        return Err(why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_a_child_leaves_the_processor_to_it() {
        let sleeps = || {
            // SAFETY: the struct holds only integers, for which zero is valid.
            let mut used: libc::rusage = unsafe { std::mem::zeroed() };
            // SAFETY: `used` is a live struct of the type that the call fills.
            assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut used) }, 0);
            used.ru_nvcsw
        };
        let child = Command::new("sleep").arg("0.2").spawn().expect("starts");
        let before = sleeps();
        let ended = wait(child, &mut || false);
        assert!(sleeps() > before, "{ended:?}");
        assert!(ended.is_ok_and(|status| status.success()));
    }

    #[test]
    fn a_child_that_does_not_end_is_killed_after_the_time_from_its_begin() {
        let child = Command::new("sleep").arg("1000").spawn().expect("starts");
        let id = child.id();
        let begin = Instant::now();
        let why = wait(child, &mut || true).expect_err("is killed");
        assert_eq!(why.to_string(), "it did not answer within 2000 ms in a child process");
        assert!(begin.elapsed() >= Duration::from_millis(2_000));
        assert!(!std::path::Path::new(&format!("/proc/{id}")).exists(), "it was waited for");
    }

    #[test]
    fn a_process_that_ends_before_it_begins_is_not_the_models_fault() {
        let status = ExitStatus::from_raw;
        for (raw, answer, expected) in [
            (0, "ready\nok", Ok(())),
            (0, "ready\n", Err("it ended its process instead of answering")),
            (3 << 8, "ready\n", Err("it ended its process instead of answering")),
            (11, "ready\n", Err("it crashed in a child process (signal 11)")),
            (0, "ready\nits reason", Err("its reason")),
            (127 << 8, "", Err("it cannot be probed: legend-probe ended before it began (exit status: 127)")),
            (0, "ok", Err("it cannot be probed: legend-probe ended before it began (exit status: 0)")),
        ] {
            let outcome = outcome(status(raw), answer.as_bytes()).map_err(|why| why.to_string());
            assert_eq!(outcome, expected.map_err(str::to_owned), "{raw} {answer}");
        }
    }
}
