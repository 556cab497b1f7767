//! Writes a Yellowstone frame: the few protobuf rules needed, directly into one buffer.

use wire::varint::push_varint;

/// Appends fields of one message to a buffer. Default values are left out, as proto3 does.
pub struct Writer<'a>(pub &'a mut Vec<u8>);

impl Writer<'_> {
    /// uint32, uint64, bool.
    pub fn number(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.varint(u64::from(field) << 3);
            self.varint(value);
        }
    }

    /// bytes, string; written even when empty, for repeated fields.
    pub fn bytes(&mut self, field: u32, value: &[u8]) {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// bytes, string; left out when empty.
    pub fn bytes_unless_empty(&mut self, field: u32, value: &[u8]) {
        if !value.is_empty() {
            self.bytes(field, value);
        }
    }

    /// repeated uint64, packed.
    pub fn packed(&mut self, field: u32, values: impl IntoIterator<Item = u64>) {
        self.message(field, |packed| values.into_iter().for_each(|value| packed.varint(value)));
    }

    /// A nested message. Room for a length below 128 is reserved, which nearly all have; a longer message is
    /// moved.
    pub fn message(&mut self, field: u32, fill: impl FnOnce(&mut Writer<'_>)) {
        self.varint(u64::from(field) << 3 | 2);
        let at = self.0.len();
        self.0.push(0);
        fill(&mut Writer(self.0));
        let len = self.0.len() - at - 1;
        if len < 0x80 {
            self.0[at] = len as u8;
            return;
        }
        let digits = (usize::BITS - len.leading_zeros()).div_ceil(7) as usize;
        self.0.resize(self.0.len() + digits - 1, 0);
        self.0.copy_within(at + 1..at + 1 + len, at + digits);
        for digit in 0..digits {
            let more = if digit + 1 < digits { 0x80 } else { 0 };
            self.0[at + digit] = (len >> (7 * digit)) as u8 & 0x7f | more;
        }
    }

    fn varint(&mut self, value: u64) {
        push_varint(self.0, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_writes_lengths_of_every_size() {
        for len in [0, 1, 127, 128, 300, 16_383, 16_384, 100_000] {
            let body = vec![0x2a; len];
            let mut out = Vec::new();
            Writer(&mut out).message(3, |inner| inner.0.extend_from_slice(&body));
            let mut expected = vec![0x1a];
            Writer(&mut expected).varint(len as u64);
            expected.extend_from_slice(&body);
            assert_eq!(out, expected, "{len}");
        }
    }

    #[test]
    fn writer_follows_the_encoding_guide() {
        let mut out = Vec::new();
        let mut writer = Writer(&mut out);
        writer.number(1, 150);
        writer.number(2, 0);
        writer.bytes(2, b"testing");
        writer.message(3, |inner| inner.number(1, 150));
        writer.packed(6, [3, 270, 86942]);
        // The examples from protobuf.dev/programming-guides/encoding.
        let expected =
            b"\x08\x96\x01\x12\x07testing\x1a\x03\x08\x96\x01\x32\x06\x03\x8e\x02\x9e\xa7\x05".as_slice();
        assert_eq!(out, expected);
    }
}
