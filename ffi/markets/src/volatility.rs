//! Fees that grow with volatility: how far the price went of late, forgotten with time.
//!
//! Meteora's DLMM, DAMM v2 and DBC have the same three rules: a reference that decays ([`Decay`]), an accumulator of
//! the distance from it ([`accumulated`]) and a rate of its square ([`rate`]). Raydium CLMM and Orca's adaptive
//! fees have the accumulator and the decay of [`Decay::reference`]; their rates have a divisor of their own.
//! Numbers that programs keep as `u32` or `u128` are `u128` here.
//!
//! Source: `@meteora-ag/dlmm` 1.9 (ISC): `helpers/fee.ts`.

/// Basis points: what an accumulator gains for one step of distance, and the whole of a reduction.
pub const STEP: u128 = 10_000;
/// Divisor of Meteora's rate, which is in parts of 10^9.
pub const METEORA: u128 = 100_000_000_000;

/// How the volatility of earlier swaps is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decay {
    /// Sooner than this after the last swap that moved the price, nothing changes. Seconds.
    pub filter_s: u16,
    /// From then on all is forgotten. Seconds.
    pub decay_s: u16,
    /// What is kept in between, in parts of 10,000.
    pub reduction: u16,
}

impl Decay {
    /// The new reference after `elapsed_s` without a swap that moved the price; `None`: it stays, and so does the
    /// place that distances are counted from.
    #[must_use]
    pub fn reference(&self, elapsed_s: i64, accumulator: u128) -> Option<u128> {
        if elapsed_s < i64::from(self.filter_s) {
            None
        } else if elapsed_s < i64::from(self.decay_s) {
            Some(accumulator.checked_mul(u128::from(self.reduction))? / STEP)
        } else {
            Some(0)
        }
    }
}

/// The accumulator `steps` away from the reference's place.
#[must_use]
pub fn accumulated(reference: u128, steps: u64, most: u128) -> u128 {
    reference.saturating_add(u128::from(steps) * STEP).min(most)
}

/// The part of a rate that grows with the accumulator's square, rounded up; `None` where it has more than 128 bits.
#[must_use]
pub fn rate(accumulator: u128, step: u16, control: u32, divisor: u128) -> Option<u128> {
    if control == 0 {
        return Some(0);
    }
    let distance = accumulator.checked_mul(u128::from(step))?;
    let square = distance.checked_mul(distance)?.checked_mul(u128::from(control))?;
    let rounded = square.checked_add(divisor - 1)?;
    // One word where it fits: a division of 128 bits costs ten times as much.
    match (u64::try_from(rounded), u64::try_from(divisor)) {
        (Ok(rounded), Ok(divisor)) => rounded.checked_div(divisor).map(u128::from),
        _ => rounded.checked_div(divisor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_stays_shrinks_and_is_forgotten() {
        let decay = Decay { filter_s: 30, decay_s: 600, reduction: 5_000 };
        let after = |elapsed_s| decay.reference(elapsed_s, 70_001);
        assert_eq!([after(-5), after(29)], [None, None]);
        assert_eq!([after(30), after(599)], [Some(35_000), Some(35_000)]);
        assert_eq!(after(600), Some(0));
    }

    #[test]
    fn the_accumulator_has_a_limit_and_its_rate_is_rounded_up() {
        assert_eq!(accumulated(35_000, 3, 300_000), 65_000);
        assert_eq!(accumulated(35_000, 60, 300_000), 300_000);
        // (65,000 * 4)^2 * 120,000 / 10^11 = 81,120; a part of a unit more is one more.
        assert_eq!(rate(65_000, 4, 120_000, METEORA), Some(81_120));
        assert_eq!(rate(65_000, 4, 120_001, METEORA), Some(81_121));
        assert_eq!([rate(u128::MAX, 2, 1, METEORA), rate(9, 9, 0, METEORA)], [None, Some(0)]);
    }
}
