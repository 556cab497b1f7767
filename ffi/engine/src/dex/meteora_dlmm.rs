//! Meteora DLMM. Layouts: the program's IDL (lb_clmm).

use crate::call::{DecodeError, Dex, Swap, at_least};
use crate::token::program;

/// The table row.
pub const DEX: Dex = Dex {
    id: "meteora_dlmm",
    program: program(b"LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo"),
    decode: |call, legs| call.decode_vault_swap(swap, legs),
};

const SWAPS: [[u8; 8]; 6] = [
    [0xf8, 0xc6, 0x9e, 0x91, 0xe1, 0x75, 0x87, 0xc8], // swap
    [0x41, 0x4b, 0x3f, 0x4c, 0xeb, 0x5b, 0x5b, 0x88], // swap2
    [0xfa, 0x49, 0x65, 0x21, 0x26, 0xcf, 0x4b, 0xb8], // swap_exact_out
    [0x2b, 0xd7, 0xf7, 0x84, 0x89, 0x3c, 0xf3, 0x51], // swap_exact_out2
    [0x38, 0xad, 0xe6, 0xd0, 0xad, 0xe4, 0x9c, 0xcd], // swap_with_price_impact
    [0x4a, 0x62, 0xc0, 0xd6, 0xb1, 0x33, 0x4b, 0x33], // swap_with_price_impact2
];

/// pair, bitmap extension, reserve x, reserve y, user in, user out, mint x, mint y, oracle, host fee, user, ….
fn swap(data: &[u8], accounts: &[u8]) -> Result<Option<Swap>, DecodeError> {
    if !SWAPS.iter().any(|discriminator| data.starts_with(discriminator)) {
        return Ok(None);
    }
    at_least(accounts, 11)?;
    Ok(Some(Swap { pool: accounts[0], vaults: [accounts[2], accounts[3]], trader: accounts[10] }))
}
