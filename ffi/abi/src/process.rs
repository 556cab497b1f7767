//! What a process of `legend` does to itself: its user, who may access its memory, and when it must end.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::buffers::{answer_text, call};
use crate::failure::{Failure, Status};

/// How often a process checks that its data folder is still the one it opened; a part checks later than its
/// supervisor, which by then has reported it and ends the part too.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
const POLL_INTERVAL_QUIET: Duration = Duration::from_millis(1_500);
/// Maximum duration of an orderly end after the parent is gone.
const END_LIMIT: Duration = Duration::from_secs(5);
/// From this size on, memory is mapped, and returned to the system when freed.
#[cfg(target_env = "gnu")]
const LARGE_BYTES: libc::c_int = 1 << 20;
/// Exit code for "not ready".
const NOT_READY: i32 = 3;
/// Maximum size read of another process's arguments.
const ARGUMENTS_BYTES_MAX: usize = 64 << 10;

/// Protects this process's memory from other processes of this user and from core files; programs that it
/// starts
/// get no more rights than it has; its files are accessible only to its user.
#[unsafe(no_mangle)]
pub extern "C" fn legend_process_protect() {
    // SAFETY: this option takes integers and touches no memory.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
    // SAFETY: this option takes integers and touches no memory.
    unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    // SAFETY: takes an integer and cannot fail.
    unsafe { libc::umask(0o077) };
}

/// From now on, large pieces of memory are returned to the system when freed. The C library keeps up to 16
/// MiB in each thread that once freed such a piece: every thread that has checked a password would keep it
/// for good.
#[unsafe(no_mangle)]
pub extern "C" fn legend_process_return_memory() {
    // SAFETY: sets an integer of the allocator, which any thread may do at any time.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BYTES);
    }
}

/// Sets the format of the lines that this library writes to stderr: `topic_log::stderr::LineStyle` as JSON.
///
/// # Safety
/// `style` valid for `style_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_line_style(
    style: *const u8,
    style_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], style[style_len], |_| {
        let style = style.json("Cannot set the format of log lines")?;
        topic_log::stderr::set_style(style);
        Ok(0)
    })
}

/// Ends this process immediately: no library's exit code runs or changes the exit code.
#[unsafe(no_mangle)]
pub extern "C" fn legend_process_exit(code: u32) {
    // SAFETY: takes an integer, and does not return.
    unsafe { libc::_exit(code.cast_signed()) }
}

/// Becomes another user permanently, in all threads, so that root does not leave files of root in another
/// user's folder. Before that, it opens what a model's trial needs from the folder that legend was unpacked
/// into, which may be accessible only to root.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_process_become(uid: u32, gid: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |_| {
        models::prepare_probe();
        // SAFETY: `gid` is a list of one group, as the count says, and lives until the call returns; the C
        // library changes all threads at once, here and below.
        let has_group = unsafe { libc::setgroups(1, &raw const gid) } == 0;
        // SAFETY: takes integers.
        let is_group = has_group && unsafe { libc::setresgid(gid, gid, gid) } == 0;
        // SAFETY: takes integers.
        let is_user = is_group && unsafe { libc::setresuid(uid, uid, uid) } == 0;
        if is_user {
            return Ok(0);
        }
        let why = std::io::Error::last_os_error();
        Err(Failure::new(Status::Unavailable, format!("Cannot become user {uid}: {why}")))
    })
}

/// Ends this process when its parent, the process `parent`, has ended, even if that was before this call: by
/// SIGTERM, and after some seconds forcibly. It needs no thread of the runtime.
#[unsafe(no_mangle)]
pub extern "C" fn legend_end_with_parent(parent: u32) {
    // SAFETY: prctl with PR_SET_PDEATHSIG takes a signal number and touches no memory.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) };
    let parent = parent.cast_signed();
    // The signal comes when the parent's thread that started this process ends, and not at all if the parent
    // was already gone: a descriptor of the parent reports its end, whatever its threads do.
    std::thread::spawn(move || {
        wait_for_end(parent);
        // SAFETY: kill takes integers; the target is this process.
        unsafe { libc::kill(libc::getpid(), libc::SIGTERM) };
        std::thread::sleep(END_LIMIT);
        // SAFETY: takes an integer; ends the process immediately, without running exit handlers.
        unsafe { libc::_exit(1) };
    });
}

