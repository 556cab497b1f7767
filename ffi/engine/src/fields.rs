//! The encoding under a frame: protobuf's fields, in place. Every byte is hostile; nothing here panics.

/// Why a frame cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// A length or varint runs past the end.
    Truncated,
    /// A key, signature or index has the wrong size, or a limit is passed.
    Malformed,
    /// The update holds no transaction (a slot, a ping): not an error of the frame.
    NotATransaction,
}

/// A part of the frame's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    pub(crate) len: u32,
}

impl Span {
    #[cfg(test)]
    pub(crate) fn new(start: u32, len: u32) -> Span {
        Span { start, len }
    }

    /// The bytes of this part; empty when `frame` is not the frame it came from.
    #[must_use]
    pub fn of(self, frame: &[u8]) -> &[u8] {
        let start = self.start as usize;
        frame.get(start..start + self.len as usize).unwrap_or_default()
    }

    fn end(self) -> usize {
        self.start as usize + self.len as usize
    }
}

/// Wire types of the encoding.
const VARINT: u32 = 0;
const EIGHT_BYTES: u32 = 1;
const BYTES: u32 = 2;
const FOUR_BYTES: u32 = 5;

/// One field.
pub(crate) struct Field {
    pub(crate) number: u32,
    wire: u32,
    /// The number, or how many bytes.
    value: u64,
    start: u32,
}

impl Field {
    pub(crate) fn span(&self) -> Result<Span, FrameError> {
        let span = Span { start: self.start, len: self.value as u32 };
        if self.wire == BYTES { Ok(span) } else { Err(FrameError::Malformed) }
    }

    /// The number; 0 when the field is not one.
    pub(crate) fn value(&self) -> u64 {
        if self.wire == VARINT { self.value } else { 0 }
    }
}

/// The fields of one message, in their order.
pub(crate) struct Fields<'f> {
    /// What is not read yet.
    rest: &'f [u8],
    /// Where it ends in the frame.
    end: usize,
}

impl<'f> Fields<'f> {
    pub(crate) fn whole(frame: &'f [u8]) -> Self {
        let end = frame.len().min(u32::MAX as usize);
        Fields { rest: &frame[..end], end }
    }

    pub(crate) fn of(frame: &'f [u8], span: Span) -> Self {
        Fields { rest: span.of(frame), end: span.end() }
    }

    /// The next field, if it is this one and a number below 128.
    #[inline(always)]
    pub(crate) fn take_number(&mut self, number: u32) -> Option<u8> {
        let &[tag, value, ref rest @ ..] = self.rest else { return None };
        if u32::from(tag) != number << 3 || value >= 0x80 {
            return None;
        }
        self.rest = rest;
        Some(value)
    }

    /// The next field, if it is this one and has fewer than 128 bytes.
    #[inline(always)]
    pub(crate) fn take_bytes(&mut self, number: u32) -> Option<Span> {
        let &[tag, len, ref tail @ ..] = self.rest else { return None };
        if u32::from(tag) != number << 3 | BYTES || len >= 0x80 {
            return None;
        }
        self.rest = tail.get(usize::from(len)..)?;
        Some(Span { start: (self.end - tail.len()) as u32, len: u32::from(len) })
    }
}

/// The first field of `rest`, which ends at `end` of the frame, and the bytes after it.
#[inline(always)]
fn read(rest: &[u8], end: usize) -> Result<(Field, &[u8]), FrameError> {
    let (tag, tail) = varint(rest)?;
    let number = u32::try_from(tag >> 3).map_err(|_| FrameError::Malformed)?;
    let wire = tag as u32 & 7;
    let (value, tail) = match wire {
        VARINT | BYTES => varint(tail)?,
        EIGHT_BYTES => (8, tail),
        FOUR_BYTES => (4, tail),
        _ => return Err(FrameError::Malformed),
    };
    let start = (end - tail.len()) as u32;
    let tail =
        if wire == VARINT { Some(tail) } else { tail.get(usize::try_from(value).unwrap_or(usize::MAX)..) };
    Ok((Field { number, wire, value, start }, tail.ok_or(FrameError::Truncated)?))
}

impl Iterator for Fields<'_> {
    type Item = Result<Field, FrameError>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (field, rest) = match read(self.rest, self.end) {
            Ok((field, rest)) => (Ok(field), rest),
            Err(error) => (Err(error), &[][..]),
        };
        self.rest = rest;
        Some(field)
    }
}

/// A number and the bytes after it. Nearly every varint of a frame has one or two bytes.
#[inline(always)]
pub(crate) fn varint(bytes: &[u8]) -> Result<(u64, &[u8]), FrameError> {
    match *bytes {
        [byte, ref rest @ ..] if byte < 0x80 => Ok((u64::from(byte), rest)),
        [low, high, ref rest @ ..] if high < 0x80 => {
            Ok(((u64::from(high) << 7) + u64::from(low) - 0x80, rest))
        }
        _ => long_varint(bytes),
    }
}

