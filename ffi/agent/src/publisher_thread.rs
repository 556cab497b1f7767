//! The thread after the decision loop: it writes groups of decisions to the log, and metrics every second.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use control::live_policy::LivePolicy;
use control::names::module_name;
use topic_log::{LogError, LogErrorKind};
use wire::control::Module;
use wire::realtime::MetricsUpdate;

use super::shared::{PublishedOutcome, Shared, Work, locked};
use crate::latency::quantile_ns;
use crate::publisher::{Published, Publisher};

/// Maximum batches that one log write combines.
const GROUP_MAX: usize = 256;
/// Interval between metrics.
const METRICS_INTERVAL: Duration = Duration::from_secs(1);
/// Outcomes of the last ten minutes count for the landed share.
const LANDED_WINDOW: Duration = Duration::from_secs(600);
/// Outcomes of the last hour count for the PnL.
const PNL_WINDOW: Duration = Duration::from_secs(3_600);

/// Interval between retries while the disk is full.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// The publisher's thread.
pub(super) struct PublisherThread {
    pub(super) shared: Arc<Shared>,
    pub(super) live: Arc<LivePolicy>,
    pub(super) publisher: Publisher,
    pub(super) work: Receiver<Work>,
    pub(super) metrics: Metrics,
    pub(super) is_live_source: bool,
    /// Whether records wait for a log that refused them.
    is_waiting: bool,
    /// Outcomes that are not on the log yet.
    pending_outcomes: Vec<PendingOutcome>,
}

/// An outcome that is not on the log yet.
struct PendingOutcome {
    landed: bool,
    gain_lamports: i64,
}

impl PublisherThread {
    pub(super) fn new(
        shared: Arc<Shared>,
        live: Arc<LivePolicy>,
        publisher: Publisher,
        work: Receiver<Work>,
        metrics: Metrics,
        is_live_source: bool,
    ) -> PublisherThread {
        PublisherThread {
            shared,
            live,
            publisher,
            work,
            metrics,
            is_live_source,
            is_waiting: false,
            pending_outcomes: Vec::new(),
        }
    }

    /// Publishes until the decision loop has ended, and writes metrics every second. On a live source it waits
    /// for a full disk: new decisions stay in the queue meanwhile, and those beyond its capacity are counted.
    pub(super) fn run(mut self) -> Result<(), LogError> {
        let mut next_metrics = Instant::now() + METRICS_INTERVAL;
        loop {
            let wait = next_metrics.saturating_duration_since(Instant::now());
            let Some(group) = self.next_group(wait) else { return Ok(()) };
            self.publish(&group)?;
            if Instant::now() >= next_metrics {
                next_metrics += METRICS_INTERVAL;
                self.write_metrics()?;
            }
        }
    }

    /// What was decided meanwhile, perhaps nothing; `None` once the decision loop has ended.
    fn next_group(&self, wait: Duration) -> Option<Work> {
        let mut group = Work::default();
        if self.is_waiting {
            std::thread::sleep(wait.min(RETRY_INTERVAL));
            return Some(group);
        }
        match self.work.recv_timeout(wait) {
            Ok(first) => group = first,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
        }
        for more in self.work.try_iter().take(GROUP_MAX) {
            group.decisions.extend(more.decisions);
            group.outcomes.extend(more.outcomes);
        }
        Some(group)
    }

    /// Writes a group and what waits, or withholds both after a kill.
    fn publish(&mut self, group: &Work) -> Result<(), LogError> {
        let live = Arc::clone(&self.live);
        // A kill waits until the work in progress here is on the log, or is withheld.
        let _writing = live.writing();
        if live.is_killed() {
            self.withhold_pending();
            self.is_waiting = false;
            self.shared.unpublished.fetch_add(group.decisions.len() as u64, Relaxed);
            self.shared.unpublished_outcomes.fetch_add(group.outcomes.len() as u64, Relaxed);
        } else if self.is_waiting || !group.decisions.is_empty() || !group.outcomes.is_empty() {
            self.write(group)?;
        }
        Ok(())
    }

