//! The thread that swaps models: it watches the models' folder, loads what the symlinks name, and reports the
//! result. It never waits for the decision loop, nor the decision loop for it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use control::names::module_name;
use topic_log::stderr::{Level, log_line_at};
use wire::control::Module;

use super::changes::Changes;
use super::error::{SelectionError, Unusable};
use super::foreign;
use super::load::{self, Trust};
use super::model_cell::ModelCell;
use super::registry::{self, ModelSlot, crash_path};
use super::unanswered::{STUCK_CHECKS, Unanswered};

/// How long the folder must be quiet before it is read.
const DEBOUNCE: Duration = Duration::from_millis(3);
/// How often it is read without any notification: inotify may miss a change, and does not work on a network
/// file system.
const REFRESH_EVERY: Duration = Duration::from_millis(1_000);
/// Maximum delay of a stop.
const TICK: Duration = Duration::from_millis(100);

/// A version's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelReport {
    /// The version, or `baseline`; "" if the request names none.
    pub version: String,
    /// `live`, `shadow`, `refused`, `reaped`, `none`.
    pub state: &'static str,
    /// The reason for a refusal.
    pub reason: String,
    /// The request that deployed it; "" for none.
    pub request_id: String,
}

/// One module's models in one agent.
pub struct Watcher {
    data_dir: PathBuf,
    module: Module,
    trust: Trust,
    /// Versions that crashed this agent before.
    crashed: Vec<String>,
    /// The live model and the shadow.
    slots: [WatchedSlot; 2],
}

/// A slot with the model that is in force for it.
struct WatchedSlot {
    slot: ModelSlot,
    cell: Arc<ModelCell>,
    /// The selection that was handled last.
    handled: Option<Selection>,
    unanswered: Unanswered,
}

impl WatchedSlot {
    fn new(slot: ModelSlot, cell: Arc<ModelCell>) -> WatchedSlot {
        WatchedSlot { slot, cell, handled: None, unanswered: Unanswered::default() }
    }

    fn is_live(&self) -> bool {
        self.slot == ModelSlot::Latest
    }

    /// The state of a model in force.
    fn state(&self) -> &'static str {
        if self.is_live() { "live" } else { "shadow" }
    }
}

/// What a slot selects at one moment: a change of any of it is handled again.
#[derive(Clone)]
struct Selection {
    target: Target,
    /// Of the version's file; `None` if there is none.
    file: Option<FileState>,
    /// "" for none.
    request_id: String,
}

impl Selection {
    /// Whether `now` needs no handling after this was. If the same version is deployed again by another
    /// request, that one is answered.
    fn covers(&self, now: &Selection) -> bool {
        self.target == now.target
            && self.file == now.file
            && (now.request_id.is_empty() || self.request_id == now.request_id)
    }
}

/// What shows that a file was written again.
#[derive(Clone, PartialEq)]
struct FileState {
    len: u64,
    modified: SystemTime,
}

/// The version that a slot selects. Comparable, so an error is kept as its text.
#[derive(Clone, PartialEq)]
enum Target {
    Version(Option<String>),
    Broken(String),
}

impl Target {
    fn of(selected: Result<Option<String>, SelectionError>) -> Target {
        selected.map_or_else(|why| Target::Broken(why.to_string()), Target::Version)
    }

    fn version(&self) -> Option<&str> {
        match self {
            Target::Version(version) => version.as_deref(),
            Target::Broken(_) => None,
        }
    }
}

impl Watcher {
    /// Loads the selected models immediately, so that an agent starts with them.
    pub fn new(
        data_dir: &Path,
        module: Module,
        trust: Trust,
        live: Arc<ModelCell>,
        shadow: Arc<ModelCell>,
        mut report: impl FnMut(ModelReport),
    ) -> Watcher {
        let crashed = crashed_versions(data_dir, module);
        let slots = [WatchedSlot::new(ModelSlot::Latest, live), WatchedSlot::new(ModelSlot::Shadow, shadow)];
        let mut watcher = Watcher { data_dir: data_dir.to_owned(), module, trust, crashed, slots };
        watcher.refresh(&mut report);
        watcher
    }