/// Up to 8 bytes are joined in a word: the high bit of each is set if another follows.
#[inline]
fn long_varint(bytes: &[u8]) -> Result<(u64, &[u8]), FrameError> {
    const MORE: u64 = 0x8080_8080_8080_8080;
    let Some(word) = bytes.first_chunk() else { return varint_by_byte(bytes) };
    let word = u64::from_le_bytes(*word);
    let last = !word & MORE;
    if last == 0 {
        return varint_by_byte(bytes);
    }
    let len = last.trailing_zeros() as usize / 8 + 1;
    // The bits up to the last byte's highest, seven by seven.
    let sevens = word & (last ^ (last - 1)) & !MORE;
    let fourteens = (sevens & 0x007f_007f_007f_007f) | ((sevens & 0x7f00_7f00_7f00_7f00) >> 1);
    let halves = (fourteens & 0x0000_3fff_0000_3fff) | ((fourteens & 0x3fff_0000_3fff_0000) >> 2);
    Ok(((halves & 0x0fff_ffff) | ((halves >> 32) << 28), bytes.get(len..).unwrap_or_default()))
}

#[inline(never)]
fn varint_by_byte(bytes: &[u8]) -> Result<(u64, &[u8]), FrameError> {
    let mut value = 0_u64;
    for (at, &byte) in bytes.iter().enumerate().take(10) {
        if at == 9 && byte > 1 {
            return Err(FrameError::Malformed);
        }
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return Ok((value, &bytes[at + 1..]));
        }
    }
    Err(if bytes.len() < 10 { FrameError::Truncated } else { FrameError::Malformed })
}

/// Decimal digits as a u64; `None` when empty, too large or anything else.
#[inline]
pub(crate) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 20 {
        return None;
    }
    let (head, eights) = text.as_rchunks::<8>();
    let mut number = 0_u64;
    for &letter in head {
        let digit = letter.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = 10 * number + u64::from(digit);
    }
    for letters in eights {
        number = number.checked_mul(100_000_000)?.checked_add(eight_digits(letters)?)?;
    }
    Some(number)
}

/// Eight digits at once: the first is the lowest byte of the word, and neighbours are joined three times.
#[inline(always)]
fn eight_digits(letters: &[u8; 8]) -> Option<u64> {
    let word = u64::from_le_bytes(*letters);
    // A digit is 0x30 to 0x39: its high half is 3, with six added too.
    let (threes, high) = (0x3030_3030_3030_3030, 0xf0f0_f0f0_f0f0_f0f0);
    if word & high != threes || word.wrapping_add(0x0606_0606_0606_0606) & high != threes {
        return None;
    }
    let ones = word - threes;
    let twos = (ones * 10 + (ones >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (twos * 100 + (twos >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varint_refuses_what_does_not_fit_or_does_not_end() {
        let read = |bytes: &[u8]| varint(bytes).map(|(number, _)| number);
        assert_eq!(read(&[0x96, 0x01]), Ok(150));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), Ok(u64::MAX));
        assert_eq!(
            read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]),
            Err(FrameError::Malformed)
        );
        assert_eq!(read(&[0x80; 3]), Err(FrameError::Truncated));
        assert_eq!(read(&[0x80; 11]), Err(FrameError::Malformed));
    }

    #[test]
    fn varint_of_any_length_is_the_sum_of_its_sevens() {
        let mut state = 7_u64;
        for case in 0..4_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = state >> (case % 64);
            let mut bytes: Vec<u8> = (0..10).map(|at| (number >> (7 * at).min(63)) as u8 | 0x80).collect();
            let len = (64 - number.leading_zeros()).div_ceil(7).max(1) as usize;
            bytes.truncate(len);
            bytes[len - 1] &= 0x7f;
            // Nothing after it is read.
            for after in [&[][..], &[0xff; 1], &[0x80; 12], &[0; 12]] {
                let all = [&bytes[..], after].concat();
                assert_eq!(varint(&all), Ok((number, after)), "{bytes:x?} then {after:x?}");
            }
            assert_eq!(varint(&bytes[..len - 1]), Err(FrameError::Truncated), "{bytes:x?}");
        }
    }

    #[test]
    fn decimal_refuses_a_letter_at_any_place() {
        for len in 1..=20 {
            let text = &b"12345678901234567890"[..len];
            let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
            assert_eq!(decimal(text), number, "{len} digits");
            for at in 0..len {
                for letter in [b'0' - 1, b'9' + 1, b'?', b'0' ^ 0x40, b'0' | 0x80, 0, 0xff] {
                    let mut other = text.to_vec();
                    other[at] = letter;
                    assert_eq!(decimal(&other), None, "{len} digits with {letter:#x} at {at}");
                }
            }
        }
    }

    #[test]
    fn decimal_takes_u64_and_nothing_else() {
        for (text, number) in [
            ("0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("-1", None),
            ("1.5", None),
        ] {
            assert_eq!(decimal(text.as_bytes()), number, "{text}");
        }
    }
}
