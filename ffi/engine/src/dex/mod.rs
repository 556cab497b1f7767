//! The table of DEXes: one file and one row each. The ids are contract (SPEC 3).

mod raydium_amm_v4;
mod raydium_cpmm;

use crate::pubkey::Pubkey;

/// One swap in one pool, by key indices: which accounts to watch for what moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swap {
    /// The pool's account.
    pub pool: u8,
    /// The pool's two token vaults, in any order: what moved tells the direction.
    pub vaults: [u8; 2],
    /// The owner who trades.
    pub trader: u8,
}

/// Why a swap instruction cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Fewer data bytes than the instruction needs.
    Short {
        /// Bytes present.
        len: usize,
        /// Bytes needed.
        need: usize,
    },
    /// A number of accounts that no version of the program takes.
    Accounts {
        /// Accounts present.
        len: usize,
    },
}

/// Data and account key indices of one instruction to its swap; `Ok(None)` = not a swap.
pub type Decode = fn(&[u8], &[u8]) -> Result<Option<Swap>, DecodeError>;

/// A DEX: its id, its program and how to read its swaps.
pub struct Dex {
    /// The spelling in every output.
    pub id: &'static str,
    /// Program id.
    pub program: Pubkey,
    /// Reads one instruction.
    pub decode: Decode,
}

/// All DEXes, by id.
pub static DEXES: [Dex; 2] = [raydium_amm_v4::DEX, raydium_cpmm::DEX];

/// The DEX that `program` is, if any.
#[must_use]
pub fn by_program(program: &[u8; 32]) -> Option<&'static Dex> {
    DEXES.iter().find(|dex| dex.program.0 == *program)
}

/// The DEX with this id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Dex> {
    DEXES.iter().find(|dex| dex.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dexes_are_sorted_and_programs_differ() {
        assert!(DEXES.windows(2).all(|pair| pair[0].id < pair[1].id));
        for dex in &DEXES {
            assert_eq!(by_program(&dex.program.0).map(|found| found.id), Some(dex.id));
            assert_eq!(by_id(dex.id).map(|found| found.program), Some(dex.program));
        }
    }
}
