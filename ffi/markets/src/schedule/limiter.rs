//! A rate that rises with the size of a purchase: each further reference amount pays one increment more.
//!
//! Source: @meteora-ag/cp-amm-sdk 1.5.0 (MIT): `math/poolFees/baseFee/rateLimiter.ts`.

use super::rate::{RATE, before_fee, fee_of};
use crate::quote::Refusal;
use crate::wide::product;

/// A rate limiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limiter {
    /// Rate of the first reference amount.
    pub cliff: u64,
    /// Slots or seconds for which it limits.
    pub lasts: u64,
    /// What each further reference amount pays more.
    increment: u64,
    /// The highest rate.
    most: u64,
    reference: u64,
}

/// The rate of basis points.
fn rate_of(basis_points: u32) -> u64 {
    u64::from(basis_points) * (RATE / 10_000)
}

impl Limiter {
    /// A limiter of these parameters; the rates are in basis points but for `cliff`.
    ///
    /// # Errors
    /// [`Refusal::Hostile`] for parameters that the program does not take.
    pub fn new(
        cliff: u64,
        increment_bps: u16,
        most_bps: u32,
        reference: u64,
        lasts: u64,
    ) -> Result<Limiter, Refusal> {
        let (increment, most) = (rate_of(increment_bps.into()), rate_of(most_bps));
        if increment == 0 || reference == 0 || lasts == 0 || cliff > most || most >= RATE {
            return Err(Refusal::Hostile("invalid parameters of the rate limiter"));
        }
        Ok(Limiter { cliff, lasts, increment, most, reference })
    }

    /// After so many increments the rate is the highest.
    fn last(&self) -> u64 {
        (self.most - self.cliff) / self.increment
    }

    /// The rate of `amount`, fee included.
    pub(super) fn of_whole(&self, amount: u64) -> Result<u64, Refusal> {
        let Some(above) = amount.checked_sub(self.reference).filter(|&above| above > 0) else {
            return Ok(self.cliff);
        };
        let (steps, rest) = (above / self.reference, above % self.reference);
        let last = self.last();
        let [cliff, increment, reference] = [self.cliff, self.increment, self.reference].map(u128::from);
        // The whole steps' rates together; below 2^62, as there are less than 10^9 steps and rates.
        let rates = |steps: u128| cliff + cliff * steps + increment * steps * (steps + 1) / 2;
        let (below, rest, rate) = if steps < last {
            let steps = u128::from(steps);
            (steps, u128::from(rest), cliff + increment * (steps + 1))
        } else {
            let rest = u128::from(steps - last) * reference + u128::from(rest);
            (u128::from(last), rest, u128::from(self.most))
        };
        let fee = (reference * rates(below) + rest * rate).div_ceil(u128::from(RATE));
        let rate = (fee * u128::from(RATE)).div_ceil(u128::from(amount));
        u64::try_from(rate).map_err(|_| Refusal::Overflow)
    }

    /// What is left of `amount` after its fee.
    fn rest_of(&self, amount: u64) -> Result<u64, Refusal> {
        Ok(amount - fee_of(amount, self.of_whole(amount)?)?)
    }

    /// The rate of the amount of which `rest` is left.
    pub(super) fn of_rest(&self, rest: u64) -> Result<u64, Refusal> {
        if rest <= self.rest_of(self.reference)? {
            return Ok(self.cliff);
        }
        let highest = (u128::from(self.last()) + 1) * u128::from(self.reference);
        let is_beyond = highest > u128::from(u64::MAX);
        let highest = u64::try_from(highest).unwrap_or(u64::MAX);
        let rest_of_highest = self.rest_of(highest)?;
        if rest == rest_of_highest {
            return self.of_whole(highest);
        }
        let whole = if rest < rest_of_highest {
            let first = self.whole_steps(rest)?;
            let rate = self.cliff + self.increment * (first / self.reference);
            let left = rest.checked_sub(self.rest_of(first)?).ok_or(Refusal::Overflow)?;
            first.checked_add(before_fee(left, rate)?)
        } else if is_beyond {
            None
        } else {
            highest.checked_add(before_fee(rest - rest_of_highest, self.most)?)
        };
        let whole = whole.ok_or(Refusal::Overflow)?;
        let fee = whole.checked_sub(rest).ok_or(Refusal::Overflow)?;
        let rate = (u128::from(fee) * u128::from(RATE)).div_ceil(u128::from(whole.max(1)));
        let rate = u64::try_from(rate).map_err(|_| Refusal::Overflow)?;
        if rate < self.cliff { Err(Refusal::Program("UndeterminedError")) } else { Ok(rate) }
    }

    /// The smaller root of `increment * a^2 - y * a + 2 * rest * RATE * reference`: the amount of which `rest` is
    /// left where only whole steps count.
    fn whole_steps(&self, rest: u64) -> Result<u64, Refusal> {
        let [cliff, increment, reference] = [self.cliff, self.increment, self.reference].map(u128::from);
        let rate = u128::from(RATE);
        let y = reference * (2 * rate + increment - 2 * cliff);
        let z = product(u128::from(rest) * reference, 8 * increment * rate);
        let root = product(y, y).checked_sub(z).ok_or(Refusal::Overflow)?.sqrt();
        u64::try_from((y - root) / (2 * increment)).map_err(|_| Refusal::Overflow)
    }
}
