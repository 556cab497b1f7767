//! The thread that swaps models: it watches the models' folder, loads what the symlinks name, and reports the
//! result. It never waits for the hot thread, nor the hot thread for it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use control::names::module_name;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify;
use topic_log::stderr::{Level, say_at};
use wire::control::Module;

use super::error::{LinkError, Unusable};
use super::foreign;
use super::load::{self, Trust};
use super::registry::{self, Link, crash_path};
use super::slot::Slot;

/// How long the folder must be quiet before it is read.
const DEBOUNCE: Duration = Duration::from_millis(3);
/// How often it is read without any notification: inotify may miss a change, and does not work on a network
/// file system.
const LOOK: Duration = Duration::from_millis(1_000);
/// Number of checks during which a foreign model has not finished one call, after which it is considered
/// stuck. Counted, not timed: a host that was suspended makes no checks.
const STUCK_TICKS: u32 = 10;
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

/// The call without an answer at the last check, and the number of earlier checks with the same call.
#[derive(Default)]
struct Unanswered {
    call: Option<OpenCall>,
    looks: u32,
}

impl Unanswered {
    /// Records what a check found; returns the version if its call is considered stuck.
    fn look(&mut self, now: Option<OpenCall>) -> Option<Arc<str>> {
        self.looks = if now.is_some() && now == self.call { self.looks + 1 } else { 0 };
        self.call = now;
        self.call.as_ref().filter(|_| self.looks >= STUCK_TICKS).map(|(version, _)| Arc::clone(version))
    }
}

/// A version and the number of a call into its own code.
type OpenCall = (Arc<str>, u64);

/// A link's target, the state of its file, and the request: a change of any of them is handled again.
type Seen = (Wanted, Option<(u64, SystemTime)>, String);

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
                notify = watch(&folder);
                self.look(&mut tell);
            }
            let news = match &notify {
                Some(notify) => wait(notify, TICK),
                None => {
                    std::thread::sleep(TICK);
                    false
                }
            };
            if news {
                // A deployment consists of several changes; the last one counts.
                while notify.as_ref().is_some_and(|notify| wait(notify, DEBOUNCE)) {}
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
            let wanted = Wanted::of(registry::wanted(&self.data_dir, self.module, link));
            let file = wanted.version().and_then(|version| {
                let path = registry::artefact_path(&self.data_dir, self.module, version);
                let metadata = fs::metadata(path).ok()?;
                Some((metadata.len(), metadata.modified().ok()?))
            });
            let request_id = match &wanted {
                Wanted::Version(version) if link == Link::Latest => {
                    let version = version.as_deref().unwrap_or(registry::BASELINE);
                    registry::request(&self.data_dir, self.module, version)
                }
                _ => String::new(),
            };
            // If the same version is deployed again, it is answered again.
            let is_same = |(known, known_file, known_request): &Seen| {
                *known == wanted
                    && *known_file == file
                    && (request_id.is_empty() || *known_request == request_id)
            };
            if self.seen[at].as_ref().is_some_and(is_same) {
                continue;
            }
            let first = self.seen[at].replace((wanted.clone(), file, request_id.clone())).is_none();
            let slot = if link == Link::Latest { &self.live } else { &self.shadow };
            let state = if link == Link::Latest { "live" } else { "shadow" };
            let told = |version: String, state, reason| Told {
                version,
                state,
                reason,
                request_id: request_id.clone(),
            };
            match wanted {
                Wanted::Broken(reason) => tell(told(String::new(), "refused", reason)),
                Wanted::Version(None) => {
                    let ran = slot.version().is_some();
                    slot.swap(None);
                    if link == Link::Shadow {
                        if !first {
                            tell(told(String::new(), "none", "no model is in shadow".to_owned()));
                        }
                        continue;
                    }
                    if ran {
                        remember(&self.data_dir, self.module, registry::BASELINE);
                    }
                    if !first {
                        tell(told(registry::BASELINE.to_owned(), state, String::new()));
                    }
                }
                // Overwritten or deployed again: the running model is a copy of what was signed.
                Wanted::Version(Some(version))
                    if slot.version().as_deref() == Some(&version) && file.is_some() =>
                {
                    tell(self.again(version, state, &request_id));
                }
                Wanted::Version(Some(version)) => match self.load(&version, link) {
                    Ok(loaded) => {
                        slot.swap(Some(Arc::new(loaded)));
                        tell(told(version, state, String::new()));
                    }
                    Err(reason) => {
                        // A version that crashed an agent must not be what the next start falls back to.
                        if slot.version().is_none()
                            && first
                            && let Some(older) = self.fall_back(&version, link)
                        {
                            tell(told(version, "refused", format!("{reason}; {older} runs instead")));
                        } else {
                            tell(told(version, "refused", reason.to_string()));
                        }
                    }
                },
            }
        }
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

fn watch(folder: &Path) -> Option<std::os::fd::OwnedFd> {
    let notify = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK).ok()?;
    let changes = inotify::WatchFlags::CREATE
        | inotify::WatchFlags::MOVED_TO
        | inotify::WatchFlags::DELETE
        | inotify::WatchFlags::CLOSE_WRITE;
    inotify::add_watch(&notify, folder, changes).ok()?;
    Some(notify)
}

/// Whether anything changed within the time; what changed does not matter.
fn wait(notify: &std::os::fd::OwnedFd, limit: Duration) -> bool {
    let mut fds = [PollFd::new(notify, PollFlags::IN)];
    let limit = Timespec { tv_sec: 0, tv_nsec: limit.subsec_nanos().into() };
    if !poll(&mut fds, Some(&limit)).is_ok_and(|ready| ready > 0) {
        return false;
    }
    let mut room = [0_u8; 4_096];
    while rustix::io::read(notify.as_fd(), &mut room).is_ok_and(|read| read > 0) {}
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_given_up_a_second_after_it_was_first_seen_open_and_no_other() {
        let call = |version: &str, number| Some((Arc::from(version), number));
        let mut open = Unanswered::default();
        // Seen once, then ten checks of 100 ms.
        for look in 0..10 {
            assert_eq!(open.look(call("a", 7)), None, "look {look}");
        }
        assert_eq!(open.look(call("a", 7)).as_deref(), Some("a"));
        for other in [call("a", 8), call("b", 8), None, call("b", 8)] {
            assert_eq!(open.look(other), None, "another call begins at nothing");
        }
        for _ in 0..100 {
            assert_eq!(open.look(None), None, "nobody waits");
        }
    }
}
