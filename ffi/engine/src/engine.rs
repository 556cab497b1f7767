//! The spine: events in, decisions out, one call at a time.

mod counts;
mod estimator;
mod opportunities;

use std::sync::Arc;

pub use self::counts::Counts;
use self::estimator::{Estimator, Models};
use self::opportunities::{Market, Opportunity, Trigger};
use crate::decision::Decision;
use crate::features::Scorer;
use crate::frame::{FrameError, Transaction};
use crate::gate;
use crate::landing::{RecentTips, Traffic};
use crate::legs::{self, Leg};
use crate::mint_risks::Mints;
use crate::missed::Missed;
use crate::policy::Policy;
use crate::pools::{Account, Pools};
use crate::pubkey::{Pubkey, Signature};
use crate::seen::Seen;
use crate::strategy::paper::{Outcome, Paper};
use crate::strategy::{Landed, arbitrage, sandwich::Sandwiches};
use crate::tips::{TipAccounts, TipCounter, TipsReport};

/// Slots after a front in which its back still counts (docs/CONTRACT.md, "Events").
pub const WINDOW_SLOTS: u64 = 3;
/// What a source hands over.
pub enum Event<'a> {
    /// A Yellowstone frame with one transaction, in the order of execution; one without its meta has not been
    /// executed yet.
    Transaction(&'a [u8]),
    /// No further transaction of this slot follows.
    SlotEnd(u64),
    /// The source has ended: nothing that is open can continue.
    End,
}

/// Which strategies decide. State is kept for both in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modules {
    /// Arbitrages, observed and open.
    pub arbitrage: bool,
    /// Sandwiches, observed and open.
    pub mev: bool,
}

/// All strategies over one stream.
pub struct Engine {
    modules: Modules,
    policy: Policy,
    models: Models,
    transaction: Transaction,
    legs: Vec<Leg>,
    pools: Pools,
    mints: Mints,
    traffic: Vec<Traffic>,
    tips: RecentTips,
    tip_accounts: Arc<TipAccounts>,
    tip_counter: TipCounter,
    sandwiches: Sandwiches,
    paper: Paper,
    outcomes: Vec<Outcome>,
    last_slot: u64,
    /// The newest slot up to which pool state is completely known; 0 = before the first slot seen.
    complete_slot: u64,
    counts: Counts,
    missed: Missed,
    seen: Seen,
    /// Of transactions that were not executed yet.
    seen_pending: Seen,
}

impl Default for Engine {
    fn default() -> Self {
        Engine::new(Modules { arbitrage: true, mev: true })
    }
}

impl Engine {
    /// An engine that knows no pool yet.
    #[must_use]
    pub fn new(modules: Modules) -> Engine {
        Engine {
            modules,
            policy: Policy::default(),
            models: Models::default(),
            transaction: Transaction::default(),
            legs: Vec::new(),
            pools: Pools::default(),
            mints: Mints::default(),
            traffic: Vec::new(),
            tips: RecentTips::default(),
            tip_accounts: Arc::default(),
            tip_counter: TipCounter::default(),
            sandwiches: Sandwiches::new(WINDOW_SLOTS),
            paper: Paper::default(),
            outcomes: Vec::new(),
            last_slot: 0,
            complete_slot: 0,
            counts: Counts::default(),
            missed: Missed::default(),
            seen: Seen::default(),
            seen_pending: Seen::default(),
        }
    }

    /// Handles one event; `now_ns` is the source's time, Unix nanoseconds. Decisions go to `out`.
    pub fn on_event(&mut self, event: &Event<'_>, now_ns: u64, out: &mut Vec<Decision>) {
        let first = out.len();
        match event {
            // A second source's end of the same slot changes nothing.
            Event::SlotEnd(slot) if !self.seen.end(*slot) => {}
            Event::SlotEnd(slot) => {
                self.last_slot = self.last_slot.max(*slot);
                self.complete_slot = self.complete_slot.max(*slot);
                self.sandwiches.on_slot_end(*slot, out);
                self.paper.on_slot_end(*slot, now_ns, &mut self.outcomes);
            }
            Event::End => {
                for slot in self.last_slot..=self.last_slot.saturating_add(WINDOW_SLOTS) {
                    self.sandwiches.on_slot_end(slot, out);
                    self.paper.on_slot_end(slot, now_ns, &mut self.outcomes);
                }
            }
            Event::Transaction(frame) => self.on_frame(frame, now_ns, out),
        }
        self.admit(first, out);
    }

    /// Loads account state from before the first slot; returns how many pools it added.
    pub fn load(&mut self, accounts: &[Account<'_>]) -> usize {
        let known = self.pools.load(accounts);
        self.mints.load(accounts);
        self.traffic.resize(self.pools.len(), Traffic::default());
        known
    }

    /// Puts `policy` in force from the next event on.
    pub fn set_policy(&mut self, policy: &Policy) {
        self.policy = policy.clone();
    }

    /// Sets the tip accounts, where the built-in table is not enough.
    pub fn set_tip_accounts(&mut self, accounts: Arc<TipAccounts>) {
        self.tip_accounts = accounts;
    }

    /// Tips by service since the start, and what looks like a tip account.
    #[must_use]
    pub fn tips_report(&self) -> TipsReport {
        self.tip_counter.report()
    }

    /// Sets the models that give scores. Without an answer the baseline scores. The score of `shadow` is only reported.
    pub fn set_models(&mut self, model: Arc<dyn Scorer>, shadow: Arc<dyn Scorer>) {
        self.models = Models { active: Some(model), shadow: Some(shadow) };
    }

    /// Takes over the counters of the engine that this one replaces: what that one saw is not counted twice.
    pub fn continue_from(&mut self, from: Engine) {
        (self.counts, self.missed, self.tip_counter) = (from.counts, from.missed, from.tip_counter);
        (self.seen, self.seen_pending) = (from.seen, from.seen_pending);
    }

    /// What looked like a swap and yielded no leg.
    #[must_use]
    pub fn missed(&self) -> &Missed {
        &self.missed
    }

    /// What was seen so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts { unremembered: self.seen.unremembered + self.seen_pending.unremembered, ..self.counts }
    }

