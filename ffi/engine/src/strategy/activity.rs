//! What wallets did in the last slots: enough to say which transactions belong to an attack, which
//! wallets are one party, and what the party gained.

use std::collections::VecDeque;

use super::Landed;
use super::party_action::{PartyAction, WalletTransfer};
use crate::position::ChainPosition;
use crate::pubkey::Pubkey;
use crate::tips::JITO;

/// Most transactions remembered; about ten times what four full slots hold.
const ACTIONS_MAX: usize = 65_536;

/// Transactions that a window holds without an allocation; more allocate once.
const ACTIONS_USUAL: usize = 1_024;

/// The transactions of the window, oldest first.
pub struct Activity {
    actions: VecDeque<PartyAction>,
    /// Forgotten ones, whose lists are reused.
    spare: Vec<PartyAction>,
    /// Transactions dropped because the window held too many.
    pub forgotten: u64,
}

impl Default for Activity {
    fn default() -> Self {
        Activity {
            actions: VecDeque::with_capacity(ACTIONS_USUAL),
            spare: (0..ACTIONS_USUAL).map(|_| PartyAction::with_room()).collect(),
            forgotten: 0,
        }
    }
}

impl Activity {
    /// Adds the newest transaction.
    pub fn push(&mut self, landed: &Landed<'_>) {
        let mut action = self.spare.pop().unwrap_or_else(PartyAction::with_room);
        if self.actions.len() == ACTIONS_MAX {
            self.spare.extend(self.actions.pop_front());
            self.forgotten += 1;
        }
        action.refill(landed);
        self.actions.push_back(action);
    }

    /// What the newest transaction tipped in the auction that our bundles are in, lamports.
    #[must_use]
    pub fn newest_auction_tip_lamports(&self) -> u64 {
        let tips = self.actions.back().map_or(&[][..], |action| &action.tips);
        tips.iter().find(|tip| *tip.service == *JITO).map_or(0, |tip| tip.lamports)
    }

    /// Forgets everything before `slot`.
    pub fn forget_before(&mut self, slot: u64) {
        while self.actions.front().is_some_and(|action| action.position.slot < slot) {
            self.spare.extend(self.actions.pop_front());
        }
    }

    /// The transactions from `first` to `last`, both included.
    pub fn between(&self, first: ChainPosition, last: ChainPosition) -> impl Iterator<Item = &PartyAction> {
        let begin = self.actions.partition_point(|action| action.position < first);
        self.actions.range(begin..).take_while(move |action| action.position <= last)
    }

    /// `wallet` and every wallet that exchanged something with it directly in the window.
    #[must_use]
    pub fn party_of(&self, wallets: &[Pubkey]) -> Vec<Pubkey> {
        let mut party = wallets.to_vec();
        party.dedup();
        let landed = self.actions.iter().filter(|action| !action.failed);
        for WalletTransfer { from, to } in landed.flat_map(|action| &action.transfers) {
            for (one, other) in [(from, to), (to, from)] {
                if wallets.contains(one) && !party.contains(other) {
                    party.push(*other);
                }
            }
        }
        party
    }
}
