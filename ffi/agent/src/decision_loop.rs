//! The thread that decides: it handles one event after the other, under the policy in force.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::{Duration, Instant};

use control::live_policy::Live;
use engine::decision::Decision;
use engine::engine::{Engine, Event, Modules};
use engine::strategy::paper::Outcome;
use engine::tips::TipAccounts;
use models::Slot;
use sources::accounts::{self, OwnedAccount};
use sources::any::Source;
use topic_log::stderr::say;
use wire::control::Module;

use super::shared::{Shared, Work, locked};

/// How often a paused live source checks for a new policy.
const TICK: Duration = Duration::from_millis(2);

/// The thread that decides.
pub(super) struct Hot {
    /// Live model, shadow model.
    pub(super) models: [Arc<Slot>; 2],
    pub(super) shared: Arc<Shared>,
    pub(super) live: Arc<Live>,
    pub(super) module: Module,
    pub(super) known: Vec<OwnedAccount>,
    pub(super) tip_accounts: Arc<TipAccounts>,
    pub(super) work: SyncSender<Work>,
    pub(super) speed: f64,
    pub(super) version: u64,
    /// The latest version for which `Live::handled` was called.
    pub(super) told: u64,
    pub(super) decisions: Vec<Decision>,
    /// The clock's and the source's time at the first frame.
    pub(super) paced_from: Option<(Instant, u64)>,
    /// Warnings already logged, by kind.
    pub(super) said: [bool; 3],
}

impl Hot {
    fn engine(&self, source: &Source) -> Engine {
        let arbitrage = self.module == Module::Arbitrage;
        let mut engine = Engine::new(Modules { arbitrage, mev: !arbitrage });
        let [live, shadow] = self.models.clone();
        engine.ask_models(live, shadow);
        engine.know_tips(Arc::clone(&self.tip_accounts));
        engine.load(&accounts::borrowed(&self.known));
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
                for (received_ns, frame) in block.frames() {
                    if paced {
                        self.pace(received_ns);
                    }
                    gone = !self.event(&mut engine, &Event::Transaction(frame), received_ns, live_source);
                    if gone || self.shared.stop.load(Relaxed) {
                        return false;
                    }
                }
                if block.whole {
                    gone = !self.event(&mut engine, &Event::SlotEnd(block.slot), block.time_ns, live_source);
                }
                last_ns = block.time_ns;
                self.shared.slot.store(block.slot, Relaxed);
                !gone && !self.shared.stop.load(Relaxed)
            });
            {
                let mut summary = locked(&self.shared.summary);
                (summary.source, summary.counts) = (source.counts(), engine.counts());
                summary.tips = engine.tips_told();
                if summary.missed != *engine.missed() {
                    summary.missed = engine.missed().clone();
                }
            }
            self.say_odd(&engine.counts());
            if gone {
                // The publisher has ended, and reports why.
                return;
            }
            match read {
                Ok(false) if !self.shared.stop.load(Relaxed) => {
                    // Attacks still open when the input ends are judged, then published like the others.
                    self.event(&mut engine, &Event::End, last_ns, live_source);
                    return;
                }
                Ok(true) if !self.shared.stop.load(Relaxed) => {}
                Ok(_) => return,
                // Also counted with what was read; the log line names the first one.
                Err(error) if error.is_partial() => say(&error.to_string()),
                // One bad file does not end the run: the others may hold valid blocks.
                Err(error) => locked(&self.shared.summary).warnings.push(error.to_string()),
            }
            if self.live.take_restart() {
                let ended = std::mem::replace(&mut engine, self.engine(&source));
                engine.go_on(ended);
                self.version = u64::MAX;
            }
        }
    }

    /// Logs the first unreadable input of each kind; further ones are only counted.
    fn say_odd(&mut self, counts: &engine::engine::Counts) {
        let kinds = [
            (counts.malformed, "a frame that is no transaction"),
            (counts.decode.malformed, "a swap instruction that no version of its program has"),
            (counts.decode.unresolved, "a swap without the transfers that a swap makes"),
        ];
        for (said, (count, what)) in self.said.iter_mut().zip(kinds) {
            if count > 0 && !*said {
                *said = true;
                let slot = self.shared.slot.load(Relaxed);
                say(&format!("Cannot use {what}, in or before slot {slot}; further ones are only counted"));
            }
        }
    }

    /// Handles one event and passes on its results; false if the publisher has ended.
    fn event(&mut self, engine: &mut Engine, event: &Event<'_>, now_ns: u64, live_source: bool) -> bool {
        if let Some((version, policy)) = self.live.newer(self.version) {
            engine.set_policy(&policy);
            self.version = version;
        }
        let begin = Instant::now();
        engine.on_event(event, now_ns, &mut self.decisions);
        // An attack that could still grow is published when it ends.
        self.decisions.retain(|decision| !decision.provisional);
        self.shared.latency.record(u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX));
        self.shared.event_ns.store(now_ns, Relaxed);
        let mut outcomes: Vec<Outcome> = Vec::new();
        outcomes.extend(engine.take_outcomes());
        let mut open = true;
        if self.live.is_killed() {
            self.shared.unpublished.fetch_add(self.decisions.len() as u64, Relaxed);
            self.shared.outcomes_untold.fetch_add(outcomes.len() as u64, Relaxed);
            self.decisions.clear();
        } else if !self.decisions.is_empty() || !outcomes.is_empty() {
            for decision in &self.decisions {
                self.shared.events[decision.kind as usize].fetch_add(1, Relaxed);
            }
            let work = Work { decisions: std::mem::take(&mut self.decisions), outcomes };
            open = self.hand_on(work, live_source);
        }
        if self.told != self.version {
            self.live.handled(self.version, now_ns);
            self.told = self.version;
        }
        open
    }

    fn hand_on(&self, work: Work, live_source: bool) -> bool {
        if !live_source {
            return self.work.send(work).is_ok();
        }
        match self.work.try_send(work) {
            Ok(()) => true,
            Err(TrySendError::Full(work)) => {
                // The chain does not wait; what could not be passed on is counted.
                self.shared.dropped.fetch_add(work.decisions.len() as u64, Relaxed);
                self.shared.outcomes_untold.fetch_add(work.outcomes.len() as u64, Relaxed);
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }

    /// Waits until the frame is due.
    fn pace(&mut self, received_ns: u64) {
        if self.speed <= 0.0 {
            return;
        }
        let (begin, first_ns) = *self.paced_from.get_or_insert_with(|| (Instant::now(), received_ns));
        let due = Duration::from_nanos((received_ns.saturating_sub(first_ns) as f64 / self.speed) as u64);
        while !self.shared.stop.load(Relaxed) {
            let Some(left) = due.checked_sub(begin.elapsed()).filter(|left| !left.is_zero()) else { return };
            std::thread::sleep(left.min(TICK));
        }
    }
}
