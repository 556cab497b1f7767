//! What the strategies conclude, before it becomes an Envelope and evidence.

use std::borrow::Cow;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::features::{ModelScore, Row};
use crate::gate::{Refusals, Terms};
pub use crate::hop::Hop;
use crate::landing::LandingInputs;
use crate::legs::Leg;
use crate::policy::Policy;
use crate::position::ChainPosition;
use crate::pubkey::{Pubkey, Signature};
use crate::tips::PaidTip;

pub use wire::realtime::Kind;
pub use wire::realtime::envelope::Tier;

/// One leg with the transaction it was in.
#[derive(Clone, Debug)]
pub struct LandedLeg {
    /// Slot of the transaction.
    pub slot: u64,
    /// Its place in the block.
    pub index: u64,
    /// Its signature.
    pub signature: Signature,
    /// What moved.
    pub leg: Leg,
}

impl LandedLeg {
    /// Where its transaction is on the chain.
    #[must_use]
    pub fn position(&self) -> ChainPosition {
        ChainPosition { slot: self.slot, index: self.index }
    }

    /// Orders legs as they were executed.
    #[must_use]
    pub fn order(&self) -> (u64, u64, u16, u16) {
        (self.slot, self.index, self.leg.top, self.leg.inner)
    }
}

/// What one victim would have been paid without the attack. Base units of `mint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VictimLoss {
    /// The victim's transaction.
    pub signature: Signature,
    /// What it bought.
    pub mint: Pubkey,
    /// What the pool paid.
    pub out_actual: u64,
    /// What the pool would have paid.
    pub out_without: u64,
}

/// The swap that an open sandwich would stand around. Base units.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What it pays.
    pub amount_in: u64,
    /// The least it accepts.
    pub min_out: u64,
    /// What it would get within the plan.
    pub out_planned: u64,
    /// What it would get alone.
    pub out_alone: u64,
}

/// The grounds for an opportunity that could still be taken.
#[derive(Clone, Debug)]
pub struct Open {
    /// The transaction that opened it.
    pub trigger: Signature,
    /// What would be executed: a cycle, or front and back.
    pub hops: Vec<Hop>,
    /// Sandwich: the swap between.
    pub target: Option<Target>,
    /// Gross gain, lamports.
    pub edge_lamports: i64,
    /// First rung of the ladder, lamports.
    pub tip_lamports: u64,
    /// Network fees when it lands, lamports.
    pub landed_fee_lamports: u64,
    /// Paid when it does not land, lamports.
    pub fail_cost_lamports: u64,
    /// Probability of landing, 0..1.
    pub p_land: f64,
    /// What that rests on.
    pub landing: LandingInputs,
    /// The model that gave the score; `None`: the baseline.
    pub model: Option<Arc<str>>,
    /// The score of the shadow model, and which model that is.
    pub shadow: Option<ModelScore>,
    /// What the gate weighed.
    pub terms: Terms,
    /// What refused.
    pub refusals: Refusals,
    /// The policy it was weighed under.
    pub policy: Policy,
}

/// An observed event, or an opportunity that could still be taken. Amounts are lamports or base units.
#[derive(Clone, Debug)]
pub struct Decision {
    /// What it is.
    pub kind: Kind,
    /// How sure it is; none for an arbitrage, which is a fact.
    pub tier: Tier,
    /// The slot of its last transaction.
    pub slot: u64,
    /// The source's time of that slot, Unix nanoseconds.
    pub event_ns: u64,
    /// Wallets of the party that gains.
    pub attackers: Vec<Pubkey>,
    /// Arbitrage: the cycle in order. Sandwich: the front-runs.
    pub fronts: Vec<LandedLeg>,
    /// Sandwich: whose price was made worse.
    pub victims: Vec<LandedLeg>,
    /// Sandwich: by re-execution without the attackers; empty when the pool's state is not known.
    pub victim_losses: Vec<VictimLoss>,
    /// Sandwich: the back-runs.
    pub backs: Vec<LandedLeg>,
    /// Transfers between the attackers' wallets, as transactions of their own.
    pub links: Vec<Signature>,
    /// Tips paid as transactions of their own.
    pub tips: Vec<Signature>,
    /// The attackers' own failed tries on the pool.
    pub failed: Vec<Signature>,
    /// Mint that the gain is in.
    pub quote_mint: Pubkey,
    /// Change of all lamports the attackers own, fees and tips out; `None` when the quote is not SOL.
    pub net_lamports: Option<i64>,
    /// Change of the quote mint that the attackers own.
    pub net_raw: i128,
    /// Network fees of the attackers' transactions.
    pub fee_lamports: u64,
    /// Paid to tip accounts.
    pub tip_lamports: u64,
    /// Of what landed: the tips by service, each service once.
    pub tips_by_service: Vec<PaidTip>,
    /// What the legs alone gained of the quote mint, before fees, tips and everything else.
    pub gross_raw: i128,
    /// Arbitrage: lamports sent by transfer to wallets that are neither the party's nor tip accounts.
    pub moved_out_lamports: u64,
    /// The part of them that filled empty wallets: the party's own money in another place, not a loss.
    pub funded_lamports: u64,
    /// What a model sees of it; `None` where the pool's state was not known.
    pub features: Option<Row>,
    /// `Some` for an opportunity, which has no legs on the chain.
    pub open: Option<Box<Open>>,
    /// It could still grow: reported, but neither counted nor published. The same attack is reported again
    /// when it has ended.
    pub provisional: bool,
}

