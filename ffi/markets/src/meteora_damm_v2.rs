//! Meteora DAMM v2: one range of liquidity, or a constant product whose fees compound; fees by time, price or size
//! and by volatility; Token-2022 on both sides.
//!
//! Source: @meteora-ag/cp-amm-sdk 1.5.0 (MIT): `math/swapQuote.ts`, `math/feeMath.ts`, `math/liquidity/`.

mod pool;

pub use self::pool::Head;
use self::pool::{Curve, FeeOn, Pool};
use crate::account::Accounts;
use crate::address::Address;
use crate::market::Market;
use crate::quote::{Now, Quote, Refusal, Side};
use crate::schedule::{Amount, RATE, Trade, before_fee, fee_of};
use crate::segment::{self, Rounding};
use crate::wide::Wide;

/// `cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG`.
pub const PROGRAM: Address = [
    9, 45, 33, 53, 101, 122, 21, 156, 43, 135, 212, 182, 106, 112, 219, 142, 151, 82, 56, 159, 247, 106, 175,
    32, 108, 237, 6, 58, 56, 249, 90, 237,
];

/// A pool.
#[derive(Clone, Debug, PartialEq)]
pub struct MeteoraDammV2 {
    pool: Pool,
}

/// A swap with everything that it changes; amounts of the pool, without fees of the mints.
#[derive(Clone, Copy)]
struct Outcome {
    quote: Quote,
    /// Into the vault.
    received: u64,
    /// Out of the vault.
    paid: u64,
    /// The input without the pool's fee.
    net: u64,
    /// The output with the pool's fee.
    gross: u64,
    sqrt_price: u128,
}

/// What a curve gives: the output, the price's root after it and what is left of the input.
struct Filled {
    gross: u64,
    sqrt_price: u128,
    left: u64,
}

const DISABLED: Refusal = Refusal::Program("PoolDisabled");
const ZERO: Refusal = Refusal::Program("AmountIsZero");
const RANGE: Refusal = Refusal::Program("PriceRangeViolation");
const DRAINED: Refusal = Refusal::Program("InsufficientLiquidity");

fn narrow(number: u128) -> Result<u64, Refusal> {
    u64::try_from(number).map_err(|_| Refusal::Overflow)
}

impl MeteoraDammV2 {
    /// Like [`Market::quote_in`], but takes only what its range has room for (partial fill).
    ///
    /// # Errors
    /// The same as [`Market::quote_in`].
    pub fn quote_partial(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.exact_in(head, side, amount, now, true).map(|outcome| outcome.quote)
    }

