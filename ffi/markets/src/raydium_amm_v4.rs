//! Raydium AMM v4: a constant product with one fee of the input; its order book is retired.
//!
//! Source: raydium-io/raydium-amm (Apache-2.0): `program/src/processor.rs`, `math.rs`, `state.rs`.

use crate::token::{TOKEN, Vault};
use crate::{Account, Accounts, Address, Market, Now, Quote, Refusal, Side};

/// `675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8`.
pub const PROGRAM: Address = [
    75, 217, 73, 196, 54, 2, 195, 63, 32, 119, 144, 237, 22, 163, 82, 76, 161, 185, 151, 92, 241, 33, 162,
    169, 12, 255, 236, 125, 248, 182, 138, 205,
];
/// The pool's account has no discriminator: its size and its owner say what it is.
const POOL_BYTES: usize = 752;
const OPEN_ORDERS_BYTES: usize = 3228;

const INVALID_STATUS: Refusal = Refusal::Program("InvalidStatus");
const INVALID_INPUT: Refusal = Refusal::Program("InvalidInput");
const INSUFFICIENT_FUNDS: Refusal = Refusal::Program("InsufficientFunds");

/// When swaps are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trading {
    Always,
    Never,
    /// From this Unix second on.
    From(u64),
}

/// A pool.
#[derive(Clone, Debug, PartialEq)]
pub struct RaydiumAmmV4 {
    mints: [Address; 2],
    /// The fee is `fee[0] / fee[1]` of the input.
    fee: [u64; 2],
    trading: Trading,
}

/// Vaults and what is owed out of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    vaults: [u64; 2],
    owed: [u64; 2],
}

/// A division as the program rounds it: up, but to the nearest where less than 1 is the result.
///
/// This is the rule of spl-math that the executed binary has: no fee below 200 units at 25 basis points. Sources
/// of July 2026 round up always, and an account does not say which of them runs.
fn divide(number: u128, divisor: u64) -> Result<u128, Refusal> {
    let wide = u128::from(divisor);
    let quotient = match (u64::try_from(number), divisor) {
        (_, 0) => return Err(Refusal::Overflow),
        (Ok(number), _) => u128::from(number / divisor),
        _ => number / wide,
    };
    let rest = number - quotient * wide;
    let is_up = if quotient == 0 { rest * 2 >= wide } else { rest > 0 };
    Ok(quotient + u128::from(is_up))
}

fn narrow(number: u128) -> Result<u64, Refusal> {
    u64::try_from(number).map_err(|_| Refusal::Overflow)
}

impl RaydiumAmmV4 {
    fn check(&self, now: &Now) -> Result<(), Refusal> {
        match self.trading {
            Trading::Always => Ok(()),
            Trading::From(time) if u64::try_from(now.time_s).is_ok_and(|now| now >= time) => Ok(()),
            _ => Err(INVALID_STATUS),
        }
    }

    /// What the pool has of the input's and of the output's mint.
    fn reserves(head: &Head, side: Side) -> Result<[u64; 2], Refusal> {
        let reserve = |side: Side| {
            let left = head.vaults[side.index()].checked_sub(head.owed[side.index()]);
            left.ok_or(Refusal::Hostile("the pool owes more than a vault holds"))
        };
        Ok([reserve(side)?, reserve(side.other())?])
    }

    /// Tokens in an order book counted as the pool's in older programs.
    fn check_orders(pool: &Account<'_>, accounts: &dyn Accounts) -> Result<(), Refusal> {
        let Some(orders) = accounts.get(&pool.address(496)?) else { return Ok(()) };
        if orders.owner != pool.address(560)? {
            return Err(Refusal::Hostile("the open orders account has another owner than the pool names"));
        }
        if orders.data.len() < OPEN_ORDERS_BYTES {
            return Err(Refusal::Hostile("the open orders account is too short"));
        }
        if orders.u64(85)? != 0 || orders.u64(101)? != 0 {
            return Err(Refusal::Unsupported("a pool with tokens in an order book"));
        }
        Ok(())
    }
}

impl Market for RaydiumAmmV4 {
    type Head = Head;

