//! The spine: events in, decisions out, one call at a time.

use std::sync::Arc;

use crate::decision::{Decision, Hop, Kind, Open, Target};
use crate::features::{self, CycleFacts, Provenance, SandwichFacts, Scorer};
use crate::frame::{FrameError, Transaction};
use crate::gate::{self, Term, Terms, WhyNot};
use crate::gates::{Mints, Place};
use crate::landing::{self, LandingInputs, Past, Tips, Traffic};
use crate::legs::{self, DecodeCounts, Leg};
use crate::missed::Missed;
use crate::policy::Policy;
use crate::pools::{Account, Pools};
use crate::pubkey::{Pubkey, Signature};
use crate::seen::Seen;
use crate::strategy::paper::{Outcome, Paper};
use crate::strategy::{Landed, arbitrage, open_arbitrage, open_sandwich, sandwich::Sandwiches};
use crate::tips::{TipAccounts, TipsSeen, TipsTold};

/// Slots after a front in which its back still counts (docs/CONTRACT.md, "Events").
pub const WINDOW_SLOTS: u64 = 3;
/// Lamports of one signature.
const BASE_FEE_LAMPORTS: u64 = 5_000;
/// Transactions of an open sandwich's bundle: front, target, back.
const SANDWICH_BUNDLE_LEN: u32 = 3;

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

