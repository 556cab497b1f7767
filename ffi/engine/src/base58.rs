//! Base58 to bytes, ten digits at a time. Keys and instruction data as text are most of what is read from a block.
//! Decoding them digit by digit would take most of the time.

const TEN: usize = 10;
/// 58 to the tenth: what ten digits count to, in one word.
const SCALE: u64 = 58_u64.pow(TEN as u32);
/// Longest text of any length: more than any instruction's data in a transaction of 4 KiB.
const TEXT_MAX: usize = 8192;
const NO_DIGIT: u8 = 0xff;
/// A bit that no digit has, so that many letters are checked at once.
const BAD: u8 = 0x80;

static DIGITS: [u8; 256] = {
    let alphabet = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut digits = [NO_DIGIT; 256];
    let mut at = 0;
    while at < alphabet.len() {
        digits[alphabet[at] as usize] = at as u8;
        at += 1;
    }
    digits
};

/// The value of `letters`, fewer than ten, and all their digits' bits.
fn few_digits(letters: &[u8]) -> (u64, u8) {
    letters.iter().fold((0, 0), |(value, bits), &letter| {
        let digit = DIGITS[usize::from(letter)];
        (value * 58 + u64::from(digit), bits | digit)
    })
}

/// Like [`few_digits`]: pairs first, because they do not depend on each other.
#[inline(always)]
fn ten_digits(letters: &[u8; TEN]) -> (u64, u8) {
    let digits = letters.map(|letter| DIGITS[usize::from(letter)]);
    let pair = |at: usize| u64::from(digits[at]) * 58 + u64::from(digits[at + 1]);
    let six = (pair(0) * 58_u64.pow(2) + pair(2)) * 58_u64.pow(2) + pair(4);
    let four = pair(6) * 58_u64.pow(2) + pair(8);
    (six * 58_u64.pow(4) + four, digits.iter().fold(0, |bits, digit| bits | digit))
}

/// Ones before anything else, each of which stands for a byte of zeros.
fn ones(text: &[u8]) -> usize {
    text.iter().take_while(|&&letter| letter == b'1').count()
}

/// Multiplies the number in `limbs`, least significant first, and adds `value`; what does not fit is returned.
#[inline(always)]
fn multiply_add(limbs: &mut [u64], scale: u64, value: u64) -> u64 {
    let mut carry = u128::from(value);
    for limb in limbs {
        carry += u128::from(*limb) * u128::from(scale);
        *limb = carry as u64;
        carry >>= 64;
    }
    carry as u64
}

/// A number of exactly `8 * LIMBS` bytes, least significant limb first; `None` for any other text.
#[must_use]
#[inline]
pub fn fixed<const LIMBS: usize>(text: &[u8]) -> Option<[u64; LIMBS]> {
    // 11 digits hold no more than 8 bytes and 5 bits.
    if text.len() > 11 * LIMBS {
        return None;
    }
    let (head, chunks) = text.as_rchunks::<TEN>();
    let mut limbs = [0; LIMBS];
    let (first, mut bits) = few_digits(head);
    limbs[0] = first;
    let mut over = 0;
    for chunk in chunks {
        let (value, bits_of_chunk) = ten_digits(chunk);
        bits |= bits_of_chunk;
        over |= multiply_add(&mut limbs, SCALE, value);
    }
    let zero_limbs = limbs.iter().rev().take_while(|&&limb| limb == 0).count();
    let zeros = 8 * zero_limbs
        + limbs.iter().rev().nth(zero_limbs).map_or(0, |limb| limb.leading_zeros() as usize / 8);
    (bits & BAD == 0 && over == 0 && zeros == ones(text)).then_some(limbs)
}

