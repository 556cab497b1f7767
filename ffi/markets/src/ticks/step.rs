//! One step of a swap: within one range of liquidity, at one rate.

use crate::quote::Refusal;
use crate::wide::{Wide, product};

/// Rates are parts of this.
pub(crate) const RATE: u64 = 1_000_000;

/// What a swap is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    /// The first mint is paid: the price falls.
    pub is_down: bool,
    /// The amount is the input's.
    pub is_exact_in: bool,
    /// The fee is taken of the input, else of the output.
    pub is_fee_on_input: bool,
}

/// What a step moves; the fee is beside `amount_in`, or already out of `amount_out`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    pub amount_in: u64,
    pub amount_out: u64,
    pub fee: u64,
}

/// `amount * part / whole` by 64 bits: `part` and `whole` are at most [`RATE`], `whole` is not 0.
fn share(amount: u64, part: u64, whole: u64, is_up: bool) -> Result<u64, Refusal> {
    let (times, rest) = (amount / whole, amount % whole);
    let rest = rest * part;
    let rest = if is_up { rest.div_ceil(whole) } else { rest / whole };
    times.checked_mul(part).and_then(|times| times.checked_add(rest)).ok_or(Refusal::Overflow)
}

/// The fee of `rate` beside `amount`, of both together.
pub(crate) fn fee_beside(amount: u64, rate: u64) -> Result<u64, Refusal> {
    share(amount, rate, RATE - rate, true)
}

/// The fee of `rate` out of `amount`.
pub(crate) fn fee_of(amount: u64, rate: u64) -> Result<u64, Refusal> {
    share(amount, rate, RATE, true)
}

/// What is there before a fee of `rate` that leaves at least `amount`.
pub(crate) fn before_fee(amount: u64, rate: u64) -> Result<u64, Refusal> {
    share(amount, RATE, RATE - rate, true)
}

/// Units of the first mint between two prices; `None` above 64 bits.
fn amount_a(low: u128, high: u128, liquidity: u128, is_up: bool) -> Option<u64> {
    let whole = product(liquidity, high - low);
    if whole.high >> 64 != 0 {
        return None;
    }
    let top = (whole.high << 64) | (whole.low >> 64);
    // First by the upper price: two divisions by 128 bits round as one by the product does.
    let (upper, rest) = if top < high { (0, top) } else { (top / high, top % high) };
    let (lower, rest) = Wide { high: rest, low: whole.low << 64 }.div_rem(high)?;
    if !is_up {
        let (amount, _) = Wide { high: upper, low: lower }.div_rem(low)?;
        return u64::try_from(amount).ok();
    }
    let first = Wide { high: upper, low: lower }.checked_add(Wide { high: 0, low: u128::from(rest != 0) })?;
    u64::try_from(first.div_ceil(low)?).ok()
}

/// Units of the second mint between two prices; `None` above 64 bits.
fn amount_b(low: u128, high: u128, liquidity: u128, is_up: bool) -> Option<u64> {
    let whole = product(liquidity, high - low);
    let floor = u64::try_from(whole.low >> 64).ok().filter(|_| whole.high == 0)?;
    let is_cut = whole.low & u128::from(u64::MAX) != 0;
    floor.checked_add(u64::from(is_up && is_cut))
}

impl Order {
    /// The input between two prices, rounded up.
    fn input(&self, from: u128, to: u128, liquidity: u128) -> Option<u64> {
        if self.is_down { amount_a(to, from, liquidity, true) } else { amount_b(from, to, liquidity, true) }
    }

    /// The output between two prices, rounded down.
    fn output(&self, from: u128, to: u128, liquidity: u128) -> Option<u64> {
        if self.is_down { amount_b(to, from, liquidity, false) } else { amount_a(from, to, liquidity, false) }
    }

    /// The price after `amount` of the input or of the output, rounded so that the pool loses nothing.
    fn price_after(&self, price: u128, liquidity: u128, amount: u64) -> Option<u128> {
        let amount = u128::from(amount);
        if self.is_down != self.is_exact_in {
            // Of the second mint.
            let shifted = amount << 64;
            return if self.is_exact_in {
                price.checked_add(shifted.checked_div(liquidity)?)
            } else {
                price.checked_sub(shifted.div_ceil(liquidity))
            };
        }
        // Of the first mint: L * price / (L ± amount * price), by what the price moves.
        let part = product(amount, price);
        let square = part.checked_mul(price)?;
        let whole = Wide { high: liquidity >> 64, low: liquidity << 64 };
        if self.is_exact_in {
            let (moved, _) = square.div_rem_wide(whole.checked_add(part)?)?;
            return price.checked_sub(moved);
        }
        let (moved, is_cut) = square.div_rem_wide(whole.checked_sub(part)?)?;
        price.checked_add(moved)?.checked_add(u128::from(is_cut))
    }

    /// Moves the price to `target`, or as far as `left` is enough for: the price after it, and what moved.
    pub fn step(
        &self,
        price: u128,
        target: u128,
        liquidity: u128,
        left: u64,
        rate: u32,
    ) -> Result<(u128, Moved), Refusal> {
        let rate = u64::from(rate);
        let usable = match (self.is_exact_in, self.is_fee_on_input) {
            (true, true) => share(left, RATE - rate, RATE, false)?,
            (false, false) => before_fee(left, rate)?,
            _ => left,
        };
        let fixed = |to| {
            let part = if self.is_exact_in { Self::input } else { Self::output };
            part(self, price, to, liquidity)
        };
        let (reached, fixed) = match fixed(target) {
            Some(all) if usable >= all => (target, all),
            _ => {
                let reached = self.price_after(price, liquidity, usable).ok_or(Refusal::Overflow)?;
                if (self.is_down && reached < target) || (!self.is_down && reached > target) {
                    return Err(Refusal::Overflow);
                }
                (reached, fixed(reached).ok_or(Refusal::Overflow)?)
            }
        };
        let other = if self.is_exact_in { Self::output } else { Self::input };
        let other = other(self, price, reached, liquidity).ok_or(Refusal::Overflow)?;
        let (amount_in, amount_out) = if self.is_exact_in { (fixed, other) } else { (other, fixed) };
        let moved = self.with_fee(Moved { amount_in, amount_out, fee: 0 }, left, rate, reached == target)?;
        Ok((reached, moved))
    }

    /// Takes the fee of what moved.
    fn with_fee(&self, moved: Moved, left: u64, rate: u64, is_whole: bool) -> Result<Moved, Refusal> {
        let Moved { amount_in, amount_out, .. } = moved;
        let less = |a: u64, b: u64| a.checked_sub(b).ok_or(Refusal::Overflow);
        Ok(match (self.is_exact_in, self.is_fee_on_input) {
            // What is left over after the last step is the fee's.
            (true, true) if !is_whole => Moved { fee: less(left, amount_in)?, ..moved },
            (true, true) => Moved { fee: fee_beside(amount_in, rate)?, ..moved },
            (false, true) => {
                Moved { amount_out: amount_out.min(left), fee: fee_beside(amount_in, rate)?, ..moved }
            }
            (true, false) => {
                let fee = fee_of(amount_out, rate)?;
                let amount_in = if is_whole { amount_in } else { left };
                Moved { amount_in, amount_out: less(amount_out, fee)?, fee }
            }
            (false, false) => {
                let fee = fee_of(amount_out, rate)?;
                let net = less(amount_out, fee)?;
                if net > left {
                    Moved { amount_out: left, fee: less(amount_out, left)?, ..moved }
                } else {
                    Moved { amount_out: net, fee, ..moved }
                }
            }
        })
    }
}
