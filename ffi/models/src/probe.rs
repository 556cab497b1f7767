//! The first run of a foreign model: in a child process that may compute and read files, and nothing else. A crash, an
//! endless loop, a fork or a hunger for memory costs nothing there, and the answer comes within a bounded time.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

use libc::{c_int, sock_filter};
use model::Golden;
use model::artefact::check_answers;

use super::shared_object;

/// How long the child may take for loading and all golden rows.
const PROBE: Duration = Duration::from_millis(2_000);
/// Processor time, should the parent be gone.
const CPU_SECONDS: u64 = 3;
/// Memory beyond what the agent has mapped already.
const MEMORY_BYTES_MORE: u64 = 512 << 20;
const FILES_MAX: u64 = 64;
/// Descriptors of the child: the model, and where the answer goes. All others are closed.
const MODEL_FD: c_int = 3;
const ANSWER_FD: c_int = 4;
/// Written otherwise than the name of a model that is loaded for use: the loader would answer with what it has by a name.
const MODEL_PATH: &str = "/proc/self/./fd/3";
const ANSWER_BYTES: usize = 256;

/// A descriptor that is a number here and owned by nobody.
struct Number(c_int);

impl AsRawFd for Number {
    fn as_raw_fd(&self) -> c_int {
        self.0
    }
}

/// Loads the file and asks it the golden rows in a child process.
pub(super) fn probe(file: &OwnedFd, golden: &Golden, features: usize) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("it cannot be probed: {error}");
    let mut ends = [0; 2];
    // SAFETY: two descriptors are written to `ends`.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) } != 0 {
        return Err(cannot(std::io::Error::last_os_error()));
    }
    // SAFETY: new descriptors of our own.
    let (mut from, to) = unsafe { (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1])) };
    // Room is made before the fork: the child takes no memory but what the loader takes.
    let mut line = [0_u8; ANSWER_BYTES];
    let mut allowed = filter();
    let memory = mapped_bytes().map_err(cannot)? + MEMORY_BYTES_MORE;
    // SAFETY: the child only confines itself, loads, calls and writes to the pipe, and leaves by _exit.
    let child = unsafe { libc::fork() };
    if child < 0 {
        return Err(cannot(std::io::Error::last_os_error()));
    }
    if child == 0 {
        let told = if confine(file.as_raw_fd(), to.as_raw_fd(), memory, &mut allowed) {
            shared_object::load(MODEL_PATH, &Number(MODEL_FD)).and_then(|(_, predict)| {
                // SAFETY: rows are as long as is said; a crash ends this child.
                check_answers(golden, features, |row| unsafe { predict(row.as_ptr(), features) })
            })
        } else {
            Err("this system confines no process (seccomp)".to_owned())
        };
        let text = told.as_ref().err().map_or("ok", String::as_str).as_bytes();
        let len = text.len().min(line.len());
        line[..len].copy_from_slice(&text[..len]);
        // SAFETY: the pipe is open; _exit runs nothing of this process.
        unsafe {
            libc::write(ANSWER_FD, line.as_ptr().cast(), len);
            libc::_exit(0);
        }
    }
    drop(to);
    let ended = wait(child);
    // SAFETY: the child's own group, should anything of it be left.
    unsafe { libc::kill(-child, libc::SIGKILL) };
    let status = ended?;
    if libc::WIFSIGNALED(status) {
        return Err(format!("it crashed in a child process (signal {})", libc::WTERMSIG(status)));
    }
    // The pipe does not block: whoever holds its other end, nothing more is waited for.
    let len = from.read(&mut line).unwrap_or(0);
    match &line[..len] {
        b"ok" => Ok(()),
        b"" => Err("it ended its process instead of answering".to_owned()),
        why => Err(String::from_utf8_lossy(why).into_owned()),
    }
}

