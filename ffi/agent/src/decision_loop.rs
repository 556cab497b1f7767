//! The thread that decides: it handles one event after the other, under the policy in force.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::{Duration, Instant};

use control::live_policy::{LivePolicy, VersionedPolicy};
use engine::decision::Decision;
use engine::engine::{Engine, Event, Modules};
use engine::strategy::paper::Outcome;
use engine::tips::TipAccounts;
use models::ModelCell;
use sources::accounts::{self, OwnedAccount};
use sources::block::TimedFrame;
use sources::source::Source;
use topic_log::stderr::log_line;
use wire::control::Module;

use super::shared::{Shared, Work, locked};

/// How often a paused live source checks for a new policy.
const TICK: Duration = Duration::from_millis(2);

/// Warnings that were logged: only the first input of each kind is.
#[derive(Default)]
struct Warned {
    malformed_frame: bool,
    malformed_swap: bool,
    unresolved_swap: bool,
}

/// The thread that decides.
pub(super) struct DecisionLoop {
    parts: Parts,
    /// The version of the policy that the engine has.
    policy_version: u64,
    /// The latest version for which `LivePolicy::handled` was called.
    handled_version: u64,
    decisions: Vec<Decision>,
    first_frame: Option<FirstFrame>,
    warned: Warned,
}

/// What the thread works with.
pub(super) struct Parts {
    pub(super) live_model: Arc<ModelCell>,
    pub(super) shadow_model: Arc<ModelCell>,
    pub(super) shared: Arc<Shared>,
    pub(super) live: Arc<LivePolicy>,
    pub(super) module: Module,
    /// Pool state before the first slot.
    pub(super) known: Vec<OwnedAccount>,
    pub(super) tip_accounts: Arc<TipAccounts>,
    pub(super) work: SyncSender<Work>,
    /// Multiple of the source's own speed; 0 = as fast as possible.
    pub(super) speed: f64,
}

/// The clock's and the source's time at the first frame.
#[derive(Clone, Copy)]
struct FirstFrame {
    at: Instant,
    received_ns: u64,
}

impl DecisionLoop {
    pub(super) fn new(parts: Parts) -> DecisionLoop {
        DecisionLoop {
            parts,
            policy_version: u64::MAX,
            handled_version: u64::MAX,
            decisions: Vec::new(),
            first_frame: None,
            warned: Warned::default(),
        }
    }

    fn engine(&self, source: &Source) -> Engine {
        let arbitrage = self.parts.module == Module::Arbitrage;
        let mut engine = Engine::new(Modules { arbitrage, mev: !arbitrage });
        let Parts { live_model, shadow_model, .. } = &self.parts;
        engine.set_models(live_model.clone(), shadow_model.clone());
        engine.set_tip_accounts(Arc::clone(&self.parts.tip_accounts));
        engine.load(&accounts::borrowed(&self.parts.known));
        if let Some(accounts) = source.accounts() {
            engine.load(&accounts::borrowed(&accounts));
        }
        engine
    }

    /// Decides until the source ends, the agent is stopped, or the publisher has ended.
    pub(super) fn run(&mut self, mut source: Source) {
        let mut engine = self.engine(&source);
        let (live_source, paced) = (source.is_live(), source.is_paced());
        let mut last_ns = 0;
        loop {
            let mut gone = false;
            let read = source.read(|block| {
                for TimedFrame { received_ns, frame } in block.frames() {
                    if paced {
                        self.pace(received_ns);
                    }
                    gone = !self.event(&mut engine, &Event::Transaction(frame), received_ns, live_source);
                    if gone || self.parts.shared.stop.load(Relaxed) {
                        return false;
                    }
                }
                if block.whole {
                    gone = !self.event(&mut engine, &Event::SlotEnd(block.slot), block.time_ns, live_source);
                }
                last_ns = block.time_ns;
                self.parts.shared.slot.store(block.slot, Relaxed);
                !gone && !self.parts.shared.stop.load(Relaxed)
            });
            {
                let mut summary = locked(&self.parts.shared.summary);
                (summary.source, summary.counts) = (source.counts(), engine.counts());
                summary.tips = engine.tips_report();
                if summary.missed != *engine.missed() {
                    summary.missed = engine.missed().clone();
                }
            }
            self.warn_unusable(&engine.counts());
            if gone {
                // The publisher has ended, and reports why.
                return;
            }
            match read {
                Ok(false) if !self.parts.shared.stop.load(Relaxed) => {
                    // Attacks still open when the input ends are judged, then published like the others.
                    self.event(&mut engine, &Event::End, last_ns, live_source);
                    return;
                }
                Ok(true) if !self.parts.shared.stop.load(Relaxed) => {}
                Ok(_) => return,
                // Also counted with what was read; the log line names the first one.
                Err(error) if error.is_partial() => log_line(&error.to_string()),
                // One bad file does not end the run: the others may hold valid blocks.
                Err(error) => locked(&self.parts.shared.summary).warnings.push(error.to_string()),
            }
            if self.parts.live.take_restart() {
                let ended = std::mem::replace(&mut engine, self.engine(&source));
                engine.continue_from(ended);
                self.policy_version = u64::MAX;
            }
        }
    }

