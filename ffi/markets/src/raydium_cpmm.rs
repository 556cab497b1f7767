//! Raydium CPMM: a constant product with fees of a millionth, a creator's fee on either side, Token-2022 on both.
//!
//! Source: raydium-io/raydium-cp-swap (Apache-2.0): `curve/`, `instructions/swap_base_*.rs`, `states/pool.rs`.

use crate::token::Vault;
use crate::{Accounts, Address, Market, Mint, Now, Quote, Refusal, Side};

/// `CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C`.
pub const PROGRAM: Address = [
    169, 42, 90, 139, 79, 41, 89, 82, 132, 37, 80, 170, 147, 253, 91, 149, 181, 172, 230, 168, 235, 146, 12,
    147, 148, 46, 67, 105, 12, 32, 236, 115,
];
/// Rates are parts of this.
const RATE: u128 = 1_000_000;
const POOL: [u8; 8] = [247, 237, 227, 245, 215, 195, 222, 70];
const CONFIG: [u8; 8] = [218, 244, 33, 104, 203, 203, 43, 111];
const POOL_BYTES: usize = 637;
const CONFIG_BYTES: usize = 116;
/// Bit of the status that disables swaps.
const SWAP_DISABLED: u8 = 4;

/// Rates of the pool's configuration, in parts of a million.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rates {
    trade: u128,
    protocol: u128,
    fund: u128,
    creator: u128,
}

/// Which input's side the creator's fee is taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CreatorFeeOn {
    /// The input, whichever it is.
    Input,
    /// This mint, as input or as output.
    Only(Side),
}

/// A pool.
#[derive(Clone, Debug, PartialEq)]
pub struct RaydiumCpmm {
    mints: [Address; 2],
    tokens: [Mint; 2],
    rates: Rates,
    creator_fee_on: CreatorFeeOn,
    is_disabled: bool,
    open_time_s: u64,
}

/// Vaults and what is owed out of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    vaults: [u64; 2],
    owed: [u64; 2],
}

/// A swap and the state after it.
struct Outcome {
    quote: Quote,
    head: Head,
}

/// What a swap moves.
struct Moved {
    /// Into the vault, after the mint's fee.
    received: u64,
    /// Out of the vault, before the mint's fee.
    paid: u64,
    trade_fee: u128,
    creator_fee: u128,
}

const ZERO: Refusal = Refusal::Program("RequireGtViolated");
const CLOSED: Refusal = Refusal::Program("NotApproved");

fn narrow(number: u128) -> Result<u64, Refusal> {
    u64::try_from(number).map_err(|_| Refusal::Overflow)
}

/// What must be there before a fee of `rate` so that `after` is left; `after` below 2^64.
fn before_fee(after: u128, rate: u128) -> Result<u128, Refusal> {
    if rate == 0 {
        return Ok(after);
    }
    let left = RATE.checked_sub(rate).filter(|&left| left > 0).ok_or(Refusal::Overflow)?;
    Ok((after * RATE).div_ceil(left))
}

impl RaydiumCpmm {
    fn check(&self, now: &Now) -> Result<(), Refusal> {
        let is_open = u64::try_from(now.time_s).is_ok_and(|time| time > self.open_time_s);
        if self.is_disabled || !is_open { Err(CLOSED) } else { Ok(()) }
    }

    fn reserve(head: &Head, side: Side) -> Result<u128, Refusal> {
        let reserve = head.vaults[side.index()].checked_sub(head.owed[side.index()]);
        reserve.map(u128::from).ok_or(Refusal::Hostile("the pool owes more than a vault holds"))
    }

    /// Whether the creator's fee is taken of the input.
    fn takes_input(&self, side: Side) -> bool {
        match self.creator_fee_on {
            CreatorFeeOn::Input => true,
            CreatorFeeOn::Only(only) => only == side,
        }
    }

    fn exact_in(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Outcome, Refusal> {
        self.check(now)?;
        let Rates { trade, creator, .. } = self.rates;
        let received = amount - self.tokens[side.index()].transfer_fee(now).of(amount);
        let input = u128::from(received);
        if input == 0 {
            return Err(ZERO);
        }
        let of_input = self.takes_input(side);
        let taken = (input * if of_input { trade + creator } else { trade }).div_ceil(RATE);
        let left = input.checked_sub(taken).ok_or(Refusal::Overflow)?;
        let swapped = Self::reserve(head, side.other())? * left / (Self::reserve(head, side)? + left).max(1);
        let creator_fee = match of_input {
            true => (taken * creator).checked_div(trade + creator).unwrap_or(0),
            false => (swapped * creator).div_ceil(RATE),
        };
        let (trade_fee, paid) = match of_input {
            true => (taken - creator_fee, swapped),
            false => (taken, swapped.checked_sub(creator_fee).ok_or(Refusal::Overflow)?),
        };
        let paid = narrow(paid)?;
        let amount_out = paid - self.tokens[side.other().index()].transfer_fee(now).of(paid);
        if amount_out == 0 {
            return Err(ZERO);
        }
        let fee = narrow(taken)?;
        let quote = Quote { amount_in: amount, amount_out, fee, fee_side: side, crossings: 0 };
        let head = self.after(head, side, &Moved { received, paid, trade_fee, creator_fee })?;
        Ok(Outcome { quote, head })
    }

    /// The state after a swap; the token programs refuse what does not fit.
    fn after(&self, head: &Head, side: Side, moved: &Moved) -> Result<Head, Refusal> {
        let (input, output) = (side.index(), side.other().index());
        let part = |rate: u128| moved.trade_fee * rate / RATE;
        let mut next = *head;
        let owe = |owed: &mut u64, more: u128| -> Result<(), Refusal> {
            *owed = owed.checked_add(narrow(more)?).ok_or(Refusal::Overflow)?;
            Ok(())
        };
        owe(&mut next.owed[input], part(self.rates.protocol) + part(self.rates.fund))?;
        owe(&mut next.owed[if self.takes_input(side) { input } else { output }], moved.creator_fee)?;
        next.vaults[input] = next.vaults[input].checked_add(moved.received).ok_or(Refusal::Overflow)?;
        next.vaults[output] = next.vaults[output].checked_sub(moved.paid).ok_or(Refusal::Overflow)?;
        Ok(next)
    }
}

impl Market for RaydiumCpmm {
    type Head = Head;