impl Decision {
    /// An opportunity; its gain is not on the chain.
    #[must_use]
    pub fn open(kind: Kind, slot: u64, event_ns: u64, open: Open) -> Decision {
        Decision {
            kind,
            tier: Tier::None,
            slot,
            event_ns,
            attackers: Vec::new(),
            fronts: Vec::new(),
            victims: Vec::new(),
            victim_losses: Vec::new(),
            backs: Vec::new(),
            links: Vec::new(),
            tips: Vec::new(),
            failed: Vec::new(),
            quote_mint: crate::token::WRAPPED_SOL,
            net_lamports: None,
            net_raw: 0,
            fee_lamports: open.landed_fee_lamports,
            tip_lamports: open.tip_lamports,
            tips_by_service: Vec::new(),
            gross_raw: 0,
            moved_out_lamports: 0,
            funded_lamports: 0,
            features: None,
            open: Some(Box::new(open)),
            provisional: false,
        }
    }

    /// Whether it is the arbitrage module's.
    #[must_use]
    pub fn is_arbitrage(&self) -> bool {
        matches!(self.kind, Kind::Arbitrage | Kind::OpenArbitrage)
    }

    /// What it is expected to gain when it lands, or what it did gain. SOL.
    #[must_use]
    pub fn net_sol(&self) -> f64 {
        let lamports = match &self.open {
            Some(open) => {
                open.edge_lamports as f64 - open.tip_lamports as f64 - open.landed_fee_lamports as f64
            }
            None => self.net_lamports.unwrap_or(0) as f64,
        };
        lamports / 1e9
    }

    /// The same event has the same id in every run and on every host: 16 bytes of a SHA-256 over its
    /// kind, pool and transactions.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        // A wide sandwich is the same attack as a sandwich.
        hash.update([match self.kind {
            Kind::Arbitrage => 1,
            Kind::OpenArbitrage => 2,
            Kind::OpenSandwich => 3,
            _ => 0,
        }]);
        if let Some(open) = &self.open {
            hash.update(open.trigger.0);
            for hop in &open.hops {
                hash.update(hop.pool.0);
                hash.update(hop.in_mint.0);
            }
        }
        for leg in self.fronts.iter().chain(&self.backs) {
            hash.update(leg.leg.pool.0);
            hash.update(leg.signature.0);
            hash.update(leg.leg.top.to_le_bytes());
            hash.update(leg.leg.inner.to_le_bytes());
        }
        let digest = hash.finalize();
        std::array::from_fn(|at| digest[at])
    }

    /// Arbitrages, tier A sandwiches and opportunities that passed the gate are published; the rest stays
    /// as evidence.
    #[must_use]
    pub fn is_published(&self) -> bool {
        match &self.open {
            _ if self.provisional => false,
            Some(open) => open.refusals.is_go(),
            None => self.kind == Kind::Arbitrage || self.tier == Tier::A,
        }
    }

    /// The pool it is filed under: the sandwiched one, or the cycle's first.
    #[must_use]
    pub fn pool(&self) -> Pubkey {
        let planned = self.open.as_ref().and_then(|open| open.hops.first()).map(|hop| hop.pool);
        planned.or_else(|| self.fronts.first().map(|front| front.leg.pool)).unwrap_or_default()
    }

    /// The DEX of that pool.
    #[must_use]
    pub fn dex_id(&self) -> Cow<'static, str> {
        let planned = self.open.as_ref().and_then(|open| open.hops.first()).map(|hop| hop.dex.id.into());
        planned.unwrap_or_else(|| self.fronts.first().map_or("".into(), |front| front.leg.dex_name()))
    }
}
