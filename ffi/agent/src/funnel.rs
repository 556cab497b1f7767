//! How many opportunities reached each stage in the last ten minutes, and what refused the others.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::engine::Counts;
use engine::gate::WhyNot;
use serde_json::{Value, json};

use crate::counters_json::why_not;

/// Length of the reported window.
const WINDOW: Duration = Duration::from_secs(600);
/// Interval between the snapshots kept in the window.
const STEP: Duration = Duration::from_secs(10);

/// Counters since the agent started. Each stage is a subset of the previous one.
#[derive(Clone, Copy, Default)]
pub(super) struct Stages {
    pub(super) counts: Counts,
    pub(super) published: u64,
    pub(super) landed: u64,
}

/// The window's counters.
#[derive(Default)]
pub(super) struct Funnel {
    /// Oldest first; the first is at most one step older than the window.
    snapshots: Mutex<VecDeque<Snapshot>>,
}

/// The counters at one time.
#[derive(Clone, Copy)]
struct Snapshot {
    at: Instant,
    stages: Stages,
}

impl Funnel {
    /// The last ten minutes as JSON; `window_s` is smaller if the agent is younger.
    pub(super) fn window_json(&self, stages: Stages) -> Value {
        self.window_json_at(Instant::now(), stages)
    }

    fn window_json_at(&self, now: Instant, stages: Stages) -> Value {
        let mut snapshots = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        if snapshots.is_empty() {
            // Whatever was counted before the first snapshot belongs to the window too.
            snapshots.push_back(Snapshot { at: now, stages: Stages::default() });
        }
        if snapshots.back().is_some_and(|last| now.duration_since(last.at) >= STEP) {
            snapshots.push_back(Snapshot { at: now, stages });
        }
        while snapshots.len() > 1 && now.duration_since(snapshots[1].at) >= WINDOW {
            snapshots.pop_front();
        }
        let Snapshot { at: from, stages: before } = snapshots[0];
        let since = |of: fn(&Stages) -> u64| of(&stages).saturating_sub(of(&before));
        let refused = |of: fn(&Stages) -> WhyNot| {
            let (after, before) = (of(&stages), of(&before));
            why_not(&WhyNot(std::array::from_fn(|at| after.0[at].saturating_sub(before.0[at]))))
        };
        json!({
            "window_s": now.duration_since(from).as_secs(),
            "seen": since(|stages| stages.counts.candidates),
            "fresh": since(|stages| stages.counts.fresh),
            "weighed": since(|stages| stages.counts.weighed),
            "passed": since(|stages| stages.counts.passed),
            "published": since(|stages| stages.published),
            "landed": since(|stages| stages.landed),
            "refused_first": refused(|stages| stages.counts.refused_first),
            "refused_any": refused(|stages| stages.counts.why_not),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages(candidates: u64, passed: u64) -> Stages {
        let counts = Counts { candidates, passed, ..Counts::default() };
        Stages { counts, ..Stages::default() }
    }

    #[test]
    fn the_window_drops_what_is_older_than_ten_minutes() {
        let (funnel, begin) = (Funnel::default(), Instant::now());
        let at = |seconds: u64| begin + Duration::from_secs(seconds);
        assert_eq!(funnel.window_json_at(begin, stages(0, 0))["seen"], 0);
        // Seven per second, of which one passes.
        let mut window = Value::Null;
        for second in 1..=1_000 {
            window = funnel.window_json_at(at(second), stages(7 * second, second));
        }
        let seconds = window["window_s"].as_u64().unwrap_or(0);
        assert!((600..=610).contains(&seconds), "{window}");
        assert_eq!(window["seen"].as_u64(), Some(7 * seconds));
        assert_eq!(window["passed"].as_u64(), Some(seconds));
    }

    #[test]
    fn a_young_agent_reports_its_age_and_counts_everything() {
        let (funnel, begin) = (Funnel::default(), Instant::now());
        funnel.window_json_at(begin, stages(3, 1));
        let window = funnel.window_json_at(begin + Duration::from_secs(5), stages(40, 2));
        assert_eq!((window["window_s"].as_u64(), window["seen"].as_u64()), (Some(5), Some(40)));
    }
}