/// Returns once `parent` is not this process's parent any more.
fn wait_for_end(parent: i32) {
    // SAFETY: the call takes only integers; no other owner has the descriptor that it returns.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, parent, 0) };
    // SAFETY: `fd` is a new descriptor without another owner.
    let held = (fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd as i32) });
    loop {
        // SAFETY: getppid takes no arguments and cannot fail.
        if unsafe { libc::getppid() } != parent {
            return;
        }
        match &held {
            Some(_) => {
                let mut poll = libc::pollfd { fd: fd as i32, events: libc::POLLIN, revents: 0 };
                // SAFETY: the pointer is to one entry, as the count says, which lives until the call returns.
                unsafe { libc::poll(&raw mut poll, 1, 1_000) };
            }
            // The kernel has no descriptors of processes (pidfd), or the parent has ended.
            None => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// Writes a text that identifies the data folder at `path`, and its folder of the agents, among all folders
/// of this host; returns its length.
///
/// # Safety
/// `path` valid for `path_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_folder_identity(
    path: *const u8,
    path_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], path[path_len], |out| {
        let path = path.text()?;
        let mut identities = Vec::new();
        for folder in watched(Path::new(path)) {
            identities.push(identity(&folder).map_err(|error| {
                let line = format!("Cannot use the data folder {}: {error}", folder.display());
                Failure::new(Status::Unavailable, line)
            })?);
        }
        answer_text(out, &identities.join(" "))
    })
}

/// Folders that must stay in place: the data folder, and in it the agents' locks, sockets, states and
/// latches.
fn watched(data_dir: &Path) -> [PathBuf; 2] {
    [data_dir.to_path_buf(), data_dir.join("agents")]
}

fn identity(path: &Path) -> std::io::Result<String> {
    let meta = fs::metadata(path)?;
    Ok(format!("{}:{}", meta.dev(), meta.ino()))
}

/// Ends this process with exit code 3 when the data folder at `path`, or its folder of the agents, is not the
/// one of `identity` any more (removed, unmounted, replaced). What the process wrote there would be lost, or
/// would become a second installation, and no kill would find it. `quiet` != 0: without the log line.
///
/// # Safety
/// `path` and `identity` valid for their lengths' reads, `out` for `out_len` writes, unshared until the call
/// returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_end_with_folder(
    path: *const u8,
    path_len: u32,
    known: *const u8,
    known_len: u32,
    quiet: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], path[path_len], known[known_len], |_| {
        let path = PathBuf::from(path.text()?);
        let known = known.text()?.to_owned();
        std::thread::spawn(move || {
            loop {
                if let Some(LostFolder { path, reason }) = lost(&path, &known) {
                    if quiet == 0 {
                        topic_log::stderr::log_line(&format!(
                            "Cannot continue in the data folder {}: {reason}",
                            path.display()
                        ));
                    }
                    // SAFETY: takes an integer; ends the process immediately, whatever its other threads do.
                    unsafe { libc::_exit(NOT_READY) };
                }
                std::thread::sleep(if quiet == 0 { POLL_INTERVAL } else { POLL_INTERVAL_QUIET });
            }
        });
        Ok(0)
    })
}

/// A watched folder that has changed.
struct LostFolder {
    path: PathBuf,
    reason: String,
}

/// The first of the watched folders that has changed.
fn lost(data_dir: &Path, known: &str) -> Option<LostFolder> {
    watched(data_dir).into_iter().zip(known.split(' ')).find_map(|(folder, known)| {
        let reason = match identity(&folder) {
            Ok(now) if now == known => return None,
            Ok(_) => "another folder stands in its place".to_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => "it is gone".to_owned(),
            Err(error) if error.kind() == ErrorKind::Interrupted => return None,
            Err(error) => error.to_string(),
        };
        Some(LostFolder { path: folder, reason })
    })
}

/// A data folder in which a `legend run` of this host is running.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Running {
    data_dir: String,
    pid: u32,
}

/// Writes this host's running installations that this user may see, as JSON of `[{data_dir, pid}]`; returns
/// the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_running(out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let json = serde_json::to_string(&running(Path::new("/proc")))
            .map_err(|error| Failure::invalid(format!("Cannot list what runs: {error}")))?;
        answer_text(out, &json)
    })
}