/// The child's end; it is killed when it takes too long.
fn wait(child: libc::pid_t) -> Result<c_int, String> {
    let begin = Instant::now();
    let mut status = 0;
    loop {
        // SAFETY: our own child.
        if unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } == child {
            return Ok(status);
        }
        if begin.elapsed() > PROBE {
            // SAFETY: our own child, not waited for yet.
            unsafe {
                libc::kill(child, libc::SIGKILL);
                libc::waitpid(child, &raw mut status, 0);
            }
            return Err(format!("it did not answer within {} ms in a child process", PROBE.as_millis()));
        }
        std::thread::sleep(Duration::from_micros(300));
    }
}

/// Address space of this process.
fn mapped_bytes() -> std::io::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = text.split(' ').next().and_then(|pages| pages.parse().ok()).unwrap_or(0);
    // SAFETY: asks for a number.
    let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4_096);
    Ok(pages * page)
}

/// Takes everything from this child that the loader and a function over numbers do not need; false when it cannot.
fn confine(model: c_int, answer: c_int, memory: u64, allowed: &mut [sock_filter]) -> bool {
    let limits = [
        (libc::RLIMIT_CPU, CPU_SECONDS),
        (libc::RLIMIT_AS, memory),
        (libc::RLIMIT_NOFILE, FILES_MAX),
        (libc::RLIMIT_NPROC, 0),
        (libc::RLIMIT_FSIZE, 0),
        (libc::RLIMIT_CORE, 0),
    ];
    // SAFETY: calls of this process about itself, each with whole arguments; the filter outlives the call.
    unsafe {
        libc::setpgid(0, 0);
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
        for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT] {
            // Back to the default, so that a crash ends this child and nothing else of the parent's runs.
            libc::signal(signal, libc::SIG_DFL);
        }
        // Both are moved out of the way of each other first.
        let (model, answer) = (libc::fcntl(model, libc::F_DUPFD, 16), libc::fcntl(answer, libc::F_DUPFD, 16));
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        if model < 0 || answer < 0 || null < 0 {
            return false;
        }
        for (from, to) in [(null, 0), (null, 1), (null, 2), (model, MODEL_FD), (answer, ANSWER_FD)] {
            if libc::dup2(from, to) != to {
                return false;
            }
        }
        if libc::syscall(libc::SYS_close_range, ANSWER_FD + 1, c_int::MAX, 0) != 0 {
            return false;
        }
        for (what, most) in limits {
            let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
            if libc::setrlimit(what, &raw const limit) != 0 {
                return false;
            }
        }
        set_own_pid(allowed, libc::getpid());
        let program =
            libc::sock_fprog { len: u16::try_from(allowed.len()).unwrap_or(0), filter: allowed.as_mut_ptr() };
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program, 0, 0) == 0
    }
}