/// What was seen, for the summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Transactions walked.
    pub transactions: u64,
    /// How many of them failed.
    pub failed: u64,
    /// How many of them are votes.
    pub votes: u64,
    /// Transactions seen before they were executed.
    pub pending: u64,
    /// Frames that could not be walked.
    pub malformed: u64,
    /// Frames of transactions that were seen before: the first one counts.
    pub repeated: u64,
    /// Transactions that did not fit into memory: if they come again, they count again.
    pub unremembered: u64,
    /// Opportunities found.
    pub candidates: u64,
    /// How many of them had a pool state that was young enough.
    pub fresh: u64,
    /// Fresh ones that no switch (killed, stopped, throttled) removed: these are judged by their worth.
    pub weighed: u64,
    /// Weighed ones that passed the gate.
    pub passed: u64,
    /// Opportunities by the first term that refused each: the sum is `candidates - passed`.
    pub refused_first: WhyNot,
    /// Opportunities that each term refused; one that several refused counts for each.
    pub why_not: WhyNot,
    /// Observed facts that a switch kept out of the log. They do not count as opportunities.
    pub observed_withheld: u64,
    /// Legs, and swap instructions that gave none.
    pub decode: DecodeCounts,
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
    model: Option<Arc<dyn Scorer>>,
    shadow: Option<Arc<dyn Scorer>>,
    transaction: Transaction,
    legs: Vec<Leg>,
    pools: Pools,
    mints: Mints,
    traffic: Vec<Traffic>,
    tips: Tips,
    tip_accounts: Arc<TipAccounts>,
    tips_seen: TipsSeen,
    sandwiches: Sandwiches,
    paper: Paper,
    outcomes: Vec<Outcome>,
    last_slot: u64,
    /// The newest slot up to which pool state is completely known; 0 = before the first slot seen.
    whole_slot: u64,
    counts: Counts,
    missed: Missed,
    seen: Seen,
    /// Of transactions that were not executed yet.
    announced: Seen,
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
            model: None,
            shadow: None,
            transaction: Transaction::default(),
            legs: Vec::new(),
            pools: Pools::default(),
            mints: Mints::default(),
            traffic: Vec::new(),
            tips: Tips::default(),
            tip_accounts: Arc::default(),
            tips_seen: TipsSeen::default(),
            sandwiches: Sandwiches::new(WINDOW_SLOTS),
            paper: Paper::default(),
            outcomes: Vec::new(),
            last_slot: 0,
            whole_slot: 0,
            counts: Counts::default(),
            missed: Missed::default(),
            seen: Seen::default(),
            announced: Seen::default(),
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
                self.whole_slot = self.whole_slot.max(*slot);
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
    pub fn know_tips(&mut self, accounts: Arc<TipAccounts>) {
        self.tip_accounts = accounts;
    }

    /// Tips by service since the start, and what looks like a tip account.
    #[must_use]
    pub fn tips_told(&self) -> TipsTold {
        self.tips_seen.told()
    }

    /// Sets the models that give scores. Without an answer the baseline scores. The score of `shadow` is only reported.
    pub fn ask_models(&mut self, model: Arc<dyn Scorer>, shadow: Arc<dyn Scorer>) {
        (self.model, self.shadow) = (Some(model), Some(shadow));
    }

    /// Takes over the counters of the engine that this one replaces: what that one saw is not counted twice.
    pub fn go_on(&mut self, from: Engine) {
        (self.counts, self.missed, self.tips_seen) = (from.counts, from.missed, from.tips_seen);
        (self.seen, self.announced) = (from.seen, from.announced);
    }

    /// What looked like a swap and gave no leg.
    #[must_use]
    pub fn missed(&self) -> &Missed {
        &self.missed
    }

    /// What was seen so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts { unremembered: self.seen.unremembered + self.announced.unremembered, ..self.counts }
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
        let seen = if transaction.executed { &mut self.seen } else { &mut self.announced };
        if !seen.is_first(slot, &signature) {
            self.counts.repeated += 1;
            return;
        }
        if self.whole_slot == 0 {
            // The snapshot is from before the first slot.
            self.whole_slot = slot.saturating_sub(1);
        }
        if !transaction.executed {
            self.counts.pending += 1;
            if self.modules.mev {
                self.open_sandwich(frame, slot, signature, now_ns, out);
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
        self.tips_seen.count(frame, transaction, &self.tip_accounts);
        let before = out.len();
        arbitrage::find(&landed, out);
        let cycle = out.len() > before;
        self.sandwiches.on_transaction(&landed, &mut self.pools, &self.traffic);
        let tip_lamports = self.sandwiches.newest_auction_tip_lamports();
        self.tips.push(tip_lamports);
        self.paper.on_landed(&landed, cycle, tip_lamports);
        self.count_traffic(slot);
        if self.modules.arbitrage {
            self.open_arbitrage(slot, signature, now_ns, out);
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

    /// The best cycle through a pool that the newest transaction moved.
    fn open_arbitrage(&mut self, slot: u64, trigger: Signature, now_ns: u64, out: &mut Vec<Decision>) {
        let pools = &self.pools;
        let moved = self.legs.iter().filter_map(|leg| pools.index_of(&leg.pool));
        let best = moved.filter_map(|number| open_arbitrage::find(pools, number));
        let Some(cycle) = best.max_by_key(open_arbitrage::Cycle::edge_lamports) else { return };
        let amounts = cycle.amounts();
        let steps = cycle.steps().iter().enumerate();
        let hops: Vec<Hop> = steps
            .map(|(at, &(number, side))| self.hop(number, usize::from(side), amounts[at], amounts[at + 1]))
            .collect();
        let cost = BASE_FEE_LAMPORTS + self.tips.quantile(self.policy.tip_ladder.rungs()[0]);
        let score = landing::arbitrage_score(cycle.edge_lamports() as f64, cost as f64, hops.len());
        let busiest = cycle.steps().iter().map(|&(number, _)| number);
        let (contention, slippage_bps) = self.busiest(busiest, slot);
        let past = self.past(cycle.steps().iter().map(|&(number, _)| number), slot);
        let share = |hop: &Hop| hop.in_amount as f64 / hop.reserves[0].max(1) as f64;
        let facts = Facts::Cycle(CycleFacts {
            amounts: [amounts[0] as f64, amounts[hops.len()] as f64],
            hops: hops.len(),
            size_share: hops.iter().map(share).fold(0.0, f64::max),
            tip_lamports: self.tips.quantile(self.policy.tip_ladder.rungs()[0]) as f64,
            past,
        });
        let edge_lamports = cycle.edge_lamports();
        let found = Found { slot, now_ns, trigger, hops, target: None, edge_lamports, facts };
        self.weigh(Kind::OpenArbitrage, found, score, contention, slippage_bps, 1, out);
    }

    /// The sandwich that could be placed around a swap that is not executed yet.
    fn open_sandwich(
        &mut self,
        frame: &[u8],
        slot: u64,
        trigger: Signature,
        now_ns: u64,
        out: &mut Vec<Decision>,
    ) {
        let Some(wish) = open_sandwich::wish(frame, &self.transaction, &self.pools) else { return };
        let Some(plan) = open_sandwich::find(&self.pools, &wish) else { return };
        let hops = vec![
            self.hop(wish.pool, wish.side, plan.front_in, plan.front_out),
            self.hop(wish.pool, 1 - wish.side, plan.front_out, plan.back_out),
        ];
        let cost = 2 * BASE_FEE_LAMPORTS + self.tips.quantile(self.policy.tip_ladder.rungs()[0]);
        let per_front = wish.amount_in as f64 / plan.front_in.max(1) as f64;
        let score = landing::sandwich_score(plan.edge_lamports() as f64, cost as f64, per_front);
        let (contention, slippage_bps) = self.busiest(std::iter::once(wish.pool), slot);
        let target = Target {
            amount_in: wish.amount_in,
            min_out: wish.min_out,
            out_planned: plan.victim_out,
            out_alone: plan.victim_out_alone,
        };
        let edge_lamports = plan.edge_lamports();
        let reserves = hops[0].reserves.map(|reserve| reserve as f64);
        let facts = Facts::Sandwich(SandwichFacts {
            buys: true,
            front: [plan.front_in as f64, plan.front_out as f64],
            back: [plan.back_out as f64, plan.front_out as f64],
            reserves,
            victims_in: wish.amount_in as f64,
            victims: 1,
            provenance: Provenance::OneSignerOneSlot,
            past: self.past(std::iter::once(wish.pool), slot),
        });
        let found = Found { slot, now_ns, trigger, hops, target: Some(target), edge_lamports, facts };
        self.weigh(Kind::OpenSandwich, found, score, contention, slippage_bps, SANDWICH_BUNDLE_LEN, out);
    }

    fn hop(&self, number: u32, side: usize, in_amount: u64, out_amount: u64) -> Hop {
        let (pool, dex) = self.pools.about(number);
        let state = self.pools.at(number);
        let reserves = state.reserves();
        Hop {
            dex,
            pool,
            in_mint: state.mints[side],
            in_amount,
            out_mint: state.mints[1 - side],
            out_amount,
            reserves: [reserves[side], reserves[1 - side]],
        }
    }

    /// Most swaps in 8 slots and most slippage to expect, of some pools.
    fn busiest(&self, numbers: impl Iterator<Item = u32>, slot: u64) -> (u32, f64) {
        numbers.map(|number| self.traffic[number as usize]).fold((0, 0.0), |(swaps, slippage), traffic| {
            (traffic.swaps(slot).max(swaps), traffic.slippage_bps(slot).max(slippage))
        })
    }

    /// What the busiest of some pools did before `slot`.
    fn past(&self, numbers: impl Iterator<Item = u32>, slot: u64) -> Past {
        let pasts = numbers.map(|number| self.traffic[number as usize].past(slot));
        pasts.max_by_key(|past| past.n_swaps).unwrap_or_default()
    }

    /// Tip, landing, EV and gate of one opportunity. `score` is the baseline's.
    #[expect(clippy::too_many_arguments, reason = "each is one input of the estimate")]
    fn weigh(
        &mut self,
        kind: Kind,
        found: Found,
        score: f64,
        contention: u32,
        slippage_bps: f64,
        bundle_len: u32,
        out: &mut Vec<Decision>,
    ) {
        let policy = self.policy.clone();
        let tip_quantile = policy.tip_ladder.rungs()[0];
        let tip_lamports = self.tips.quantile(tip_quantile);
        let landing = LandingInputs { tip_quantile, contention, bundle_len };
        let p_land = landing::p_land(&landing);
        // Fees of our own transactions only: the target pays for itself. A bundle that does not land costs nothing.
        let landed_fee_lamports = BASE_FEE_LAMPORTS * u64::from(bundle_len.div_ceil(2));
        let fail_cost_lamports = 0;
        let [edge, tip, fee, fail] = [
            found.edge_lamports as f64,
            tip_lamports as f64,
            landed_fee_lamports as f64,
            fail_cost_lamports as f64,
        ]
        .map(|lamports| lamports / 1e9);
        let ev_sol = p_land * (edge - tip - fee) - (1.0 - p_land) * fail;
        let mut terms = Terms {
            score,
            ev_sol,
            fee_share: (tip + fee) / edge,
            slippage_bps,
            state_age_slots: found.slot.saturating_sub(self.whole_slot),
            place: Place::of(&policy.gates, &found.hops, &self.mints),
        };
        let features = match &found.facts {
            Facts::Sandwich(facts) => features::sandwich(facts),
            Facts::Cycle(facts) => features::cycle(facts, &landing, &terms),
        };
        let asked = |model: &Option<Arc<dyn Scorer>>| model.as_ref()?.ask(features.values());
        let (model, shadow) = (asked(&self.model), asked(&self.shadow));
        if let Some(answer) = &model {
            terms.score = f64::from(answer.score);
        }
        let open = Open {
            trigger: found.trigger,
            hops: found.hops,
            target: found.target,
            edge_lamports: found.edge_lamports,
            tip_lamports,
            landed_fee_lamports,
            fail_cost_lamports,
            p_land,
            landing,
            model: model.map(|answer| answer.version),
            shadow,
            terms,
            refusals: gate::Refusals::default(),
            policy: policy.clone(),
        };
        let mut decision = Decision::open(kind, found.slot, found.now_ns, open);
        decision.features = Some(features);
        let refusals = gate::judge(&policy, &decision.id(), &terms);
        if let Some(open) = &mut decision.open {
            open.refusals = refusals;
        }
        self.counts.candidates += 1;
        let fresh = !refusals.has(Term::StateAge);
        self.counts.fresh += u64::from(fresh);
        let switched_off = !gate::switches(&policy, &decision.id()).is_go();
        self.counts.weighed += u64::from(fresh && !switched_off);
        self.counts.why_not.count(refusals);
        self.counts.refused_first.count_first(refusals);
        if refusals.is_go() {
            self.counts.passed += 1;
            self.paper.take(&decision);
        }
        // A module that is switched off leaves no trace but its counters.
        if !policy.killed && policy.running {
            out.push(decision);
        }
    }
}

/// An opportunity before it is weighed.
struct Found {
    slot: u64,
    now_ns: u64,
    trigger: Signature,
    hops: Vec<Hop>,
    target: Option<Target>,
    edge_lamports: i64,
    facts: Facts,
}

/// The facts from which the row for the model is made.
enum Facts {
    Sandwich(SandwichFacts),
    Cycle(CycleFacts),
}
