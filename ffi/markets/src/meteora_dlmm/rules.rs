//! What a pool's account fixes: its fees, when it opens, whether it takes limit orders.

use crate::account::Account;
use crate::address::Address;
use crate::quote::{Now, Refusal};
use crate::volatility::Decay;

use super::fill::MOST_RATE;

/// From when on swaps are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    Always,
    Slot(u64),
    Time(u64),
}

/// How the fee of a bin is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fees {
    /// In parts of 10^9, at most [`MOST_RATE`].
    pub base: u64,
    pub step: u16,
    pub control: u32,
    pub most_accumulator: u32,
    pub decay: Decay,
    /// Taken of y on both sides, else of the input.
    pub only_y: bool,
}

impl Opening {
    /// Whether swaps are allowed.
    pub fn is_past(self, now: &Now) -> bool {
        match self {
            Opening::Always => true,
            Opening::Slot(slot) => now.slot >= slot,
            Opening::Time(time_s) => u64::try_from(now.time_s).is_ok_and(|now_s| now_s >= time_s),
        }
    }
}

/// When a pool opens.
pub(super) fn opening(pool: &Account<'_>) -> Result<Opening, Refusal> {
    const PERMISSION: u8 = 1;
    const CUSTOMIZABLE: u8 = 2;
    let point = pool.u64(816)?;
    match (pool.u8(75)?, pool.u8(86)?) {
        (0 | 3, _) => Ok(Opening::Always),
        (PERMISSION | CUSTOMIZABLE, 0) => Ok(Opening::Slot(point)),
        (PERMISSION | CUSTOMIZABLE, 1) => Ok(Opening::Time(point)),
        _ => Err(Refusal::Unsupported("unknown pool type or activation type")),
    }
}

/// How the fees of a pool are made.
pub(super) fn fees(pool: &Account<'_>) -> Result<Fees, Refusal> {
    let step = pool.u16(80)?;
    if step == 0 {
        return Err(Refusal::Hostile("the bin step is 0"));
    }
    let factor = u128::from(pool.u16(8)?) * u128::from(step) * 10;
    let base = 10_u128.checked_pow(u32::from(pool.u8(34)?)).and_then(|power| factor.checked_mul(power));
    let base = base.ok_or(Refusal::Hostile("the base fee is too large"))?;
    let only_y = match pool.u8(36)? {
        0 => false,
        1 => true,
        _ => return Err(Refusal::Unsupported("unknown fee collection mode")),
    };
    Ok(Fees {
        base: u64::try_from(base).map_or(MOST_RATE, |base| base.min(MOST_RATE)),
        step,
        control: pool.u32(16)?,
        most_accumulator: pool.u32(20)?,
        decay: Decay { filter_s: pool.u16(10)?, decay_s: pool.u16(12)?, reduction: pool.u16(14)? },
        only_y,
    })
}

/// Whether a pool takes limit orders: as its field states it; if the field is not set, only a pool without rewards.
pub(super) fn has_orders(pool: &Account<'_>) -> Result<bool, Refusal> {
    const NONE: Address = [0; 32];
    match pool.u8(35)? {
        0 => Ok([pool.address(264)?, pool.address(408)?] == [NONE; 2]),
        1 => Ok(false),
        2 => Ok(true),
        _ => Err(Refusal::Unsupported("unknown function type of the pool")),
    }
}