/// What the loader, the allocator and a function over numbers may ask of the kernel.
const CALLS: [libc::c_long; 40] = [
    libc::SYS_access,
    libc::SYS_arch_prctl,
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getcwd,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_getuid,
    libc::SYS_lseek,
    libc::SYS_lstat,
    libc::SYS_madvise,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_newfstatat,
    libc::SYS_pread64,
    libc::SYS_read,
    libc::SYS_readlink,
    libc::SYS_readlinkat,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_stat,
    libc::SYS_sysinfo,
    libc::SYS_uname,
];
const ARCHITECTURE: u32 = 0xc000_003e; // AUDIT_ARCH_X86_64
const AT_NUMBER: u32 = 0;
const AT_ARCHITECTURE: u32 = 4;
/// Low half of an argument.
const fn at_argument(n: u32) -> u32 {
    16 + 8 * n
}
const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const IF_ANY_BIT: u16 = (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16;
const ANSWER: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
const REFUSED: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;

const fn op(code: u16, jt: u8, jf: u8, k: u32) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

/// The filter; where a process may send itself a signal, its number is put in by [`set_own_pid`].
fn filter() -> Vec<sock_filter> {
    let writes = (libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_TMPFILE) as u32
        & !(libc::O_DIRECTORY as u32);
    let mut ops = vec![
        op(LOAD, 0, 0, AT_ARCHITECTURE),
        op(IF_EQUAL, 1, 0, ARCHITECTURE),
        op(ANSWER, 0, 0, libc::SECCOMP_RET_KILL_PROCESS),
        op(LOAD, 0, 0, AT_NUMBER),
    ];
    for call in CALLS {
        ops.extend([op(IF_EQUAL, 0, 1, call as u32), op(ANSWER, 0, 0, libc::SECCOMP_RET_ALLOW)]);
    }
    // An argument decides: signals to itself, writing the answer, opening without a way to write.
    for (call, argument, test) in [
        (libc::SYS_tgkill, 0, op(IF_EQUAL, 1, 0, 0)),
        (libc::SYS_write, 0, op(IF_EQUAL, 1, 0, ANSWER_FD as u32)),
        (libc::SYS_openat, 2, op(IF_ANY_BIT, 0, 1, writes)),
    ] {
        ops.extend([
            op(IF_EQUAL, 0, 4, call as u32),
            op(LOAD, 0, 0, at_argument(argument)),
            test,
            op(ANSWER, 0, 0, REFUSED),
            op(ANSWER, 0, 0, libc::SECCOMP_RET_ALLOW),
        ]);
    }
    ops.push(op(ANSWER, 0, 0, REFUSED));
    ops
}

/// Where [`filter`] holds the process's own number: the test of `tgkill`, the first of three blocks before the end.
fn set_own_pid(filter: &mut [sock_filter], pid: libc::pid_t) {
    let at = filter.len() - 1 - 3 * 5 + 2;
    filter[at].k = pid.unsigned_abs();
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: u32 = libc::SECCOMP_RET_ALLOW;
    const OWN_PID: u32 = 4711;

    /// What the kernel's machine answers for a call; it reads words of `struct seccomp_data`.
    fn answer_of(filter: &[sock_filter], architecture: u32, call: libc::c_long, arguments: [u32; 3]) -> u32 {
        let word = |at: u32| match at {
            0 => u32::try_from(call).expect("a number of a call"),
            4 => architecture,
            16 => arguments[0],
            24 => arguments[1],
            32 => arguments[2],
            other => panic!("the filter reads {other}"),
        };
        let (mut at, mut loaded) = (0, 0);
        for _ in 0..filter.len() {
            let op = filter[at];
            let jump = |is_met: bool| if is_met { op.jt } else { op.jf };
            at += 1;
            match op.code {
                0x20 => loaded = word(op.k),
                0x15 => at += usize::from(jump(loaded == op.k)),
                0x45 => at += usize::from(jump(loaded & op.k != 0)),
                0x06 => return op.k,
                other => panic!("no such operation: {other}"),
            }
        }
        panic!("the filter does not end");
    }

    #[test]
    fn a_model_may_compute_and_answer_and_nothing_else() {
        let mut filter = filter();
        set_own_pid(&mut filter, OWN_PID.cast_signed());
        let of = |call, arguments| answer_of(&filter, 0xc000_003e, call, arguments);
        let answer_fd = u32::try_from(ANSWER_FD).expect("a descriptor");
        let flags = |flags: libc::c_int| [0, 0, flags.cast_unsigned()];
        for (what, call, arguments) in [
            ("memory", libc::SYS_mmap, [0; 3]),
            ("the end", libc::SYS_exit_group, [0; 3]),
            ("the last of the list", libc::SYS_uname, [0; 3]),
            ("a signal to itself", libc::SYS_tgkill, [OWN_PID, 1, 6]),
            ("the answer", libc::SYS_write, [answer_fd, 0, 0]),
            ("reading a file", libc::SYS_openat, flags(libc::O_RDONLY | libc::O_CLOEXEC)),
        ] {
            assert_eq!(of(call, arguments), ALLOWED, "{what}");
        }
        let refused = libc::SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned();
        for (what, call, arguments) in [
            ("a signal to another process", libc::SYS_tgkill, [OWN_PID + 1, 1, 6]),
            ("a signal to all", libc::SYS_kill, [0; 3]),
            ("standard output", libc::SYS_write, [1, 0, 0]),
            ("the descriptor after the answer's", libc::SYS_write, [answer_fd + 1, 0, 0]),
            ("writing a file", libc::SYS_openat, flags(libc::O_WRONLY)),
            ("reading and writing a file", libc::SYS_openat, flags(libc::O_RDWR)),
            ("making a file", libc::SYS_openat, flags(libc::O_CREAT)),
            ("emptying a file", libc::SYS_openat, flags(libc::O_TRUNC)),
            ("a file without a name", libc::SYS_openat, flags(libc::O_TMPFILE)),
            ("another program", libc::SYS_execve, [0; 3]),
            ("another process", libc::SYS_clone, [0; 3]),
            ("the network", libc::SYS_socket, [0; 3]),
            ("removing a file", libc::SYS_unlink, [0; 3]),
            ("other processes' memory", libc::SYS_ptrace, [0; 3]),
        ] {
            assert_eq!(of(call, arguments), refused, "{what}");
        }
        let other = answer_of(&filter, 0x4000_0003, libc::SYS_exit_group, [0; 3]);
        assert_eq!(other, libc::SECCOMP_RET_KILL_PROCESS, "a call by the 32-bit table");
    }

    /// What `look` finds in a child process, which ends then.
    fn in_a_child(look: impl FnOnce() -> bool) -> bool {
        // SAFETY: the child makes system calls alone and leaves by _exit.
        let child = unsafe { libc::fork() };
        assert!(child >= 0);
        if child == 0 {
            let found = look();
            // SAFETY: exit_group(2) runs nothing of this process, and a filter lets it pass.
            unsafe { libc::syscall(libc::SYS_exit_group, if found { 1 } else { 2 }) };
        }
        let mut status = 0;
        // SAFETY: our own child.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert!(libc::WIFEXITED(status), "status {status}");
        libc::WEXITSTATUS(status) == 1
    }

    #[test]
    fn a_child_that_cannot_be_confined_says_so() {
        let mut filter = filter();
        let memory = mapped_bytes().expect("a number") + MEMORY_BYTES_MORE;
        let file = File::open("/dev/null").expect("opens");
        let fd = file.as_raw_fd();
        assert!(in_a_child(|| confine(fd, fd, memory, &mut filter)), "as it is");
        let refused = in_a_child(|| {
            let one = libc::rlimit { rlim_cur: 1, rlim_max: 1 };
            // SAFETY: system calls of this child about itself. Without rights no limit can be raised again.
            unsafe {
                libc::setrlimit(libc::RLIMIT_CPU, &raw const one);
                libc::syscall(libc::SYS_setresuid, 65_534, 65_534, 65_534);
            }
            confine(fd, fd, memory, &mut filter)
        });
        assert!(!refused, "its limit is another one than is wanted");
    }

    #[test]
    fn waiting_for_a_child_leaves_the_processor_to_it() {
        let sleeps = || {
            // SAFETY: a struct of numbers.
            let mut used: libc::rusage = unsafe { std::mem::zeroed() };
            // SAFETY: the call fills the struct.
            assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut used) }, 0);
            used.ru_nvcsw
        };
        let mut quiet = std::process::Command::new("sleep");
        quiet.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        #[expect(clippy::zombie_processes, reason = "what is tested waits for it")]
        let child = quiet.arg("0.2").spawn().expect("starts");
        let before = sleeps();
        let ended = wait(libc::pid_t::try_from(child.id()).expect("a number of a process"));
        assert!(sleeps() > before, "{ended:?}");
    }
}
