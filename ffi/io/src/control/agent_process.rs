//! The process of an agent as whoever kills it sees it: who it is, whether it is frozen, and the signal.

use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::names::{Module, module_name};

/// Bytes of a lock file that are looked at.
const LOCK_BYTES: u64 = 32;

/// The file that one agent of a module holds locked; its text is the agent's process id.
#[must_use]
pub fn lock_path(data_dir: &Path, module: Module) -> PathBuf {
    data_dir.join("agents").join(format!("{}.lock", module_name(module)))
}

/// Who holds a module's lock.
pub(super) enum Holder {
    /// Nobody, and nobody can while this is kept.
    Us(#[allow(dead_code, reason = "held, not read")] File),
    /// An agent, by its process id where that can be told.
    Agent(Option<i32>),
    /// Whether an agent runs cannot be told, and why.
    Unknown(Error),
}

/// Takes the lock of a module, or tells who has it.
pub(super) fn holder(data_dir: &Path, module: Module) -> Holder {
    let path = lock_path(data_dir, module);
    let agents = data_dir.join("agents");
    // Whoever runs makes it. Where it went away its agents may run on, and a lock in another one says nothing of them.
    if let Err(error) = fs::metadata(&agents)
        && error.kind() == ErrorKind::NotFound
    {
        return Holder::Unknown(Error::new(ErrorKind::NotFound, format!("{} is gone", agents.display())));
    }
    let open =
        || OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    // On a disk that takes no writes the lock itself still works.
    let file = open().or_else(|_| File::open(&path));
    let file = match file {
        Ok(file) => file,
        Err(error) => return Holder::Unknown(error),
    };
    match file.try_lock() {
        Ok(()) => Holder::Us(file),
        Err(fs::TryLockError::WouldBlock) => Holder::Agent(process_of(&file)),
        Err(fs::TryLockError::Error(error)) => Holder::Unknown(error),
    }
}

/// The kernel knows who holds the lock; the file's text, which anything may have damaged, is asked after it. A lock on
/// another disk may have the same inode: only who holds this very file gets a signal. (What a process of the same user
/// has open cannot always be seen: agents are not dumpable.)
fn process_of(file: &File) -> Option<i32> {
    let metadata = file.metadata().ok()?;
    let (device, inode) = (metadata.dev(), metadata.ino());
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    let holds = |line: &str| -> Option<i32> {
        // `1: FLOCK  ADVISORY  WRITE 1234 08:02:4711 0 EOF`
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, pid, place, ..] = words[..] else { return None };
        let mut place = place.split(':');
        let mut hex = || u32::from_str_radix(place.next()?, 16).ok();
        let (major, minor) = (hex()?, hex()?);
        if place.next()?.parse() != Ok(inode) {
            return None;
        }
        let pid = pid.parse().ok().filter(|&pid| pid > 1)?;
        // Another file system may have a locked file of the same number: its holder must not get our signal. Some
        // file systems show another device here than to stat(2).
        let ours = (libc::major(device), libc::minor(device)) == (major, minor);
        (ours || has_open(pid, device, inode)).then_some(pid)
    };
    let written = || {
        let mut text = String::new();
        let _ = file.take(LOCK_BYTES).read_to_string(&mut text);
        let pid = text.trim().parse().ok().filter(|&pid| pid > 1)?;
        // A number that another program has by now must not get a signal that would end it.
        has_open(pid, device, inode).then_some(pid)
    };
    locks.lines().find_map(holds).or_else(written)
}

fn has_open(pid: i32, device: u64, inode: u64) -> bool {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    entries
        .flatten()
        .any(|entry| fs::metadata(entry.path()).is_ok_and(|open| (open.dev(), open.ino()) == (device, inode)))
}

/// Whether the process is stopped (SIGSTOP, a debugger): it runs nothing until it is continued.
pub(super) fn is_frozen(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    matches!(state, Some('T' | 't'))
}

/// Whether the process has run the kill signal's handler: the signal waits for it no more.
pub(super) fn has_taken_signal(pid: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let waiting = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        u64::from_str_radix(line.trim(), 16).ok()
    };
    let bit = 1 << (libc::SIGUSR2 - 1);
    ["SigPnd:", "ShdPnd:"].iter().all(|name| waiting(name).is_some_and(|set| set & bit == 0))
}

/// Sends the kill signal; to each thread of a frozen process, which then takes it before anything else.
pub(super) fn signal(pid: i32) -> bool {
    // SAFETY: kill(2) takes any number; the id is of the process that holds the lock.
    let sent = pid > 1 && unsafe { libc::kill(pid, libc::SIGUSR2) } == 0;
    if sent && is_frozen(pid) {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        for thread in threads.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok()) {
            // SAFETY: as above; a thread that has ended meanwhile is answered by an error.
            unsafe { libc::syscall(libc::SYS_tgkill, pid, thread, libc::SIGUSR2) };
        }
    }
    sent
}