    fn write(&mut self, group: &Work) -> Result<(), LogError> {
        let begin = Instant::now();
        let pending = group
            .outcomes
            .iter()
            .map(|outcome| PendingOutcome { landed: outcome.landed, gain_lamports: outcome.gain_lamports });
        self.pending_outcomes.extend(pending);
        let already_logged = self.publisher.queue(&group.decisions, &group.outcomes)?;
        self.shared.already_logged.fetch_add(already_logged, Relaxed);
        let mut done = Published::default();
        let flushed = self.publisher.flush(Some(&*self.live), &mut done);
        self.shared.count_published(&done);
        match &flushed {
            Ok(()) => {
                let elapsed_ns = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
                self.shared.publish_latency.record(elapsed_ns);
                self.count_outcomes();
            }
            Err(error) if self.can_wait(error) => {}
            Err(error) if is_closed(error) => self.withhold_pending(),
            Err(_) => return flushed,
        }
        let error = flushed.as_ref().err().filter(|error| !is_closed(error));
        self.is_waiting = error.is_some();
        self.shared.set_publish_error(error);
        Ok(())
    }

    /// Counts the outcomes that are on the log now.
    fn count_outcomes(&mut self) {
        let at = Instant::now();
        let landed = self.pending_outcomes.iter().filter(|outcome| outcome.landed).count() as u64;
        self.shared.landed.fetch_add(landed, Relaxed);
        let published = self
            .pending_outcomes
            .drain(..)
            .map(|PendingOutcome { landed, gain_lamports }| PublishedOutcome { at, landed, gain_lamports });
        locked(&self.shared.recent_outcomes).extend(published);
    }

    fn write_metrics(&mut self) -> Result<(), LogError> {
        let update = self.metrics.update(&self.shared);
        match self.publisher.metrics(update, self.shared.event_ns.load(Relaxed)) {
            // If the log can wait, these metrics are dropped: the next second has newer ones.
            Err(error) if !self.can_wait(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// Drops what a kill withholds from the log, and counts it.
    fn withhold_pending(&mut self) {
        let withheld = self.publisher.discard();
        self.pending_outcomes.clear();
        // Nothing is pending any more; whether the log accepts records is unknown.
        *locked(&self.shared.publish_error) = None;
        self.shared.unpublished.fetch_add(withheld.envelopes, Relaxed);
        self.shared.unpublished_outcomes.fetch_add(withheld.outcomes, Relaxed);
    }

    /// Whether the log may accept it later: the chain does not stop, so the agent must not either.
    fn can_wait(&self, error: &LogError) -> bool {
        self.is_live_source && error.kind() == LogErrorKind::NoSpace && !self.shared.stop.load(Relaxed)
    }
}

/// Whether a kill closed the gate during the write.
fn is_closed(error: &LogError) -> bool {
    error.kind() == LogErrorKind::Closed
}

/// Changes since the last second.
pub(super) struct Metrics {
    module: Module,
    instance: String,
    decide: Vec<u64>,
    publish: Vec<u64>,
}

impl Metrics {
    pub(super) fn new(shared: &Shared, module: Module, instance: &str) -> Metrics {
        let instance = format!("{}-{instance}", module_name(module));
        let (decide, publish) = (shared.decide_latency.snapshot(), shared.publish_latency.snapshot());
        Metrics { module, instance, decide, publish }
    }

    fn update(&mut self, shared: &Shared) -> MetricsUpdate {
        let (decide, publish) = (shared.decide_latency.snapshot(), shared.publish_latency.snapshot());
        let ms =
            |before: &[u64], after: &[u64], quantile: f64| quantile_ns(before, after, quantile) as f64 / 1e6;
        let mut outcomes = locked(&shared.recent_outcomes);
        outcomes.retain(|outcome| outcome.at.elapsed() < PNL_WINDOW);
        let recent: Vec<bool> = outcomes
            .iter()
            .filter(|outcome| outcome.at.elapsed() < LANDED_WINDOW)
            .map(|outcome| outcome.landed)
            .collect();
        let landed = recent.iter().filter(|landed| **landed).count();
        let pnl_lamports: i64 = outcomes.iter().map(|outcome| outcome.gain_lamports).sum();
        let update = MetricsUpdate {
            hotpath_p50: ms(&self.decide, &decide, 0.5),
            hotpath_p99: ms(&self.decide, &decide, 0.99),
            send_p99: ms(&self.publish, &publish, 0.99),
            landed_pct: share(landed, recent.len()),
            pnl_1h: pnl_lamports as f64 / 1e9,
            module: module_name(self.module).to_owned(),
            instance: self.instance.clone(),
            paper: true,
        };
        (self.decide, self.publish) = (decide, publish);
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
