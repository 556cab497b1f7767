//! The stable curve of two coins, over amounts scaled to the same decimals and, for staked coins, the same worth.
//!
//! Source: meteora-stable-swap-math 1.8.1 (Apache-2.0): `swap_to2`; @meteora-ag/dynamic-amm-sdk 1.4.1 (MIT): the scales.

use crate::wide::{Wide, product};
use crate::{Account, Now, Refusal, Side};

/// A staked coin's price is in parts of this.
const PRICE: u64 = 1_000_000;
/// A price older than this is read from the stake pool before the swap.
const PRICE_LIFE_S: u64 = 600;
/// Rounds of Newton's method at most.
const ROUNDS: u32 = 256;
/// Numbers of the program have 192 bits.
const BITS: u32 = 192;

/// An amplified curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stable {
    amplification: u64,
    /// What amounts of each side are multiplied by.
    decimals: [u64; 2],
    /// 1 without staked coins.
    worth: [u64; 2],
    /// When the price of the staked coin was read.
    priced_s: Option<u64>,
}

/// A product that the program can hold.
fn held(a: u128, b: u128) -> Result<Wide, Refusal> {
    let product = product(a, b);
    if product.high >> (BITS - 128) == 0 { Ok(product) } else { Err(Refusal::Overflow) }
}

fn divided(number: Wide, divisor: u128) -> Result<u128, Refusal> {
    number.div_rem(divisor).map(|(quotient, _)| quotient).ok_or(Refusal::Overflow)
}

fn times(a: u128, b: u128) -> Result<u128, Refusal> {
    a.checked_mul(b).ok_or(Refusal::Overflow)
}

fn plus(a: u128, b: u128) -> Result<u128, Refusal> {
    a.checked_add(b).ok_or(Refusal::Overflow)
}

impl Stable {
    /// Reads the curve's parameters from `at` on.
    pub fn load(pool: &Account<'_>, at: usize) -> Result<Stable, Refusal> {
        let amplification = pool.u64(at)?;
        let decimals = [pool.u64(at + 8)?, pool.u64(at + 16)?];
        let (price, priced_s) = (pool.u64(at + 25)?, pool.u64(at + 33)?);
        let is_staked = match pool.u8(at + 41)? {
            0 => false,
            1..=3 => true,
            _ => return Err(Refusal::Unsupported("unknown type of staked coin")),
        };
        if amplification == 0 || decimals.contains(&0) || (is_staked && price == 0) {
            return Err(Refusal::Hostile("invalid parameters of the stable curve"));
        }
        let worth = if is_staked { [PRICE, price] } else { [1, 1] };
        Ok(Stable { amplification, decimals, worth, priced_s: is_staked.then_some(priced_s) })
    }

    /// What `input` buys.
    pub fn quote(
        &self,
        side: Side,
        input: u64,
        reserve_in: u64,
        reserve_out: u64,
        now: &Now,
    ) -> Result<u64, Refusal> {
        let is_old = |priced_s: u64| {
            let until_s = priced_s.saturating_add(PRICE_LIFE_S);
            !u64::try_from(now.time_s).is_ok_and(|now_s| now_s <= until_s)
        };
        if self.priced_s.is_some_and(is_old) {
            return Err(Refusal::Unsupported("the staked coin's price is older than 600 s"));
        }
        let up = |side: Side, amount: u64| {
            let scaled = times(u128::from(amount), u128::from(self.decimals[side.index()]))?;
            times(scaled, u128::from(self.worth[side.index()]))
        };
        let (x, y) = (up(side, reserve_in)?, up(side.other(), reserve_out)?);
        let after = self.other(plus(x, up(side, input)?)?, self.invariant(x, y)?)?;
        let none = Refusal::Program("InvalidCalculation");
        let out = y.checked_sub(after).and_then(|out| out.checked_sub(1)).ok_or(none)?;
        let out = out / u128::from(self.decimals[side.other().index()]);
        u64::try_from(out / u128::from(self.worth[side.other().index()])).map_err(|_| Refusal::Overflow)
    }

    /// `D` of these amounts, by Newton's method to a precision of 1.
    fn invariant(&self, x: u128, y: u128) -> Result<u128, Refusal> {
        let sum = plus(x, y)?;
        let leverage = times(sum, u128::from(self.amplification) * 2)?;
        let factor = u128::from(self.amplification) * 2 - 1;
        let (x, y) = (times(x, 2)?, times(y, 2)?);
        let mut invariant = sum;
        for _ in 0..ROUNDS {
            let power = divided(held(invariant, invariant)?, x)?;
            let power = divided(held(power, invariant)?, y)?;
            let numerator = held(invariant, plus(times(power, 2)?, leverage)?)?;
            let divisor = held(invariant, factor)?.checked_add(product(power, 3)).ok_or(Refusal::Overflow)?;
            let last = invariant;
            invariant =
                numerator.div_rem_wide(divisor).map(|(quotient, _)| quotient).ok_or(Refusal::Overflow)?;
            if invariant.abs_diff(last) <= 1 {
                break;
            }
        }
        Ok(invariant)
    }

    /// The other amount where this one is `x`.
    fn other(&self, x: u128, invariant: u128) -> Result<u128, Refusal> {
        let double = u128::from(self.amplification) * 2;
        let c = divided(held(invariant, invariant)?, times(x, 2)?)?;
        let c = held(c, invariant)?.quotient(times(double, 2)?).ok_or(Refusal::Overflow)?;
        let b = plus(invariant / double, x)?;
        let mut y = invariant;
        for _ in 0..ROUNDS {
            let numerator = held(y, y)?.checked_add(c).ok_or(Refusal::Overflow)?;
            let divisor = plus(times(y, 2)?, b)?.checked_sub(invariant).ok_or(Refusal::Overflow)?;
            let last = y;
            y = divided(numerator, divisor)?;
            if y.abs_diff(last) <= 1 {
                break;
            }
        }
        Ok(y)
    }

    /// The slope at these reserves, without fees.
    pub fn marginal(&self, side: Side, reserve_in: f64, reserve_out: f64) -> f64 {
        let scale = |side: Side| self.decimals[side.index()] as f64 * self.worth[side.index()] as f64;
        let (scale_in, scale_out) = (scale(side), scale(side.other()));
        let (x, y) = (reserve_in.max(1.0) * scale_in, reserve_out.max(1.0) * scale_out);
        if x >= 1e38 || y >= 1e38 {
            return 0.0;
        }
        let Ok(invariant) = self.invariant(x as u128, y as u128) else { return 0.0 };
        let (d, leverage) = (invariant as f64, self.amplification as f64 * 2.0);
        let cube = d * d * d / 4.0;
        (leverage + cube / (x * x * y)) / (leverage + cube / (x * y * y)) * scale_in / scale_out
    }
}
