//! Phoenix, an order book: what moved is read, no quotes are made. Layout: phoenix-v1's `instruction.rs`.

use crate::call::{DecodeError, Dex, Swap, at_least};
use crate::token::program;

/// The table row.
pub const DEX: Dex = Dex {
    id: "phoenix",
    program: program(b"PhoeNiXZ8ByJGLkxNfZRnkUfjvmuYqLR89jjFHGqdXY"),
    decode: |call, legs| call.decode_vault_swap(swap, legs),
};

/// Takes from the book by transfers; its sibling 1 uses funds deposited before and moves nothing.
const SWAP: u8 = 0;

/// program, log authority, market, trader, base account, quote account, base vault, quote vault, token program.
fn swap(data: &[u8], accounts: &[u8]) -> Result<Option<Swap>, DecodeError> {
    if data.first() != Some(&SWAP) {
        return Ok(None);
    }
    at_least(accounts, 8)?;
    Ok(Some(Swap { pool: accounts[2], vaults: [accounts[6], accounts[7]], trader: accounts[3] }))
}