    /// Watches until `stop` returns true.
    pub fn run(mut self, stop: impl Fn() -> bool, mut report: impl FnMut(ModelReport)) {
        let folder = registry::folder(&self.data_dir);
        let mut changes = None;
        let mut since_refresh = Duration::ZERO;
        while !stop() {
            if changes.is_none() {
                // Made here, so that there is something to watch before the first model arrives. Its parent
                // is not made: a data folder that is gone must not be recreated.
                let _ = fs::DirBuilder::new().mode(0o700).create(&folder);
                changes = Changes::of(&folder);
                self.refresh(&mut report);
            }
            let changed = match &changes {
                Some(changes) => changes.wait(TICK),
                None => {
                    std::thread::sleep(TICK);
                    false
                }
            };
            if changed {
                // A deployment consists of several changes; the last one counts.
                while changes.as_ref().is_some_and(|changes| changes.wait(DEBOUNCE)) {}
            }
            since_refresh += TICK;
            if changed || since_refresh >= REFRESH_EVERY {
                since_refresh = Duration::ZERO;
                self.refresh(&mut report);
            }
            self.reap(&mut report);
            if !changed {
                self.give_up_when_stuck();
            }
        }
    }

    /// A foreign model that does not return blocks the thread that decides, so only the process can be ended.
    /// The next start continues with the previous model.
    fn give_up_when_stuck(&mut self) {
        for WatchedSlot { cell, unanswered, .. } in &mut self.slots {
            if let Some(version) = unanswered.observe(cell.open_call()) {
                let seconds = f64::from(STUCK_CHECKS) * TICK.as_secs_f64();
                log_line_at(
                    Level::Error,
                    &format!(
                        "Model {version} of {} has not answered for {seconds} s: this agent ends and restarts with the previous model",
                        module_name(self.module)
                    ),
                );
                foreign::end_process(&version);
            }
        }
    }

    fn reap(&self, report: &mut impl FnMut(ModelReport)) {
        for version in self.slots.iter().flat_map(|watched| watched.cell.reap()) {
            report(ModelReport {
                version: version.to_string(),
                state: "reaped",
                reason: String::new(),
                request_id: String::new(),
            });
        }
    }

    /// Puts selections in force that were not handled yet.
    fn refresh(&mut self, report: &mut impl FnMut(ModelReport)) {
        for at in 0..self.slots.len() {
            let now = self.selection(self.slots[at].slot);
            if self.slots[at].handled.as_ref().is_some_and(|handled| handled.covers(&now)) {
                continue;
            }
            let first = self.slots[at].handled.replace(now.clone()).is_none();
            if let Some(result) = self.put_in_force(&self.slots[at], now, first) {
                report(result);
            }
        }
    }

    /// What is selected now.
    fn selection(&self, slot: ModelSlot) -> Selection {
        let target = Target::of(registry::version_to_run(&self.data_dir, self.module, slot));
        let file = target.version().and_then(|version| {
            let path = registry::artefact_path(&self.data_dir, self.module, version);
            let metadata = fs::metadata(path).ok()?;
            Some(FileState { len: metadata.len(), modified: metadata.modified().ok()? })
        });
        let request_id = match &target {
            Target::Version(version) if slot == ModelSlot::Latest => {
                let version = version.as_deref().unwrap_or(registry::BASELINE);
                registry::request(&self.data_dir, self.module, version)
            }
            _ => String::new(),
        };
        Selection { target, file, request_id }
    }

    /// Makes the cell hold what is selected; returns the result, if it is to be reported. `first`: at a start.
    fn put_in_force(&self, watched: &WatchedSlot, selected: Selection, first: bool) -> Option<ModelReport> {
        let Selection { target, file, request_id } = selected;
        match target {
            Target::Broken(reason) => {
                Some(ModelReport { version: String::new(), state: "refused", reason, request_id })
            }
            Target::Version(None) => {
                let result = self.put_nothing_in_force(watched, request_id);
                if first { None } else { Some(result) }
            }
            // Overwritten or deployed again: the running model is a copy of what was signed.
            Target::Version(Some(version))
                if watched.cell.version().as_deref() == Some(&version) && file.is_some() =>
            {
                Some(self.check_running(version, watched.state(), request_id))
            }
            Target::Version(Some(version)) => Some(self.replace(watched, version, request_id, first)),
        }
    }

