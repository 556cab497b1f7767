//! What the strategies conclude, before it becomes an Envelope and evidence.

use sha2::{Digest, Sha256};

use crate::legs::Leg;
use crate::pubkey::{Pubkey, Signature};

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

/// An observed event. Amounts are lamports or base units.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Sandwich, wide sandwich or arbitrage.
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
}

impl Decision {
    /// The same event has the same id in every run and on every host: 16 bytes of a SHA-256 over its
    /// kind, pool and transactions.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        // A wide sandwich is the same attack as a sandwich.
        hash.update([u8::from(self.kind == Kind::Arbitrage)]);
        for leg in self.fronts.iter().chain(&self.backs) {
            hash.update(leg.leg.pool.0);
            hash.update(leg.signature.0);
            hash.update(leg.leg.top.to_le_bytes());
            hash.update(leg.leg.inner.to_le_bytes());
        }
        let digest = hash.finalize();
        std::array::from_fn(|at| digest[at])
    }

    /// Arbitrages and tier A sandwiches are published; the rest stays as evidence.
    #[must_use]
    pub fn is_published(&self) -> bool {
        self.kind == Kind::Arbitrage || self.tier == Tier::A
    }

    /// The pool it is filed under: the sandwiched one, or the cycle's first.
    #[must_use]
    pub fn pool(&self) -> Pubkey {
        self.fronts.first().map(|front| front.leg.pool).unwrap_or_default()
    }

    /// The DEX of that pool.
    #[must_use]
    pub fn dex_id(&self) -> &'static str {
        self.fronts.first().map_or("", |front| front.leg.dex.id)
    }
}
