//! What a simulated transaction is to do, and what it did.

use engine::position::ChainPosition;
use engine::pubkey::{Pubkey, Signature};

/// How a swap reaches its pool.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The wallet calls the pool.
    Direct,
    /// A router calls the pool with the wallet's accounts.
    Router,
    /// A router calls the pool with accounts of its own, which all its users share.
    Shared {
        /// What is paid comes from the wallet; else it is left there by the previous swap.
        first: bool,
        /// What is received goes to the wallet; else it stays for the next swap.
        last: bool,
    },
}

impl Via {
    /// A single swap through the router's own accounts.
    pub const SHARED: Via = Via::Shared { first: true, last: true };
}

/// One thing a transaction does.
#[derive(Clone, Copy)]
pub enum Op {
    /// Swaps with at least `min_out` back, directly or through a router.
    Swap {
        /// Index of the pool.
        pool: usize,
        /// The side paid.
        side: usize,
        /// Base units paid; `None` = what the swap before paid.
        amount: Option<u64>,
        /// Fewest base units back.
        min_out: u64,
        /// Who calls the pool, and whose accounts hold the tokens.
        via: Via,
    },
    /// Lamports to a wallet or tip account.
    Send {
        /// Receiver.
        to: Pubkey,
        /// How much.
        lamports: u64,
    },
    /// Tokens to another wallet's token account.
    SendToken {
        /// Index of the mint.
        mint: usize,
        /// Owner of the receiving account.
        to: Pubkey,
        /// Base units.
        amount: u64,
    },
    /// Liquidity into (or out of) both vaults.
    Liquidity {
        /// Index of the pool.
        pool: usize,
        /// Base units of both sides.
        amounts: [u64; 2],
        /// Out of the pool.
        withdraw: bool,
    },
    /// A validator's vote.
    Vote,
}

/// A swap as it was executed.
#[derive(Clone, Copy)]
pub struct Swapped {
    /// Index of the pool.
    pub pool: usize,
    /// The side paid.
    pub side: usize,
    /// Base units paid.
    pub amount_in: u64,
    /// Base units got.
    pub amount_out: u64,
}

/// What a transaction did.
pub struct Executed {
    /// Its name.
    pub signature: Signature,
    /// Refused: only its fee was taken.
    pub failed: bool,
    /// Its swaps in order.
    pub swaps: Vec<Swapped>,
}

/// A transaction to send.
pub struct Order<'a> {
    /// Where it is to land.
    pub position: ChainPosition,
    /// Pays the fee.
    pub signer: Pubkey,
    /// Its name.
    pub signature: Signature,
    /// Lamports in addition to the base fee.
    pub priority_lamports: u64,
    /// What it does.
    pub ops: &'a [Op],
}
