//! Meteora's dynamic bonding curve: stretches of liquidity up to the price of the migration; fees by time or size and
//! by volatility.
//!
//! Source: @meteora-ag/dynamic-bonding-curve-sdk 1.5.12 (MIT): `math/swapQuote.ts`, `math/feeMath.ts`.

mod curve;
mod pool;

use self::curve::Walk;
pub use self::pool::Head;
use self::pool::{MOST, Pool};
use crate::account::Accounts;
use crate::address::Address;
use crate::market::Market;
use crate::quote::{Now, Quote, Refusal, Side};
use crate::schedule::{Amount, RATE, Trade, before_fee, fee_of};

/// `dbcij3LWUppWqq96dh6gJWwBifmcGfLSB5D4DuSMaqN`.
pub const PROGRAM: Address = [
    9, 96, 12, 165, 36, 247, 177, 183, 214, 204, 177, 195, 151, 58, 160, 51, 13, 25, 3, 218, 96, 28, 201,
    181, 222, 227, 198, 98, 180, 202, 209, 73,
];

/// A pool. Its first side is the base mint, its second the quote mint.
#[derive(Clone, Debug, PartialEq)]
pub struct MeteoraDbc {
    pool: Pool,
}

/// A swap with everything that it changes.
struct Outcome {
    quote: Quote,
    /// The input without the fee.
    net: u64,
    /// The output with the fee.
    gross: u64,
    sqrt_price: u128,
}

const ZERO: Refusal = Refusal::Program("AmountIsZero");
const COMPLETED: Refusal = Refusal::Program("PoolIsCompleted");
const DRAINED: Refusal = Refusal::Program("InsufficientLiquidity");

impl MeteoraDbc {
    /// Like [`Market::quote_in`], but takes only what the curve has room for (partial fill).
    ///
    /// # Errors
    /// The same as [`Market::quote_in`].
    pub fn quote_partial(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.exact_in(head, side, amount, now, true).map(|outcome| outcome.quote)
    }

    /// Like [`Market::swap`], but takes only what the curve has room for (partial fill).
    ///
    /// # Errors
    /// The same as [`Market::swap`].
    pub fn swap_partial(
        &mut self,
        head: &mut Head,
        side: Side,
        amount: u64,
        now: &Now,
    ) -> Result<Quote, Refusal> {
        let outcome = self.exact_in(head, side, amount, now, true)?;
        self.apply(head, side, &outcome, now)
    }

    /// Like [`Market::swap`], but for an exact output.
    ///
    /// # Errors
    /// The same as [`Market::quote_out`].
    pub fn swap_out(
        &mut self,
        head: &mut Head,
        side: Side,
        amount: u64,
        now: &Now,
    ) -> Result<Quote, Refusal> {
        let outcome = self.exact_out(head, side, amount, now)?;
        self.apply(head, side, &outcome, now)
    }

    /// The rate of a trade.
    fn rate(&self, head: &Head, side: Side, amount: Amount, now: &Now) -> Result<u64, Refusal> {
        let activation = self.pool.activation;
        let age = activation.now(now)?.checked_sub(activation.point).ok_or(Refusal::Overflow)?;
        let is_purchase = side == Side::B;
        let base = self.pool.base_fee.rate(&Trade { amount, is_purchase, age, sqrt_prices: [0, 0] })?;
        let dynamic = self.pool.dynamic_fee.map_or(Ok(0), |fee| fee.rate(&head.volatility))?;
        let rate = (u128::from(base) + dynamic).min(MOST.into());
        u64::try_from(rate).map_err(|_| Refusal::Overflow)
    }

    fn takes_input(&self, side: Side) -> bool {
        self.pool.takes_quote && side == Side::B
    }

    fn check(&self, head: &Head, amount: u64, now: &Now) -> Result<(), Refusal> {
        if self.pool.is_migrated || head.reserves[1] >= self.pool.threshold {
            return Err(COMPLETED);
        }
        if self.pool.tokens.iter().any(|token| token.transfer_fee(now).basis_points > 0) {
            return Err(Refusal::Unsupported("a mint with a transfer fee"));
        }
        if amount == 0 { Err(ZERO) } else { Ok(()) }
    }