    /// Logs the first unusable input of each kind; further ones are only counted.
    fn warn_unusable(&mut self, counts: &engine::engine::Counts) {
        let Warned { malformed_frame, malformed_swap, unresolved_swap } = &mut self.warned;
        for (warned, count, what) in [
            (malformed_frame, counts.malformed, "a frame that is not a transaction"),
            (
                malformed_swap,
                counts.decode.malformed,
                "a swap instruction that no version of its program has",
            ),
            (unresolved_swap, counts.decode.unresolved, "a swap without the transfers that a swap makes"),
        ] {
            if count > 0 && !*warned {
                *warned = true;
                let slot = self.parts.shared.slot.load(Relaxed);
                log_line(&format!(
                    "Cannot use {what}, in or before slot {slot}; further ones are only counted"
                ));
            }
        }
    }

    /// Handles one event and passes on its results; false if the publisher has ended.
    fn event(&mut self, engine: &mut Engine, event: &Event<'_>, now_ns: u64, live_source: bool) -> bool {
        if let Some(VersionedPolicy { version, policy }) = self.parts.live.newer(self.policy_version) {
            engine.set_policy(&policy);
            self.policy_version = version;
        }
        let begin = Instant::now();
        engine.on_event(event, now_ns, &mut self.decisions);
        // An attack that could still grow is published when it ends.
        self.decisions.retain(|decision| !decision.provisional);
        self.parts
            .shared
            .decide_latency
            .record(u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX));
        self.parts.shared.event_ns.store(now_ns, Relaxed);
        let mut outcomes: Vec<Outcome> = Vec::new();
        outcomes.extend(engine.take_outcomes());
        let mut open = true;
        if self.parts.live.is_killed() {
            self.parts.shared.unpublished.fetch_add(self.decisions.len() as u64, Relaxed);
            self.parts.shared.unpublished_outcomes.fetch_add(outcomes.len() as u64, Relaxed);
            self.decisions.clear();
        } else if !self.decisions.is_empty() || !outcomes.is_empty() {
            for decision in &self.decisions {
                self.parts.shared.decisions.add(decision.kind);
            }
            let work = Work { decisions: std::mem::take(&mut self.decisions), outcomes };
            open = self.pass_to_publisher(work, live_source);
        }
        if self.handled_version != self.policy_version {
            self.parts.live.handled(self.policy_version, now_ns);
            self.handled_version = self.policy_version;
        }
        open
    }

    fn pass_to_publisher(&self, work: Work, live_source: bool) -> bool {
        if !live_source {
            return self.parts.work.send(work).is_ok();
        }
        match self.parts.work.try_send(work) {
            Ok(()) => true,
            Err(TrySendError::Full(work)) => {
                // The chain does not wait; what could not be passed on is counted.
                self.parts.shared.dropped.fetch_add(work.decisions.len() as u64, Relaxed);
                self.parts.shared.unpublished_outcomes.fetch_add(work.outcomes.len() as u64, Relaxed);
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }

    /// Waits until the frame is due.
    fn pace(&mut self, received_ns: u64) {
        if self.parts.speed <= 0.0 {
            return;
        }
        let first = *self.first_frame.get_or_insert_with(|| FirstFrame { at: Instant::now(), received_ns });
        let due = Duration::from_nanos(
            (received_ns.saturating_sub(first.received_ns) as f64 / self.parts.speed) as u64,
        );
        while !self.parts.shared.stop.load(Relaxed) {
            let Some(left) = due.checked_sub(first.at.elapsed()).filter(|left| !left.is_zero()) else {
                return;
            };
            std::thread::sleep(left.min(TICK));
        }
    }
}
