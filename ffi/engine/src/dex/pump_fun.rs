//! Pump.fun's bonding curve. Layouts: the program's IDL of October 2026.
//!
//! The curve holds SOL as lamports of its own account, which a sale moves without a transfer: the SOL
//! side is the program's own `TradeEvent`. Curves quoted in a token have a second vault instead.
//! `multi_hop_curve_swap`, which PumpSwap calls, runs its hops inline: one leg for each curve of the route.

use crate::call::{Call, DecodeError, Dex, Leg, Swap, at_least};
use crate::pubkey::Pubkey;
use crate::token::{WRAPPED_SOL, program};
use crate::trader;

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
const BUY_EXACT_QUOTE_IN_V3: [u8; 8] = [0xe1, 0xf7, 0x50, 0x1e, 0xd5, 0xb3, 0x84, 0x88];
const MULTI_HOP_CURVE_SWAP: [u8; 8] = [0xe1, 0x9a, 0x75, 0x16, 0xd7, 0x56, 0xf6, 0x67];
/// Fewest accounts of a trade in any version, and fewest after the user.
const ACCOUNTS_MIN: usize = 14;
/// See [`ACCOUNTS_MIN`].
const ACCOUNTS_AFTER_USER_MIN: usize = 6;
/// Accounts before the first hop of a route, and of each hop: base mint, quote mint, curve, two vaults.
const ROUTE_FIXED: usize = 13;
/// See [`ROUTE_FIXED`].
pub(super) const HOP_ACCOUNTS: usize = 5;
/// The account of a route's user.
const ROUTE_USER: usize = 3;
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
        BUY_V3 | SELL_V3 | BUY_EXACT_QUOTE_IN_V3 => {
            Some(Places { curve: 5, base_vault: 6, quote_vault: Some(7), user: 8 })
        }
        _ => None,
    }
}

fn decode(call: &Call<'_>, legs: &mut Vec<Leg>) -> Result<(), DecodeError> {
    if call.data().starts_with(&MULTI_HOP_CURVE_SWAP) {
        return route(call, legs);
    }
    let Some(places) = places(call.data()) else { return Ok(()) };
    let accounts = call.accounts();
    at_least(accounts, ACCOUNTS_MIN.min(places.user + ACCOUNTS_AFTER_USER_MIN))?;
    let (curve, user) = (accounts[places.curve], accounts[places.user]);
    if let Some(quote) = places.quote_vault {
        let swap = Swap { pool: curve, vaults: [accounts[places.base_vault], accounts[quote]], trader: user };
        if let Ok(leg) = call.vault_leg(&swap, 0) {
            legs.push(leg);
            return Ok(());
        }
    }
    let trade = Trade::read(call.event(&TRADE_EVENT)).ok_or(DecodeError::Unresolved)?;
    let leg = trade.leg(call, curve, user).ok_or(DecodeError::Unresolved)?;
    let sent = if trade.is_buy { call.lamports_sent(user) } else { 0 };
    legs.push(Leg { trader_in: leg.trader_in.max(sent), ..leg });
    Ok(())
}

/// Each hop by its vaults; a hop with SOL on one side by its event.
fn route(call: &Call<'_>, legs: &mut Vec<Leg>) -> Result<(), DecodeError> {
    let accounts = call.accounts();
    at_least(accounts, ROUTE_FIXED + HOP_ACCOUNTS)?;
    let user = accounts[ROUTE_USER];
    for (hop, group) in (0..).zip(accounts[ROUTE_FIXED..].chunks_exact(HOP_ACCOUNTS)) {
        let (mint, curve) = (call.key(group[0])?, group[2]);
        let swap = Swap { pool: curve, vaults: [group[3], group[4]], trader: user };
        let leg = call.vault_leg(&swap, hop).or_else(|_| {
            let events = call.events().filter_map(|event| Trade::read(event.strip_prefix(&TRADE_EVENT)));
            let trade = { events }.find(|trade| trade.mint == mint).ok_or(DecodeError::Unresolved)?;
            let leg = trade.leg(call, curve, user).ok_or(DecodeError::Unresolved)?;
            // All that the hop takes goes into the curve, including its fees.
            let fees = if trade.is_buy { trade.fees } else { 0 };
            let paid = leg.in_amount.saturating_add(fees);
            Ok(Leg { hop, in_amount: paid, trader_in: paid, ..leg })
        })?;
        legs.push(leg);
    }
    Ok(())
}

