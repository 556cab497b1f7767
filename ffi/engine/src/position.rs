//! Where a transaction is on the chain.

/// Positions are ordered as the transactions were executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChainPosition {
    /// Slot of its block.
    pub slot: u64,
    /// Its place in the block.
    pub index: u64,
}
