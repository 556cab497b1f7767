//! Raydium LaunchLab: a curve with virtual reserves, fees of the quote mint, Token-2022 on both sides. The constant
//! product alone: nothing shows how the program rounds its other curves.
//!
//! Source: events of real trades (state before and after, fees) and the program's IDL (in crate sol-parser-sdk
//! 0.11.0, MIT). Sales and exact outputs were found to agree with the official SDK, which is not a source (GPL-3.0).

use crate::account::Accounts;
use crate::address::Address;
use crate::market::Market;
use crate::quote::{Now, Quote, Refusal, Side};
use crate::token::{Mint, Vault};

/// `LanMV9sAd7wArD4vJFi2qDdfnVhFxYSUg6eADduJ3uj`.
pub const PROGRAM: Address = [
    5, 4, 59, 149, 77, 202, 38, 225, 239, 145, 181, 44, 79, 143, 137, 175, 138, 111, 90, 200, 198, 33, 86,
    241, 113, 207, 15, 33, 172, 81, 201, 34,
];
/// Rates are parts of this.
const RATE: u64 = 1_000_000;
const POOL: [u8; 8] = [247, 237, 227, 245, 215, 195, 222, 70];
const GLOBAL: [u8; 8] = [149, 8, 156, 202, 160, 252, 176, 217];
const PLATFORM: [u8; 8] = [160, 78, 128, 0, 248, 83, 230, 160];
const POOL_BYTES: usize = 429;
const GLOBAL_BYTES: usize = 371;
const PLATFORM_BYTES: usize = 940;

const ZERO: Refusal = Refusal::Program("InvalidInput");
const ENDED: Refusal = Refusal::Program("PoolMigrated");
const SLIPPAGE: Refusal = Refusal::Program("ExceededSlippage");
const NOT_THERE: Refusal = Refusal::Program("MathOverflow");

/// A curve. Side A is the coin, side B what it is sold for.
#[derive(Clone, Debug, PartialEq)]
pub struct RaydiumLaunchlab {
    mints: [Address; 2],
    tokens: [Mint; 2],
    /// All fees together.
    rate: u64,
    /// Of each side: the coins that pricing begins with, and what they were priced at.
    initial: [u64; 2],
    /// Coins to be sold in all.
    to_sell: u64,
    is_open: bool,
}

/// Coins sold and what was raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    sold: u64,
    raised: u64,
}

struct Outcome {
    quote: Quote,
    head: Head,
}

fn narrow(number: u128) -> Result<u64, Refusal> {
    u64::try_from(number).map_err(|_| Refusal::Overflow)
}

/// A quotient rounded up, by one division.
fn divided_up(dividend: u128, divisor: u128) -> Result<u64, Refusal> {
    let floor = narrow(dividend / divisor)?;
    let is_short = u128::from(floor) * divisor < dividend;
    floor.checked_add(u64::from(is_short)).ok_or(Refusal::Overflow)
}

fn product(a: u128, b: u128) -> Result<u128, Refusal> {
    a.checked_mul(b).ok_or(Refusal::Overflow)
}

impl RaydiumLaunchlab {
    /// What prices are made of: coins that are left, and what is there for them.
    fn priced(&self, head: &Head) -> Result<[u128; 2], Refusal> {
        if !self.is_open || head.sold >= self.to_sell {
            return Err(ENDED);
        }
        let coins = self.initial[0].checked_sub(head.sold).filter(|&coins| coins > 0);
        let quote = u128::from(self.initial[1]) + u128::from(head.raised);
        Ok([coins.ok_or(NOT_THERE)?.into(), quote])
    }

    /// What arrives of a transfer of `amount`.
    fn arrives(&self, side: Side, amount: u64, now: &Now) -> u64 {
        amount.saturating_sub(self.tokens[side.index()].transfer_fee(now).of(amount))
    }

    /// The transfer of which `amount` arrives.
    fn sends(&self, side: Side, amount: u64, now: &Now) -> Result<u64, Refusal> {
        let fee = self.tokens[side.index()].transfer_fee(now);
        fee.before(amount).ok_or(Refusal::Program("TransferFeeCalculateNotMatch"))
    }

