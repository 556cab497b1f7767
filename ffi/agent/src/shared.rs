//! State shared by the threads of an agent.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::decision::{Decision, Kind};
use engine::strategy::paper::Outcome;
use sources::file::SourceCounts;
use topic_log::LogError;
use topic_log::stderr::log_line;

use super::funnel::Funnel;
use crate::latency::Latency;
use crate::publisher::Published;

/// How often the control loop checks for a kill signal; the kill switch itself works immediately.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// What the decision loop passes to the publisher after an event.
#[derive(Default)]
pub(super) struct Work {
    pub(super) decisions: Vec<Decision>,
    pub(super) outcomes: Vec<Outcome>,
}

/// Decisions of each kind.
#[derive(Default)]
pub(super) struct KindCounters([AtomicU64; Kind::OpenArbitrage as usize + 1]);

impl KindCounters {
    pub(super) fn add(&self, kind: Kind) {
        self.0[kind as usize].fetch_add(1, Relaxed);
    }

    pub(super) fn get(&self, kind: Kind) -> u64 {
        self.0[kind as usize].load(Relaxed)
    }
}

/// An outcome on the log, for the metrics of the last hour.
pub(super) struct PublishedOutcome {
    pub(super) at: Instant,
    pub(super) landed: bool,
    pub(super) gain_lamports: i64,
}

/// What the threads of an agent share.
pub(super) struct Shared {
    pub(super) started: Instant,
    pub(super) stop: AtomicBool,
    pub(super) finished: AtomicBool,
    pub(super) decisions: KindCounters,
    pub(super) published: AtomicU64,
    /// How many of them are opportunities.
    pub(super) opportunities: AtomicU64,
    /// Outcomes on the log with landed = true.
    pub(super) landed: AtomicU64,
    pub(super) already_logged: AtomicU64,
    pub(super) evidence: AtomicU64,
    pub(super) outcomes: AtomicU64,
    /// Decisions that a kill withheld from the log after they were made.
    pub(super) unpublished: AtomicU64,
    /// Decisions of a live source dropped because the publisher was too far behind.
    pub(super) dropped: AtomicU64,
    /// Outcomes not logged because of a kill or because the publisher was too far behind.
    pub(super) unpublished_outcomes: AtomicU64,
    pub(super) slot: AtomicU64,
    pub(super) event_ns: AtomicU64,
    pub(super) funnel: Funnel,
    /// `sim`, `file` or `kafka`.
    pub(super) source_class: &'static str,
    pub(super) source_name: String,
    /// From a frame to its decisions.
    pub(super) decide_latency: Latency,
    /// From decisions to the log.
    pub(super) publish_latency: Latency,
    pub(super) summary: Mutex<Summary>,
    /// Why a running agent cannot publish at the moment.
    pub(super) publish_error: Mutex<Option<String>>,
    pub(super) recent_outcomes: Mutex<Vec<PublishedOutcome>>,
}

impl Default for Shared {
    fn default() -> Self {
        Shared {
            started: Instant::now(),
            stop: AtomicBool::new(false),
            finished: AtomicBool::new(false),
            decisions: KindCounters::default(),
            published: AtomicU64::new(0),
            opportunities: AtomicU64::new(0),
            landed: AtomicU64::new(0),
            already_logged: AtomicU64::new(0),
            evidence: AtomicU64::new(0),
            outcomes: AtomicU64::new(0),
            unpublished: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            unpublished_outcomes: AtomicU64::new(0),
            slot: AtomicU64::new(0),
            event_ns: AtomicU64::new(0),
            funnel: Funnel::default(),
            source_class: "file",
            source_name: String::new(),
            decide_latency: Latency::default(),
            publish_latency: Latency::default(),
            summary: Mutex::new(Summary::default()),
            publish_error: Mutex::new(None),
            recent_outcomes: Mutex::new(Vec::new()),
        }
    }
}

impl Shared {
    /// Counts what is on the log now.
    pub(super) fn count_published(&self, done: &Published) {
        self.published.fetch_add(done.envelopes, Relaxed);
        self.opportunities.fetch_add(done.opportunities, Relaxed);
        self.evidence.fetch_add(done.evidence, Relaxed);
        self.outcomes.fetch_add(done.outcomes, Relaxed);
    }

    /// Sets why the agent cannot publish, and logs when that begins and ends.
    pub(super) fn set_publish_error(&self, error: Option<&LogError>) {
        let mut known = locked(&self.publish_error);
        match (&*known, error) {
            (None, Some(error)) => log_line(&format!("{error}; decisions wait until the log can be written")),
            (Some(_), None) => log_line("the log takes records again"),
            _ => {}
        }
        *known = error.map(LogError::to_string);
    }
}

/// What the decision loop reports after each block.
#[derive(Default)]
pub(super) struct Summary {
    pub(super) source: SourceCounts,
    pub(super) counts: engine::engine::Counts,
    pub(super) missed: engine::missed::Missed,
    pub(super) tips: engine::tips::TipsReport,
    pub(super) warnings: Vec<String>,
    pub(super) error: Option<String>,
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
