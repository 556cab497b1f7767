//! The simulator: a seeded market whose transactions come in the real wire format (Raydium v4 and CPMM
//! instructions, inner transfers, balances, fees), with attacks, look-alikes, arbitrages and failures.
//! Its ledger lists what it planted, computed from what was executed, not from what was intended.
//! Nothing after the source knows that the data is simulated.

mod actions;
mod arbitrage;
mod chain;
mod landing;
mod market;
mod performing;
mod random;
mod round_trip;
mod routes;
mod staging;
mod transaction;

use self::chain::Chain;
pub use self::chain::{FIRST_SLOT, SLOT_NS};
pub use self::round_trip::{Loss, Planted, Routed};
use super::block::Block;
use crate::owned_account::OwnedAccount;

/// The simulated chain as a source.
pub struct SimSource {
    chain: Chain,
    block: Block,
}

impl SimSource {
    /// The market of `seed`, about to produce `first_slot`.
    #[must_use]
    pub fn new(seed: u64, first_slot: u64) -> SimSource {
        SimSource { chain: Chain::new(seed, first_slot), block: Block::default() }
    }

    /// Pool state as it is now: take it before the first block.
    #[must_use]
    pub fn accounts(&self) -> Vec<OwnedAccount> {
        self.chain.market.snapshot()
    }

    /// The slot that [`SimSource::next_block`] will make.
    #[must_use]
    pub fn next_slot(&self) -> u64 {
        self.chain.slot
    }

    /// What has been settled since the last call, unordered.
    pub fn take_ledger(&mut self) -> Vec<Planted> {
        std::mem::take(&mut self.chain.ledger)
    }

    /// What went through a router's own accounts so far.
    #[must_use]
    pub fn routed(&self) -> Routed {
        self.chain.routed
    }

    /// Makes the next slot.
    pub fn next_block(&mut self) -> &Block {
        let (chain, block) = (&mut self.chain, &mut self.block);
        block.clear(chain.slot, (chain.slot + 1) * SLOT_NS, true);
        chain.stage();
        let actions = chain.shuffled();
        chain.frames_at_once = 2 * actions.len() as u64 + 1;
        chain.announce(&actions, block);
        for (index, action) in (0..).zip(&actions) {
            chain.perform(index, action, block);
        }
        chain.settle();
        chain.slot += 1;
        &self.block
    }
}
