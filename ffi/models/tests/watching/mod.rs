//! A watcher on a thread of its own, and what it reports.

use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use control::names::Module;
use models::registry::{self, ModelSlot};
use models::watch::{ModelReport, Watcher};
use models::{ModelCell, Trust};

/// Longer than any report takes, on a loaded machine too.
const LIMIT: Duration = Duration::from_secs(60);

/// Makes a version live.
pub fn deploy(data: &Path, version: &str) {
    registry::select(data, Module::Mev, ModelSlot::Latest, Some(version), "").expect("it is deployed");
}

/// A running watcher of the mev models of a folder.
pub struct Watching {
    /// The slot of the live model.
    pub live: Arc<ModelCell>,
    /// The slot of the shadow model.
    pub shadow: Arc<ModelCell>,
    reports: Arc<Mutex<Vec<ModelReport>>>,
    /// Reports up to the last one that was waited for: a version may be reported twice in a row.
    seen: Cell<usize>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Watching {
    /// Begins to watch.
    pub fn start(data: &Path, trust: Trust) -> Watching {
        let (live, shadow) = (Arc::new(ModelCell::default()), Arc::new(ModelCell::default()));
        let reports: Arc<Mutex<Vec<ModelReport>>> = Arc::default();
        let stop = Arc::new(AtomicBool::new(false));
        let slots = (Arc::clone(&live), Arc::clone(&shadow));
        let report = {
            let reports = Arc::clone(&reports);
            move |one| reports.lock().expect("not poisoned").push(one)
        };
        let watcher = Watcher::new(data, Module::Mev, trust, slots.0, slots.1, &report);
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || watcher.run(|| stopped.load(Relaxed), report));
        Watching { live, shadow, reports, seen: Cell::new(0), stop, thread }
    }

    /// Waits until a version is reported in a state; returns the reason.
    pub fn wait_for(&self, version: &str, state: &str) -> String {
        let what = format!("{version} was not {state}");
        self.wait_until(&what, |reports| {
            let found = reports[self.seen.get()..]
                .iter()
                .position(|one| one.version == version && one.state == state);
            self.seen.set(self.seen.get() + found? + 1);
            Some(reports[self.seen.get() - 1].reason.clone())
        })
    }

    /// Waits for the answer to a request; returns its version and state.
    pub fn answered(&self, request: &str) -> (String, &'static str) {
        self.wait_until(&format!("{request} was not answered"), |reports| {
            let found = reports.iter().find(|one| one.request_id == request)?;
            Some((found.version.clone(), found.state))
        })
    }

    /// Waits until a version is in force; `None` is the baseline.
    pub fn until_live(&self, what: &str, version: Option<&str>) {
        self.wait_until(what, |_| (self.live.version().as_deref() == version).then_some(()));
    }

    fn wait_until<T>(&self, what: &str, find: impl Fn(&[ModelReport]) -> Option<T>) -> T {
        let begin = Instant::now();
        loop {
            let reports = self.reports.lock().expect("not poisoned");
            if let Some(found) = find(&reports) {
                return found;
            }
            assert!(begin.elapsed() < LIMIT, "{what}: {:?}, live {:?}", reports, self.live.version());
            drop(reports);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends the thread.
    pub fn stop(self) {
        self.stop.store(true, Relaxed);
        self.thread.join().expect("the watcher ends");
    }
}