/// One entry per folder, for the process with the lowest id.
fn running(proc: &Path) -> Vec<Running> {
    let mut pids: Vec<u32> = fs::read_dir(proc)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    let mut found: Vec<Running> = Vec::new();
    for pid in pids {
        let process = proc.join(pid.to_string());
        for folder in [folder_by_arguments(&process), folder_by_lock(&process)].into_iter().flatten() {
            let data_dir = folder.to_string_lossy().into_owned();
            if !found.iter().any(|known| known.data_dir == data_dir) {
                found.push(Running { data_dir, pid });
            }
        }
    }
    found
}

/// From `legend … main.js run … --data-dir FOLDER`, which every part of `legend run` has as its arguments.
fn folder_by_arguments(process: &Path) -> Option<PathBuf> {
    let bytes = fs::read(process.join("cmdline")).ok()?;
    let words: Vec<&[u8]> =
        bytes.get(..bytes.len().min(ARGUMENTS_BYTES_MAX))?.split(|byte| *byte == 0).collect();
    let program = words.iter().position(|word| word.ends_with(b"/main.js") || word.ends_with(b"/main.ts"))?;
    if words.get(program + 1)? != b"run" {
        return None;
    }
    let flag = words.iter().skip(program).position(|word| word.starts_with(b"--data-dir"))? + program;
    let value = match words[flag].strip_prefix(b"--data-dir=") {
        Some(value) => value,
        None if words[flag] == b"--data-dir" => words.get(flag + 1)?,
        None => return None,
    };
    let path = Path::new(OsStr::from_bytes(value));
    if path.is_absolute() {
        return Some(path.to_path_buf());
    }
    Some(fs::read_link(process.join("cwd")).ok()?.join(path))
}

/// From the lock files that the process holds open; those of a protected process are visible at most to root.
fn folder_by_lock(process: &Path) -> Option<PathBuf> {
    let held = fs::read_dir(process.join("fd")).ok()?;
    held.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).find_map(|path| {
        let above = |path: &Path| path.parent().map(Path::to_path_buf);
        if path.ends_with("supervisor.lock") {
            return above(&path);
        }
        (path.ends_with("agents/arbitrage.lock") || path.ends_with("agents/mev.lock"))
            .then(|| above(&above(&path)?))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_names_each_folder_once_by_arguments_and_by_locks() {
        let proc = std::env::temp_dir().join(format!("legend-proc-{}", std::process::id()));
        let process = |pid: u32, words: &[&str], lock: Option<&str>| {
            let folder = proc.join(pid.to_string());
            fs::create_dir_all(folder.join("fd")).expect("makes a folder");
            fs::write(folder.join("cmdline"), words.join("\0")).expect("writes");
            std::os::unix::fs::symlink("/home/op", folder.join("cwd")).expect("links");
            if let Some(lock) = lock {
                std::os::unix::fs::symlink(lock, folder.join("fd/7")).expect("links");
            }
        };
        let run = ["legend", "run", "--no-prompt", "/c/app/main.js", "run"];
        process(10, &[&run[..], &["agent", "mev", "--data-dir", "/srv/a"]].concat(), None);
        process(11, &[&run[..], &["api", "--data-dir=rel"]].concat(), None);
        process(12, &[&run[..], &["worker", "--data-dir", "/srv/a"]].concat(), None);
        process(13, &run, Some("/srv/b/supervisor.lock"));
        process(14, &run, Some("/srv/c/agents/mev.lock"));
        // Not running installations: another verb, another program, a missing folder.
        process(15, &["legend", "run", "/c/app/main.js", "topics", "--data-dir", "/srv/x"], None);
        process(16, &["vi", "run", "--data-dir", "/srv/y"], Some("/srv/y/notes.lock"));
        process(17, &[&run[..], &["api", "--data-dir"]].concat(), None);
        let found: Vec<(String, u32)> =
            running(&proc).into_iter().map(|Running { data_dir, pid }| (data_dir, pid)).collect();
        fs::remove_dir_all(&proc).expect("removes");
        let expected = [("/srv/a", 10), ("/home/op/rel", 11), ("/srv/b", 13), ("/srv/c", 14)];
        assert_eq!(found, expected.map(|(folder, pid)| (folder.to_owned(), pid)));
    }
}