    fn exact_in(
        &self,
        head: &Head,
        side: Side,
        amount: u64,
        now: &Now,
        is_partial: bool,
    ) -> Result<Outcome, Refusal> {
        self.check(head, amount, now)?;
        let rate = self.rate(head, side, Amount::Whole(amount), now)?;
        let takes_input = self.takes_input(side);
        let mut fee = if takes_input { fee_of(amount, rate)? } else { 0 };
        let (mut net, mut amount_in) = (amount - fee, amount);
        let walk = match side {
            Side::A => self.pool.curve.sell(head.sqrt_price, net)?,
            Side::B => self.pool.curve.buy(head.sqrt_price, net)?,
        };
        if walk.left > 0 {
            if !is_partial {
                return Err(DRAINED);
            }
            net = net.checked_sub(walk.left).ok_or(Refusal::Overflow)?;
            amount_in = net;
            if takes_input {
                amount_in = before_fee(net, self.rate(head, side, Amount::Rest(net), now)?)?;
                fee = amount_in - net;
            }
        }
        if !takes_input {
            fee = fee_of(walk.other, rate)?;
        }
        let amount_out = if takes_input { walk.other } else { walk.other - fee };
        let quote = self.quote(side, amount_in, amount_out, fee, &walk);
        self.settle(head, side, Outcome { quote, net, gross: walk.other, sqrt_price: walk.sqrt_price })
    }

    fn exact_out(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Outcome, Refusal> {
        self.check(head, amount, now)?;
        let takes_input = self.takes_input(side);
        let gross = if takes_input {
            amount
        } else {
            before_fee(amount, self.rate(head, side, Amount::Rest(amount), now)?)?
        };
        let walk = match side {
            Side::A => self.pool.curve.sell_for(head.sqrt_price, gross)?,
            Side::B => self.pool.curve.buy_for(head.sqrt_price, gross)?,
        };
        let net = walk.other;
        let amount_in =
            if takes_input { before_fee(net, self.rate(head, side, Amount::Rest(net), now)?)? } else { net };
        let fee = if takes_input { amount_in - net } else { gross - amount };
        let quote = self.quote(side, amount_in, amount, fee, &walk);
        self.settle(head, side, Outcome { quote, net, gross, sqrt_price: walk.sqrt_price })
    }

    fn quote(&self, side: Side, amount_in: u64, amount_out: u64, fee: u64, walk: &Walk) -> Quote {
        let fee_side = if self.takes_input(side) { side } else { side.other() };
        Quote { amount_in, amount_out, fee, fee_side, crossings: walk.crossings }
    }

    /// Refuses what the reserves and the vaults have no room for.
    fn settle(&self, head: &Head, side: Side, outcome: Outcome) -> Result<Outcome, Refusal> {
        self.after(head, side, &outcome).map(|_| outcome)
    }

    /// Reserves and vaults after a swap.
    fn after(&self, head: &Head, side: Side, outcome: &Outcome) -> Result<Head, Refusal> {
        let (input, output) = (side.index(), side.other().index());
        let mut next = *head;
        let add = |a: u64, b: u64| a.checked_add(b).ok_or(Refusal::Overflow);
        let take = |a: u64, b: u64| a.checked_sub(b).ok_or(DRAINED);
        next.reserves[input] = add(next.reserves[input], outcome.net)?;
        next.reserves[output] = take(next.reserves[output], outcome.gross)?;
        next.vaults[input] = add(next.vaults[input], outcome.quote.amount_in)?;
        next.vaults[output] = take(next.vaults[output], outcome.quote.amount_out)?;
        next.sqrt_price = outcome.sqrt_price;
        Ok(next)
    }

    /// The state after a swap.
    fn apply(&self, head: &mut Head, side: Side, outcome: &Outcome, now: &Now) -> Result<Quote, Refusal> {
        let mut next = self.after(head, side, outcome)?;
        if let Some(fee) = self.pool.dynamic_fee {
            let now_s = u64::try_from(now.time_s).map_err(|_| Refusal::Overflow)?;
            next.volatility = fee.moved(&head.volatility, [head.sqrt_price, next.sqrt_price], now_s);
        }
        *head = next;
        Ok(outcome.quote)
    }
}

impl Market for MeteoraDbc {
    type Head = Head;

    fn load(address: &Address, accounts: &dyn Accounts) -> Result<(Self, Head), Refusal> {
        let account = accounts.need(address, &PROGRAM)?;
        pool::load(&account, accounts).map(|(pool, head)| (MeteoraDbc { pool }, head))
    }

    fn mints(&self) -> [Address; 2] {
        self.pool.mints
    }

    fn quote_in(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.exact_in(head, side, amount, now, false).map(|outcome| outcome.quote)
    }

    fn quote_out(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.exact_out(head, side, amount, now).map(|outcome| outcome.quote)
    }

    fn marginal(&self, head: &Head, side: Side, now: &Now) -> f64 {
        let Ok(rate) = self.rate(head, side, Amount::Whole(1), now) else { return 0.0 };
        let price = (head.sqrt_price as f64 / 2_f64.powi(64)).powi(2);
        let price = if side == Side::A { price } else { price.recip() };
        price * (1.0 - rate as f64 / RATE as f64)
    }

    fn swap(&mut self, head: &mut Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        let outcome = self.exact_in(head, side, amount, now, false)?;
        self.apply(head, side, &outcome, now)
    }
}
