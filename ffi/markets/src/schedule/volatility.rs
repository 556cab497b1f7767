//! The part of a fee that follows recent moves of the price's root and decays with time.
//!
//! Source: @meteora-ag/cp-amm-sdk 1.5.0 (MIT): `math/poolFees/dynamicFee.ts`; the references by the executed swaps.

use crate::account::Account;
use crate::quote::Refusal;
use crate::volatility::{Decay, METEORA, accumulated, rate};
use crate::wide::mul_div;

const ONE: u128 = 1 << 64;

/// How volatility becomes a fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DynamicFee {
    most: u32,
    control: u32,
    step_bps: u16,
    decay: Decay,
    /// A step in 64 binary places.
    step: u128,
}

/// Recent moves of the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Volatility {
    /// Of the last swap that moved the price, Unix seconds.
    pub moved_s: u64,
    /// The price's root that moves are measured from.
    pub sqrt_reference: u128,
    /// What the fee rests on.
    pub accumulator: u128,
    /// What is left of older moves.
    pub reference: u128,
}

impl DynamicFee {
    /// Reads the parameters from `at` on, where they begin with the byte that turns them on, and the step in 64
    /// binary places at `step`; `None` where the fee is off.
    ///
    /// # Errors
    /// [`Refusal::Hostile`] for an account that ends before, and for a step of 0.
    pub fn load(account: &Account<'_>, at: usize, step: usize) -> Result<Option<DynamicFee>, Refusal> {
        if account.u8(at)? == 0 {
            return Ok(None);
        }
        let fee = DynamicFee {
            most: account.u32(at + 8)?,
            control: account.u32(at + 12)?,
            step_bps: account.u16(at + 16)?,
            decay: Decay {
                filter_s: account.u16(at + 18)?,
                decay_s: account.u16(at + 20)?,
                reduction: account.u16(at + 22)?,
            },
            step: account.u128(step)?,
        };
        if fee.step == 0 { Err(Refusal::Hostile("the dynamic fee's price step is 0")) } else { Ok(Some(fee)) }
    }

    /// The rate for what moved until now.
    ///
    /// # Errors
    /// [`Refusal::Overflow`].
    pub fn rate(&self, volatility: &Volatility) -> Result<u128, Refusal> {
        rate(volatility.accumulator, self.step_bps, self.control, METEORA).ok_or(Refusal::Overflow)
    }

    /// The volatility after a swap that moved the price's root.
    #[must_use]
    pub fn moved(&self, volatility: &Volatility, [from, to]: [u128; 2], now_s: u64) -> Volatility {
        let mut next = *volatility;
        let elapsed_s = i64::try_from(now_s.saturating_sub(volatility.moved_s)).unwrap_or(i64::MAX);
        if let Some(reference) = self.decay.reference(elapsed_s, volatility.accumulator) {
            (next.sqrt_reference, next.reference) = (from, reference);
        }
        next.accumulator = accumulated(next.reference, self.steps(next.sqrt_reference, to), self.most.into());
        if self.steps(from, to) > 0 {
            next.moved_s = now_s;
        }
        next
    }

    /// Steps between two roots of prices; what does not fit is above every maximum.
    fn steps(&self, from: u128, to: u128) -> u64 {
        let ratio = mul_div(from.max(to), ONE, from.min(to)).unwrap_or(u128::MAX);
        u64::try_from((ratio - ONE) / self.step).map_or(u64::MAX, |steps| steps.saturating_mul(2))
    }
}

impl Volatility {
    /// Reads the time of the last move at offset `moved`, the references and the accumulator from `rest` on.
    ///
    /// # Errors
    /// [`Refusal::Hostile`] for an account that is too short for these fields, or volatility beyond 32 bits.
    pub fn load(account: &Account<'_>, moved: usize, rest: usize) -> Result<Volatility, Refusal> {
        let volatility = Volatility {
            moved_s: account.u64(moved)?,
            sqrt_reference: account.u128(rest)?,
            accumulator: account.u128(rest + 16)?,
            reference: account.u128(rest + 32)?,
        };
        if volatility.accumulator.max(volatility.reference) > u32::MAX.into() {
            return Err(Refusal::Hostile("the volatility exceeds 32 bits"));
        }
        Ok(volatility)
    }
}