    /// Empties the cell, for the baseline or without a shadow.
    fn put_nothing_in_force(&self, watched: &WatchedSlot, request_id: String) -> ModelReport {
        let had_model = watched.cell.version().is_some();
        watched.cell.swap(None);
        if !watched.is_live() {
            let reason = "no model is in shadow".to_owned();
            return ModelReport { version: String::new(), state: "none", reason, request_id };
        }
        if had_model {
            add_to_history(&self.data_dir, self.module, registry::BASELINE);
        }
        let version = registry::BASELINE.to_owned();
        ModelReport { version, state: watched.state(), reason: String::new(), request_id }
    }

    /// Puts a version in force, or leaves what is, if the version cannot be used.
    fn replace(
        &self,
        watched: &WatchedSlot,
        version: String,
        request_id: String,
        first: bool,
    ) -> ModelReport {
        let refused = match self.load(&version, watched) {
            Ok(loaded) => {
                watched.cell.swap(Some(Arc::new(loaded)));
                return ModelReport { version, state: watched.state(), reason: String::new(), request_id };
            }
            Err(why) => why.to_string(),
        };
        // A version that crashed an agent must not be what the next start falls back to.
        let nothing_runs = first && watched.cell.version().is_none();
        let older = if nothing_runs { self.fall_back(&version, watched) } else { None };
        let reason = match older {
            Some(older) => format!("{refused}; {older} runs instead"),
            None => refused,
        };
        ModelReport { version, state: "refused", reason, request_id }
    }

    /// The version in force was selected again: it stays, unless its file is not what was signed any more.
    fn check_running(&self, version: String, state: &'static str, request_id: String) -> ModelReport {
        let intact = load::verify(&self.data_dir, self.module, &version, &self.trust);
        let (state, reason) = match intact {
            Ok(_) => (state, String::new()),
            Err(reason) => ("refused", format!("{reason}; what runs was loaded before")),
        };
        ModelReport { version, state, reason, request_id }
    }

    fn has_crashed(&self, version: &str) -> bool {
        self.crashed.iter().any(|crashed| crashed == version)
    }

    fn load(&self, version: &str, watched: &WatchedSlot) -> Result<load::Loaded, Unusable> {
        if self.has_crashed(version) {
            return Err(Unusable::Crashed(crash_path(&self.data_dir, self.module)));
        }
        let loaded = load::load(&self.data_dir, self.module, version, &self.trust)?;
        if watched.is_live() {
            add_to_history(&self.data_dir, self.module, version);
        }
        Ok(loaded)
    }

    /// For a start whose version cannot be used: puts the latest version in force that ran before and is still
    /// usable.
    fn fall_back(&self, refused: &str, watched: &WatchedSlot) -> Option<String> {
        if !watched.is_live() {
            return None;
        }
        let history = fs::read_to_string(history_path(&self.data_dir, self.module)).unwrap_or_default();
        let ran = history.lines().rev().filter_map(|line| line.split(' ').nth(1));
        // An operator who went back to the baseline does not want an earlier version.
        let mut versions = ran.take_while(|version| *version != registry::BASELINE);
        let version = versions.find(|version| {
            *version != refused
                && registry::is_version(version)
                && !self.has_crashed(version)
                && load::load(&self.data_dir, self.module, version, &self.trust).is_ok_and(|loaded| {
                    watched.cell.swap(Some(Arc::new(loaded)));
                    true
                })
        })?;
        Some(version.to_owned())
    }
}

/// File of the versions that were live, one line each: `<Unix milliseconds> <version, or baseline>`.
#[must_use]
pub fn history_path(data_dir: &Path, module: Module) -> PathBuf {
    registry::folder(data_dir).join(format!("{}.history", module_name(module)))
}

/// The versions that crashed the agent before this start.
fn crashed_versions(data_dir: &Path, module: Module) -> Vec<String> {
    let text = fs::read_to_string(crash_path(data_dir, module)).unwrap_or_default();
    text.lines().filter(|line| registry::is_version(line)).map(str::to_owned).collect()
}

/// Best effort: the history is for people and for the fallback.
fn add_to_history(data_dir: &Path, module: Module, version: &str) {
    let file = OpenOptions::new().create(true).append(true).open(history_path(data_dir, module));
    let _ = file.and_then(|mut file| writeln!(file, "{} {version}", topic_log::clock::now_ns() / 1_000_000));
}
