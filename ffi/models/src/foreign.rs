//! Models with their own code. Their first run is in a child process, where a crash or an endless loop does
//! no harm; then they run here, under a mark by which the next start knows the model that crashed.

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
use topic_log::stderr::{Level, log_line_at};

use super::error::Unusable;
use super::private_copy::private_copy;
use super::probe::probe;
use super::registry::VERSION_LEN;
use super::shared_object::{Predict, load};

/// Time limit for loading and the golden rows in this process, after the probe.
const LOAD_LIMIT: Duration = Duration::from_millis(2_000);

/// A loaded foreign model. Its file is a private copy, so that no other process can change it while it is in
/// use.
pub struct Foreign {
    predict: Predict,
    /// Declared before the copy, so that it is closed first.
    _library: Library,
    mark: &'static Mark,
    calls: Calls,
    /// Keeps the name under which the model was loaded from being reused.
    _copy: OwnedFd,
}

impl Foreign {
    /// Probes the model, then loads it. `crash_file`: the file from which the next start learns which model ended
    /// this process; it names the version until the version's own code has survived a load.
    pub(super) fn open(
        bytes: &[u8],
        golden: &Golden,
        features: usize,
        version: &str,
        crash_file: &Path,
    ) -> Result<Foreign, Unusable> {
        let copy = private_copy(bytes).map_err(Unusable::NotCopied)?;
        probe(&copy, golden, features)?;
        let path = format!("/proc/self/fd/{}", copy.as_raw_fd());
        let mut file =
            OpenOptions::new().create(true).append(true).open(crash_file).map_err(Unusable::NoMark)?;
        let before = file.metadata().map_err(Unusable::NoMark)?.len();
        let mark = mark_of(version);
        file.write_all(mark).map_err(Unusable::NoMark)?;
        let is_loaded = watch_loading(version);
        // The model may behave differently here than in the child process.
        let loaded = load(&path, &copy).map_err(Unusable::from).and_then(|(library, predict)| {
            // SAFETY: `check_answers` passes rows of `features` numbers; the probe called the function the
            // same way.
            check_answers(golden, features, |row| unsafe { predict(row.as_ptr(), features) })?;
            Ok((library, predict))
        });
        is_loaded.store(true, SeqCst);
        file.set_len(before).map_err(Unusable::NoMark)?;
        write_marks_to(file);
        let (library, predict) = match loaded {
            Ok(found) => found,
            Err(why) => {
                // The loader may still hold the file: do not reuse its name either.
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
        RUNNING.with(|running| running.set(self.mark));
        self.calls.begun.fetch_add(1, Relaxed);
        // SAFETY: the row has at least `features` numbers, as checked above; the library stays open as long
        // as `self`.
        let answer = unsafe { (self.predict)(row.as_ptr(), features) };
        self.calls.ended.fetch_add(1, Relaxed);
        RUNNING.with(|running| running.set(std::ptr::null()));
        answer
    }

    /// The number of the call without an answer, if there is one.
    pub(super) fn open_call(&self) -> Option<u64> {
        self.calls.open()
    }
}

/// Calls begun and calls ended: while they differ, a caller waits for an answer.
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

/// Checks a foreign file by a run in a child process, without loading it here.
pub(super) fn verify(bytes: &[u8], golden: &Golden, features: usize) -> Result<(), Unusable> {
    Ok(probe(&private_copy(bytes).map_err(Unusable::NotCopied)?, golden, features)?)
}

/// How often to check whether a model has loaded.
const POLL_EVERY: Duration = Duration::from_millis(10);

/// Ends this process if a model blocks while it is loaded: a thread cannot be ended on its own, and the next
/// start knows the model by its mark. Set the returned flag once the model has loaded.
///
/// During a load the loader holds a lock that a thread needs when it first uses a thread-local value with a
/// destructor. This thread uses its own before it signals that it is ready, and none after that.
fn watch_loading(version: &str) -> Arc<AtomicBool> {
    let (ready, begun) = channel();
    let loaded = Arc::new(AtomicBool::new(false));
    let (version, is_loaded) = (version.to_owned(), Arc::clone(&loaded));
    // Without this thread, an operator must end a process that a model blocks.
    let _ = std::thread::Builder::new().name("model-load".to_owned()).spawn(move || {
        drop(std::io::stderr().lock());
        let _ = ready.send(());
        drop(ready);
        let begin = Instant::now();
        while !is_loaded.load(SeqCst) {
            if begin.elapsed() > LOAD_LIMIT {
                log_line_at(Level::Error, &format!(
                    "Model {version} did not load within {} ms: this agent ends and restarts with the previous model",
                    LOAD_LIMIT.as_millis()
                ));
                end_process(&version);
            }
            std::thread::sleep(POLL_EVERY);
        }
    });
    // An error: the thread could not be started.
    let _ = begun.recv();
    loaded
}

/// A line of the crash file: the version and a newline.
type Mark = [u8; VERSION_LEN + 1];

/// Leaked on purpose: a signal handler may read it at any time, and each foreign model costs only a dozen
/// bytes.
fn mark_of(version: &str) -> &'static Mark {
    let mut mark = [b'\n'; VERSION_LEN + 1];
    for (to, from) in mark.iter_mut().zip(version.bytes().take(VERSION_LEN)) {
        *to = from;
    }
    Box::leak(Box::new(mark))
}

std::thread_local! {
    /// The mark of the foreign model that this thread is running; null outside one.
    static RUNNING: std::cell::Cell<*const Mark> = const { std::cell::Cell::new(std::ptr::null()) };
}

/// A signal handler that gets what happened.
type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut c_void);

