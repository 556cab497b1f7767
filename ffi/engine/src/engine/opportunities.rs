//! What could still be taken, found after each transaction: the input of the estimate.

use crate::decision::{Hop, Kind, Target};
use crate::features::{CycleFacts, Provenance, QuoteBase, SandwichFacts};
use crate::frame::Transaction;
use crate::landing::{self, PastTraffic, Traffic};
use crate::legs::Leg;
use crate::pools::{PoolIdentity, Pools};
use crate::pubkey::Signature;
use crate::strategy::{open_arbitrage, open_sandwich};

/// Lamports of one signature.
pub(super) const BASE_FEE_LAMPORTS: u64 = 5_000;
/// Transactions of an open arbitrage's bundle.
const ARBITRAGE_BUNDLE_LEN: u32 = 1;
/// Transactions of an open sandwich's bundle: front, target, back.
const SANDWICH_BUNDLE_LEN: u32 = 3;

/// The transaction after which an opportunity was found.
#[derive(Clone, Copy)]
pub(super) struct Trigger {
    pub(super) slot: u64,
    pub(super) signature: Signature,
    /// The source's time, Unix nanoseconds.
    pub(super) now_ns: u64,
}

/// What other traders are expected to do in an opportunity's pools.
#[derive(Clone, Copy, Default)]
pub(super) struct Expected {
    /// Swaps in 8 slots.
    pub(super) contention: u32,
    /// Price change in one slot, bps.
    pub(super) slippage_bps: f64,
}

/// An opportunity before it is weighed.
pub(super) struct Opportunity {
    pub(super) kind: Kind,
    pub(super) trigger: Trigger,
    pub(super) hops: Vec<Hop>,
    pub(super) target: Option<Target>,
    pub(super) edge_lamports: i64,
    /// What the formula gives; a model's answer replaces it.
    pub(super) baseline_score: f64,
    pub(super) expected: Expected,
    /// Transactions of its bundle.
    pub(super) bundle_len: u32,
    pub(super) facts: Facts,
}

/// The facts from which the row for the model is made.
pub(super) enum Facts {
    Sandwich(SandwichFacts),
    Cycle(CycleFacts),
}

/// What the search for opportunities reads.
pub(super) struct Market<'a> {
    pub(super) pools: &'a Pools,
    /// By the index of the pool.
    pub(super) traffic: &'a [Traffic],
    /// What the first attempt would tip.
    pub(super) tip_lamports: u64,
}

impl Market<'_> {
    /// The best cycle through a pool that `legs`, those of the newest transaction, moved.
    pub(super) fn best_cycle(&self, legs: &[Leg], trigger: Trigger) -> Option<Opportunity> {
        let pools = self.pools;
        let moved = legs.iter().filter_map(|leg| pools.index_of(&leg.pool));
        let best = moved.filter_map(|pool_index| open_arbitrage::find(pools, pool_index));
        let cycle = best.max_by_key(open_arbitrage::Cycle::edge_lamports)?;
        let amounts = cycle.amounts();
        let steps = cycle.steps().iter().enumerate();
        let hops: Vec<Hop> = steps
            .map(|(at, step)| self.hop(step.pool, usize::from(step.side), amounts[at], amounts[at + 1]))
            .collect();
        let cost = BASE_FEE_LAMPORTS + self.tip_lamports;
        let baseline_score = landing::arbitrage_score(cycle.edge_lamports() as f64, cost as f64, hops.len());
        let busiest = cycle.steps().iter().map(|step| step.pool);
        let expected = self.expected(busiest, trigger.slot);
        let past = self.past(cycle.steps().iter().map(|step| step.pool), trigger.slot);
        let share = |hop: &Hop| hop.in_amount as f64 / hop.reserves[0].max(1) as f64;
        let facts = Facts::Cycle(CycleFacts {
            amount_in: amounts[0] as f64,
            amount_out: amounts[hops.len()] as f64,
            hops: hops.len(),
            size_share: hops.iter().map(share).fold(0.0, f64::max),
            tip_lamports: self.tip_lamports as f64,
            past,
        });
        Some(Opportunity {
            kind: Kind::OpenArbitrage,
            trigger,
            hops,
            target: None,
            edge_lamports: cycle.edge_lamports(),
            baseline_score,
            expected,
            bundle_len: ARBITRAGE_BUNDLE_LEN,
            facts,
        })
    }

    /// The sandwich that could be placed around a swap that is not executed yet.
    pub(super) fn best_sandwich(
        &self,
        frame: &[u8],
        transaction: &Transaction,
        trigger: Trigger,
    ) -> Option<Opportunity> {
        let request = open_sandwich::requested_swap(frame, transaction, self.pools)?;
        let plan = open_sandwich::find(self.pools, &request)?;
        let hops = vec![
            self.hop(request.pool, request.side, plan.front_in, plan.front_out),
            self.hop(request.pool, 1 - request.side, plan.front_out, plan.back_out),
        ];
        let cost = 2 * BASE_FEE_LAMPORTS + self.tip_lamports;
        let per_front = request.amount_in as f64 / plan.front_in.max(1) as f64;
        let baseline_score = landing::sandwich_score(plan.edge_lamports() as f64, cost as f64, per_front);
        let target = Target {
            amount_in: request.amount_in,
            min_out: request.min_out,
            out_planned: plan.victim_out,
            out_alone: plan.victim_out_alone,
        };
        let [quote, base] = hops[0].reserves.map(|reserve| reserve as f64);
        let facts = Facts::Sandwich(SandwichFacts {
            buys: true,
            front: QuoteBase { quote: plan.front_in as f64, base: plan.front_out as f64 },
            back: QuoteBase { quote: plan.back_out as f64, base: plan.front_out as f64 },
            reserves: QuoteBase { quote, base },
            victims_in: request.amount_in as f64,
            victims: 1,
            provenance: Provenance::OneSignerOneSlot,
            past: self.past(std::iter::once(request.pool), trigger.slot),
        });
        Some(Opportunity {
            kind: Kind::OpenSandwich,
            trigger,
            hops,
            target: Some(target),
            edge_lamports: plan.edge_lamports(),
            baseline_score,
            expected: self.expected(std::iter::once(request.pool), trigger.slot),
            bundle_len: SANDWICH_BUNDLE_LEN,
            facts,
        })
    }

    fn hop(&self, pool_index: u32, side: usize, in_amount: u64, out_amount: u64) -> Hop {
        let PoolIdentity { address, dex } = self.pools.identity(pool_index);
        let state = self.pools.at(pool_index);
        let reserves = state.reserves();
        Hop {
            dex,
            pool: address,
            in_mint: state.mints[side],
            in_amount,
            out_mint: state.mints[1 - side],
            out_amount,
            reserves: [reserves[side], reserves[1 - side]],
        }
    }

    /// The busiest of some pools, and the largest price change among them.
    fn expected(&self, pools: impl Iterator<Item = u32>, slot: u64) -> Expected {
        pools.map(|pool_index| self.traffic[pool_index as usize]).fold(
            Expected::default(),
            |most, traffic| Expected {
                contention: traffic.swaps(slot).max(most.contention),
                slippage_bps: traffic.slippage_bps(slot).max(most.slippage_bps),
            },
        )
    }

    /// What the busiest of some pools did before `slot`.
    fn past(&self, pools: impl Iterator<Item = u32>, slot: u64) -> PastTraffic {
        let pasts = pools.map(|pool_index| self.traffic[pool_index as usize].past(slot));
        pasts.max_by_key(|past| past.n_swaps).unwrap_or_default()
    }
}
