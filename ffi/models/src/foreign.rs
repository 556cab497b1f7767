//! Models that bring code of their own. It runs first in a child process, where a crash or an endless loop costs
//! nothing; then here, behind a mark that tells the next start which model it was that crashed.

use std::ffi::c_void;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64};
use std::sync::mpsc::channel;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use libloading::os::unix::Library;
use model::Golden;
use model::artefact::check_answers;
use topic_log::stderr::{Level, say_at};

use super::error::Unusable;
use super::private_copy::private_copy;
use super::probe::probe;
use super::shared_object::{Predict, load};

/// How long loading and the golden rows may take here, after the probe took less.
const LOAD: Duration = Duration::from_millis(2_000);

/// A loaded foreign model; its file is a private copy, so that nobody can change it under its feet.
pub struct Foreign {
    predict: Predict,
    /// Before the copy: it is closed first.
    _library: Library,
    mark: &'static Mark,
    calls: Calls,
    /// Keeps the name under which it was loaded from being used again.
    _copy: OwnedFd,
}

impl Foreign {
    /// Probes, then loads. `marks`: the file that tells the next start which model ended this one; the version stands
    /// in it for as long as its own code has not come through a load.
    pub(super) fn open(
        bytes: &[u8],
        golden: &Golden,
        features: usize,
        version: &str,
        marks: &Path,
    ) -> Result<Foreign, Unusable> {
        let copy = private_copy(bytes).map_err(Unusable::NotCopied)?;
        probe(&copy, golden, features)?;
        let path = format!("/proc/self/fd/{}", copy.as_raw_fd());
        let mut file = OpenOptions::new().create(true).append(true).open(marks).map_err(Unusable::NoMark)?;
        let before = file.metadata().map_err(Unusable::NoMark)?.len();
        let mark = mark_of(version);
        file.write_all(mark).map_err(Unusable::NoMark)?;
        let watched = watch_loading(version);
        // It may behave otherwise here than in its child.
        let loaded = load(&path, &copy).map_err(Unusable::from).and_then(|(library, predict)| {
            // SAFETY: rows are as long as is said; the probe has called it so.
            check_answers(golden, features, |row| unsafe { predict(row.as_ptr(), features) })?;
            Ok((library, predict))
        });
        watched.store(true, SeqCst);
        file.set_len(before).map_err(Unusable::NoMark)?;
        mark_crashes(file);
        let (library, predict) = match loaded {
            Ok(found) => found,
            Err(why) => {
                // The loader may keep it all the same: its name is not used again either.
                std::mem::forget(copy);
                return Err(why);
            }
        };
        Ok(Foreign { predict, _library: library, mark, calls: Calls::default(), _copy: copy })
    }

    pub(super) fn predict(&self, row: &[f32], features: usize) -> f32 {
        if row.len() < features {
            return f32::NAN;
        }
        INSIDE.with(|inside| inside.set(self.mark));
        self.calls.begun.fetch_add(1, Relaxed);
        // SAFETY: the row is at least as long as is said.
        let answer = unsafe { (self.predict)(row.as_ptr(), features) };
        self.calls.ended.fetch_add(1, Relaxed);
        INSIDE.with(|inside| inside.set(std::ptr::null()));
        answer
    }

    /// The number of the call that has no answer yet.
    pub(super) fn open_call(&self) -> Option<u64> {
        self.calls.open()
    }
}

