//! A stretch of a curve with the same liquidity, where the price's root has 64 binary places and liquidity too.
//!
//! Source: @meteora-ag/cp-amm-sdk 1.5.0 (MIT): `math/liquidity/concentratedLiquidity.ts`.

use crate::quote::Refusal;
use crate::wide::{Wide, mul_div, mul_div_ceil, product};

/// How a last unit is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To what the trader gets.
    Down,
    /// To what the trader pays.
    Up,
}

fn overflow<T>(number: Option<T>) -> Result<T, Refusal> {
    number.ok_or(Refusal::Overflow)
}

/// Units of the first mint between two roots of prices.
///
/// # Errors
/// [`Refusal::Overflow`], as have all below.
pub fn base(liquidity: u128, low: u128, high: u128, rounding: Rounding) -> Result<u128, Refusal> {
    let width = overflow(high.checked_sub(low))?;
    // Both divisions round the same way: as if by the product of the divisors.
    overflow(match rounding {
        Rounding::Down => mul_div(liquidity, width, high).and_then(|part| part.checked_div(low)),
        Rounding::Up if low == 0 => None,
        Rounding::Up => mul_div_ceil(liquidity, width, high).map(|part| part.div_ceil(low)),
    })
}

/// Units of the second mint between two roots of prices.
///
/// # Errors
/// As [`base`].
pub fn quote(liquidity: u128, low: u128, high: u128, rounding: Rounding) -> Result<u128, Refusal> {
    let product = product(liquidity, overflow(high.checked_sub(low))?);
    let is_rounded = rounding == Rounding::Up && product.low > 0;
    Ok(product.high + u128::from(is_rounded))
}

/// The root after `amount` of the first mint came in: lower.
///
/// # Errors
/// As [`base`].
pub fn after_base_in(liquidity: u128, root: u128, amount: u64) -> Result<u128, Refusal> {
    let divisor = product(root, amount.into()).checked_add(Wide { high: 0, low: liquidity });
    let next = product(liquidity, root).div_rem_wide(overflow(divisor)?);
    let (next, is_left) = overflow(next)?;
    overflow(next.checked_add(u128::from(is_left)))
}

/// The root after `amount` of the second mint came in: higher.
///
/// # Errors
/// As [`base`].
pub fn after_quote_in(liquidity: u128, root: u128, amount: u64) -> Result<u128, Refusal> {
    let (rise, _) = overflow(Wide { high: amount.into(), low: 0 }.div_rem(liquidity))?;
    overflow(root.checked_add(rise))
}

/// The root after `amount` of the second mint went out: lower.
///
/// # Errors
/// As [`base`].
pub fn after_quote_out(liquidity: u128, root: u128, amount: u64) -> Result<u128, Refusal> {
    let fall = overflow(Wide { high: amount.into(), low: 0 }.div_ceil(liquidity))?;
    overflow(root.checked_sub(fall))
}

/// The root after `amount` of the first mint went out: higher.
///
/// # Errors
/// As [`base`].
pub fn after_base_out(liquidity: u128, root: u128, amount: u64) -> Result<u128, Refusal> {
    let taken = product(root, amount.into());
    let rest = Wide { high: 0, low: liquidity }.checked_sub(taken);
    overflow(product(liquidity, root).div_ceil(overflow(rest)?.low))
}
