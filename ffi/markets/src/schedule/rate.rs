//! Fees as parts of an amount, rounded to the pool.
//!
//! Source: @meteora-ag/cp-amm-sdk 1.5.0 (MIT): `math/feeMath.ts`.

use crate::quote::Refusal;

/// Rates are parts of this.
pub const RATE: u64 = 1_000_000_000;

/// The fee that is taken of `amount`: rounded up.
///
/// # Errors
/// [`Refusal::Overflow`] for a rate above 100 %.
pub fn fee_of(amount: u64, rate: u64) -> Result<u64, Refusal> {
    let fee = (u128::from(amount) * u128::from(rate)).div_ceil(u128::from(RATE));
    u64::try_from(fee).ok().filter(|&fee| fee <= amount).ok_or(Refusal::Overflow)
}

/// What must be there so that `rest` is left after the fee.
///
/// # Errors
/// [`Refusal::Overflow`] for a rate of 100 %, and where the result does not fit.
pub fn before_fee(rest: u64, rate: u64) -> Result<u64, Refusal> {
    let kept = RATE.checked_sub(rate).filter(|&kept| kept > 0).ok_or(Refusal::Overflow)?;
    let whole = (u128::from(rest) * u128::from(RATE)).div_ceil(u128::from(kept));
    u64::try_from(whole).map_err(|_| Refusal::Overflow)
}
