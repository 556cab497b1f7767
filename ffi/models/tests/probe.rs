//! A model's trial runs in a separate process: what it inherits from the agent, and whether it depends on it.

mod foreign;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use control::names::Module;
use foreign::{Folder, QUARTER, foreign};
use models::{Unusable, load};

/// An allocator whose lock stays held in a fork of this process.
struct Locked;

static IS_LOCKED: AtomicBool = AtomicBool::new(false);

fn with_lock<T>(run: impl FnOnce() -> T) -> T {
    while IS_LOCKED.compare_exchange_weak(false, true, std::sync::atomic::Ordering::Acquire, Relaxed).is_err()
    {
        std::thread::yield_now();
    }
    let result = run();
    IS_LOCKED.store(false, std::sync::atomic::Ordering::Release);
    result
}

// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Locked {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract is the same as that of `System.alloc`.
        with_lock(|| unsafe { System.alloc(layout) })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is the same as that of `System.dealloc`.
        with_lock(|| unsafe { System.dealloc(pointer, layout) })
    }
}

#[global_allocator]
static ALLOCATOR: Locked = Locked;

fn verified(bytes: &[u8]) -> Result<bool, Unusable> {
    load::verify_bytes(bytes, Module::Mev, true)
}

#[test]
fn a_trial_has_no_descriptor_and_no_environment_of_the_process_that_asks() {
    let Folder(data) = &Folder::new("nothing");
    // Not closed by exec, and one of them beyond the maximum number of descriptors in a trial.
    let null = fs::File::open("/dev/null").expect("opens");
    // SAFETY: duplicates an open descriptor to free numbers; takes only integers.
    let kept = [30, 300].map(|number| unsafe { libc::fcntl(null.as_raw_fd(), libc::F_DUPFD, number) });
    assert!(kept.iter().all(|number| *number >= 30) && std::env::vars_os().count() > 0);
    let looks = "if (environ && environ[0]) abort();\n\
        for (int fd = 0; fd < 3; fd++) if (fstat(fd, &s) || s.st_rdev != makedev(1, 3)) abort();\n\
        for (int fd = 5; fd < 1024; fd++) if (fstat(fd, &s) == 0) abort();\n\
        if (fstat(3, &s) || fstat(4, &s) || !S_ISFIFO(s.st_mode)) abort();";
    let code = format!(
        "#include <unistd.h>\n#include <sys/stat.h>\n#include <sys/sysmacros.h>\n\
        extern char **environ;\n\
        __attribute__((constructor)) static void begin(void) {{ struct stat s; {looks} }}\n{QUARTER}"
    );
    let result = verified(&foreign(data, "looks", &code, "1"));
    assert!(matches!(result, Ok(true)), "{result:?}");
    for number in kept {
        // SAFETY: `number` is a descriptor that only this test uses.
        unsafe { libc::close(number) };
    }
}

#[test]
fn threads_that_hold_the_allocators_lock_do_not_delay_a_trial() {
    let Folder(data) = &Folder::new("locks");
    let bytes = foreign(data, "quarter", QUARTER, "1");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    // Held most of the time, long enough that a process start falls into it.
                    with_lock(|| std::thread::sleep(std::time::Duration::from_micros(500)));
                    std::thread::yield_now();
                }
            });
        }
        let results: Vec<_> = (0..5).map(|_| verified(&bytes)).collect();
        stop.store(true, Relaxed);
        assert!(results.iter().all(|result| matches!(result, Ok(true))), "{results:?}");
    });
}

/// Not a real test: a copy of this executable is run from another folder.
#[test]
fn copy_entry() {
    let Some(file) = std::env::var_os("LEGEND_PROBED_MODEL") else { return };
    println!("result: {:?}", verified(&fs::read(file).expect("a model")).map_err(|why| why.to_string()));
}

/// The result that a copy of this executable in `folder` reports for a model.
fn result_of_copy(folder: &Path, model: &Path) -> String {
    let mut copy = Command::new(folder.join("legend-test"));
    copy.args(["--exact", "copy_entry", "--nocapture"]).env("LEGEND_PROBED_MODEL", model);
    // Neither variable leads to the helper.
    copy.env("PATH", Path::new(env!("CARGO_BIN_EXE_legend-probe")).parent().expect("a folder"));
    copy.current_dir(Path::new(env!("CARGO_BIN_EXE_legend-probe")).parent().expect("a folder"));
    let output = copy.output().expect("runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.split("result: ").nth(1).and_then(|rest| rest.lines().next());
    line.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr))).to_owned()
}

#[test]
fn a_probe_that_is_missing_or_writable_by_another_user_is_reported_in_one_line_and_never_run() {
    let Folder(folder) = &Folder::new("missing");
    let (model, program) = (folder.join("quarter.so"), folder.join("legend-probe"));
    foreign(folder, "quarter", QUARTER, "1");
    fs::copy(std::env::current_exe().expect("own path"), folder.join("legend-test")).expect("a copy");
    let path = folder.display();
    assert_eq!(
        result_of_copy(folder, &model),
        format!(
            "Err(\"it cannot be probed: {path}/legend-probe is missing, it belongs beside {path}/legend-test: build or copy legend again\")"
        )
    );
    let refused = format!(
        "Err(\"it cannot be probed: {path}/legend-probe cannot be used: it must be a file of this user that no other user may write\")"
    );
    let ours = env!("CARGO_BIN_EXE_legend-probe");
    symlink(ours, &program).expect("a link");
    assert_eq!(result_of_copy(folder, &model), refused, "a link");
    fs::remove_file(&program).expect("removed");
    fs::copy(ours, &program).expect("a copy");
    for (mode, expected) in [(0o757, &*refused), (0o755, "Ok(true)")] {
        fs::set_permissions(&program, fs::Permissions::from_mode(mode)).expect("is set");
        assert_eq!(result_of_copy(folder, &model), expected, "{mode:o}");
    }
    // Another program: it does not understand the request, and answers nothing.
    fs::copy("/bin/true", &program).expect("a copy");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("is set");
    assert_eq!(
        result_of_copy(folder, &model),
        "Err(\"it cannot be probed: legend-probe ended before it began (exit status: 0)\")"
    );
}

#[test]
fn the_probe_started_by_hand_ends_at_once_and_answers_nothing() {
    let output = Command::new(env!("CARGO_BIN_EXE_legend-probe")).output().expect("runs");
    assert_eq!((output.status.code(), &*output.stdout, &*output.stderr), (Some(1), &b""[..], &b""[..]));
}