/// Appends the bytes of `text` to `out`; `None` when it is too long or has another character. `limbs` is room to count
/// in, kept by the caller from text to text.
#[must_use]
pub fn append(text: &[u8], limbs: &mut Vec<u64>, out: &mut Vec<u8>) -> Option<()> {
    if text.len() > TEXT_MAX {
        return None;
    }
    let zeros = ones(text);
    let (head, chunks) = text[zeros..].as_rchunks::<TEN>();
    let (first, mut bits) = few_digits(head);
    limbs.clear();
    limbs.push(first);
    for chunk in chunks {
        let (value, bits_of_chunk) = ten_digits(chunk);
        bits |= bits_of_chunk;
        let over = multiply_add(limbs, SCALE, value);
        if over != 0 {
            limbs.push(over);
        }
    }
    if bits & BAD != 0 {
        return None;
    }
    out.resize(out.len() + zeros, 0);
    let mut big_endian = limbs.iter().rev().map(|limb| limb.to_be_bytes());
    // Only the highest one may begin with zeros.
    let highest = big_endian.next().unwrap_or_default();
    let empty = highest.iter().take_while(|&&byte| byte == 0).count();
    out.extend_from_slice(&highest[empty..]);
    big_endian.for_each(|limb| out.extend_from_slice(&limb));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of a text, digit by digit, as a school child does it.
    fn slowly(text: &[u8]) -> Option<Vec<u8>> {
        let alphabet = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
        let mut bytes = Vec::new();
        for letter in text {
            let mut carry = alphabet.iter().position(|known| known == letter)?;
            for byte in bytes.iter_mut().rev() {
                carry += usize::from(*byte) * 58;
                *byte = carry as u8;
                carry >>= 8;
            }
            while carry > 0 {
                bytes.insert(0, carry as u8);
                carry >>= 8;
            }
        }
        Some([vec![0; ones(text)], bytes].concat())
    }

    fn appended(text: &[u8]) -> Option<Vec<u8>> {
        let mut out = b"before".to_vec();
        append(text, &mut vec![7; 3], &mut out)?;
        Some(out.split_off(6))
    }

    fn of_32(text: &[u8]) -> Option<Vec<u8>> {
        let limbs = fixed::<4>(text)?;
        Some(limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect())
    }

    /// Texts of any length that begin with some ones, and some with a letter that base58 leaves out.
    fn texts() -> impl Iterator<Item = Vec<u8>> {
        let mut state = 3_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as usize
        };
        let alphabet = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
        (0..12_000).map(move |case| {
            let (len, zeros) = (if case % 2 == 0 { case % 100 } else { 30 + case % 16 }, random() % 40);
            let mut text: Vec<u8> = (0..len).map(|_| alphabet[random() % 58]).collect();
            if case % 3 == 0 {
                let zeros = zeros.min(len);
                text[..zeros].fill(b'1');
            }
            if case % 11 == 0 && len > 0 {
                text[random() % len] = [b'0', b'O', b'I', b'l', b' ', 0xff, 0][random() % 7];
            }
            text
        })
    }

    #[test]
    fn append_and_fixed_agree_with_digit_by_digit() {
        let mut exact = 0;
        for text in texts() {
            let slow = slowly(&text);
            let shown = text.escape_ascii();
            assert_eq!(appended(&text), slow, "{shown}");
            let slow = slow.filter(|bytes| bytes.len() == 32);
            exact += usize::from(slow.is_some());
            assert_eq!(of_32(&text), slow, "{shown}");
        }
        assert!(exact > 500, "{exact} texts of 32 bytes");
    }

    #[test]
    fn fixed_ends_where_the_bytes_do() {
        let highest = five8_text(&[0xff; 32]);
        assert_eq!(of_32(&highest), Some(vec![0xff; 32]));
        let mut above = highest.clone();
        *above.last_mut().expect("digits") += 1;
        assert_eq!(of_32(&above), None, "2 to the 256th");
        assert_eq!(of_32(&[b'1'; 32]), Some(vec![0; 32]));
        for len in [0, 1, 31, 33, 44, 45, 1_000] {
            assert_eq!(of_32(&vec![b'1'; len]), None, "{len} ones");
        }
        assert_eq!(of_32(&[b"1", &highest[..]].concat()), None, "33 bytes");
        assert_eq!(of_32(&[b'z'; 44]), None);
    }

    fn five8_text(bytes: &[u8; 32]) -> Vec<u8> {
        let mut text = [0; 44];
        let len = usize::from(five8::encode_32(bytes, &mut text));
        text[..len].to_vec()
    }

    #[test]
    fn append_refuses_what_is_too_long() {
        assert_eq!(appended(b""), Some(Vec::new()));
        assert!(appended(&[b'z'; TEXT_MAX]).is_some());
        assert_eq!(appended(&[b'z'; TEXT_MAX + 1]), None);
    }
}
