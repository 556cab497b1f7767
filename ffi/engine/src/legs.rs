//! Legs: what each swap of a transaction really moved, read from the token transfers under it.
//!
//! The instruction's own amounts are wishes (minimum out, maximum in); the transfers are facts.

use crate::call::Call;
use crate::dex::{DecodeError, Dex};
use crate::frame::Transaction;
use crate::pubkey::Pubkey;

/// One swap in one pool as it happened. Amounts are base units of their mint.
#[derive(Clone, Copy, Debug)]
pub struct Leg {
    /// Top-level instruction index, from 0.
    pub top: u16,
    /// 0 = the top-level one itself, else the inner one's place from 1.
    pub inner: u16,
    /// 0, or 1 for the second pool of a two-hop instruction.
    pub hop: u8,
    /// The row of the DEX table.
    pub dex: &'static Dex,
    /// The pool's account.
    pub pool: Pubkey,
    /// Owner of what was paid.
    pub trader: Pubkey,
    /// Mint the pool received.
    pub in_mint: Pubkey,
    /// What the pool's vault received.
    pub in_amount: u64,
    /// Mint the pool paid.
    pub out_mint: Pubkey,
    /// What left the pool's vault.
    pub out_amount: u64,
    /// What the trader paid: `in_amount` and the mint's transfer fee.
    pub trader_in: u64,
    /// What the trader got: `out_amount` less the mint's transfer fee.
    pub trader_out: u64,
}

impl PartialEq for Dex {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl std::fmt::Debug for Dex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

/// What a decode run met, for the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecodeCounts {
    /// Legs found.
    pub legs: u64,
    /// Swap instructions whose data or accounts no version of the program has.
    pub malformed: u64,
    /// Swap instructions without the two transfers that a swap makes.
    pub unresolved: u64,
}

/// Appends the legs of `transaction` to `out`, in order of execution; none for failed and vote ones.
pub fn decode(frame: &[u8], transaction: &Transaction, out: &mut Vec<Leg>, counts: &mut DecodeCounts) {
    if transaction.failed || transaction.is_vote {
        return;
    }
    for at in 0..transaction.instructions.len() {
        let Some(call) = Call::new(frame, transaction, at) else { continue };
        let before = out.len();
        match (call.dex.decode)(&call, out) {
            Ok(()) => counts.legs += (out.len() - before) as u64,
            Err(error) => {
                out.truncate(before);
                let count = if error == DecodeError::Unresolved {
                    &mut counts.unresolved
                } else {
                    &mut counts.malformed
                };
                *count += 1;
            }
        }
    }
}
