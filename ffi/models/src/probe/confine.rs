//! What a process gives up before it runs foreign code: afterwards it may only compute, read files and
//! answer.

use libc::sock_filter;

use super::request::ANSWER_FD;

/// Limit of processor time, in case the parent is gone.
const CPU_SECONDS: u64 = 3;
/// Memory limit above what this process has already mapped.
const MEMORY_BYTES_MORE: u64 = 512 << 20;
const FILES_MAX: u64 = 64;

/// Takes all rights from this process that the loader and a function over numbers do not need; false if it
/// cannot. Its descriptors must already be the final ones.
pub(super) fn confine() -> bool {
    let Ok(mapped) = mapped_bytes() else { return false };
    for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT] {
        // The default action, so that a crash ends this process without running any more of its code.
        // SAFETY: it takes integers.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let limits = [
        (libc::RLIMIT_CPU, CPU_SECONDS),
        (libc::RLIMIT_AS, mapped + MEMORY_BYTES_MORE),
        (libc::RLIMIT_NOFILE, FILES_MAX),
        (libc::RLIMIT_NPROC, 0),
        (libc::RLIMIT_FSIZE, 0),
        (libc::RLIMIT_CORE, 0),
    ];
    for (resource, max) in limits {
        let limit = libc::rlimit { rlim_cur: max, rlim_max: max };
        // SAFETY: `limit` lives until the call returns, which reads it.
        if unsafe { libc::setrlimit(resource, &raw const limit) } != 0 {
            return false;
        }
    }
    // SAFETY: it takes integers.
    if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } != 0 {
        return false;
    }
    let mut allowed = filter(std::process::id());
    let len = u16::try_from(allowed.len()).unwrap_or(0);
    let program = libc::sock_fprog { len, filter: allowed.as_mut_ptr() };
    let mode = libc::SECCOMP_MODE_FILTER;
    // SAFETY: `program` and the `allowed` that it points to live until the call returns, which copies them.
    unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program, 0, 0) == 0 }
}

/// Bytes of this process's address space.
fn mapped_bytes() -> std::io::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = text.split(' ').next().and_then(|pages| pages.parse().ok()).unwrap_or(0);
    // SAFETY: takes and returns integers only.
    let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4_096);
    Ok(pages * page)
}

/// System calls that the loader, the allocator and a function over numbers may make.
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
/// Offset of an argument's low half.
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

/// The filter for the process `own`.
fn filter(own: u32) -> Vec<sock_filter> {
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
    // Allowed depending on an argument: signals to itself, writing the answer, opening read-only.
    for (call, argument, test) in [
        (libc::SYS_tgkill, 0, op(IF_EQUAL, 1, 0, own)),
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

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: u32 = libc::SECCOMP_RET_ALLOW;
    const OWN_PID: u32 = 4711;

    /// The kernel's verdict on a call, computed by interpreting the filter; it reads words of
    /// `struct seccomp_data`.
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
        let filter = filter(OWN_PID);
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

    /// Runs `look` in a child process, which then ends; returns its result.
    fn in_a_child(look: impl FnOnce() -> bool) -> bool {
        // SAFETY: the child runs only `look`, with the C library's own locks usable after a fork, and leaves
        // by exit_group.
        let child = unsafe { libc::fork() };
        assert!(child >= 0);
        if child == 0 {
            let found = look();
            // SAFETY: takes integers only; exit_group(2) runs no code of this process, and the filter allows
            // it.
            unsafe { libc::syscall(libc::SYS_exit_group, if found { 1 } else { 2 }) };
        }
        let mut status = 0;
        // SAFETY: `status` is a live integer that the call fills.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert!(libc::WIFEXITED(status), "status {status}");
        libc::WEXITSTATUS(status) == 1
    }

    #[test]
    fn a_child_that_cannot_be_confined_reports_it() {
        assert!(in_a_child(confine), "as it is");
        let refused = in_a_child(|| {
            let one = libc::rlimit { rlim_cur: 1, rlim_max: 1 };
            // SAFETY: `one` lives until the call returns.
            unsafe { libc::setrlimit(libc::RLIMIT_CPU, &raw const one) };
            // SAFETY: it takes integers. Without privileges no limit can be raised again.
            unsafe { libc::syscall(libc::SYS_setresuid, 65_534, 65_534, 65_534) };
            confine()
        });
        assert!(!refused, "its limit differs from what is needed");
    }
}
