//! Pump.fun's bonding curve. Layouts: the program's IDL of October 2026.
//!
//! The curve holds SOL as lamports of its own account, which a sale moves without a transfer: the SOL
//! side is the program's own `TradeEvent`. Curves quoted in a token have a second vault instead.

use super::{DecodeError, Dex, Swap, at_least};
use crate::call::Call;
use crate::legs::Leg;
use crate::token::{WRAPPED_SOL, program};

/// The table row.
pub const DEX: Dex =
    Dex { id: "pump_fun", program: program(b"6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P"), decode };

const BUY: [u8; 8] = [0x66, 0x06, 0x3d, 0x12, 0x01, 0xda, 0xeb, 0xea];
const SELL: [u8; 8] = [0x33, 0xe6, 0x85, 0xa4, 0x01, 0x7f, 0x83, 0xad];
const BUY_EXACT_SOL_IN: [u8; 8] = [0x38, 0xfc, 0x74, 0x08, 0x9e, 0xdf, 0xcd, 0x5f];
const BUY_V2: [u8; 8] = [0xb8, 0x17, 0xee, 0x61, 0x67, 0xc5, 0xd3, 0x3d];
const SELL_V2: [u8; 8] = [0x5d, 0xf6, 0x82, 0x3c, 0xe7, 0xe9, 0x40, 0xb2];
const BUY_EXACT_QUOTE_IN_V2: [u8; 8] = [0xc2, 0xab, 0x1c, 0x46, 0x68, 0x4d, 0x5b, 0x2f];
const BUY_V3: [u8; 8] = [0x07, 0x05, 0x1d, 0xc4, 0xf5, 0x17, 0x65, 0x50];
const SELL_V3: [u8; 8] = [0x1c, 0x92, 0xde, 0x77, 0x26, 0xc4, 0x69, 0xd5];
const TRADE_EVENT: [u8; 8] = [0xbd, 0xdb, 0x7f, 0xd3, 0x4e, 0xe6, 0x61, 0xee];

/// Places in the account list.
struct Places {
    curve: usize,
    base_vault: usize,
    /// Only curves quoted in a token use it.
    quote_vault: Option<usize>,
    user: usize,
}

fn places(data: &[u8]) -> Option<Places> {
    match *data.first_chunk::<8>()? {
        BUY | SELL | BUY_EXACT_SOL_IN => Some(Places { curve: 3, base_vault: 4, quote_vault: None, user: 6 }),
        BUY_V2 | SELL_V2 | BUY_EXACT_QUOTE_IN_V2 => {
            Some(Places { curve: 10, base_vault: 11, quote_vault: Some(12), user: 13 })
        }
        BUY_V3 | SELL_V3 => Some(Places { curve: 5, base_vault: 6, quote_vault: None, user: 8 }),
        _ => None,
    }
}

fn decode(call: &Call<'_>, legs: &mut Vec<Leg>) -> Result<(), DecodeError> {
    let Some(places) = places(call.data()) else { return Ok(()) };
    let accounts = call.accounts();
    at_least(accounts, 14.min(places.user + 6))?;
    let (curve, user) = (accounts[places.curve], accounts[places.user]);
    if let Some(quote) = places.quote_vault {
        let swap = Swap { pool: curve, vaults: [accounts[places.base_vault], accounts[quote]], trader: user };
        if let Ok(leg) = call.vault_leg(&swap, 0) {
            legs.push(leg);
            return Ok(());
        }
    }
    legs.push(sol_leg(call, curve, user).ok_or(DecodeError::Unresolved)?);
    Ok(())
}

/// `TradeEvent`, by prefix because it grows: mint 32, sol u64, token u64, is_buy u8, user 32, time i64,
/// four reserves u64, then since 2025 fee recipient 32, bps u64, fee u64, creator 32, bps u64, fee u64.
fn sol_leg(call: &Call<'_>, curve: u8, user: u8) -> Option<Leg> {
    let event = call.event(&TRADE_EVENT)?;
    let number = |at: usize| Some(u64::from_le_bytes(event.get(at..at + 8)?.try_into().ok()?));
    let mint = crate::pubkey::Pubkey::from_slice(event.get(..32)?)?;
    let (sol, tokens, is_buy) = (number(32)?, number(40)?, *event.get(48)? != 0);
    let fees = number(161).unwrap_or(0).saturating_add(number(209).unwrap_or(0));
    let (in_mint, in_amount, out_mint, out_amount) =
        if is_buy { (WRAPPED_SOL, sol, mint, tokens) } else { (mint, tokens, WRAPPED_SOL, sol) };
    Some(Leg {
        top: call.instruction.top,
        inner: call.instruction.inner,
        hop: 0,
        dex: call.dex,
        pool: call.key(curve).ok()?,
        trader: call.key(user).ok()?,
        in_mint,
        in_amount,
        out_mint,
        out_amount,
        trader_in: if is_buy { call.lamports_sent(user).max(sol) } else { tokens },
        trader_out: if is_buy { tokens } else { sol.saturating_sub(fees) },
    })
}
