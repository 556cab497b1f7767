//! Kills a process before each of its system calls in turn: this covers all states that `kill -9` can leave.
//! Or lets it run to the end, and lists its system calls.
#![allow(dead_code, reason = "a program uses one or the other")]

use std::io::{PipeWriter, Read as _, pipe};
use std::path::PathBuf;

/// A folder removed with its test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("legend-killed-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).expect("makes a folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A system call: its number and its first arguments.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub number: i64,
    pub arguments: [u64; 2],
}

/// Runs `work` in a child that is killed before its system call number `call`, from 0. Returns how many bytes
/// it wrote to the pipe, and whether it ended by itself before that call. Only for programs with one test: it
/// forks.
pub fn killed_at<E>(call: u32, work: impl FnOnce(&mut PipeWriter) -> Result<(), E>) -> (u64, bool) {
    let mut calls_left = call;
    traced(work, |_| {
        calls_left = calls_left.checked_sub(1)?;
        Some(())
    })
}

/// All system calls of `work`. Only for programs with one test: it forks.
pub fn calls_of<E>(work: impl FnOnce(&mut PipeWriter) -> Result<(), E>) -> Vec<Call> {
    let mut calls = Vec::new();
    let (_, ended) = traced(work, |child| {
        // SAFETY: the struct holds only integers, for which zero is valid.
        let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        // SAFETY: `registers` is a live struct of the type that PTRACE_GETREGS fills; the child is ours and
        // stopped.
        assert_eq!(unsafe { libc::ptrace(libc::PTRACE_GETREGS, child, 0, &raw mut registers) }, 0);
        calls.push(Call {
            number: registers.orig_rax.cast_signed(),
            arguments: [registers.rdi, registers.rsi],
        });
        Some(())
    });
    assert!(ended);
    calls
}

/// Calls `before` on each system call of a child that does `work`, and kills the child when it returns
/// `None`.
fn traced<E>(
    work: impl FnOnce(&mut PipeWriter) -> Result<(), E>,
    mut before: impl FnMut(libc::pid_t) -> Option<()>,
) -> (u64, bool) {
    let (mut reports, mut report) = pipe().expect("pipe");
    // SAFETY: no other test of this program runs, and the C library makes its own locks usable in the child.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "forked");
    if child == 0 {
        // SAFETY: no pointers are passed.
        unsafe { libc::ptrace(libc::PTRACE_TRACEME) };
        // SAFETY: it takes an integer; the parent waits for the stop.
        unsafe { libc::raise(libc::SIGSTOP) };
        let done = work(&mut report);
        // SAFETY: `_exit` takes an integer and ends the child without the parent's exit handlers.
        unsafe { libc::_exit(i32::from(done.is_err())) };
    }
    drop(report);
    let mut status = 0;
    // Each call stops twice, before and after; the first stop is the child's SIGSTOP.
    let mut stops = 0_u64;
    loop {
        // SAFETY: `status` is a live integer that the call fills.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        if !libc::WIFSTOPPED(status) {
            break;
        }
        let continues = stops.is_multiple_of(2) || before(child).is_some();
        stops += 1;
        if continues {
            // SAFETY: the child is ours and stopped; no pointers are passed and no signal is forwarded.
            unsafe { libc::ptrace(libc::PTRACE_SYSCALL, child, 0, 0) };
        } else {
            // SAFETY: the child is ours and not yet reaped, so its number is not another process's.
            unsafe { libc::kill(child, libc::SIGKILL) };
        }
    }
    let ended = libc::WIFEXITED(status);
    assert!(!ended || libc::WEXITSTATUS(status) == 0, "left alone, the child does all");
    let mut bytes = Vec::new();
    reports.read_to_end(&mut bytes).expect("reads");
    (bytes.len() as u64, ended)
}