/// Calls begun and calls ended: while they differ somebody waits for an answer.
#[derive(Default)]
struct Calls {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Calls {
    fn open(&self) -> Option<u64> {
        let begun = self.begun.load(Relaxed);
        (begun != self.ended.load(Relaxed)).then_some(begun)
    }
}

/// Whether a foreign file may be used, by a run in a child process alone.
pub(super) fn verify(bytes: &[u8], golden: &Golden, features: usize) -> Result<(), Unusable> {
    Ok(probe(&private_copy(bytes).map_err(Unusable::NotCopied)?, golden, features)?)
}

/// How often it is looked whether a model has loaded.
const LOOK: Duration = Duration::from_millis(10);

/// Ends this process when a model holds it up while it is loaded: a thread cannot be ended alone, and the next start
/// knows the model by its mark. The answer is set when it has loaded.
///
/// While a file is loaded the loader holds a lock that a thread needs when it first uses a thread-local value with a
/// destructor: this one has used its own before it says that it is ready, and uses none after.
fn watch_loading(version: &str) -> Arc<AtomicBool> {
    let (ready, begun) = channel();
    let loaded = Arc::new(AtomicBool::new(false));
    let (version, is_loaded) = (version.to_owned(), Arc::clone(&loaded));
    // Without the thread a model that holds up the load is ended by a person.
    let _ = std::thread::Builder::new().name("model-load".to_owned()).spawn(move || {
        drop(std::io::stderr().lock());
        let _ = ready.send(());
        drop(ready);
        let begin = Instant::now();
        while !is_loaded.load(SeqCst) {
            if begin.elapsed() > LOAD {
                say_at(Level::Error, &format!(
                    "Model {version} did not load within {} ms: this agent ends and starts on the model before",
                    LOAD.as_millis()
                ));
                give_up(&version);
            }
            std::thread::sleep(LOOK);
        }
    });
    // An error: the thread could not be made.
    let _ = begun.recv();
    loaded
}

/// A line of the crash file: the version and a line's end.
type Mark = [u8; 13];

/// Leaked on purpose: a signal handler may read it at any time; one foreign model is a dozen bytes.
fn mark_of(version: &str) -> &'static Mark {
    let mut mark = [b'\n'; 13];
    for (to, from) in mark.iter_mut().zip(version.bytes().take(12)) {
        *to = from;
    }
    Box::leak(Box::new(mark))
}

std::thread_local! {
    /// The mark of the foreign model that this thread runs now; null outside of one.
    static INSIDE: std::cell::Cell<*const Mark> = const { std::cell::Cell::new(std::ptr::null()) };
}

/// Where marks of crashes go.
static CRASH_FD: AtomicI32 = AtomicI32::new(-1);
static BEFORE: [std::sync::OnceLock<usize>; 5] = [const { std::sync::OnceLock::new() }; 5];
const SIGNALS: [libc::c_int; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT];

/// From now on a crash inside of a foreign model writes its version to `file` before it ends the process.
fn mark_crashes(file: File) {
    static HANDLERS: Once = Once::new();
    let old = CRASH_FD.swap(file.into_raw_fd(), SeqCst);
    if old >= 0 {
        // SAFETY: the descriptor was ours and is not used any more.
        unsafe { libc::close(old) };
    }
    HANDLERS.call_once(|| {
        for (at, signal) in SIGNALS.into_iter().enumerate() {
            // SAFETY: the handler only does what a signal handler may; the one before is kept and called.
            unsafe {
                let mut action: libc::sigaction = std::mem::zeroed();
                let mut before: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction =
                    on_crash as extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut c_void) as usize;
                action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
                libc::sigaction(signal, &raw const action, &raw mut before);
                let _ = BEFORE[at].set(if before.sa_flags & libc::SA_SIGINFO != 0 {
                    before.sa_sigaction
                } else {
                    0
                });
            }
        }
    });
}

extern "C" fn on_crash(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let mark = INSIDE.with(std::cell::Cell::get);
    if !mark.is_null() {
        // SAFETY: write(2) is allowed here; the mark is never freed.
        unsafe { libc::write(CRASH_FD.load(SeqCst), mark.cast(), size_of::<Mark>()) };
    } else if let Some(&before) =
        SIGNALS.iter().position(|known| *known == signal).and_then(|at| BEFORE[at].get())
        && before != 0
    {
        // SAFETY: it was installed as a handler of three arguments.
        let handler = unsafe {
            std::mem::transmute::<usize, extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut c_void)>(
                before,
            )
        };
        return handler(signal, info, context);
    }
    // SAFETY: back to the default; the fault comes again and ends the process as it would have without us.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