    /// Like [`Market::swap`], but takes only what its range has room for (partial fill).
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
        let age = self.pool.activation.now(now)?.checked_sub(self.pool.activation.point).ok_or(DISABLED)?;
        let is_purchase = side == Side::B;
        let sqrt_prices = [self.pool.first_sqrt_price, head.sqrt_price];
        let base = self.pool.base_fee.rate(&Trade { amount, is_purchase, age, sqrt_prices })?;
        let dynamic = self.pool.dynamic_fee.map_or(Ok(0), |fee| fee.rate(&head.volatility))?;
        narrow((u128::from(base) + dynamic).min(self.pool.most.into()))
    }

    fn takes_input(&self, side: Side) -> bool {
        self.pool.fee_on == FeeOn::B && side == Side::B
    }

    fn check(&self, amount: u64) -> Result<(), Refusal> {
        if !self.pool.is_enabled {
            return Err(DISABLED);
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
        self.check(amount)?;
        let fee_in = self.pool.tokens[side.index()].transfer_fee(now);
        let mut received = amount - fee_in.of(amount);
        if received == 0 {
            return Err(ZERO);
        }
        let rate = self.rate(head, side, Amount::Whole(received), now)?;
        let takes_input = self.takes_input(side);
        let mut fee = if takes_input { fee_of(received, rate)? } else { 0 };
        let mut net = received - fee;
        let filled = self.fill(head, side, net, is_partial)?;
        let mut amount_in = amount;
        if filled.left > 0 {
            net -= filled.left;
            if takes_input {
                let rate = self.rate(head, side, Amount::Rest(net), now)?;
                received = before_fee(net, rate)?;
                fee = received - net;
            } else {
                received = net;
            }
            amount_in = fee_in.before(received).ok_or(Refusal::Program("FeeInverseIsIncorrect"))?;
        }
        if !takes_input {
            fee = fee_of(filled.gross, rate)?;
        }
        let paid = if takes_input { filled.gross } else { filled.gross - fee };
        let amount_out = paid - self.pool.tokens[side.other().index()].transfer_fee(now).of(paid);
        let fee_side = if takes_input { side } else { side.other() };
        let quote = Quote { amount_in, amount_out, fee, fee_side, crossings: 0 };
        let (gross, sqrt_price) = (filled.gross, filled.sqrt_price);
        self.settled(head, side, Outcome { quote, received, paid, net, gross, sqrt_price })
    }

    fn exact_out(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Outcome, Refusal> {
        self.check(amount)?;
        const INVERSE: Refusal = Refusal::Program("FeeInverseIsIncorrect");
        let paid = self.pool.tokens[side.other().index()].transfer_fee(now).before(amount).ok_or(INVERSE)?;
        let takes_input = self.takes_input(side);
        let gross = if takes_input {
            paid
        } else {
            before_fee(paid, self.rate(head, side, Amount::Rest(paid), now)?)?
        };
        let (net, sqrt_price) = self.draw(head, side, gross)?;
        let received =
            if takes_input { before_fee(net, self.rate(head, side, Amount::Rest(net), now)?)? } else { net };
        let amount_in = self.pool.tokens[side.index()].transfer_fee(now).before(received).ok_or(INVERSE)?;
        let (fee, fee_side) = if takes_input { (received - net, side) } else { (gross - paid, side.other()) };
        let quote = Quote { amount_in, amount_out: amount, fee, fee_side, crossings: 0 };
        self.settled(head, side, Outcome { quote, received, paid, net, gross, sqrt_price })
    }

    /// What `net` buys.
    fn fill(&self, head: &Head, side: Side, net: u64, is_partial: bool) -> Result<Filled, Refusal> {
        let root = head.sqrt_price;
        let (liquidity, low, high) = match self.pool.curve {
            Curve::Range { liquidity, low, high } => (liquidity, low, high),
            Curve::Product { .. } => {
                let [reserve_in, reserve_out] =
                    [side, side.other()].map(|side| u128::from(head.amounts[side.index()]));
                let gross = (reserve_out * u128::from(net)).checked_div(reserve_in + u128::from(net));
                let gross = narrow(gross.ok_or(Refusal::Overflow)?)?;
                return Ok(Filled { gross, sqrt_price: root, left: 0 });
            }
        };
        let room = match side {
            _ if !is_partial => None,
            Side::A => Some(segment::base(liquidity, low, root, Rounding::Up)?),
            Side::B => Some(segment::quote(liquidity, root, high, Rounding::Up)?),
        };
        let edge = if side == Side::A { low } else { high };
        let (sqrt_price, left) = match room {
            // It fits, as it is at most `net`.
            Some(room) if u128::from(net) >= room => (edge, net - narrow(room)?),
            _ if side == Side::A => (segment::after_base_in(liquidity, root, net)?, 0),
            _ => (segment::after_quote_in(liquidity, root, net)?, 0),
        };
        let gross = match side {
            _ if sqrt_price < low || sqrt_price > high => return Err(RANGE),
            Side::A => segment::quote(liquidity, sqrt_price, root, Rounding::Down)?,
            Side::B => segment::base(liquidity, root, sqrt_price, Rounding::Down)?,
        };
        Ok(Filled { gross: narrow(gross)?, sqrt_price, left })
    }

    /// What `gross` costs, and the price's root after it.
    fn draw(&self, head: &Head, side: Side, gross: u64) -> Result<(u64, u128), Refusal> {
        let root = head.sqrt_price;
        let (liquidity, low, high) = match self.pool.curve {
            Curve::Range { liquidity, low, high } => (liquidity, low, high),
            Curve::Product { .. } => {
                let [reserve_in, reserve_out] = [side, side.other()].map(|side| head.amounts[side.index()]);
                let rest = reserve_out.checked_sub(gross).filter(|&rest| rest > 0).ok_or(DRAINED)?;
                let net = (u128::from(reserve_in) * u128::from(gross)).div_ceil(rest.into());
                return Ok((narrow(net)?, root));
            }
        };
        let sqrt_price = match side {
            Side::A => segment::after_quote_out(liquidity, root, gross)?,
            Side::B => segment::after_base_out(liquidity, root, gross)?,
        };
        let net = match side {
            _ if sqrt_price < low || sqrt_price > high => return Err(RANGE),
            Side::A => segment::base(liquidity, sqrt_price, root, Rounding::Up)?,
            Side::B => segment::quote(liquidity, root, sqrt_price, Rounding::Up)?,
        };
        Ok((narrow(net)?, sqrt_price))
    }

    /// Amounts and vaults after a swap; refuses what they have no room for.
    fn after(&self, head: &Head, side: Side, outcome: &Outcome) -> Result<Head, Refusal> {
        let (input, output) = (side.index(), side.other().index());
        let mut next = *head;
        next.sqrt_price = outcome.sqrt_price;
        let add = |a: u64, b: u64| a.checked_add(b).ok_or(Refusal::Overflow);
        let take = |a: u64, b: u64| a.checked_sub(b).ok_or(Refusal::Program("insufficient funds"));
        next.vaults[input] = add(next.vaults[input], outcome.received)?;
        next.vaults[output] = take(next.vaults[output], outcome.paid)?;
        if let Curve::Product { compounding_bps } = self.pool.curve {
            let fee = u128::from(outcome.quote.fee);
            let kept = fee - fee * u128::from(self.pool.protocol_percent) / 100;
            let compounded = narrow(kept * u128::from(compounding_bps) / 10_000)?;
            next.amounts[input] = add(next.amounts[input], outcome.net)?;
            next.amounts[output] = take(next.amounts[output], outcome.gross)?;
            next.amounts[1] = add(next.amounts[1], compounded)?;
            if next.amounts[0] == 0 {
                return Err(DRAINED);
            }
        }
        Ok(next)
    }

    /// An outcome that the vaults have room for.
    fn settled(&self, head: &Head, side: Side, outcome: Outcome) -> Result<Outcome, Refusal> {
        self.after(head, side, &outcome).map(|_| outcome)
    }

    /// The state after a swap.
    fn apply(&self, head: &mut Head, side: Side, outcome: &Outcome, now: &Now) -> Result<Quote, Refusal> {
        let mut next = self.after(head, side, outcome)?;
        if self.pool.curve.is_product() {
            next.sqrt_price = sqrt_price_of(next.amounts)?;
        }
        if let Some(fee) = self.pool.dynamic_fee {
            let now_s = u64::try_from(now.time_s).map_err(|_| Refusal::Overflow)?;
            next.volatility = fee.moved(&head.volatility, [head.sqrt_price, next.sqrt_price], now_s);
        }
        *head = next;
        Ok(outcome.quote)
    }
}

/// The root of the price of these amounts.
fn sqrt_price_of([a, b]: [u64; 2]) -> Result<u128, Refusal> {
    let price = Wide { high: b.into(), low: 0 }.quotient(a.into());
    price.map(Wide::sqrt).ok_or(Refusal::Overflow)
}

impl Market for MeteoraDammV2 {
    type Head = Head;

    fn load(address: &Address, accounts: &dyn Accounts) -> Result<(Self, Head), Refusal> {
        let account = accounts.need(address, &PROGRAM)?;
        pool::load(&account, accounts).map(|(pool, head)| (MeteoraDammV2 { pool }, head))
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
        let price = match self.pool.curve {
            Curve::Range { .. } => (head.sqrt_price as f64 / 2_f64.powi(64)).powi(2),
            Curve::Product { .. } => head.amounts[1] as f64 / head.amounts[0].max(1) as f64,
        };
        let price = match side {
            Side::A => price,
            Side::B if price > 0.0 => price.recip(),
            Side::B => return 0.0,
        };
        let moved = |side: Side| {
            1.0 - f64::from(self.pool.tokens[side.index()].transfer_fee(now).basis_points) / 10_000.0
        };
        price * (1.0 - rate as f64 / RATE as f64) * moved(side) * moved(side.other())
    }

    fn swap(&mut self, head: &mut Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        let outcome = self.exact_in(head, side, amount, now, false)?;
        self.apply(head, side, &outcome, now)
    }
}