/// Places in a `TradeEvent`, which grows: later fields may be missing.
mod trade_event {
    pub const MINT_LEN: usize = 32;
    pub const SOL: usize = 32;
    pub const TOKENS: usize = 40;
    pub const IS_BUY: usize = 48;
    /// Since 2025. Before it the user (32), the time, four reserves, the fee's receiver (32) and its rate.
    pub const FEE: usize = 161;
    /// After the creator (32) and the rate.
    pub const CREATOR_FEE: usize = 209;
    /// The length of the instruction's name, after the volume: a flag and four u64.
    pub const NAME_LEN: usize = 250;
    /// The name itself.
    pub const NAME: usize = 254;
    /// From the end of the name to the number of shareholders: a flag, and four u64 of cashback and buyback.
    pub const AFTER_NAME: usize = 33;
    /// Bytes of one shareholder. The quote mint follows the last one, since v2: zero for SOL; then its amount.
    pub const SHAREHOLDER: usize = 34;
}

/// What a `TradeEvent` states.
struct Trade {
    mint: Pubkey,
    tokens: u64,
    quote_mint: Pubkey,
    quote: u64,
    is_buy: bool,
    fees: u64,
}

impl Trade {
    fn read(event: Option<&[u8]>) -> Option<Trade> {
        let event = event?;
        let number = |at: usize| Some(u64::from_le_bytes(event.get(at..at + 8)?.try_into().ok()?));
        let fee = |at: usize| number(at).unwrap_or(0);
        let mut trade = Trade {
            mint: Pubkey::from_slice(event.get(..trade_event::MINT_LEN)?)?,
            tokens: number(trade_event::TOKENS)?,
            quote_mint: WRAPPED_SOL,
            quote: number(trade_event::SOL)?,
            is_buy: *event.get(trade_event::IS_BUY)? != 0,
            fees: fee(trade_event::FEE).saturating_add(fee(trade_event::CREATOR_FEE)),
        };
        if let Some((mint, amount)) = quote_of(event).filter(|(mint, _)| *mint != Pubkey::default()) {
            (trade.quote_mint, trade.quote) = (mint, amount);
        }
        Some(trade)
    }

    fn leg(&self, call: &Call<'_>, curve: u8, user: u8) -> Option<Leg> {
        let Trade { mint, tokens, quote_mint, quote, is_buy, fees } = *self;
        let (in_mint, in_amount, out_mint, out_amount) =
            if is_buy { (quote_mint, quote, mint, tokens) } else { (mint, tokens, quote_mint, quote) };
        Some(Leg {
            top: call.instruction.top,
            inner: call.instruction.inner,
            hop: 0,
            dex: call.dex,
            program: call.dex.program,
            pool: call.key(curve).ok()?,
            trader: trader::of_user(call.frame, call.transaction, call.key(user).ok()?),
            in_mint,
            in_amount,
            out_mint,
            out_amount,
            trader_in: in_amount,
            trader_out: if is_buy { tokens } else { quote.saturating_sub(fees) },
            exact: true,
        })
    }
}

/// Quote mint and amount of a `TradeEvent` that has them.
fn quote_of(event: &[u8]) -> Option<(Pubkey, u64)> {
    let length = |at: usize| Some(u32::from_le_bytes(event.get(at..at + 4)?.try_into().ok()?) as usize);
    let name_end = trade_event::NAME.checked_add(length(trade_event::NAME_LEN)?)?;
    let count = name_end.checked_add(trade_event::AFTER_NAME)?;
    let quote = length(count)?.checked_mul(trade_event::SHAREHOLDER)?.checked_add(count + 4)?;
    let mint = Pubkey::from_slice(event.get(quote..quote.checked_add(32)?)?)?;
    let amount = u64::from_le_bytes(event.get(quote + 32..quote + 40)?.try_into().ok()?);
    Some((mint, amount))
}