/// Ends the process as a crash inside of `version` would: a thread of it waits for an answer that does not come, and a
/// thread cannot be ended alone.
pub(super) fn give_up(version: &str) -> ! {
    let mark = mark_of(version);
    // SAFETY: the mark is never freed; the default of SIGABRT ends the process.
    unsafe {
        libc::write(CRASH_FD.load(SeqCst), mark.as_ptr().cast(), size_of::<Mark>());
        libc::signal(libc::SIGABRT, libc::SIG_DFL);
        libc::abort()
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_call_is_open_from_its_begin_to_its_end() {
        let calls = Calls::default();
        assert_eq!(calls.open(), None, "nothing was asked");
        calls.begun.fetch_add(1, Relaxed);
        assert_eq!(calls.open(), Some(1));
        calls.ended.fetch_add(1, Relaxed);
        assert_eq!(calls.open(), None);
    }

    /// Not a test of its own: the child's way in.
    #[test]
    fn child_entry() {
        let Some(marks) = std::env::var_os("LEGEND_FOREIGN_MARKS") else { return };
        mark_crashes(OpenOptions::new().append(true).open(marks).expect("opens"));
        give_up("0123456789ab");
    }

    #[test]
    fn who_gives_up_leaves_the_mark_of_the_model_and_ends_as_by_a_crash() {
        let marks = std::env::temp_dir().join(format!("legend-marks-{}", std::process::id()));
        std::fs::write(&marks, "ba9876543210\n").expect("an earlier mark");
        let (_crate, module) = module_path!().split_once("::").expect("it is in a crate");
        let status = Command::new(std::env::current_exe().expect("own path"))
            .args(["--exact", &format!("{module}::child_entry")])
            .env("LEGEND_FOREIGN_MARKS", &marks)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .expect("starts");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(libc::SIGABRT));
        assert_eq!(std::fs::read_to_string(&marks).expect("there"), "ba9876543210\n0123456789ab\n");
        std::fs::remove_file(marks).expect("removed");
    }

    #[test]
    fn another_file_under_the_name_of_a_loaded_one_is_not_taken_for_it() {
        let folder = std::env::temp_dir().join(format!("legend-foreign-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let [first, second] = ["0.25f", "0.5f"].map(|answer| {
            let (source, object) = (folder.join(format!("{answer}.c")), folder.join(format!("{answer}.so")));
            let text =
                format!("float treelite_predict(const float *x, unsigned long n) {{ return {answer}; }}");
            std::fs::write(&source, text).expect("a source");
            let cc = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&object).arg(&source).status();
            assert!(cc.expect("cc runs").success());
            private_copy(&std::fs::read(object).expect("an object")).expect("a copy")
        });
        let name = format!("/proc/self/fd/{}", first.as_raw_fd());
        let (_first, predict) = load(&name, &first).expect("loads");
        // SAFETY: it reads no row.
        assert!((unsafe { predict(std::ptr::null(), 0) } - 0.25).abs() < f32::EPSILON);
        // SAFETY: both are our own; the first one's number now names the second file.
        assert!(unsafe { libc::dup2(second.as_raw_fd(), first.as_raw_fd()) } >= 0);
        let refused = load(&name, &second).map(|_| ()).expect_err("refuses");
        assert_eq!(refused.to_string(), "the loader gave another file that was loaded before");
        let other = format!("/proc/self/./fd/{}", first.as_raw_fd());
        let (_second, predict) = load(&other, &second).expect("loads by another name");
        // SAFETY: it reads no row.
        assert!((unsafe { predict(std::ptr::null(), 0) } - 0.5).abs() < f32::EPSILON);
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
