//! Lifinity v2: an oracle sets its price, so swaps are decoded and never quoted. Layout: the program's IDL.

use crate::call::{DecodeError, Dex, Swap, at_least};
use crate::token::program;

/// The table row.
pub const DEX: Dex = Dex {
    id: "lifinity_v2",
    program: program(b"2wT8Yq49kHgDzXuPxZSaeLaH1qbmGXtEyPy64bL7aD3c"),
    decode: |call, legs| call.decode_vault_swap(swap, legs),
};

const SWAP: [u8; 8] = [0xf8, 0xc6, 0x9e, 0x91, 0xe1, 0x75, 0x87, 0xc8];

/// authority, amm, user authority, user source, user destination, vault in, vault out, ….
fn swap(data: &[u8], accounts: &[u8]) -> Result<Option<Swap>, DecodeError> {
    if !data.starts_with(&SWAP) {
        return Ok(None);
    }
    at_least(accounts, 7)?;
    Ok(Some(Swap { pool: accounts[1], vaults: [accounts[5], accounts[6]], trader: accounts[2] }))
}
