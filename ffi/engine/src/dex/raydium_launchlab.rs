//! Raydium LaunchLab, a bonding curve with two vaults. Layouts: the program's IDL.

use crate::call::{DecodeError, Dex, Swap, at_least};
use crate::token::program;

/// The table row.
pub const DEX: Dex = Dex {
    id: "raydium_launchlab",
    program: program(b"LanMV9sAd7wArD4vJFi2qDdfnVhFxYSUg6eADduJ3uj"),
    decode: |call, legs| call.decode_vault_swap(swap, legs),
};

const BUY_EXACT_IN: [u8; 8] = [0xfa, 0xea, 0x0d, 0x7b, 0xd5, 0x9c, 0x13, 0xec];
const BUY_EXACT_OUT: [u8; 8] = [0x18, 0xd3, 0x74, 0x28, 0x69, 0x03, 0x99, 0x38];
const SELL_EXACT_IN: [u8; 8] = [0x95, 0x27, 0xde, 0x9b, 0xd3, 0x7c, 0x98, 0x1a];
const SELL_EXACT_OUT: [u8; 8] = [0x5f, 0xc8, 0x47, 0x22, 0x08, 0x09, 0x0b, 0xa6];

/// payer, authority, global config, platform config, pool, user base, user quote, base vault, quote vault, ….
fn swap(data: &[u8], accounts: &[u8]) -> Result<Option<Swap>, DecodeError> {
    let known = [BUY_EXACT_IN, BUY_EXACT_OUT, SELL_EXACT_IN, SELL_EXACT_OUT];
    if !known.iter().any(|discriminator| data.starts_with(discriminator)) {
        return Ok(None);
    }
    at_least(accounts, 11)?;
    Ok(Some(Swap { pool: accounts[4], vaults: [accounts[7], accounts[8]], trader: accounts[0] }))
}
