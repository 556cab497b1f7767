//! Products of 128-bit numbers: 256 bits between a multiplication and a division.

/// `(high, low)` of a product.
const fn product(a: u128, b: u128) -> (u128, u128) {
    const LOW: u128 = u64::MAX as u128;
    let (a1, a0, b1, b0) = (a >> 64, a & LOW, b >> 64, b & LOW);
    let (low, middle) = (a0 * b0, a1 * b0);
    let middle_low = (low >> 64) + (middle & LOW);
    let (cross, carried) = (a0 * b1, middle >> 64);
    let sum = middle_low + (cross & LOW);
    let high = a1 * b1 + carried + (cross >> 64) + (sum >> 64);
    (high, (sum << 64) | (low & LOW))
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
    let (high, low) = product(a, b);
    if divisor == 0 { None } else { divide(high, low, divisor).map(|(quotient, _)| quotient) }
}

/// `a * b / divisor`, rounded up.
#[must_use]
pub fn mul_div_ceil(a: u128, b: u128, divisor: u128) -> Option<u128> {
    let (high, low) = product(a, b);
    if divisor == 0 {
        return None;
    }
    let (quotient, remainder) = divide(high, low, divisor)?;
    quotient.checked_add(u128::from(remainder != 0))
}

/// `a * b >> bits` for at most 128 bits, rounded down.
#[must_use]
pub fn mul_shift(a: u128, b: u128, bits: u32) -> Option<u128> {
    let (high, low) = product(a, b);
    match bits {
        0 => (high == 0).then_some(low),
        128 => Some(high),
        _ if high >> bits != 0 => None,
        _ => Some((high << (128 - bits)) | (low >> bits)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bit by bit, without digits.
    fn slowly(a: u128, b: u128, divisor: u128) -> Option<u128> {
        let (high, low) = product(a, b);
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
}
