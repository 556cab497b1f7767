//! Pools as their accounts in a snapshot have them. Layouts: the programs' own account structs.

use std::collections::HashMap;

use super::pool::{Fee, Pool};
use crate::pubkey::Pubkey;

/// An account as a snapshot has it.
pub struct Account<'a> {
    /// Its address.
    pub pubkey: Pubkey,
    /// The program that owns it.
    pub owner: Pubkey,
    /// Its bytes.
    pub data: &'a [u8],
}

/// Of a token account (mint, owner, amount).
const TOKEN_AMOUNT: usize = 64;

/// Places in Raydium v4's `AmmInfo`; two of a kind follow each other.
mod amm_info {
    pub const LEN: usize = 752;
    pub const SWAP_FEE_NUMERATOR: usize = 176;
    pub const SWAP_FEE_DENOMINATOR: usize = 184;
    pub const PROFIT_OWED: [usize; 2] = [192, 200];
    pub const VAULTS: [usize; 2] = [336, 368];
    pub const MINTS: [usize; 2] = [400, 432];
    pub const OPEN_ORDERS: usize = 496;
}

/// Places in the open orders account of a v4 pool: totals of both sides.
mod open_orders {
    pub const TOTALS: [usize; 2] = [85, 101];
}

/// Places in CPMM's `PoolState`, which begins with a discriminator.
mod pool_state {
    /// Through the creator's fees.
    pub const LEN_MIN: usize = 413;
    pub const CONFIG: usize = 8;
    pub const VAULTS: [usize; 2] = [72, 104];
    pub const MINTS: [usize; 2] = [168, 200];
    /// Of the protocol, the fund and the creator; the other side's are 8 bytes later.
    pub const FEES_OWED: [usize; 3] = [341, 357, 397];
    /// Not 0: the creator takes a fee.
    pub const CREATOR_FEE_ON: usize = 390;
}

/// Places in CPMM's `AmmConfig`.
mod amm_config {
    pub const TRADE_FEE_RATE: usize = 12;
    pub const PROTOCOL_FEE_RATE: usize = 20;
    pub const FUND_FEE_RATE: usize = 28;
}

fn u64_at(data: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(data.get(at..at + 8)?.try_into().ok()?))
}

fn key_at(data: &[u8], at: usize) -> Option<Pubkey> {
    Pubkey::from_slice(data.get(at..at + 32)?)
}

/// A token account's amount.
fn balance_of(vault: &Pubkey, accounts: &HashMap<Pubkey, &Account<'_>>) -> Option<u64> {
    u64_at(accounts.get(vault)?.data, TOKEN_AMOUNT)
}

fn two<T>(places: [usize; 2], read: impl Fn(usize) -> Option<T>) -> Option<[T; 2]> {
    Some([read(places[0])?, read(places[1])?])
}

/// A pool of Raydium v4.
pub(super) fn amm_v4(data: &[u8], accounts: &HashMap<Pubkey, &Account<'_>>) -> Option<Pool> {
    if data.len() != amm_info::LEN {
        return None;
    }
    let vaults = two(amm_info::VAULTS, |at| key_at(data, at))?;
    let orders = accounts.get(&key_at(data, amm_info::OPEN_ORDERS)?);
    let resting =
        orders.map_or([0, 0], |orders| open_orders::TOTALS.map(|at| u64_at(orders.data, at).unwrap_or(0)));
    Some(Pool {
        mints: two(amm_info::MINTS, |at| key_at(data, at))?,
        vaults,
        balances: [balance_of(&vaults[0], accounts)?, balance_of(&vaults[1], accounts)?],
        fees_owed: two(amm_info::PROFIT_OWED, |at| u64_at(data, at))?,
        fee: Fee::AmmV4 {
            numerator: u64_at(data, amm_info::SWAP_FEE_NUMERATOR)?,
            denominator: u64_at(data, amm_info::SWAP_FEE_DENOMINATOR)?,
        },
        // What rests in the order book counts for the price but is not in the vaults.
        exact: resting == [0, 0],
    })
}

/// A pool of Raydium CPMM.
pub(super) fn cpmm(data: &[u8], accounts: &HashMap<Pubkey, &Account<'_>>) -> Option<Pool> {
    if data.len() < pool_state::LEN_MIN {
        return None;
    }
    let config = accounts.get(&key_at(data, pool_state::CONFIG)?)?.data;
    let vaults = two(pool_state::VAULTS, |at| key_at(data, at))?;
    let fees_owed = |side: usize| {
        let parts = pool_state::FEES_OWED.map(|at| u64_at(data, at + 8 * side));
        parts.into_iter().try_fold(0_u64, |sum, part| sum.checked_add(part?))
    };
    Some(Pool {
        mints: two(pool_state::MINTS, |at| key_at(data, at))?,
        vaults,
        balances: [balance_of(&vaults[0], accounts)?, balance_of(&vaults[1], accounts)?],
        fees_owed: [fees_owed(0)?, fees_owed(1)?],
        fee: Fee::Cpmm {
            trade: u64_at(config, amm_config::TRADE_FEE_RATE)?,
            protocol: u64_at(config, amm_config::PROTOCOL_FEE_RATE)?,
            fund: u64_at(config, amm_config::FUND_FEE_RATE)?,
        },
        // This arithmetic has no creator's fee yet, so a pool with one is not exact.
        exact: data.get(pool_state::CREATOR_FEE_ON) == Some(&0),
    })
}
