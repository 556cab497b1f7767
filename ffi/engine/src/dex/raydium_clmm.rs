//! Raydium CLMM. Layouts: the program's IDL (raydium-io/raydium-clmm).

use crate::call::{Call, DecodeError, Dex, Leg, Swap, at_least};
use crate::token::program;

/// The table row.
pub const DEX: Dex =
    Dex { id: "raydium_clmm", program: program(b"CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK"), decode };

const SWAP: [u8; 8] = [0xf8, 0xc6, 0x9e, 0x91, 0xe1, 0x75, 0x87, 0xc8];
const SWAP_V2: [u8; 8] = [0x2b, 0x04, 0xed, 0x0b, 0x1a, 0xc9, 0x1e, 0x62];
const ROUTER: [u8; 8] = [0x45, 0x7d, 0x73, 0xda, 0xf5, 0xba, 0xf2, 0xc4];
/// Pools of one router call.
const ROUTER_HOPS_MAX: u8 = 8;

fn decode(call: &Call<'_>, legs: &mut Vec<Leg>) -> Result<(), DecodeError> {
    if call.data().starts_with(&ROUTER) { router(call, legs) } else { call.decode_vault_swap(swap, legs) }
}

/// `swap` and `swap_v2`: payer, config, pool, user input, user output, input vault, output vault, ….
fn swap(data: &[u8], accounts: &[u8]) -> Result<Option<Swap>, DecodeError> {
    if !data.starts_with(&SWAP) && !data.starts_with(&SWAP_V2) {
        return Ok(None);
    }
    at_least(accounts, 8)?;
    Ok(Some(Swap { pool: accounts[2], vaults: [accounts[5], accounts[6]], trader: accounts[0] }))
}

/// `swap_router_base_in`: payer, user input, mint, three programs, then for each pool config, pool,
/// user output, input vault, output vault, …. Each transfer into an account that is followed by
/// another transfer's source in the list is a pool's.
fn router(call: &Call<'_>, legs: &mut Vec<Leg>) -> Result<(), DecodeError> {
    let accounts = call.accounts();
    at_least(accounts, 11)?;
    let mut hop = 0;
    for at in 9..accounts.len().saturating_sub(1) {
        let vaults = [accounts[at], accounts[at + 1]];
        let into = call.transfers().any(|moved| moved.destination == vaults[0]);
        let out_of = call.transfers().any(|moved| moved.source == vaults[1]);
        if into && out_of && hop < ROUTER_HOPS_MAX {
            legs.push(call.vault_leg(&Swap { pool: accounts[at - 2], vaults, trader: accounts[0] }, hop)?);
            hop += 1;
        }
    }
    if hop == 0 { Err(DecodeError::Unresolved) } else { Ok(()) }
}
