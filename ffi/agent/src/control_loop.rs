//! The thread that obeys: commands and desired states from the log, the kill signal; it also writes the status
//! file.

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use control::agent_control::AgentControl;
use control::client::COMMANDS_TOPIC;
use control::desired_state::{self, Found, SignedState};
use control::live_policy::InForce;
use control::signed::Signed;
use serde_json::Value;
use topic_log::disk::{self, PreallocatedFile};
use topic_log::format::{self, Batch, Record, StoredRecord};
use topic_log::stderr::log_line;
use topic_log::{Durability, Log, LogError, Read, Topic, TopicOptions};
use wire::control::Module;
use wire::jobs::Receipt;
use wire::prost::Message;

use super::reports::Reports;
use super::shared::{POLL_INTERVAL, Shared, locked};

const RECEIPTS_TOPIC: &str = wire::topics::CONTROL_RECEIPTS_PROTO;
/// How often the status file is written while nothing of its [`Subject`] changes.
const STATUS_INTERVAL: Duration = Duration::from_millis(250);
/// How long a desired state waits for its own command, whose receipt says more.
const COMMAND_GRACE: Duration = Duration::from_millis(500);

/// The control loop of one agent.
pub(super) struct ControlLoop<'a, V, S> {
    pub(super) shared: &'a Shared,
    pub(super) control: &'a AgentControl,
    pub(super) receipts: &'a Receipts,
    /// For other hosts, if there are any.
    pub(super) reports: Option<Reports>,
    /// Gives the models in force.
    pub(super) versions: V,
    /// Gives the whole status.
    pub(super) status: S,
}

impl<V: Fn() -> Versions, S: Fn() -> Value> ControlLoop<'_, V, S> {
    /// Reads commands from the log, checks for the kill signal, and writes the status every
    /// `STATUS_INTERVAL`, and at once when another policy or model is in force: a reader that asks after a
    /// kill or a deployment must not see the old state.
    pub(super) fn run(&mut self, data_dir: &Path, status_path: &Path) {
        let topic = open_commands(data_dir);
        // A first start obeys commands from now on, not past ones.
        let mut offset = match (self.control.offset(), &topic) {
            (0, Some(topic)) => topic.end(),
            (offset, _) => offset,
        };
        let mut states = DesiredStates::open(data_dir, self.control.module());
        let mut schedule = StatusSchedule::default();
        let mut status_file =
            StatusFile { file: PreallocatedFile::open(status_path.to_owned(), STATUS_BYTES), failed: false };
        while !self.shared.finished.load(Relaxed) {
            match &topic {
                Some(topic) if topic.wait(offset, POLL_INTERVAL) => {
                    offset = obey_log(topic, offset, self.control, self.receipts);
                }
                Some(_) => {}
                None => std::thread::sleep(POLL_INTERVAL),
            }
            if let Some(receipt) = self.control.take_kill() {
                self.receipts.append(&receipt);
            }
            if let Some(receipt) = states.due().and_then(|desired| self.control.adopt(&desired)) {
                self.receipts.append(&receipt);
            }
            if schedule.is_due((self.control.live.in_force(), (self.versions)()), Instant::now()) {
                self.write_status(&mut status_file);
            }
        }
        self.write_status(&mut status_file);
    }

    fn write_status(&mut self, file: &mut StatusFile) {
        let status = (self.status)();
        file.write(&status);
        if let Some(reports) = &mut self.reports {
            reports.send(&status, self.control);
        }
    }
}

/// The topic of commands; `None`, which is logged, leaves the socket and the signal.
fn open_commands(data_dir: &Path) -> Option<Topic> {
    let topic = Log::open(&data_dir.join("log"))
        .and_then(|log| log.topic(COMMANDS_TOPIC, TopicOptions::default(), true));
    topic
        .inspect_err(|error| {
            log_line(&format!("Cannot read commands from the log, the socket still works: {error}"))
        })
        .ok()
}

/// The model that scores, and the shadow model.
pub(super) type Versions = [Option<Arc<str>>; 2];
/// The part of a status whose change is written at once.
type Subject = (InForce, Versions);

/// When a status must be written.
#[derive(Default)]
struct StatusSchedule {
    last_written: Option<Written>,
}

/// A status that was written.
struct Written {
    subject: Subject,
    at: Instant,
}

impl StatusSchedule {
    /// Whether a status must be written now; if so, it counts as written.
    fn is_due(&mut self, subject: Subject, now: Instant) -> bool {
        let is_recent = |last: &Written| last.subject == subject && now < last.at + STATUS_INTERVAL;
        let due = !self.last_written.as_ref().is_some_and(is_recent);
        if due {
            self.last_written = Some(Written { subject, at: now });
        }
        due
    }
}

/// An agent's status file. It works on a full disk too: a page that shows the old status would not show a
/// kill.
struct StatusFile {
    file: PreallocatedFile,
    failed: bool,
}

const STATUS_BYTES: usize = 8 << 10;

impl StatusFile {
    /// Best effort: a failure is logged when it begins.
    fn write(&mut self, status: &Value) {
        let written = self.file.write(status.to_string());
        if let (Err(error), false) = (&written, self.failed) {
            log_line(&format!("Cannot write {}: {}", self.file.path().display(), disk::why(error)));
        }
        self.failed = written.is_err();
    }
}