/// The descriptor that marks of crashes are written to.
static CRASH_FD: AtomicI32 = AtomicI32::new(-1);
/// Addresses of the handlers that ours replaced, in the order of [`SIGNALS`]; 0 for none of this type.
static PREVIOUS_HANDLERS: [std::sync::OnceLock<usize>; 5] = [const { std::sync::OnceLock::new() }; 5];
const SIGNALS: [libc::c_int; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT];

/// From now on, a crash inside a foreign model writes its version to `file` before it ends the process.
fn write_marks_to(file: File) {
    static HANDLERS: Once = Once::new();
    let old = CRASH_FD.swap(file.into_raw_fd(), SeqCst);
    if old >= 0 {
        // SAFETY: `old` was owned by `CRASH_FD`, which no longer holds it.
        unsafe { libc::close(old) };
    }
    HANDLERS.call_once(|| {
        for (at, signal) in SIGNALS.into_iter().enumerate() {
            // SAFETY: the struct holds integers and addresses, for which zero is valid.
            let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
            // SAFETY: as above.
            let mut previous: libc::sigaction = unsafe { std::mem::zeroed() };
            action.sa_sigaction = on_crash as Handler as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
            // SAFETY: both structs outlive the call, and the handler does only what a signal handler may.
            unsafe { libc::sigaction(signal, &raw const action, &raw mut previous) };
            let takes_info = previous.sa_flags & libc::SA_SIGINFO != 0;
            let _ = PREVIOUS_HANDLERS[at].set(if takes_info { previous.sa_sigaction } else { 0 });
        }
    });
}

extern "C" fn on_crash(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let mark = RUNNING.with(std::cell::Cell::get);
    if !mark.is_null() {
        // SAFETY: write(2) is async-signal-safe, and the mark is never freed.
        unsafe { libc::write(CRASH_FD.load(SeqCst), mark.cast(), size_of::<Mark>()) };
    } else if let Some(&previous) =
        SIGNALS.iter().position(|known| *known == signal).and_then(|at| PREVIOUS_HANDLERS[at].get())
        && previous != 0
    {
        // SAFETY: it was installed with SA_SIGINFO, so it is a handler of these three arguments.
        let handler = unsafe { std::mem::transmute::<usize, Handler>(previous) };
        return handler(signal, info, context);
    }
    // SAFETY: it takes integers and is async-signal-safe.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    // SAFETY: as above; the default action, which was just set, ends the process.
    unsafe { libc::raise(signal) };
}

/// Ends the process as a crash inside `version` would: one of its threads waits for an answer that never
/// comes, and a thread cannot be ended on its own.
pub(super) fn end_process(version: &str) -> ! {
    let mark = mark_of(version);
    // SAFETY: the mark is never freed, and its length is that of the write.
    unsafe { libc::write(CRASH_FD.load(SeqCst), mark.as_ptr().cast(), size_of::<Mark>()) };
    // SAFETY: it takes integers.
    unsafe { libc::signal(libc::SIGABRT, libc::SIG_DFL) };
    // SAFETY: it takes nothing and never returns.
    unsafe { libc::abort() }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_call_is_open_from_its_begin_to_its_end() {
        let calls = Calls::default();
        assert_eq!(calls.open(), None, "no call has begun");
        calls.begun.fetch_add(1, Relaxed);
        assert_eq!(calls.open(), Some(1));
        calls.ended.fetch_add(1, Relaxed);
        assert_eq!(calls.open(), None);
    }

    /// Not a real test: the entry point of the child.
    #[test]
    fn child_entry() {
        let Some(marks) = std::env::var_os("LEGEND_FOREIGN_MARKS") else { return };
        write_marks_to(OpenOptions::new().append(true).open(marks).expect("opens"));
        end_process("0123456789ab");
    }

    #[test]
    fn ending_the_process_leaves_the_mark_of_the_model_and_looks_like_a_crash() {
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
        // SAFETY: this model reads no row.
        assert!((unsafe { predict(std::ptr::null(), 0) } - 0.25).abs() < f32::EPSILON);
        // SAFETY: both descriptors are ours; the number of the first one then names the second file.
        assert!(unsafe { libc::dup2(second.as_raw_fd(), first.as_raw_fd()) } >= 0);
        let refused = load(&name, &second).map(|_| ()).expect_err("refuses");
        assert_eq!(refused.to_string(), "the loader returned another file, which was loaded before");
        let other = format!("/proc/self/./fd/{}", first.as_raw_fd());
        let (_second, predict) = load(&other, &second).expect("loads by another name");
        // SAFETY: this model reads no row.
        assert!((unsafe { predict(std::ptr::null(), 0) } - 0.5).abs() < f32::EPSILON);
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
