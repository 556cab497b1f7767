//! The table of DEXes: one file and one row each. The ids are contract (SPEC 3).

mod lifinity_v2;
mod meteora_dlmm;
mod orca_whirlpool;
mod phoenix;
mod pump_fun;
mod pump_swap;
mod raydium_amm_v4;
mod raydium_clmm;
mod raydium_cpmm;
mod raydium_launchlab;

use crate::call::Call;
use crate::legs::Leg;
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
    /// The transfers that a swap makes are not under it.
    Unresolved,
}

/// Appends the legs of one instruction; none when it is not a swap, which is the common case.
pub type Decode = fn(&Call<'_>, &mut Vec<Leg>) -> Result<(), DecodeError>;

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
pub static DEXES: [Dex; 10] = [
    lifinity_v2::DEX,
    meteora_dlmm::DEX,
    orca_whirlpool::DEX,
    phoenix::DEX,
    pump_fun::DEX,
    pump_swap::DEX,
    raydium_amm_v4::DEX,
    raydium_clmm::DEX,
    raydium_cpmm::DEX,
    raydium_launchlab::DEX,
];

/// First 8 bytes of each program id: one comparison of words tells nearly all programs apart.
static PREFIXES: [u64; DEXES.len()] = {
    let mut prefixes = [0; DEXES.len()];
    let mut at = 0;
    while at < DEXES.len() {
        prefixes[at] = prefix(&DEXES[at].program.0);
        at += 1;
    }
    prefixes
};

const fn prefix(program: &[u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *program;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// The DEX that `program` is, if any.
#[must_use]
#[inline]
pub fn by_program(program: &[u8; 32]) -> Option<&'static Dex> {
    let wanted = prefix(program);
    let at = PREFIXES.iter().position(|&known| known == wanted)?;
    Some(&DEXES[at]).filter(|dex| dex.program.0 == *program)
}

/// Accounts of an instruction that must have at least `need`.
pub(crate) fn at_least(accounts: &[u8], need: usize) -> Result<(), DecodeError> {
    if accounts.len() < need { Err(DecodeError::Accounts { len: accounts.len() }) } else { Ok(()) }
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
