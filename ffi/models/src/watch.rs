//! The thread that swaps models: it watches the models' folder, loads what the symlinks name, and reports the
//! result. It never waits for the hot thread, nor the hot thread for it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use control::names::module_name;
use topic_log::stderr::{Level, say_at};
use wire::control::Module;

use super::changes::Changes;
use super::error::{LinkError, Unusable};
use super::foreign;
use super::load::{self, Trust};
use super::registry::{self, Link, crash_path};
use super::slot::Slot;
use super::unanswered::{STUCK_TICKS, Unanswered};

/// How long the folder must be quiet before it is read.
const DEBOUNCE: Duration = Duration::from_millis(3);
/// How often it is read without any notification: inotify may miss a change, and does not work on a network
/// file system.
const LOOK: Duration = Duration::from_millis(1_000);
/// Maximum delay of a stop.
const TICK: Duration = Duration::from_millis(100);

/// A version's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
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
    live: Arc<Slot>,
    shadow: Arc<Slot>,
    /// What was last seen, by link.
    seen: [Option<Seen>; 2],
    /// Versions that crashed this agent before.
    bad: Vec<String>,
    /// Calls without an answer, of both slots.
    open: [Unanswered; 2],
}

/// A selection at one moment: a change of any of it is handled again.
#[derive(Clone)]
struct Seen {
    wanted: Wanted,
    /// Of the version's file; `None` if there is none.
    file: Option<FileState>,
    /// "" for none.
    request_id: String,
}

