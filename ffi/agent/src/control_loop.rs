//! The thread that obeys: commands and wanted states from the log, the kill signal; it also writes the status
//! file.

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use control::agent_control::Control;
use control::client::COMMANDS_TOPIC;
use control::command::Signed;
use control::desired_state::{self, SignedState};
use control::live_policy::InForce;
use serde_json::Value;
use topic_log::disk::{self, KeptFile};
use topic_log::format::{self, Batch, Record, StoredRecord};
use topic_log::stderr::say;
use topic_log::{Durability, Log, LogError, Read, Topic, TopicOptions};
use wire::control::Module;
use wire::jobs::Receipt;
use wire::prost::Message;

use super::reports::Reports;
use super::shared::{Shared, WATCH, locked};

const RECEIPTS_TOPIC: &str = wire::topics::CONTROL_RECEIPTS_PROTO;
/// How often the status file is written while nothing of its [`Subject`] changes.
const STATUS_EVERY: Duration = Duration::from_millis(250);
/// How long a wanted state waits for its own command, whose receipt says more.
const COMMAND_FIRST: Duration = Duration::from_millis(500);

/// Reads commands from the log, checks for the kill signal, and writes the status every `STATUS_EVERY`, and
/// at once when another policy or model is in force: a reader that asks after a kill or a deployment must not
/// see the old state.
pub(super) fn watch(
    shared: &Shared,
    control: &Control,
    receipts: &Receipts,
    status_path: &Path,
    mut reports: Option<Reports>,
    versions: impl Fn() -> Versions,
    status: impl Fn() -> Value,
) {
    let folder = status_path.parent().and_then(Path::parent).unwrap_or(Path::new("."));
    let topic = Log::open(&folder.join("log"))
        .and_then(|log| log.topic(COMMANDS_TOPIC, TopicOptions::default(), true));
    let topic = match topic {
        Ok(topic) => Some(topic),
        Err(error) => {
            say(&format!("Cannot read commands from the log, the socket still works: {error}"));
            None
        }
    };
    // A first start obeys commands from now on, not past ones.
    let mut offset = match (control.offset(), &topic) {
        (0, Some(topic)) => topic.end(),
        (offset, _) => offset,
    };
    let mut states = States::open(folder, control.module());
    let mut told = Told::default();
    let mut status_file =
        StatusFile { file: KeptFile::open(status_path.to_owned(), STATUS_BYTES), failed: false };
    while !shared.finished.load(Relaxed) {
        match &topic {
            Some(topic) if topic.wait(offset, WATCH) => offset = obey_log(topic, offset, control, receipts),
            Some(_) => {}
            None => std::thread::sleep(WATCH),
        }
        if let Some(receipt) = control.take_kill() {
            receipts.append(&receipt);
        }
        if let Some(receipt) = states.due().and_then(|wanted| control.adopt(&wanted)) {
            receipts.append(&receipt);
        }
        if told.is_due((control.live.in_force(), versions()), Instant::now()) {
            let status = status();
            status_file.write(&status);
            if let Some(reports) = &mut reports {
                reports.tell(&status, control);
            }
        }
    }
    let status = status();
    status_file.write(&status);
    if let Some(reports) = &mut reports {
        reports.tell(&status, control);
    }
}

/// The model that scores, and the shadow model.
pub(super) type Versions = [Option<Arc<str>>; 2];
/// The part of a status whose change is written at once.
type Subject = (InForce, Versions);

/// The last status written.
#[derive(Default)]
struct Told(Option<(Subject, Instant)>);

impl Told {
    /// Whether a status must be written now; if so, it counts as written.
    fn is_due(&mut self, subject: Subject, now: Instant) -> bool {
        let due = !self.0.as_ref().is_some_and(|(told, at)| *told == subject && now < *at + STATUS_EVERY);
        if due {
            self.0 = Some((subject, now));
        }
        due
    }
}

/// An agent's status file. It works on a full disk too: a page that shows the old status would not show a
/// kill.
struct StatusFile {
    file: KeptFile,
    failed: bool,
}

const STATUS_BYTES: usize = 8 << 10;

impl StatusFile {
    /// Best effort: a failure is logged when it begins.
    fn write(&mut self, status: &Value) {
        let written = self.file.write(status.to_string());
        if let (Err(error), false) = (&written, self.failed) {
            say(&format!("Cannot write {}: {}", self.file.path().display(), disk::why(error)));
        }
        self.failed = written.is_err();
    }
}

/// The wanted state of one module, as it changes on the log.
struct States {
    topic: Option<Topic>,
    module: Module,
    offset: u64,
    waiting: Option<(SignedState, Instant)>,
}

impl States {
    fn open(data_dir: &Path, module: Module) -> States {
        let topic = desired_state::open(data_dir);
        if let Err(error) = &topic {
            say(&format!("Cannot read the wanted state from the log: {error}"));
        }
        States { topic: topic.ok(), module, offset: 0, waiting: None }
    }

    /// A state that arrived a while ago, returned once: its command had time to come first.
    fn due(&mut self) -> Option<SignedState> {
        if let Some(topic) = self.topic.as_ref().filter(|topic| topic.end() > self.offset) {
            match desired_state::newest(topic, self.module, self.offset) {
                Ok((found, offset)) => {
                    // What was wanted before this start does not need to wait.
                    let since = if self.offset == 0 { None } else { Some(Instant::now()) };
                    let begin = since.or_else(|| Instant::now().checked_sub(COMMAND_FIRST));
                    self.waiting = found.zip(begin).or(self.waiting.take());
                    self.offset = offset;
                }
                Err(error) => {
                    say(&format!("Cannot read the wanted state from the log: {error}"));
                    self.topic = None;
                }
            }
        }
        let due = self.waiting.as_ref().is_some_and(|(_, since)| since.elapsed() >= COMMAND_FIRST);
        if due { self.waiting.take().map(|(state, _)| state) } else { None }
    }
}

/// Obeys every command from `offset` on; returns the offset of the next one.
fn obey_log(topic: &Topic, offset: u64, control: &Control, receipts: &Receipts) -> u64 {
    let (mut reader, mut out) = (topic.reader(offset), Vec::new());
    loop {
        out.clear();
        match reader.read(&mut out, 1 << 16) {
            Ok(Read::Gap(_)) => continue,
            Ok(Read::Records(0)) => break,
            Ok(Read::Records(_)) => {}
            Err(error) => {
                say(&format!("Cannot read commands from the log: {error}"));
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
            say(&format!("Cannot put the receipt of {} on the log: {error}", receipt.request_id));
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::policy::Policy;

    use super::*;
    use control::live_policy::Live;

    #[test]
    fn a_status_is_due_at_once_when_another_policy_or_model_is_in_force_and_else_after_a_while() {
        let (mut told, live, begin) = (Told::default(), Live::default(), Instant::now());
        let mut due = |models: [Option<&str>; 2], ms: u64| {
            let subject = (live.in_force(), models.map(|version| version.map(Arc::from)));
            told.is_due(subject, begin + Duration::from_millis(ms))
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
