//! When a pool opens, and fees by time, slot, price and size: what Meteora's DAMM and DBC share.
//!
//! Sources: @meteora-ag/cp-amm-sdk 1.5.0 and dynamic-bonding-curve-sdk 1.5.12 (MIT): `math/poolFees`.

mod limiter;
mod rate;
mod volatility;

pub use self::limiter::Limiter;
pub use self::rate::{RATE, before_fee, fee_of};
pub use self::volatility::{DynamicFee, Volatility};
use crate::quote::{Now, Refusal};

/// What a pool counts time in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Slots.
    Slot,
    /// Unix seconds.
    Time,
}

/// From when on a pool trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activation {
    /// In what `point` is.
    pub clock: Clock,
    /// The first slot or second.
    pub point: u64,
}

impl Activation {
    /// The activation of a kind that accounts name by a byte.
    ///
    /// # Errors
    /// [`Refusal::Unsupported`] for a kind that is not known.
    pub fn load(kind: u8, point: u64) -> Result<Activation, Refusal> {
        let clock = match kind {
            0 => Clock::Slot,
            1 => Clock::Time,
            _ => return Err(Refusal::Unsupported("unknown activation type")),
        };
        Ok(Activation { clock, point })
    }

    /// Now, in the same unit.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] for a time before 1970.
    pub fn now(&self, now: &Now) -> Result<u64, Refusal> {
        match self.clock {
            Clock::Slot => Ok(now.slot),
            Clock::Time => u64::try_from(now.time_s).map_err(|_| Refusal::Overflow),
        }
    }

    /// Whether the pool trades.
    ///
    /// # Errors
    /// As [`Self::now`].
    pub fn is_reached(&self, now: &Now) -> Result<bool, Refusal> {
        Ok(self.now(now)? >= self.point)
    }
}

const ONE: u128 = 1 << 64;
const BASIS_POINTS: u128 = 10_000;

/// A product or a sum that does not fit.
fn overflow<T>(number: Option<T>) -> Result<T, Refusal> {
    number.ok_or(Refusal::Overflow)
}

/// `base` to the power of `exponent`, both in 64 binary places. Numbers of 1 and more are inverted on the way, as
/// the programs do: their powers are not the plain ones. Source: `math/utilsMath.ts`, `pow`.
#[must_use]
pub fn power(base: u128, exponent: u32) -> Option<u128> {
    if exponent == 0 {
        return Some(ONE);
    }
    let is_inverted = base >= ONE;
    let mut square = if is_inverted { u128::MAX / base } else { base };
    let (mut left, mut result) = (exponent, ONE);
    loop {
        if left & 1 == 1 {
            // Both factors are at most 1.
            result = (result * square) >> 64;
        }
        left >>= 1;
        if left == 0 {
            break;
        }
        square = (square * square) >> 64;
    }
    match (result, is_inverted) {
        (0, _) => None,
        (_, true) => Some(u128::MAX / result),
        (_, false) => Some(result),
    }
}

/// How a rate falls from one period to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decay {
    /// By this much of [`RATE`].
    Linear(u64),
    /// By this many basis points of what it was.
    Exponential(u64),
}

impl Decay {
    /// The rate after `periods`.
    fn rate(self, cliff: u64, periods: u16) -> Result<u64, Refusal> {
        match self {
            Decay::Linear(reduction) => {
                let reduction = overflow(u64::from(periods).checked_mul(reduction))?;
                overflow(cliff.checked_sub(reduction))
            }
            Decay::Exponential(0) => Ok(cliff),
            Decay::Exponential(reduction) => {
                let share = (u128::from(reduction) << 64) / BASIS_POINTS;
                let base = overflow(ONE.checked_sub(share))?;
                let kept = overflow(power(base, u32::from(periods)))?;
                u64::try_from((u128::from(cliff) * kept) >> 64).map_err(|_| Refusal::Overflow)
            }
        }
    }
}

/// What a base fee depends on.
#[derive(Clone, Copy, Debug)]
pub struct Trade {
    /// What is paid, where the fee is taken of it.
    pub amount: Amount,
    /// The second mint is paid for the first.
    pub is_purchase: bool,
    /// Slots or seconds since the pool's activation.
    pub age: u64,
    /// The price's root at the pool's creation and now.
    pub sqrt_prices: [u128; 2],
}

/// An amount that a fee is taken of.
#[derive(Clone, Copy, Debug)]
pub enum Amount {
    /// With the fee.
    Whole(u64),
    /// Without it.
    Rest(u64),
}

/// The part of a fee that the pool's creator chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseFee {
    /// The same for ever.
    Flat(u64),
    /// Falls with time.
    Time {
        /// At the beginning.
        cliff: u64,
        /// From one period to the next.
        decay: Decay,
        /// After so many it stays.
        periods: u16,
        /// Slots or seconds.
        period: u64,
    },
    /// Falls as the price rises.
    Price {
        /// At the first price.
        cliff: u64,
        /// From one step to the next.
        decay: Decay,
        /// After so many it stays.
        steps: u16,
        /// Of the price's root, in basis points.
        step_bps: u32,
        /// Slots or seconds until the last step's rate holds.
        expires_after: u64,
    },
    /// Rises with the size of a purchase.
    Size(Limiter),
}

impl BaseFee {
    /// The rate of a trade, of [`RATE`].
    ///
    /// # Errors
    /// [`Refusal::Overflow`] where the program's numbers do not fit; what [`Limiter`] refuses.
    pub fn rate(&self, trade: &Trade) -> Result<u64, Refusal> {
        match *self {
            BaseFee::Flat(rate) => Ok(rate),
            BaseFee::Time { cliff, decay, periods, period } => {
                let passed = overflow(trade.age.checked_div(period))?;
                decay.rate(cliff, u16::try_from(passed).map_or(periods, |passed| passed.min(periods)))
            }
            BaseFee::Price { cliff, decay, steps, step_bps, expires_after } => {
                let [first, now] = trade.sqrt_prices;
                let passed = if trade.age > expires_after {
                    u128::from(steps)
                } else {
                    let rise = overflow(now.saturating_sub(first).checked_mul(BASIS_POINTS))?;
                    let steps = rise.checked_div(first).and_then(|rise| rise.checked_div(step_bps.into()));
                    overflow(steps)?
                };
                decay.rate(cliff, u16::try_from(passed).map_or(steps, |passed| passed.min(steps)))
            }
            BaseFee::Size(limiter) if !trade.is_purchase || trade.age > limiter.lasts => Ok(limiter.cliff),
            BaseFee::Size(limiter) => match trade.amount {
                Amount::Whole(amount) => limiter.of_whole(amount),
                Amount::Rest(amount) => limiter.of_rest(amount),
            },
        }
    }
}
