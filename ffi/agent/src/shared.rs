//! State shared by the threads of an agent.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::decision::Decision;
use engine::strategy::paper::Outcome;
use sources::file::SourceCounts;
use topic_log::LogError;
use topic_log::stderr::say;

use super::funnel::Funnel;
use crate::latency::Latency;

/// How often the control loop checks for a kill signal; the kill switch itself works immediately.
pub(super) const WATCH: Duration = Duration::from_millis(20);

/// What the hot thread passes to the publisher after an event.
#[derive(Default)]
pub(super) struct Work {
    pub(super) decisions: Vec<Decision>,
    pub(super) outcomes: Vec<Outcome>,
}

pub(super) struct Shared {
    pub(super) started: Instant,
    pub(super) stop: AtomicBool,
    pub(super) finished: AtomicBool,
    pub(super) events: [AtomicU64; 6],
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
    pub(super) outcomes_untold: AtomicU64,
    pub(super) slot: AtomicU64,
    pub(super) event_ns: AtomicU64,
    pub(super) funnel: Funnel,
    /// Class and name of the source.
    pub(super) source: (&'static str, String),
    pub(super) latency: Latency,
    pub(super) send: Latency,
    pub(super) summary: Mutex<Summary>,
    /// Why a running agent cannot publish at the moment.
    pub(super) trouble: Mutex<Option<String>>,
    pub(super) told: Mutex<Vec<(Instant, bool, i64)>>,
}

impl Default for Shared {
    fn default() -> Self {
        Shared {
            started: Instant::now(),
            stop: AtomicBool::new(false),
            finished: AtomicBool::new(false),
            events: [const { AtomicU64::new(0) }; 6],
            published: AtomicU64::new(0),
            opportunities: AtomicU64::new(0),
            landed: AtomicU64::new(0),
            already_logged: AtomicU64::new(0),
            evidence: AtomicU64::new(0),
            outcomes: AtomicU64::new(0),
            unpublished: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            outcomes_untold: AtomicU64::new(0),
            slot: AtomicU64::new(0),
            event_ns: AtomicU64::new(0),
            funnel: Funnel::default(),
            source: ("file", String::new()),
            latency: Latency::default(),
            send: Latency::default(),
            summary: Mutex::new(Summary::default()),
            trouble: Mutex::new(None),
            told: Mutex::new(Vec::new()),
        }
    }
}

impl Shared {
    /// Sets why the agent cannot publish, and logs when that begins and ends.
    pub(super) fn set_trouble(&self, trouble: Option<&LogError>) {
        let mut told = locked(&self.trouble);
        match (&*told, trouble) {
            (None, Some(trouble)) => say(&format!("{trouble}; what is found waits")),
            (Some(_), None) => say("the log takes records again"),
            _ => {}
        }
        *told = trouble.map(LogError::to_string);
    }
}

#[derive(Default)]
pub(super) struct Summary {
    pub(super) source: SourceCounts,
    pub(super) counts: engine::engine::Counts,
    pub(super) missed: engine::missed::Missed,
    pub(super) tips: engine::tips::TipsTold,
    pub(super) warnings: Vec<String>,
    pub(super) error: Option<String>,
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
