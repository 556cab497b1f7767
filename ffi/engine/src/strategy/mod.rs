//! What the strategies see and what they may decide.

pub mod activity;
pub mod arbitrage;
pub mod moved_out;
pub mod open_arbitrage;
pub mod open_sandwich;
pub mod paper;
pub mod party_action;
pub mod sandwich;

use crate::frame::Transaction;
use crate::legs::Leg;
use crate::position::ChainPosition;
use crate::pubkey::{Pubkey, Signature};
use crate::tips::TipAccounts;

/// One transaction with its legs in order of execution.
pub struct Landed<'a> {
    /// The frame `transaction` was walked from.
    pub frame: &'a [u8],
    /// Keys, balances, instructions.
    pub transaction: &'a Transaction,
    /// Names the transaction.
    pub signature: Signature,
    /// Who pays the fee.
    pub signer: Pubkey,
    /// In order of execution.
    pub legs: &'a [Leg],
    /// The source's time, Unix nanoseconds.
    pub event_ns: u64,
    /// Whose accounts take tips.
    pub tip_accounts: &'a TipAccounts,
}

impl Landed<'_> {
    /// Where the transaction is on the chain.
    #[must_use]
    pub fn position(&self) -> ChainPosition {
        ChainPosition { slot: self.transaction.slot, index: self.transaction.index }
    }
}
