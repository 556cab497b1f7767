//! PumpSwap. Layouts: the program's IDL of October 2026; the v2 forms keep the places used here.
//!
//! The fees of a sale leave the quote vault in addition to the trader's part. Those of a purchase come from the
//! trader in addition to the pool's part. `Call::vault_leg` sums both sides.

use super::pump_fun::HOP_ACCOUNTS;
use crate::call::{Call, DecodeError, Dex, Leg, Swap, at_least};
use crate::pubkey::Pubkey;
use crate::token::program;
use crate::trader;

/// The table row.
pub const DEX: Dex =
    Dex { id: "pump_swap", program: program(b"pAMMBay6oceH9fJKBRHGP5D4bD4sWpmSwMn52FMfXEA"), decode };

const MULTI_HOP_SWAP: [u8; 8] = [0x2b, 0x64, 0x49, 0x13, 0xe9, 0xf6, 0x6f, 0x94];
const BOOST_BUY_AND_BURN: [u8; 8] = [0x69, 0x44, 0x06, 0xaf, 0x00, 0x07, 0x23, 0xa2];
const BUY_EVENT: [u8; 8] = [0x67, 0xf4, 0x52, 0x1f, 0x2c, 0xf5, 0x77, 0x77];
const SELL_EVENT: [u8; 8] = [0x3e, 0x2f, 0x37, 0x0a, 0xa5, 0x03, 0xdc, 0x2a];
/// Place of the pool in the body of both events.
const EVENT_POOL: usize = 112;

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

fn decode(call: &Call<'_>, legs: &mut Vec<Leg>) -> Result<(), DecodeError> {
    if call.data().starts_with(&MULTI_HOP_SWAP) || call.data().starts_with(&BOOST_BUY_AND_BURN) {
        return inline(call, legs);
    }
    call.decode_vault_swap(swap, legs)
}

/// Trades that run inside another instruction: one leg for each event. The curves of a route are the legs of
/// the call that PumpSwap makes to Pump.fun.
fn inline(call: &Call<'_>, legs: &mut Vec<Leg>) -> Result<(), DecodeError> {
    let accounts = call.accounts();
    let user = *accounts.first().ok_or(DecodeError::Accounts { len: 0 })?;
    let mut hop = 0;
    for event in call.events() {
        let body = event.strip_prefix(&BUY_EVENT).or_else(|| event.strip_prefix(&SELL_EVENT));
        let Some(body) = body else { continue };
        let pool = body.get(EVENT_POOL..EVENT_POOL + 32).and_then(Pubkey::from_slice);
        let pool = pool.ok_or(DecodeError::Short { len: body.len(), need: EVENT_POOL + 32 })?;
        let at = accounts.iter().position(|&account| call.key(account).is_ok_and(|key| key == pool));
        let at = at.ok_or(DecodeError::Unresolved)?;
        let vaults = vaults(call, &pool, at).ok_or(DecodeError::Unresolved)?;
        let swap = Swap { pool: accounts[at], vaults, trader: user };
        let leg = call.vault_leg(&swap, hop);
        legs.push(leg.or_else(|error| burned(call, event, body, &swap, hop).ok_or(error))?);
        hop += 1;
    }
    Ok(())
}

/// The leg of a boost: what it buys is burned out of the pool's own vault, so one side has no transfer. Both
/// events: time i64, base amount u64, limit u64, four reserves u64, quote amount u64, ….
fn burned(call: &Call<'_>, event: &[u8], body: &[u8], swap: &Swap, hop: u8) -> Option<Leg> {
    let number = |at: usize| Some(u64::from_le_bytes(body.get(at..at + 8)?.try_into().ok()?));
    let (base, quote) = (number(8)?, number(56)?);
    let mint = |vault: u8| call.mint(call.transaction.token(vault)?);
    // PumpSwap names the base vault first everywhere.
    let mints = [mint(swap.vaults[0])?, mint(swap.vaults[1])?];
    let buys = event.starts_with(&BUY_EVENT);
    let (paid, got) = if buys { (quote, base) } else { (base, quote) };
    Some(Leg {
        top: call.instruction.top,
        inner: call.instruction.inner,
        hop,
        dex: call.dex,
        program: call.dex.program,
        pool: call.key(swap.pool).ok()?,
        trader: trader::of_user(call.frame, call.transaction, call.key(swap.trader).ok()?),
        in_mint: mints[usize::from(buys)],
        in_amount: paid,
        out_mint: mints[usize::from(!buys)],
        out_amount: got,
        trader_in: paid,
        trader_out: got,
        exact: true,
    })
}

/// The pool owns its vaults. Where there are no balances to show that, they follow the pool in a route's accounts.
fn vaults(call: &Call<'_>, pool: &Pubkey, at: usize) -> Option<[u8; 2]> {
    let accounts = call.accounts();
    let mut own = accounts.iter().copied().filter(|&account| {
        let token = call.transaction.token(account);
        token.and_then(|token| call.owner(token)) == Some(*pool)
    });
    if let (Some(first), Some(second)) = (own.next(), own.next()) {
        return Some([first, second]);
    }
    let hop = accounts.get(at.checked_sub(2)?..at + HOP_ACCOUNTS - 2)?;
    Some([hop[3], hop[4]])
}
