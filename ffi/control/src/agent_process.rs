//! An agent's process as seen by a process that kills it: which one it is, whether it is frozen, and the
//! signal.

use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::names::{Module, module_name};

/// Maximum bytes read from a lock file.
const LOCK_BYTES: u64 = 32;

/// The file that a module's running agent holds locked; its text is the agent's process id.
#[must_use]
pub fn lock_path(data_dir: &Path, module: Module) -> PathBuf {
    data_dir.join("agents").join(format!("{}.lock", module_name(module)))
}

/// Who holds a module's lock.
pub(super) enum Holder {
    /// This process: while it keeps the lock, no agent can start.
    ThisProcess(#[allow(dead_code, reason = "held, not read")] File),
    /// An agent, with its process id if known.
    Agent(Option<i32>),
    /// It is unknown whether an agent runs; the error says why.
    Unknown(Error),
}

/// Takes the lock of a module, or returns who holds it.
pub(super) fn holder(data_dir: &Path, module: Module) -> Holder {
    let path = lock_path(data_dir, module);
    let agents = data_dir.join("agents");
    // The running agent makes this folder. If it was removed, its agents may still run, and a lock in a new
    // folder would say nothing about them.
    if let Err(error) = fs::metadata(&agents)
        && error.kind() == ErrorKind::NotFound
    {
        return Holder::Unknown(Error::new(ErrorKind::NotFound, format!("{} is gone", agents.display())));
    }
    let file = match open_lock(&path) {
        Ok(file) => file,
        Err(error) => return Holder::Unknown(error),
    };
    match file.try_lock() {
        Ok(()) => Holder::ThisProcess(file),
        Err(fs::TryLockError::WouldBlock) => {
            let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
            Holder::Agent(process_of(&file, &locks))
        }
        Err(fs::TryLockError::Error(error)) => Holder::Unknown(error),
    }
}

fn open_lock(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    // On a disk that refuses writes, the lock itself still works.
    options.open(path).or_else(|_| File::open(path))
}

/// `locks` is the kernel's list of locks, which knows who holds this one. The file's text may have been
/// damaged, so it is only the fallback. A lock on another disk may have the same inode: only a process that
/// holds this very file gets a signal. (It cannot always be checked: agents are not dumpable, so even their own
/// user may not see their open files.)
fn process_of(file: &File, locks: &str) -> Option<i32> {
    let metadata = file.metadata().ok()?;
    let (device, inode) = (metadata.dev(), metadata.ino());
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
        // Another file system may have a locked file with the same inode number: its holder must not get our
        // signal. Some file systems show another device here than in stat(2).
        let ours = (libc::major(device), libc::minor(device)) == (major, minor);
        (ours || has_open(pid, device, inode)).then_some(pid)
    };
    let written = || {
        let mut text = String::new();
        let _ = file.take(LOCK_BYTES).read_to_string(&mut text);
        let pid = text.trim().parse().ok().filter(|&pid| pid > 1)?;
        // If another program has this process id by now, the signal would end it.
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

/// Whether the process has run the kill signal's handler: the signal is not pending any more.
pub(super) fn has_taken_signal(pid: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let waiting = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        u64::from_str_radix(line.trim(), 16).ok()
    };
    let bit = 1 << (libc::SIGUSR2 - 1);
    ["SigPnd:", "ShdPnd:"].iter().all(|name| waiting(name).is_some_and(|set| set & bit == 0))
}

/// Sends the kill signal; if the process is frozen, to each of its threads, which then take it before
/// anything else. Never to the system's first process, nor to a group.
pub(super) fn signal(pid: i32) -> bool {
    // SAFETY: kill(2) takes only integers, and `pid` is above 1: neither init nor a process group.
    let sent = pid > 1 && unsafe { libc::kill(pid, libc::SIGUSR2) } == 0;
    if sent && is_frozen(pid) {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        for thread in threads.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok()) {
            // SAFETY: the call takes only integers; it returns an error for a thread that has ended
            // meanwhile.
            unsafe { libc::syscall(libc::SYS_tgkill, pid, thread, libc::SIGUSR2) };
        }
    }
    sent
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};

    use super::*;

    fn lock_file(name: &str) -> (PathBuf, File) {
        let path = std::env::temp_dir().join(format!("legend-holder-{}-{name}", std::process::id()));
        let file = open_lock(&path).expect("is made");
        (path, file)
    }

    /// The kernel's line for a lock of `pid` on the file.
    fn line(file: &File, pid: i32) -> String {
        let of = file.metadata().expect("its numbers");
        let (major, minor) = (libc::major(of.dev()), libc::minor(of.dev()));
        format!("7: FLOCK  ADVISORY  WRITE {pid} {major:02x}:{minor:02x}:{} 0 EOF\n", of.ino())
    }

    #[test]
    fn the_kernel_names_the_holder_of_a_lock_and_never_the_first_process() {
        let (path, file) = lock_file("kernel");
        fs::write(&path, "1").expect("written");
        for (pid, expected) in [(4_711, Some(4_711)), (2, Some(2)), (1, None), (0, None), (-1, None)] {
            let locks = format!("1: POSIX  ADVISORY  WRITE 99 00:01:1 0 EOF\n{}", line(&file, pid));
            assert_eq!(process_of(&file, &locks), expected, "{pid}");
        }
        fs::remove_file(path).expect("removed");
    }

    #[test]
    fn the_process_written_into_a_lock_is_its_holder_while_it_has_the_file_open() {
        let (path, file) = lock_file("text");
        let own = i32::try_from(std::process::id()).expect("a number of a process");
        for (text, expected) in
            [(format!("{own}\n"), Some(own)), (String::new(), None), ("mev".to_owned(), None)]
        {
            fs::write(&path, &text).expect("written");
            let opened = open_lock(&path).expect("opens");
            assert_eq!(process_of(&opened, ""), expected, "{text}");
        }
        // A running process that has another file open.
        let other = Sleeper::start();
        fs::write(&path, other.0.id().to_string()).expect("written");
        let opened = open_lock(&path).expect("opens");
        assert_eq!(process_of(&opened, ""), None);
        drop(file);
        fs::remove_file(path).expect("removed");
    }

    /// A process that ends by a signal without a handler, or with its test.
    struct Sleeper(Child);

    impl Sleeper {
        fn start() -> Sleeper {
            let mut command = Command::new("sleep");
            command.arg("600").stdout(Stdio::null()).stderr(Stdio::null());
            Sleeper(command.spawn().expect("starts"))
        }
    }

    impl Drop for Sleeper {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn a_signal_reaches_its_process_and_fails_without_one() {
        let mut sleeper = Sleeper::start();
        let pid = i32::try_from(sleeper.0.id()).expect("a number of a process");
        assert!(!is_frozen(pid));
        assert!(signal(pid));
        let status = sleeper.0.wait().expect("is over");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(libc::SIGUSR2));
        assert!(!signal(pid), "it is gone");
    }
}
