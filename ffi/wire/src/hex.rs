//! Bytes as hex digits.

use std::fmt::Write;

/// Lowercase hex.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes of hex digits, of either case; `None` for anything else.
#[must_use]
pub fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_lowercase_and_only_whole_pairs_of_digits_are_read() {
        assert_eq!(to_hex(&[0, 7, 0x2a, 0xff]), "00072aff");
        assert_eq!(to_hex(&[]), "");
        assert_eq!(bytes_of_hex("00072aFF"), Some(vec![0, 7, 0x2a, 0xff]));
        assert_eq!(bytes_of_hex(""), Some(Vec::new()));
        for text in ["0", "000", "0g", "+1", " 1", "1 ", "é1", "0x01"] {
            assert_eq!(bytes_of_hex(text), None, "{text}");
        }
    }
}