    /// What must be there before the fees so that `after` is left: of whole parts exactly, of the rest up.
    fn before_fees(&self, after: u64) -> Result<u64, Refusal> {
        let kept = RATE.checked_sub(self.rate).filter(|&kept| kept > 0).ok_or(Refusal::Overflow)?;
        let wholes = (after / kept).checked_mul(RATE).ok_or(Refusal::Overflow)?;
        wholes.checked_add((after % kept * RATE).div_ceil(kept)).ok_or(Refusal::Overflow)
    }

    /// Fees of `amount`, rounded up. Both terms fit: the rate is at most the whole.
    fn fees(&self, amount: u64) -> u64 {
        amount / RATE * self.rate + (amount % RATE * self.rate).div_ceil(RATE)
    }

    /// What `coins` cost without fees.
    fn cost(priced: [u128; 2], coins: u64) -> Result<u64, Refusal> {
        let coins = u128::from(coins);
        let left = priced[0].checked_sub(coins).filter(|&left| left > 0).ok_or(NOT_THERE)?;
        divided_up(product(priced[1], coins)?, left)
    }

    /// A purchase: `coins` leave the vault, `received` gets into it, of which `net` is raised.
    fn bought(
        &self,
        head: &Head,
        [amount_in, received]: [u64; 2],
        coins: u64,
        net: u64,
        now: &Now,
    ) -> Result<Outcome, Refusal> {
        let amount_out = self.arrives(Side::A, coins, now);
        if amount_out == 0 {
            return Err(SLIPPAGE);
        }
        let fee = received.checked_sub(net).ok_or(Refusal::Overflow)?;
        let quote = Quote { amount_in, amount_out, fee, fee_side: Side::B, crossings: 0 };
        let sold = head.sold.checked_add(coins).ok_or(NOT_THERE)?;
        let raised = head.raised.checked_add(net).ok_or(Refusal::Overflow)?;
        Ok(Outcome { quote, head: Head { sold, raised } })
    }

    /// Coins for `amount`; the last ones for what they cost.
    fn buy(&self, head: &Head, amount: u64, now: &Now) -> Result<Outcome, Refusal> {
        let priced = self.priced(head)?;
        let received = self.arrives(Side::B, amount, now);
        let net = received.checked_sub(self.fees(received)).ok_or(Refusal::Overflow)?;
        let coins = product(net.into(), priced[0])? / (priced[1] + u128::from(net)).max(1);
        let left = self.to_sell.checked_sub(head.sold).ok_or(ENDED)?;
        if coins <= u128::from(left) {
            return self.bought(head, [amount, received], narrow(coins)?, net, now);
        }
        let net = Self::cost(priced, left)?;
        let received = self.before_fees(net)?;
        let sent = self.sends(Side::B, received, now)?;
        self.bought(head, [sent, received], left, net, now)
    }

    /// A sale of `coins` that reach the vault, for `paid` without fees and `amount_out` for the trader.
    fn sold(
        head: &Head,
        [amount_in, coins]: [u64; 2],
        [paid, fee, amount_out]: [u64; 3],
    ) -> Result<Outcome, Refusal> {
        if amount_out == 0 {
            return Err(SLIPPAGE);
        }
        let quote = Quote { amount_in, amount_out, fee, fee_side: Side::B, crossings: 0 };
        let sold = head.sold.checked_sub(coins).ok_or(NOT_THERE)?;
        let raised = head.raised.checked_sub(paid).ok_or(NOT_THERE)?;
        Ok(Outcome { quote, head: Head { sold, raised } })
    }

    fn sell(&self, head: &Head, amount: u64, now: &Now) -> Result<Outcome, Refusal> {
        let priced = self.priced(head)?;
        let coins = self.arrives(Side::A, amount, now);
        let paid = narrow(product(coins.into(), priced[1])? / (priced[0] + u128::from(coins)))?;
        let fee = self.fees(paid);
        let left = paid.checked_sub(fee).ok_or(Refusal::Overflow)?;
        Self::sold(head, [amount, coins], [paid, fee, self.arrives(Side::B, left, now)])
    }

    fn buy_exactly(&self, head: &Head, amount: u64, now: &Now) -> Result<Outcome, Refusal> {
        let priced = self.priced(head)?;
        // The official SDK counts the fee twice, and no trade shows what the program does.
        if self.tokens[0].transfer_fee(now).basis_points > 0 {
            return Err(Refusal::Unsupported("buying an exact number of coins that have a transfer fee"));
        }
        if self.to_sell.checked_sub(head.sold).is_none_or(|left| amount > left) {
            return Err(NOT_THERE);
        }
        let net = Self::cost(priced, amount)?;
        let received = self.before_fees(net)?;
        let sent = self.sends(Side::B, received, now)?;
        self.bought(head, [sent, received], amount, net, now)
    }

