//! Paper trading: what would have become of an opportunity, judged by what landed on the chain afterwards.
//!
//! The rule is crude, and every reason is marked as paper. An arbitrage lands unless another party took a cycle
//! through one of its pools within a slot and tipped at least as much. A sandwich lands if its target did.

use wire::hex::to_hex;

use super::Landed;
use crate::decision::{Decision, Kind};
use crate::pubkey::{Pubkey, Signature};

/// Most opportunities that wait for their outcome. Beyond it the oldest gets none and is counted.
const WAITING_MAX: usize = 256;
/// Slots after which an outcome is decided.
const SLOTS: u64 = 1;
/// Hops of a cycle, or front and back.
const POOLS_MAX: usize = 4;

/// Why it landed, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No rival was in the way.
    NoRival,
    /// This transaction tipped at least as much, lamports.
    Outbid(Signature, u64),
    /// The target landed.
    TargetLanded,
    /// The target failed.
    TargetFailed,
    /// The target was not seen in time.
    TargetNotSeen,
}

impl Reason {
    /// One line.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Reason::NoRival => "paper: no rival in its pools within a slot".to_owned(),
            Reason::Outbid(by, tip) => format!("paper: outbid by {by}, which tipped {tip} lamports"),
            Reason::TargetLanded => "paper: its target landed".to_owned(),
            Reason::TargetFailed => "paper: its target failed".to_owned(),
            Reason::TargetNotSeen => "paper: its target was not seen within a slot".to_owned(),
        }
    }
}

/// What became of an opportunity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The opportunity.
    pub decision_id: [u8; 16],
    /// The module's: arbitrage, else mev.
    pub arbitrage: bool,
    /// Whether it would have landed.
    pub landed: bool,
    /// What would have been tipped, lamports.
    pub tip_lamports: u64,
    /// What would have been gained or lost, lamports.
    pub gain_lamports: i64,
    /// Why.
    pub reason: Reason,
    /// The slot at whose end this outcome was determined.
    pub slot: u64,
    /// The source's time of that slot end, Unix nanoseconds.
    pub event_ns: u64,
}

impl Outcome {
    /// `paper-` and the decision's id.
    #[must_use]
    pub fn bundle_id(&self) -> String {
        format!("paper-{}", to_hex(&self.decision_id))
    }
}

struct Waiting {
    decision_id: [u8; 16],
    arbitrage: bool,
    slot: u64,
    pools: [Pubkey; POOLS_MAX],
    tip_lamports: u64,
    landed_lamports: i64,
    fail_lamports: i64,
    target: Option<Signature>,
    reason: Reason,
}

/// All opportunities that were taken on paper and are not yet decided.
#[derive(Default)]
pub struct Paper {
    waiting: Vec<Waiting>,
    /// Opportunities that never got an outcome.
    pub forgotten: u64,
}

impl Paper {
    /// Adds one that passed the gate.
    pub fn take(&mut self, decision: &Decision) {
        let Some(open) = &decision.open else { return };
        if self.waiting.len() == WAITING_MAX {
            self.waiting.remove(0);
            self.forgotten += 1;
        }
        let mut pools = [Pubkey::default(); POOLS_MAX];
        for (pool, hop) in pools.iter_mut().zip(&open.hops) {
            *pool = hop.pool;
        }
        let signed = |lamports: u64| i64::try_from(lamports).unwrap_or(i64::MAX);
        let arbitrage = decision.kind == Kind::OpenArbitrage;
        self.waiting.push(Waiting {
            decision_id: decision.id(),
            arbitrage,
            slot: decision.slot,
            pools,
            tip_lamports: open.tip_lamports,
            landed_lamports: open.edge_lamports
                - signed(open.tip_lamports)
                - signed(open.landed_fee_lamports),
            fail_lamports: -signed(open.fail_cost_lamports),
            target: open.target.map(|_| open.trigger),
            reason: if arbitrage { Reason::NoRival } else { Reason::TargetNotSeen },
        });
    }

    /// Compares what landed with what waits; `cycle`: whether it closed one, with its tip.
    pub fn on_landed(&mut self, landed: &Landed<'_>, cycle: bool, tip_lamports: u64) {
        for waiting in &mut self.waiting {
            if waiting.target == Some(landed.signature) {
                waiting.reason =
                    if landed.transaction.failed { Reason::TargetFailed } else { Reason::TargetLanded };
            }
            let rival = cycle && waiting.arbitrage && tip_lamports >= waiting.tip_lamports;
            if rival && landed.legs.iter().any(|leg| waiting.pools.contains(&leg.pool)) {
                waiting.reason = Reason::Outbid(landed.signature, tip_lamports);
            }
        }
    }

    /// Appends the outcomes that are due when `slot` has ended.
    pub fn on_slot_end(&mut self, slot: u64, event_ns: u64, out: &mut Vec<Outcome>) {
        self.waiting.retain(|waiting| {
            if waiting.slot + SLOTS > slot {
                return true;
            }
            let landed = matches!(waiting.reason, Reason::NoRival | Reason::TargetLanded);
            out.push(Outcome {
                decision_id: waiting.decision_id,
                arbitrage: waiting.arbitrage,
                landed,
                tip_lamports: waiting.tip_lamports,
                gain_lamports: if landed { waiting.landed_lamports } else { waiting.fail_lamports },
                reason: waiting.reason,
                slot,
                event_ns,
            });
            false
        });
    }
}
