//! A step of a plan.

use crate::call::Dex;
use crate::pubkey::Pubkey;

/// One swap of a plan, as the pool would execute it now. Amounts are base units.
#[derive(Clone, Copy, Debug)]
pub struct Hop {
    /// The pool's DEX.
    pub dex: &'static Dex,
    /// The pool.
    pub pool: Pubkey,
    /// What is paid.
    pub in_mint: Pubkey,
    /// How much.
    pub in_amount: u64,
    /// What is received.
    pub out_mint: Pubkey,
    /// How much.
    pub out_amount: u64,
    /// Reserves of the two before the plan, paid side first.
    pub reserves: [u64; 2],
}
