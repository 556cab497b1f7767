//! The table of DEXes: one file and one row each. The ids are contract (docs/CONTRACT.md).

mod amounts_only;
mod lifinity_v2;
mod meteora_dlmm;
mod orca_whirlpool;
mod phoenix;
mod pump_fun;
mod pump_swap;
pub(crate) mod raydium_amm_v4;
mod raydium_clmm;
pub(crate) mod raydium_cpmm;
mod raydium_launchlab;

use crate::call::{Call, Dex, UNKNOWN_ID};
use crate::pubkey::Pubkey;

/// All DEXes, by id. Those without a file of their own are decoded by the generic rule.
pub static DEXES: [Dex; 27] = [
    amounts_only::ALPHAQ,
    amounts_only::AQUIFER,
    amounts_only::BISONFI,
    amounts_only::FLUXBEAM,
    amounts_only::GOONFI,
    amounts_only::GOONFI_V2,
    amounts_only::HUMIDIFI,
    amounts_only::INVARIANT,
    lifinity_v2::DEX,
    amounts_only::METEORA_DAMM_V1,
    amounts_only::METEORA_DAMM_V2,
    amounts_only::METEORA_DBC,
    meteora_dlmm::DEX,
    amounts_only::OBRIC_V2,
    amounts_only::OPENBOOK_V2,
    orca_whirlpool::DEX,
    phoenix::DEX,
    pump_fun::DEX,
    pump_swap::DEX,
    raydium_amm_v4::DEX,
    raydium_clmm::DEX,
    raydium_cpmm::DEX,
    raydium_launchlab::DEX,
    amounts_only::SOLFI,
    amounts_only::SOLFI_V2,
    amounts_only::TESSERA,
    amounts_only::ZEROFI,
];

/// Any program that is not in the table: its legs name the program.
static UNKNOWN: Dex = Dex {
    id: UNKNOWN_ID,
    // No program has this address.
    program: Pubkey([0xff; 32]),
    decode: |call, legs| amounts_only::decode(call, legs, None),
};

/// The row of a program that the table does not have.
#[must_use]
pub fn unknown() -> &'static Dex {
    &UNKNOWN
}

/// Whether a call that yielded no leg takes one mint and pays another.
#[must_use]
pub fn looks_like_swap(call: &Call<'_>) -> bool {
    amounts_only::looks_like_swap(call)
}

/// First 8 bytes of each program id: one word comparison distinguishes nearly all programs.
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
    index_of_program(program).map(|at| &DEXES[at])
}

/// The place of `program` in [`DEXES`], if it has one.
#[must_use]
#[inline]
pub fn index_of_program(program: &[u8; 32]) -> Option<usize> {
    let searched = prefix(program);
    let at = PREFIXES.iter().position(|&known| known == searched)?;
    (DEXES[at].program.0 == *program).then_some(at)
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