impl Seen {
    /// Whether `now` needs no handling after this was. If the same version is deployed again by another
    /// request, that one is answered.
    fn covers(&self, now: &Seen) -> bool {
        self.wanted == now.wanted
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

/// What a link asks for. Comparable, so an error is kept as its text.
#[derive(Clone, PartialEq)]
enum Wanted {
    Version(Option<String>),
    Broken(String),
}

impl Wanted {
    fn of(asked: Result<Option<String>, LinkError>) -> Wanted {
        asked.map_or_else(|why| Wanted::Broken(why.to_string()), Wanted::Version)
    }

    fn version(&self) -> Option<&str> {
        match self {
            Wanted::Version(version) => version.as_deref(),
            Wanted::Broken(_) => None,
        }
    }
}

impl Watcher {
    /// Loads the selected models immediately, so that an agent starts with them.
    pub fn new(
        data_dir: &Path,
        module: Module,
        trust: Trust,
        live: Arc<Slot>,
        shadow: Arc<Slot>,
        mut tell: impl FnMut(Told),
    ) -> Watcher {
        let bad = crashed(data_dir, module);
        let data_dir = data_dir.to_owned();
        let (seen, open) = ([None, None], Default::default());
        let mut watcher = Watcher { data_dir, module, trust, live, shadow, seen, bad, open };
        watcher.look(&mut tell);
        watcher
    }

    /// Watches until `stop` returns true.
    pub fn run(mut self, stop: impl Fn() -> bool, mut tell: impl FnMut(Told)) {
        let folder = registry::folder(&self.data_dir);
        let mut notify = None;
        let mut since = Duration::ZERO;
        while !stop() {
            if notify.is_none() {
                // Made here, so that there is something to watch before the first model arrives. Its parent
                // is not made: a data folder that is gone must not be recreated.
                let _ = fs::DirBuilder::new().mode(0o700).create(&folder);
                notify = Changes::of(&folder);
                self.look(&mut tell);
            }
            let news = match &notify {
                Some(notify) => notify.wait(TICK),
                None => {
                    std::thread::sleep(TICK);
                    false
                }
            };
            if news {
                // A deployment consists of several changes; the last one counts.
                while notify.as_ref().is_some_and(|notify| notify.wait(DEBOUNCE)) {}
            }
            since += TICK;
            if news || since >= LOOK {
                since = Duration::ZERO;
                self.look(&mut tell);
            }
            self.reap(&mut tell);
            if !news {
                self.give_up_when_stuck();
            }
        }
    }

    /// A foreign model that does not return blocks the thread that decides, so only the process can be ended.
    /// The next start continues with the previous model.
    fn give_up_when_stuck(&mut self) {
        for (slot, open) in [&self.live, &self.shadow].into_iter().zip(&mut self.open) {
            if let Some(version) = open.look(slot.open_call()) {
                let seconds = f64::from(STUCK_TICKS) * TICK.as_secs_f64();
                say_at(
                    Level::Error,
                    &format!(
                        "Model {version} of {} has not answered for {seconds} s: this agent ends and starts on the model before",
                        module_name(self.module)
                    ),
                );
                foreign::give_up(&version);
            }
        }
    }

    fn reap(&self, tell: &mut impl FnMut(Told)) {
        for version in self.live.reap().into_iter().chain(self.shadow.reap()) {
            tell(Told {
                version: version.to_string(),
                state: "reaped",
                reason: String::new(),
                request_id: String::new(),
            });
        }
    }

    /// Puts selections in force that were not handled yet.
    fn look(&mut self, tell: &mut impl FnMut(Told)) {
        for (at, link) in [Link::Latest, Link::Shadow].into_iter().enumerate() {
            let now = self.selection(link);
            if self.seen[at].as_ref().is_some_and(|seen| seen.covers(&now)) {
                continue;
            }
            let first = self.seen[at].replace(now.clone()).is_none();
            if let Some(told) = self.put_in_force(link, now, first) {
                tell(told);
            }
        }
    }

    /// What is selected now.
    fn selection(&self, link: Link) -> Seen {
        let wanted = Wanted::of(registry::wanted(&self.data_dir, self.module, link));
        let file = wanted.version().and_then(|version| {
            let path = registry::artefact_path(&self.data_dir, self.module, version);
            let metadata = fs::metadata(path).ok()?;
            Some(FileState { len: metadata.len(), modified: metadata.modified().ok()? })
        });
        let request_id = match &wanted {
            Wanted::Version(version) if link == Link::Latest => {
                let version = version.as_deref().unwrap_or(registry::BASELINE);
                registry::request(&self.data_dir, self.module, version)
            }
            _ => String::new(),
        };
        Seen { wanted, file, request_id }
    }

    /// Makes the slot hold what is selected; returns the answer, if there is one. `first`: at a start.
    fn put_in_force(&self, link: Link, selected: Seen, first: bool) -> Option<Told> {
        let Seen { wanted, file, request_id } = selected;
        let slot = self.slot(link);
        let state = if link == Link::Latest { "live" } else { "shadow" };
        match wanted {
            Wanted::Broken(reason) => {
                Some(Told { version: String::new(), state: "refused", reason, request_id })
            }
            Wanted::Version(None) => {
                let told = self.put_nothing_in_force(link, request_id);
                if first { None } else { Some(told) }
            }
            // Overwritten or deployed again: the running model is a copy of what was signed.
            Wanted::Version(Some(version))
                if slot.version().as_deref() == Some(&version) && file.is_some() =>
            {
                Some(self.again(version, state, &request_id))
            }
            Wanted::Version(Some(version)) => {
                let refused = match self.load(&version, link) {
                    Ok(loaded) => {
                        slot.swap(Some(Arc::new(loaded)));
                        return Some(Told { version, state, reason: String::new(), request_id });
                    }
                    Err(why) => why.to_string(),
                };
                // A version that crashed an agent must not be what the next start falls back to.
                let empty_start = first && slot.version().is_none();
                let older = if empty_start { self.fall_back(&version, link) } else { None };
                let reason = match older {
                    Some(older) => format!("{refused}; {older} runs instead"),
                    None => refused,
                };
                Some(Told { version, state: "refused", reason, request_id })
            }
        }
    }

    /// Empties the slot, for the baseline or without a shadow.
    fn put_nothing_in_force(&self, link: Link, request_id: String) -> Told {
        let slot = self.slot(link);
        let ran = slot.version().is_some();
        slot.swap(None);
        if link == Link::Shadow {
            let reason = "no model is in shadow".to_owned();
            return Told { version: String::new(), state: "none", reason, request_id };
        }
        if ran {
            remember(&self.data_dir, self.module, registry::BASELINE);
        }
        let version = registry::BASELINE.to_owned();
        Told { version, state: "live", reason: String::new(), request_id }
    }

    fn slot(&self, link: Link) -> &Slot {
        if link == Link::Latest { &self.live } else { &self.shadow }
    }

    /// The version in force was selected again: it stays, unless its file is not what was signed any more.
    fn again(&self, version: String, state: &'static str, request_id: &str) -> Told {
        let intact = load::verify(&self.data_dir, self.module, &version, &self.trust);
        let (state, reason) = match intact {
            Ok(_) => (state, String::new()),
            Err(reason) => ("refused", format!("{reason}; what runs was read before that")),
        };
        Told { version, state, reason, request_id: request_id.to_owned() }
    }

    fn load(&self, version: &str, link: Link) -> Result<load::Loaded, Unusable> {
        if self.bad.iter().any(|bad| bad == version) {
            return Err(Unusable::Crashed(crash_path(&self.data_dir, self.module)));
        }
        let loaded = load::load(&self.data_dir, self.module, version, &self.trust)?;
        if link == Link::Latest {
            remember(&self.data_dir, self.module, version);
        }
        Ok(loaded)
    }

    /// For a start whose version cannot be used: the latest version that ran before and is still usable.
    fn fall_back(&self, refused: &str, link: Link) -> Option<String> {
        if link != Link::Latest {
            return None;
        }
        let ran = fs::read_to_string(history_path(&self.data_dir, self.module)).unwrap_or_default();
        let ran = ran.lines().rev().filter_map(|line| line.split(' ').nth(1));
        // An operator who went back to the baseline does not want an earlier version.
        let mut versions = ran.take_while(|version| *version != registry::BASELINE);
        let version = versions.find(|version| {
            *version != refused
                && registry::is_version(version)
                && !self.bad.iter().any(|bad| bad == version)
                && load::load(&self.data_dir, self.module, version, &self.trust).is_ok_and(|loaded| {
                    self.live.swap(Some(Arc::new(loaded)));
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
fn crashed(data_dir: &Path, module: Module) -> Vec<String> {
    let text = fs::read_to_string(crash_path(data_dir, module)).unwrap_or_default();
    text.lines().filter(|line| registry::is_version(line)).map(str::to_owned).collect()
}

/// Best effort: the history is for people and for the fallback.
fn remember(data_dir: &Path, module: Module, version: &str) {
    let file = OpenOptions::new().create(true).append(true).open(history_path(data_dir, module));
    let _ = file.and_then(|mut file| writeln!(file, "{} {version}", topic_log::clock::now_ns() / 1_000_000));
}
