//! What happened in a pool within the window, in order.

use crate::decision::LandedLeg;
use crate::landing::PastTraffic;
use crate::pools::Pool;
use crate::pubkey::Pubkey;

/// What happened to a pool, with its state before, when that is known.
pub(super) struct Step {
    pub(super) before: Option<Pool>,
    pub(super) kind: StepKind,
}

#[expect(
    clippy::large_enum_variant,
    reason = "nearly every step is a swap; a box each would cost an allocation"
)]
pub(super) enum StepKind {
    Swap(Swap),
    /// Liquidity or fees moved: what the vaults gained.
    VaultChange([i128; 2]),
}

pub(super) struct Swap {
    pub(super) landed: LandedLeg,
    pub(super) signer: Pubkey,
    pub(super) event_ns: u64,
    /// What the pool did in earlier slots.
    pub(super) past: PastTraffic,
    /// Part of an attack, or a front whose window is over.
    pub(super) consumed: bool,
    /// The last back of an attack that was reported before it was over.
    pub(super) reported: bool,
}

impl Swap {
    pub(super) fn is_of(&self, party: &[Pubkey]) -> bool {
        party.contains(&self.signer) || party.contains(&self.landed.leg.trader)
    }

    pub(super) fn mint_out(&self) -> Pubkey {
        self.landed.leg.out_mint
    }

    pub(super) fn mint_in(&self) -> Pubkey {
        self.landed.leg.in_mint
    }
}

pub(super) fn swap_of(step: &Step) -> Option<&Swap> {
    match &step.kind {
        StepKind::Swap(swap) => Some(swap),
        StepKind::VaultChange(_) => None,
    }
}

pub(super) fn mark_consumed<'a>(steps: &mut [Step], places: impl IntoIterator<Item = &'a usize>) {
    for &at in places {
        if let StepKind::Swap(swap) = &mut steps[at].kind {
            swap.consumed = true;
        }
    }
}
