//! The thread after the hot one: it writes groups of decisions to the log, and metrics every second.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use control::live_policy::Live;
use control::names::module_name;
use topic_log::{LogError, LogErrorKind};
use wire::control::Module;
use wire::realtime::MetricsUpdate;

use super::shared::{Shared, Work, locked};
use crate::latency::quantile_ns;
use crate::publisher::{Published, Publisher};

/// Maximum batches that one log write combines.
const GROUP_MAX: usize = 256;
/// Interval between metrics.
const METRICS_EVERY: Duration = Duration::from_secs(1);
/// Outcomes of the last ten minutes count for the landed share.
const LANDED_WINDOW: Duration = Duration::from_secs(600);
/// Outcomes of the last hour count for the PnL.
const PNL_WINDOW: Duration = Duration::from_secs(3_600);

/// Interval between retries while the disk is full.
const AGAIN: Duration = Duration::from_millis(200);

/// Publishes until the hot thread has ended, and writes metrics every second. On a live source it waits for a
/// full disk: new decisions stay in the queue meanwhile, and those beyond its capacity are counted.
pub(super) fn publish_all(
    shared: &Shared,
    live: &Live,
    mut publisher: Publisher,
    work: &Receiver<Work>,
    mut metrics: Metrics,
    live_source: bool,
) -> Result<(), LogError> {
    let mut next_metrics = Instant::now() + METRICS_EVERY;
    let mut is_held = false;
    // Outcomes that are not on the log yet: landed, gain.
    let mut in_hand: Vec<(bool, i64)> = Vec::new();
    loop {
        let wait = next_metrics.saturating_duration_since(Instant::now());
        let mut group = Work::default();
        if is_held {
            std::thread::sleep(wait.min(AGAIN));
        } else {
            match work.recv_timeout(wait) {
                Ok(first) => group = first,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            for more in work.try_iter().take(GROUP_MAX) {
                group.decisions.extend(more.decisions);
                group.outcomes.extend(more.outcomes);
            }
        }
        // A kill waits until the work in progress here is on the log, or is withheld.
        let writing = live.writing();
        if live.is_killed() {
            keep_back(shared, &mut publisher, &mut in_hand);
            is_held = false;
            shared.unpublished.fetch_add(group.decisions.len() as u64, Relaxed);
            shared.outcomes_untold.fetch_add(group.outcomes.len() as u64, Relaxed);
        } else if is_held || !group.decisions.is_empty() || !group.outcomes.is_empty() {
            let begin = Instant::now();
            in_hand.extend(group.outcomes.iter().map(|outcome| (outcome.landed, outcome.gain_lamports)));
            let taken = publisher.take(&group.decisions, &group.outcomes);
            shared.already_logged.fetch_add(taken?, Relaxed);
            let mut done = Published::default();
            let flushed = publisher.flush(Some(live), &mut done);
            shared.published.fetch_add(done.envelopes, Relaxed);
            shared.opportunities.fetch_add(done.opportunities, Relaxed);
            shared.evidence.fetch_add(done.evidence, Relaxed);
            shared.outcomes.fetch_add(done.outcomes, Relaxed);
            match &flushed {
                Ok(()) => {
                    shared.send.record(u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX));
                    let now = Instant::now();
                    let landed = in_hand.iter().filter(|(landed, _)| *landed).count() as u64;
                    shared.landed.fetch_add(landed, Relaxed);
                    locked(&shared.told).extend(in_hand.drain(..).map(|(landed, gain)| (now, landed, gain)));
                }
                Err(error) if can_wait(error, shared, live_source) => {}
                Err(error) if is_closed(error) => keep_back(shared, &mut publisher, &mut in_hand),
                Err(_) => return flushed,
            }
            let trouble = flushed.as_ref().err().filter(|error| !is_closed(error));
            is_held = trouble.is_some();
            shared.set_trouble(trouble);
        }
        drop(writing);
        if Instant::now() >= next_metrics {
            next_metrics += METRICS_EVERY;
            let update = metrics.update(shared);
            match publisher.metrics(update, shared.event_ns.load(Relaxed)) {
                // If the log can wait, these metrics are dropped: the next second has newer ones.
                Err(error) if !can_wait(&error, shared, live_source) => return Err(error),
                _ => {}
            }
        }
    }
}

/// Whether a kill closed the gate during the write.
fn is_closed(error: &LogError) -> bool {
    error.kind() == LogErrorKind::Closed
}

/// Drops what a kill withholds from the log, and counts it.
fn keep_back(shared: &Shared, publisher: &mut Publisher, in_hand: &mut Vec<(bool, i64)>) {
    let kept_back = publisher.forget();
    in_hand.clear();
    // Nothing is pending any more; whether the log accepts records is unknown.
    *locked(&shared.trouble) = None;
    shared.unpublished.fetch_add(kept_back.envelopes, Relaxed);
    shared.outcomes_untold.fetch_add(kept_back.outcomes, Relaxed);
}

/// Whether the log may accept it later: the chain does not stop, so the agent must not either.
fn can_wait(error: &LogError, shared: &Shared, live_source: bool) -> bool {
    live_source && error.kind() == LogErrorKind::NoSpace && !shared.stop.load(Relaxed)
}

/// Changes since the last second.
pub(super) struct Metrics {
    module: Module,
    instance: String,
    hot: Vec<u64>,
    send: Vec<u64>,
}

impl Metrics {
    pub(super) fn new(shared: &Shared, module: Module, instance: &str) -> Metrics {
        let instance = format!("{}-{instance}", module_name(module));
        Metrics { module, instance, hot: shared.latency.snapshot(), send: shared.send.snapshot() }
    }

    fn update(&mut self, shared: &Shared) -> MetricsUpdate {
        let (hot, send) = (shared.latency.snapshot(), shared.send.snapshot());
        let ms =
            |before: &[u64], after: &[u64], quantile: f64| quantile_ns(before, after, quantile) as f64 / 1e6;
        let mut told = locked(&shared.told);
        told.retain(|(at, ..)| at.elapsed() < PNL_WINDOW);
        let recent: Vec<bool> = told
            .iter()
            .filter(|(at, ..)| at.elapsed() < LANDED_WINDOW)
            .map(|(_, landed, _)| *landed)
            .collect();
        let landed = recent.iter().filter(|landed| **landed).count();
        let pnl_lamports: i64 = told.iter().map(|(.., gain)| gain).sum();
        let update = MetricsUpdate {
            hotpath_p50: ms(&self.hot, &hot, 0.5),
            hotpath_p99: ms(&self.hot, &hot, 0.99),
            send_p99: ms(&self.send, &send, 0.99),
            landed_pct: share(landed, recent.len()),
            pnl_1h: pnl_lamports as f64 / 1e9,
            module: module_name(self.module).to_owned(),
            instance: self.instance.clone(),
            paper: true,
        };
        (self.hot, self.send) = (hot, send);
        update
    }
}

/// NaN if there are none: without an outcome the share is unknown, not zero.
fn share(part: usize, of: usize) -> f64 {
    part as f64 / of as f64
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn without_an_outcome_the_landed_share_is_unknown() {
        assert!(share(0, 0).is_nan());
        assert_eq!(share(0, 3), 0.0);
        assert_eq!(share(1, 4), 0.25);
    }
}