    /// Outcomes decided since the last call, oldest first.
    pub fn take_outcomes(&mut self) -> std::vec::Drain<'_, Outcome> {
        self.outcomes.drain(..)
    }

    /// Drops decisions of other modules and those that the switches stop. Open decisions already passed the
    /// whole gate when they were weighed.
    fn admit(&mut self, first: usize, out: &mut Vec<Decision>) {
        let mut at = first;
        while at < out.len() {
            let decision = &out[at];
            let ours = if decision.is_arbitrage() { self.modules.arbitrage } else { self.modules.mev };
            let observed = decision.open.is_none();
            let refusals = if observed {
                gate::switches(&self.policy, &decision.id())
            } else {
                gate::Refusals::default()
            };
            if !ours || !refusals.is_go() {
                self.counts.observed_withheld += u64::from(ours);
                out.remove(at);
                continue;
            }
            at += 1;
        }
    }

    fn on_frame(&mut self, frame: &[u8], now_ns: u64, out: &mut Vec<Decision>) {
        match self.transaction.walk(frame) {
            Ok(()) => {}
            Err(FrameError::NotATransaction) => return,
            Err(_) => {
                self.counts.malformed += 1;
                return;
            }
        }
        let transaction = &self.transaction;
        let (Some(signer), Some(signature)) =
            (transaction.key(frame, 0), Signature::from_slice(transaction.signature.of(frame)))
        else {
            self.counts.malformed += 1;
            return;
        };
        let slot = transaction.slot;
        let trigger = Trigger { slot, signature, now_ns };
        let seen = if transaction.executed { &mut self.seen } else { &mut self.seen_pending };
        if !seen.is_first(slot, &signature) {
            self.counts.repeated += 1;
            return;
        }
        if self.complete_slot == 0 {
            // The snapshot is from before the first slot.
            self.complete_slot = slot.saturating_sub(1);
        }
        if !transaction.executed {
            self.counts.pending += 1;
            if self.modules.mev {
                let found = self.market().best_sandwich(frame, transaction, trigger);
                self.weigh(found, out);
            }
            return;
        }
        self.counts.transactions += 1;
        self.counts.failed += u64::from(transaction.failed);
        self.counts.votes += u64::from(transaction.is_vote);
        self.legs.clear();
        legs::decode(frame, transaction, &mut self.legs, &mut self.counts.decode, &mut self.missed);
        self.last_slot = self.last_slot.max(slot);
        if transaction.is_vote {
            return;
        }
        let landed = Landed {
            frame,
            transaction,
            signature,
            signer: Pubkey(*signer),
            legs: &self.legs,
            event_ns: now_ns,
            tip_accounts: &self.tip_accounts,
        };
        self.tip_counter.count(frame, transaction, &self.tip_accounts);
        let before = out.len();
        arbitrage::find(&landed, out);
        let cycle = out.len() > before;
        self.sandwiches.on_transaction(&landed, &mut self.pools, &self.traffic);
        let tip_lamports = self.sandwiches.newest_auction_tip_lamports();
        self.tips.push(tip_lamports);
        self.paper.on_landed(&landed, cycle, tip_lamports);
        self.count_traffic(slot);
        if self.modules.arbitrage {
            let found = self.market().best_cycle(&self.legs, trigger);
            self.weigh(found, out);
        }
    }

    fn market(&self) -> Market<'_> {
        let tip_lamports = self.first_tip_lamports();
        Market { pools: &self.pools, traffic: &self.traffic, tip_lamports }
    }

    /// What the first attempt to land something would tip now.
    fn first_tip_lamports(&self) -> u64 {
        self.tips.quantile(self.policy.tip_ladder.rungs()[0])
    }

    fn weigh(&mut self, found: Option<Opportunity>, out: &mut Vec<Decision>) {
        let Some(found) = found else { return };
        let estimator = Estimator {
            policy: &self.policy,
            models: &self.models,
            mints: &self.mints,
            tip_lamports: self.first_tip_lamports(),
            complete_slot: self.complete_slot,
        };
        let decision = estimator.weigh(found);
        let refusals = decision.open.as_ref().map(|open| open.refusals).unwrap_or_default();
        self.counts.count_weighed(refusals, gate::switches(&self.policy, &decision.id()).is_go());
        if refusals.is_go() {
            self.paper.take(&decision);
        }
        // A module that is switched off leaves no trace but its counters.
        if !self.policy.killed && self.policy.running {
            out.push(decision);
        }
    }

    /// Counts the legs of the newest transaction for their pools.
    fn count_traffic(&mut self, slot: u64) {
        for leg in &self.legs {
            let Some(number) = self.pools.index_of(&leg.pool) else { continue };
            let pool = self.pools.at(number);
            let Some(side) = pool.side_of(&leg.in_mint) else { continue };
            let [into, from] = [side, 1 - side].map(|side| pool.reserves()[side] as f64);
            let (into_before, from_before) = (into - leg.in_amount as f64, from + leg.out_amount as f64);
            let ratio = (into / from) / (into_before / from_before);
            let move_bps = if ratio > 0.0 { (1e4 * ratio.ln()).abs() } else { 0.0 };
            self.traffic[number as usize].push(slot, if move_bps.is_finite() { move_bps } else { 0.0 });
        }
    }
}
