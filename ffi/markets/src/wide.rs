//! Products of 128-bit numbers: 256 bits between a multiplication and a division.

/// A number of 256 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wide {
    /// The upper 128 bits.
    pub high: u128,
    /// The lower 128 bits.
    pub low: u128,
}

impl Wide {
    /// Quotient and remainder; `None` for a divisor of 0 and for a quotient of more than 128 bits.
    #[must_use]
    pub fn div_rem(self, divisor: u128) -> Option<(u128, u128)> {
        if divisor == 0 { None } else { divide(self.high, self.low, divisor) }
    }

    /// The quotient, rounded up.
    #[must_use]
    pub fn div_ceil(self, divisor: u128) -> Option<u128> {
        let (quotient, remainder) = self.div_rem(divisor)?;
        quotient.checked_add(u128::from(remainder != 0))
    }

    /// The quotient with all its bits; `None` for a divisor of 0.
    #[must_use]
    pub fn quotient(self, divisor: u128) -> Option<Wide> {
        let high = self.high.checked_div(divisor)?;
        let (low, _) = divide(self.high % divisor, self.low, divisor)?;
        Some(Wide { high, low })
    }

    /// Quotient by a divisor of 256 bits, and whether something is left; `None` as in [`Self::div_rem`].
    #[must_use]
    pub fn div_rem_wide(self, divisor: Wide) -> Option<(u128, bool)> {
        if divisor.high == 0 {
            return self.div_rem(divisor.low).map(|(quotient, remainder)| (quotient, remainder != 0));
        }
        // By the divisor's upper 127 bits and one more: at most a few units too little.
        let shift = 129 - divisor.high.leading_zeros();
        let estimate = self.shift_right(shift);
        let mut quotient = estimate.div_rem(divisor.shift_right(shift).low + 1)?.0;
        let mut rest = self.checked_sub(divisor.checked_mul(quotient)?)?;
        while rest >= divisor {
            quotient = quotient.checked_add(1)?;
            rest = rest.checked_sub(divisor)?;
        }
        Some((quotient, rest != Wide { high: 0, low: 0 }))
    }

    /// The sum.
    #[must_use]
    pub fn checked_add(self, other: Wide) -> Option<Wide> {
        let (low, carry) = self.low.overflowing_add(other.low);
        let high = self.high.checked_add(other.high)?.checked_add(u128::from(carry))?;
        Some(Wide { high, low })
    }

    /// The difference, not below 0.
    #[must_use]
    pub fn checked_sub(self, other: Wide) -> Option<Wide> {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        let high = self.high.checked_sub(other.high)?.checked_sub(u128::from(borrow))?;
        Some(Wide { high, low })
    }

    /// The product with a number of 128 bits.
    #[must_use]
    pub fn checked_mul(self, factor: u128) -> Option<Wide> {
        let upper = product(self.high, factor);
        let lower = product(self.low, factor);
        if upper.high != 0 {
            return None;
        }
        Some(Wide { high: upper.low.checked_add(lower.high)?, low: lower.low })
    }

    /// Without the lowest `bits`, of which there are fewer than 256.
    #[must_use]
    pub const fn shift_right(self, bits: u32) -> Wide {
        match bits {
            0 => self,
            1..128 => Wide { high: self.high >> bits, low: (self.high << (128 - bits)) | (self.low >> bits) },
            128 => Wide { high: 0, low: self.high },
            _ => Wide { high: 0, low: self.high >> (bits - 128) },
        }
    }

    /// The square root, rounded down.
    #[must_use]
    pub fn sqrt(self) -> u128 {
        if self.high == 0 {
            return self.low.isqrt();
        }
        // The upper half of the root's bits, then one bit after the other.
        let shift = (128 - self.high.leading_zeros()).next_multiple_of(2);
        let mut root = self.shift_right(shift).low.isqrt() << (shift / 2);
        for bit in (0..shift / 2).rev() {
            let next = root | (1 << bit);
            if product(next, next) <= self {
                root = next;
            }
        }
        root
    }
}

/// `a * b` with all its bits.
#[must_use]
pub const fn product(a: u128, b: u128) -> Wide {
    const LOW: u128 = u64::MAX as u128;
    let (a1, a0, b1, b0) = (a >> 64, a & LOW, b >> 64, b & LOW);
    let (low, middle) = (a0 * b0, a1 * b0);
    let middle_low = (low >> 64) + (middle & LOW);
    let (cross, carried) = (a0 * b1, middle >> 64);
    let sum = middle_low + (cross & LOW);
    let high = a1 * b1 + carried + (cross >> 64) + (sum >> 64);
    Wide { high, low: (sum << 64) | (low & LOW) }
}

/// Quotient and remainder of `(high, low) / divisor`; `None` when the quotient has more than 128 bits.
fn divide(high: u128, low: u128, divisor: u128) -> Option<(u128, u128)> {
    if high >= divisor {
        return None;
    }
    if high == 0 {
        return Some((low / divisor, low % divisor));
    }
    // Knuth's algorithm D with two digits of 64 bits in the divisor.
    let shift = divisor.leading_zeros();
    let divisor = divisor << shift;
    let top = if shift == 0 { high } else { (high << shift) | (low >> (128 - shift)) };
    let rest = low << shift;
    let (first, remainder) = digit(top, rest >> 64, divisor);
    let (second, remainder) = digit(remainder, rest & u128::from(u64::MAX), divisor);
    Some(((first << 64) | second, remainder >> shift))
}

