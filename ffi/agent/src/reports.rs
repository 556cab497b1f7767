//! An agent's reports to other hosts: its signed status, on a topic that the link sends to Kafka.

use std::path::Path;
use std::time::{Duration, Instant};

use control::agent_control::AgentControl;
use serde_json::Value;
use topic_log::clock::now_ms;
use topic_log::format::{Batch, Record};
use topic_log::stderr::log_line;
use topic_log::{Durability, Log, LogError, Topic, TopicOptions};
use wire::prost::Message;

/// The reports' topic.
pub const REPORTS_TOPIC: &str = wire::topics::AGENT_STATUS_PROTO;
/// Reporting interval while nothing in [`REPORTED_AT_ONCE`] changes.
const INTERVAL: Duration = Duration::from_secs(5);
/// Changes of these fields are reported to other hosts at once.
const REPORTED_AT_ONCE: [&str; 7] =
    ["state", "error", "policy_hash", "killed", "model", "shadow_model", "model_refused"];
/// Only the newest report counts, here as on Kafka.
const OPTIONS: TopicOptions = TopicOptions {
    segment_bytes: 1 << 20,
    retention_bytes: 4 << 20,
    retention_age: Duration::from_secs(24 * 3600),
};

/// The reports of one agent.
pub(super) struct Reports {
    topic: Topic,
    last_sent: Option<SentReport>,
    failed: bool,
}

/// A report that was sent.
struct SentReport {
    /// The values of [`REPORTED_AT_ONCE`].
    values: Vec<Value>,
    at: Instant,
}

impl Reports {
    pub(super) fn open(data_dir: &Path) -> Result<Reports, LogError> {
        let log = Log::open(&data_dir.join("log"))?;
        let topic = log.topic(REPORTS_TOPIC, OPTIONS, true)?;
        Ok(Reports { topic, last_sent: None, failed: false })
    }

    /// Appends `status` to the log when it is due. Best effort: the next report is more recent.
    pub(super) fn send(&mut self, status: &Value, control: &AgentControl) {
        let values: Vec<Value> = REPORTED_AT_ONCE.iter().map(|name| status[name].clone()).collect();
        if self.last_sent.as_ref().is_some_and(|last| last.values == values && last.at.elapsed() < INTERVAL) {
            return;
        }
        let report = control.report(status.to_string().into_bytes());
        let mut batch = Batch::default();
        let record = Record {
            key: Some(report.instance.as_bytes()),
            value: Some(&report.encode_to_vec()),
            headers: &[],
            timestamp_ms: i64::try_from(now_ms()).unwrap_or(i64::MAX),
        };
        let written = batch.push(&record).and_then(|()| self.topic.append(&mut batch, Durability::None));
        if let (Err(error), false) = (&written, self.failed) {
            log_line(&format!("Cannot report this agent to other hosts: {error}"));
        }
        self.failed = written.is_err();
        self.last_sent = Some(SentReport { values, at: Instant::now() });
    }
}