    fn sell_exactly(&self, head: &Head, amount: u64, now: &Now) -> Result<Outcome, Refusal> {
        let priced = self.priced(head)?;
        let left = self.sends(Side::B, amount, now)?;
        let paid = self.before_fees(left)?;
        let rest = priced[1].checked_sub(paid.into()).filter(|&rest| rest > 0).ok_or(NOT_THERE)?;
        let coins = divided_up(product(priced[0], paid.into())?, rest)?;
        let fee = paid.checked_sub(left).ok_or(Refusal::Overflow)?;
        Self::sold(head, [self.sends(Side::A, coins, now)?, coins], [paid, fee, amount])
    }

    fn order(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Outcome, Refusal> {
        match side {
            _ if amount == 0 => Err(ZERO),
            Side::A => self.sell(head, amount, now),
            Side::B => self.buy(head, amount, now),
        }
    }
}

impl Market for RaydiumLaunchlab {
    type Head = Head;

    fn load(address: &Address, accounts: &dyn Accounts) -> Result<(Self, Head), Refusal> {
        let pool = accounts.need(address, &PROGRAM)?;
        pool.check(POOL, POOL_BYTES)?;
        let global = accounts.need(&pool.address(141)?, &PROGRAM)?;
        global.check(GLOBAL, GLOBAL_BYTES)?;
        let platform = accounts.need(&pool.address(173)?, &PROGRAM)?;
        platform.check(PLATFORM, PLATFORM_BYTES)?;
        if global.u8(16)? != 0 {
            return Err(Refusal::Unsupported("a curve that is not a constant product"));
        }
        let vaults =
            [Vault::load(&pool.address(269)?, accounts)?, Vault::load(&pool.address(301)?, accounts)?];
        let mints = [pool.address(205)?, pool.address(237)?];
        if vaults.map(|vault| vault.mint) != mints || global.address(83)? != mints[1] {
            return Err(Refusal::Hostile("a vault's or the configuration's mint does not match the pool"));
        }
        let rates = [global.u64(27)?, platform.u64(104)?, platform.u64(720)?];
        let rate = rates.into_iter().try_fold(0_u64, u64::checked_add).filter(|&rate| rate <= RATE);
        let rate = rate.ok_or(Refusal::Hostile("the fee rates add up to more than 100 %"))?;
        let token = |side: usize| Mint::load(&mints[side], &vaults[side].token_program, accounts);
        let (initial, to_sell) = ([pool.u64(37)?, pool.u64(45)?], pool.u64(29)?);
        let head = Head { sold: pool.u64(53)?, raised: pool.u64(61)? };
        if to_sell >= initial[0] || head.sold > to_sell || initial[1] == 0 {
            return Err(Refusal::Hostile("the curve's reserves contradict each other"));
        }
        let is_open = pool.u8(17)? == 0;
        let market =
            RaydiumLaunchlab { mints, tokens: [token(0)?, token(1)?], rate, initial, to_sell, is_open };
        Ok((market, head))
    }

    fn mints(&self) -> [Address; 2] {
        self.mints
    }

    fn quote_in(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.order(head, side, amount, now).map(|outcome| outcome.quote)
    }

    fn quote_out(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        let outcome = match side {
            _ if amount == 0 => return Err(ZERO),
            Side::A => self.sell_exactly(head, amount, now),
            Side::B => self.buy_exactly(head, amount, now),
        };
        outcome.map(|outcome| outcome.quote)
    }

    fn marginal(&self, head: &Head, side: Side, now: &Now) -> f64 {
        let Ok(priced) = self.priced(head) else { return 0.0 };
        let moved = |side: Side| {
            1.0 - f64::from(self.tokens[side.index()].transfer_fee(now).basis_points.min(10_000)) / 10_000.0
        };
        let kept = 1.0 - self.rate as f64 / RATE as f64;
        let price = priced[side.other().index()] as f64 / priced[side.index()].max(1) as f64;
        price * kept * moved(side) * moved(side.other())
    }

    fn swap(&mut self, head: &mut Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        let outcome = self.order(head, side, amount, now)?;
        *head = outcome.head;
        Ok(outcome.quote)
    }
}