    fn load(address: &Address, accounts: &dyn Accounts) -> Result<(Self, Head), Refusal> {
        let pool = accounts.need(address, &PROGRAM)?;
        pool.check(POOL, POOL_BYTES)?;
        let config = accounts.need(&pool.address(8)?, &PROGRAM)?;
        config.check(CONFIG, CONFIG_BYTES)?;
        let vaults =
            [Vault::load(&pool.address(72)?, accounts)?, Vault::load(&pool.address(104)?, accounts)?];
        let mints = [pool.address(168)?, pool.address(200)?];
        if vaults.map(|vault| vault.mint) != mints {
            return Err(Refusal::Hostile("a vault's mint does not match the pool"));
        }
        let token = |side: usize| Mint::load(&mints[side], &vaults[side].token_program, accounts);
        let owed = |side: usize| -> Result<u64, Refusal> {
            let parts = [341, 357, 397].map(|offset| pool.u64(offset + 8 * side));
            parts.into_iter().try_fold(0_u64, |sum, part| sum.checked_add(part?).ok_or(Refusal::Overflow))
        };
        let creator = if pool.u8(390)? == 0 { 0 } else { config.u64(108)? };
        let rate = |rate: u64| {
            let rate = u128::from(rate);
            if rate <= RATE { Ok(rate) } else { Err(Refusal::Hostile("a fee rate is above 100 %")) }
        };
        let market = RaydiumCpmm {
            mints,
            tokens: [token(0)?, token(1)?],
            rates: Rates {
                trade: rate(config.u64(12)?)?,
                protocol: rate(config.u64(20)?)?,
                fund: rate(config.u64(28)?)?,
                creator: rate(creator)?,
            },
            creator_fee_on: match pool.u8(389)? {
                0 => CreatorFeeOn::Input,
                1 => CreatorFeeOn::Only(Side::A),
                2 => CreatorFeeOn::Only(Side::B),
                _ => return Err(Refusal::Unsupported("unknown side of the creator's fee")),
            },
            is_disabled: pool.u8(329)? & SWAP_DISABLED != 0,
            open_time_s: pool.u64(373)?,
        };
        Ok((market, Head { vaults: vaults.map(|vault| vault.amount), owed: [owed(0)?, owed(1)?] }))
    }

    fn mints(&self) -> [Address; 2] {
        self.mints
    }

    fn quote_in(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.exact_in(head, side, amount, now).map(|outcome| outcome.quote)
    }

    fn quote_out(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.check(now)?;
        if amount == 0 {
            return Err(ZERO);
        }
        let Rates { trade, creator, .. } = self.rates;
        let of_input = self.takes_input(side);
        let withheld = |side: Side, post: u64| -> Result<u64, Refusal> {
            let fee = self.tokens[side.index()].transfer_fee(now);
            let inverse = fee.inverse(post).ok_or(Refusal::Overflow)?;
            let whole = post.checked_add(inverse).ok_or(Refusal::Overflow)?;
            if fee.of(whole) == inverse {
                Ok(whole)
            } else {
                Err(Refusal::Program("TransferFeeCalculateNotMatch"))
            }
        };
        let paid = u128::from(withheld(side.other(), amount)?);
        let swapped = if of_input { paid } else { before_fee(paid, creator)? };
        let reserve_out = Self::reserve(head, side.other())?;
        let rest = reserve_out.checked_sub(swapped).filter(|&rest| rest > 0).ok_or(Refusal::Overflow)?;
        let left = (Self::reserve(head, side)? * swapped).div_ceil(rest);
        narrow(left)?;
        let received = narrow(before_fee(left, if of_input { trade + creator } else { trade })?)?;
        let amount_in = withheld(side, received)?;
        head.vaults[side.index()].checked_add(received).ok_or(Refusal::Overflow)?;
        let fee = narrow(u128::from(received) - left)?;
        Ok(Quote { amount_in, amount_out: amount, fee, fee_side: side, crossings: 0 })
    }

    fn marginal(&self, head: &Head, side: Side, now: &Now) -> f64 {
        let kept = |rate: u128| (1.0 - rate as f64 / RATE as f64).max(0.0);
        let moved =
            |side: Side| 1.0 - f64::from(self.tokens[side.index()].transfer_fee(now).basis_points) / 10_000.0;
        let (Ok(reserve_in), Ok(reserve_out)) =
            (Self::reserve(head, side), Self::reserve(head, side.other()))
        else {
            return 0.0;
        };
        let Rates { trade, creator, .. } = self.rates;
        let fees = if self.takes_input(side) { kept(trade + creator) } else { kept(trade) * kept(creator) };
        reserve_out as f64 / reserve_in.max(1) as f64 * fees * moved(side) * moved(side.other())
    }

    fn swap(&mut self, head: &mut Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        let outcome = self.exact_in(head, side, amount, now)?;
        *head = outcome.head;
        Ok(outcome.quote)
    }
}