/// One digit of 64 bits: `(top, next) / divisor`, where `top < divisor` and the divisor's highest bit is set.
fn digit(top: u128, next: u128, divisor: u128) -> (u128, u128) {
    let (d1, d0) = (divisor >> 64, divisor & u128::from(u64::MAX));
    let (mut quotient, mut rest) = (top / d1, top % d1);
    while quotient >> 64 != 0 || quotient * d0 > ((rest << 64) | next) {
        quotient -= 1;
        rest += d1;
        if rest >> 64 != 0 {
            break;
        }
    }
    let remainder = ((top << 64) | next).wrapping_sub(quotient.wrapping_mul(divisor));
    (quotient, remainder)
}

/// `a * b / divisor`, rounded down; `None` for a divisor of 0 and for a result of more than 128 bits.
#[must_use]
pub fn mul_div(a: u128, b: u128, divisor: u128) -> Option<u128> {
    product(a, b).div_rem(divisor).map(|(quotient, _)| quotient)
}

/// `a * b / divisor`, rounded up.
#[must_use]
pub fn mul_div_ceil(a: u128, b: u128, divisor: u128) -> Option<u128> {
    product(a, b).div_ceil(divisor)
}

/// `a * b >> bits` for at most 128 bits, rounded down.
#[must_use]
pub fn mul_shift(a: u128, b: u128, bits: u32) -> Option<u128> {
    let shifted = product(a, b).shift_right(bits);
    (shifted.high == 0).then_some(shifted.low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bit by bit, without digits.
    fn slowly(a: u128, b: u128, divisor: u128) -> Option<u128> {
        let Wide { high, low } = product(a, b);
        let (mut rest, mut quotient) = (0_u128, [0_u128; 2]);
        for bit in (0..256).rev() {
            let word = if bit >= 128 { high } else { low };
            let carry = rest >> 127;
            rest = (rest << 1) | ((word >> (bit % 128)) & 1);
            if carry == 1 || rest >= divisor {
                rest = rest.wrapping_sub(divisor);
                quotient[bit / 128] |= 1 << (bit % 128);
            }
        }
        (quotient[1] == 0).then_some(quotient[0])
    }

    #[test]
    fn products_are_divided_as_by_long_division() {
        let mut seed = 7_u64;
        let mut random = || {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
        };
        for _ in 0..20_000 {
            let mut number = || {
                let wide = (u128::from(random()) << 64) | u128::from(random());
                wide >> (random() % 128)
            };
            let (a, b, divisor) = (number(), number(), number().max(1));
            assert_eq!(mul_div(a, b, divisor), slowly(a, b, divisor), "{a} * {b} / {divisor}");
        }
        let edges = [1, 2, u128::from(u64::MAX), 1 << 64, u128::MAX - 1, u128::MAX];
        for a in edges {
            for b in edges {
                for divisor in edges {
                    assert_eq!(mul_div(a, b, divisor), slowly(a, b, divisor), "{a} * {b} / {divisor}");
                }
            }
        }
        assert_eq!(
            (mul_div(1, 1, 0), mul_div_ceil(7, 1, 2), mul_shift(3, 1 << 127, 127)),
            (None, Some(4), Some(3))
        );
    }

    #[test]
    fn wide_divisors_and_roots_are_exact() {
        let mut seed = 3_u64;
        let mut random = || {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
        };
        for _ in 0..20_000 {
            let mut number = || {
                let wide = (u128::from(random()) << 64) | u128::from(random());
                wide >> (random() % 128)
            };
            let number = Wide { high: number(), low: number() };
            let divisor = Wide { high: random().into(), low: u128::from(random()) << 64 }
                .shift_right((random() % 190) as u32);
            let Some((quotient, is_left)) = number.div_rem_wide(divisor) else { continue };
            let back = divisor.checked_mul(quotient).expect("not above the number");
            let rest = number.checked_sub(back).expect("not above the number");
            assert!(
                rest < divisor && is_left == (rest != Wide { high: 0, low: 0 }),
                "{number:?} / {divisor:?}"
            );
            let root = number.sqrt();
            assert!(product(root, root) <= number, "{number:?}");
            assert!(root == u128::MAX || product(root + 1, root + 1) > number, "{number:?}");
        }
        let most = Wide { high: u128::MAX, low: u128::MAX };
        assert_eq!(most.sqrt(), u128::MAX);
        assert_eq!((most.quotient(1), most.quotient(0)), (Some(most), None));
        assert_eq!(most.quotient(1 << 4), Some(most.shift_right(4)));
        assert_eq!(most.div_rem_wide(most), Some((1, false)));
        assert_eq!(
            (most.div_rem(1), most.checked_mul(2), most.checked_add(Wide { high: 0, low: 1 })),
            (None, None, None)
        );
    }
}