/// The desired state of one module, as it changes on the log.
struct DesiredStates {
    topic: Option<Topic>,
    module: Module,
    offset: u64,
    waiting: Option<Waiting>,
}

/// A state that waits for its own command.
struct Waiting {
    state: SignedState,
    since: Instant,
}

impl DesiredStates {
    fn open(data_dir: &Path, module: Module) -> DesiredStates {
        let topic = desired_state::open(data_dir);
        if let Err(error) = &topic {
            log_line(&format!("Cannot read the desired state from the log: {error}"));
        }
        DesiredStates { topic: topic.ok(), module, offset: 0, waiting: None }
    }

    /// A state that arrived a while ago, returned once: its command had time to come first.
    fn due(&mut self) -> Option<SignedState> {
        if let Some(topic) = self.topic.as_ref().filter(|topic| topic.end() > self.offset) {
            match desired_state::newest(topic, self.module, self.offset) {
                Ok(Found { state, next_offset }) => {
                    // What was desired before this start does not need to wait.
                    let now = Instant::now();
                    let since = if self.offset == 0 { now.checked_sub(COMMAND_GRACE) } else { Some(now) };
                    let found = state.zip(since).map(|(state, since)| Waiting { state, since });
                    self.waiting = found.or(self.waiting.take());
                    self.offset = next_offset;
                }
                Err(error) => {
                    log_line(&format!("Cannot read the desired state from the log: {error}"));
                    self.topic = None;
                }
            }
        }
        let due = self.waiting.as_ref().is_some_and(|waiting| waiting.since.elapsed() >= COMMAND_GRACE);
        if due { self.waiting.take().map(|waiting| waiting.state) } else { None }
    }
}

/// Obeys every command from `offset` on; returns the offset of the next one.
fn obey_log(topic: &Topic, offset: u64, control: &AgentControl, receipts: &Receipts) -> u64 {
    let (mut reader, mut out) = (topic.reader(offset), Vec::new());
    loop {
        out.clear();
        match reader.read(&mut out, 1 << 16) {
            Ok(Read::Gap(_)) => continue,
            Ok(Read::Records(0)) => break,
            Ok(Read::Records(_)) => {}
            Err(error) => {
                log_line(&format!("Cannot read commands from the log: {error}"));
                break;
            }
        }
        let mut at = 0;
        while at < out.len() {
            let len = format::u32_at(&out, at) as usize;
            if let Some(record) = StoredRecord::parse(&out[at..at + len]) {
                let signed = Signed::from_record(&record);
                // A command that the socket delivered first was answered then.
                let known = signed.command().is_ok_and(|command| control.has_answered(&command.request_id));
                if !known && let Some(receipt) = control.obey(&signed, false) {
                    receipts.append(&receipt);
                }
            }
            at += len;
        }
    }
    let next = reader.offset();
    if next != offset {
        control.set_offset(next);
    }
    next
}

/// Where receipts are written, in the order they were given.
pub(super) struct Receipts {
    topic: Mutex<Topic>,
}

impl Receipts {
    pub(super) fn open(data_dir: &Path, options: TopicOptions) -> Result<Arc<Receipts>, LogError> {
        let log = Log::open(&data_dir.join("log"))?;
        let topic = log.topic(RECEIPTS_TOPIC, options, true)?;
        Ok(Arc::new(Receipts { topic: Mutex::new(topic) }))
    }

    /// Best effort: a sender on the socket already has it, and a full disk must not stop a kill.
    pub(super) fn append(&self, receipt: &Receipt) {
        let mut batch = Batch::default();
        let record = Record {
            key: Some(receipt.module.as_bytes()),
            value: Some(&receipt.encode_to_vec()),
            headers: &[],
            timestamp_ms: i64::try_from(receipt.applied_ns / 1_000_000).unwrap_or(i64::MAX),
        };
        let written =
            batch.push(&record).and_then(|()| locked(&self.topic).append(&mut batch, Durability::Group));
        if let Err(error) = written {
            log_line(&format!("Cannot put the receipt of {} on the log: {error}", receipt.request_id));
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::policy::Policy;

    use super::*;
    use control::live_policy::LivePolicy;

    #[test]
    fn a_status_is_due_at_once_when_the_policy_or_a_model_changes_and_otherwise_after_its_interval() {
        let (mut schedule, live, begin) = (StatusSchedule::default(), LivePolicy::default(), Instant::now());
        let mut due = |models: [Option<&str>; 2], ms: u64| {
            let subject = (live.in_force(), models.map(|version| version.map(Arc::from)));
            schedule.is_due(subject, begin + Duration::from_millis(ms))
        };
        assert!(due([None, None], 0), "the first one");
        assert!(!due([None, None], 249));
        assert!(due([None, None], 250));
        live.set(&Policy { killed: true, ..Policy::default() }, false);
        assert!(due([None, None], 251), "a kill");
        assert!(!due([None, None], 252), "once");
        live.set(&Policy { killed: true, throttle_pct: 5, ..Policy::default() }, false);
        assert!(due([None, None], 253), "another policy");
        assert!(due([Some("a"), None], 254), "another model");
        assert!(due([Some("a"), Some("b")], 255), "another shadow");
        assert!(due([Some("b"), None], 256), "the shadow goes live");
        assert!(!due([Some("b"), None], 505));
        assert!(due([Some("b"), None], 506));
    }
}
