//! The log's first steps, its appends and its rolls, ended before each of their system calls in turn.
//!
//! A killed writer leaves what the kernel did until then, so these are all the states that `kill -9` can
//! leave of one writer. `log_processes.rs` kills several at random moments.

use std::fs;
use std::io::{Read as _, Write as _, pipe};
use std::path::{Path, PathBuf};

use io::log::format::{self, Batch, Record};
use io::log::{Committed, Durability, Log, LogError, Read, Topic, TopicOptions};

const APPENDS: u64 = 6;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn open(dir: &Path) -> Result<Topic, LogError> {
    // Two records fill a segment.
    Log::open(dir)?.topic("t", TopicOptions { segment_bytes: 128, ..TopicOptions::default() }, true)
}

fn append(topic: &Topic, value: u64, durability: Durability) -> Result<u64, LogError> {
    let mut batch = Batch::default();
    batch.push(&Record { value: Some(&value.to_le_bytes()), ..Record::default() })?;
    topic.append(&mut batch, durability)
}

/// Opens, appends, commits; tells each acknowledged record by one byte.
fn write_all(dir: &Path, acknowledged: &mut impl std::io::Write) -> Result<(), LogError> {
    let topic = open(dir)?;
    for n in 0..APPENDS {
        append(&topic, n, [Durability::Fsync, Durability::None][(n % 2) as usize])?;
        topic.commit("g", Committed { offset: n + 1, lost: 0 })?;
        acknowledged.write_all(&[1]).expect("the pipe is open");
    }
    Ok(())
}

/// Runs [`write_all`] in a child that is killed before its system call number `call`, from 0.
/// Returns how many records were acknowledged, and whether it ended by itself before that call.
fn killed_at(dir: &Path, call: u32) -> (u64, bool) {
    let (mut told, mut tell) = pipe().expect("pipe");
    // SAFETY: the only test of this program, and the C library makes its own locks usable in the child.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "forked");
    if child == 0 {
        // SAFETY: no pointers; the parent waits for the stop.
        unsafe {
            libc::ptrace(libc::PTRACE_TRACEME);
            libc::raise(libc::SIGSTOP);
        }
        let written = write_all(dir, &mut tell);
        // SAFETY: ends this process without the parent's exit handlers.
        unsafe { libc::_exit(i32::from(written.is_err())) };
    }
    drop(tell);
    let mut status = 0;
    // Each call stops twice, before and after; the first stop is the child's own.
    let mut stops_left = 2 * call + 1;
    loop {
        // SAFETY: our own child.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        if !libc::WIFSTOPPED(status) {
            break;
        }
        // SAFETY: our own child, stopped; no signal is passed on.
        unsafe {
            match stops_left {
                0 => libc::kill(child, libc::SIGKILL),
                _ => libc::ptrace(libc::PTRACE_SYSCALL, child, 0, 0) as i32,
            };
        }
        stops_left = stops_left.saturating_sub(1);
    }
    let ended = libc::WIFEXITED(status);
    assert!(!ended || libc::WEXITSTATUS(status) == 0, "left alone, the child writes all");
    let mut bytes = Vec::new();
    told.read_to_end(&mut bytes).expect("reads");
    (bytes.len() as u64, ended)
}

fn values(topic: &Topic) -> Vec<u64> {
    let (mut reader, mut out) = (topic.reader(0), Vec::new());
    loop {
        match reader.read(&mut out, 1 << 20).expect("reads") {
            Read::Gap(gap) => panic!("{gap:?}"),
            Read::Records(0) => break,
            Read::Records(_) => {}
        }
    }
    let records = format::records(&out);
    records.map(|record| format::u64_at(record.value.expect("a value"), 0)).collect()
}

#[test]
fn killed_before_any_system_call_the_log_opens_with_all_it_acknowledged_and_goes_on() {
    let mut call = 0;
    loop {
        let mut over = false;
        // With the shared page, as after a kill, and without it, as after a restart of the host.
        for keeps_page in [true, false] {
            let dir = Folder(std::env::temp_dir().join(format!("legend-killed-{}", std::process::id())));
            fs::create_dir(&dir.0).expect("makes a folder");
            let (acknowledged, ended) = killed_at(&dir.0, call);
            over = ended;
            if !keeps_page {
                let _ = fs::remove_file(dir.0.join("t/state"));
            }
            let topic = open(&dir.0).unwrap_or_else(|error| panic!("call {call}: {error}"));
            let found = values(&topic);
            let kept = found.len() as u64;
            assert_eq!(found, (0..kept).collect::<Vec<_>>(), "call {call}");
            assert!((acknowledged..=acknowledged + 1).contains(&kept), "call {call}: {acknowledged}, {kept}");
            let committed = topic.committed("g").expect("reads").map_or(0, |committed| committed.offset);
            assert!((acknowledged..=kept).contains(&committed), "call {call}: {committed}");
            for n in kept..kept + 3 {
                assert_eq!(append(&topic, n, Durability::Fsync).expect("goes on"), n, "call {call}");
            }
            assert_eq!(values(&topic), (0..kept + 3).collect::<Vec<_>>(), "call {call}");
        }
        if over {
            break;
        }
        call += 1;
    }
    assert!(call > 50, "only {call} calls were seen");
    writeln!(std::io::stderr(), "killed before each of {call} system calls").expect("said");
}