    fn load(address: &Address, accounts: &dyn Accounts) -> Result<(Self, Head), Refusal> {
        let pool = accounts.need(address, &PROGRAM)?;
        if pool.data.len() != POOL_BYTES {
            return Err(Refusal::Hostile("the pool's account has the wrong size"));
        }
        let vaults =
            [Vault::load(&pool.address(336)?, accounts)?, Vault::load(&pool.address(368)?, accounts)?];
        let mints = [pool.address(400)?, pool.address(432)?];
        if vaults.map(|vault| vault.mint) != mints || mints[0] == mints[1] {
            return Err(Refusal::Hostile(
                "a vault's mint does not match the pool, or both mints are the same",
            ));
        }
        if vaults.iter().any(|vault| vault.token_program != TOKEN) {
            return Err(Refusal::Hostile("a vault is not owned by the SPL Token program"));
        }
        Self::check_orders(&pool, accounts)?;
        let fee = [pool.u64(176)?, pool.u64(184)?];
        if fee[0] >= fee[1] {
            return Err(Refusal::Hostile("the fee rate is 100 % or more"));
        }
        let trading = match pool.u64(0)? {
            1 | 6 => Trading::Always,
            7 => Trading::From(pool.u64(224)?),
            0 | 2..=5 => Trading::Never,
            _ => return Err(Refusal::Hostile("unknown pool status")),
        };
        let owed = [pool.u64(192)?, pool.u64(200)?];
        let head = Head { vaults: vaults.map(|vault| vault.amount), owed };
        Self::reserves(&head, Side::A)?;
        Ok((RaydiumAmmV4 { mints, fee, trading }, head))
    }

    fn mints(&self) -> [Address; 2] {
        self.mints
    }

    fn quote_in(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.check(now)?;
        let [reserve_in, reserve_out] = Self::reserves(head, side)?;
        let fee = narrow(divide(u128::from(amount) * u128::from(self.fee[0]), self.fee[1])?)?;
        let left = amount.checked_sub(fee).ok_or(Refusal::Overflow)?;
        head.vaults[side.index()].checked_add(amount).ok_or(Refusal::Overflow)?;
        let whole = u128::from(reserve_in) + u128::from(left);
        let bought =
            (u128::from(reserve_out) * u128::from(left)).checked_div(whole).ok_or(Refusal::Overflow)?;
        let amount_out = narrow(bought)?;
        match amount_out {
            0 => Err(INVALID_INPUT),
            _ if amount_out >= reserve_out => Err(INSUFFICIENT_FUNDS),
            _ => Ok(Quote { amount_in: amount, amount_out, fee, fee_side: side, crossings: 0 }),
        }
    }

    fn quote_out(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.check(now)?;
        let [reserve_in, reserve_out] = Self::reserves(head, side)?;
        let Some(rest) = reserve_out.checked_sub(amount).filter(|&rest| rest > 0) else {
            return Err(INSUFFICIENT_FUNDS);
        };
        let left = narrow(divide(u128::from(reserve_in) * u128::from(amount), rest)?)?;
        let amount_in =
            narrow(divide(u128::from(left) * u128::from(self.fee[1]), self.fee[1] - self.fee[0])?)?;
        if amount_in == 0 || amount == 0 {
            return Err(INVALID_INPUT);
        }
        head.vaults[side.index()].checked_add(amount_in).ok_or(Refusal::Overflow)?;
        Ok(Quote { amount_in, amount_out: amount, fee: amount_in - left, fee_side: side, crossings: 0 })
    }

    fn marginal(&self, head: &Head, side: Side, _now: &Now) -> f64 {
        let Ok([reserve_in, reserve_out]) = Self::reserves(head, side) else { return 0.0 };
        let fee = self.fee[0] as f64 / self.fee[1] as f64;
        reserve_out as f64 / reserve_in.max(1) as f64 * (1.0 - fee)
    }

    fn swap(&mut self, head: &mut Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        let quote = self.quote_in(head, side, amount, now)?;
        let (input, output) = (side.index(), side.other().index());
        let mut next = *head;
        next.vaults[input] = next.vaults[input].checked_add(amount).ok_or(Refusal::Overflow)?;
        next.vaults[output] = next.vaults[output].checked_sub(quote.amount_out).ok_or(Refusal::Overflow)?;
        *head = next;
        Ok(quote)
    }
}
