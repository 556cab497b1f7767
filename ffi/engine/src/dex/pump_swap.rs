//! PumpSwap. Layouts: the program's IDL of October 2026; the v2 forms keep the places used here.
//!
//! A sale's fees leave the quote vault beside the trader's part, a purchase's come from the trader
//! beside the pool's: `Call::vault_leg` sums both sides.

use super::{DecodeError, Dex, Swap, at_least};
use crate::token::program;

/// The table row.
pub const DEX: Dex = Dex {
    id: "pump_swap",
    program: program(b"pAMMBay6oceH9fJKBRHGP5D4bD4sWpmSwMn52FMfXEA"),
    decode: |call, legs| call.one(swap, legs),
};

const SWAPS: [[u8; 8]; 6] = [
    [0x66, 0x06, 0x3d, 0x12, 0x01, 0xda, 0xeb, 0xea], // buy
    [0x33, 0xe6, 0x85, 0xa4, 0x01, 0x7f, 0x83, 0xad], // sell
    [0xb8, 0x17, 0xee, 0x61, 0x67, 0xc5, 0xd3, 0x3d], // buy_v2
    [0x5d, 0xf6, 0x82, 0x3c, 0xe7, 0xe9, 0x40, 0xb2], // sell_v2
    [0xc6, 0x2e, 0x15, 0x52, 0xb4, 0xd9, 0xe8, 0x70], // buy_exact_quote_in
    [0xc2, 0xab, 0x1c, 0x46, 0x68, 0x4d, 0x5b, 0x2f], // buy_exact_quote_in_v2
];

/// pool, user, config, base mint, quote mint, user base, user quote, base vault, quote vault, ….
fn swap(data: &[u8], accounts: &[u8]) -> Result<Option<Swap>, DecodeError> {
    if !SWAPS.iter().any(|discriminator| data.starts_with(discriminator)) {
        return Ok(None);
    }
    at_least(accounts, 9)?;
    Ok(Some(Swap { pool: accounts[0], vaults: [accounts[7], accounts[8]], trader: accounts[1] }))
}
