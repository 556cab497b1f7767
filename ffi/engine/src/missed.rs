//! Counts what looked like a swap and yielded no leg, by program and tag. This number is shown beside that of the legs, so that
//! a DEX that changed is not mistaken for a quiet chain.

use crate::frame::{Instruction, Transaction};
use crate::pubkey::{Pubkey, Signature};

/// Most rows that are counted separately; what comes later counts as `other`.
const ROWS_MAX: usize = 256;
/// Bytes of a tag.
const TAG_BYTES: usize = 8;

/// First bytes of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    bytes: [u8; TAG_BYTES],
    len: u8,
}

impl Tag {
    /// Anchor programs begin with 8 bytes of a hash; others with a number of one byte and then amounts, whose
    /// high bytes are zero.
    #[must_use]
    pub fn of(data: &[u8]) -> Tag {
        let mut bytes = [0; TAG_BYTES];
        let long = data.len() >= TAG_BYTES && data[TAG_BYTES - 2..TAG_BYTES] != [0, 0];
        let len = data.len().min(if long { TAG_BYTES } else { 1 });
        bytes[..len].copy_from_slice(&data[..len]);
        Tag { bytes, len: len as u8 }
    }
}

impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.bytes[..usize::from(self.len)].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One program's instruction and how often it yielded no leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The program.
    pub program: Pubkey,
    /// Its instruction.
    pub tag: Tag,
    /// How often.
    pub count: u64,
    /// The first transaction that had it.
    pub example: Signature,
}

/// The counters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missed {
    rows: Vec<Row>,
    /// Calls for which there was no row left.
    pub other: u64,
}

impl Missed {
    /// Counts one call.
    pub fn count(&mut self, frame: &[u8], transaction: &Transaction, call: &Instruction) {
        let program = transaction.key(frame, call.program).copied().map(Pubkey).unwrap_or_default();
        let example = Signature::from_slice(transaction.signature.of(frame)).unwrap_or_default();
        self.count_as(program, Tag::of(call.data.of(frame)), example);
    }

    fn count_as(&mut self, program: Pubkey, tag: Tag, example: Signature) {
        match self.rows.iter().position(|row| row.program == program && row.tag == tag) {
            Some(at) => self.rows[at].count += 1,
            None if self.rows.len() < ROWS_MAX => self.rows.push(Row { program, tag, count: 1, example }),
            None => self.other += 1,
        }
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.rows.iter().map(|row| row.count).sum::<u64>() + self.other
    }

    /// The rows, most frequent first; equal ones by program and tag, so that every run gives the same order.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = self.rows.clone();
        rows.sort_by_key(|row| (u64::MAX - row.count, row.program, row.tag.bytes));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_is_a_hash_or_a_number() {
        let anchor = [0xf8, 0xc6, 0x9e, 0x91, 0xe1, 0x75, 0x87, 0xc8, 1, 2];
        let numbered = [7, 0x40, 0x42, 0x0f, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(Tag::of(&anchor).to_string(), "f8c69e91e17587c8");
        assert_eq!(Tag::of(&numbered).to_string(), "07");
        assert_eq!(Tag::of(&[3]).to_string(), "03");
        assert_eq!(Tag::of(&[]).to_string(), "");
    }

    #[test]
    fn rows_are_bounded_and_the_rest_is_counted() {
        let mut missed = Missed::default();
        for number in 0..300_u64 {
            let mut program = [9; 32];
            program[..8].copy_from_slice(&number.to_be_bytes());
            missed.count_as(Pubkey(program), Tag::of(&[1]), Signature([1; 64]));
        }
        missed.count_as(Pubkey([0; 32]), Tag::of(&[1]), Signature([1; 64]));
        assert_eq!((missed.rows().len(), missed.other, missed.total()), (256, 45, 301));
    }

    #[test]
    fn a_row_names_its_first_transaction() {
        let mut missed = Missed::default();
        for example in [3, 5, 4] {
            missed.count_as(Pubkey([7; 32]), Tag::of(&[1]), Signature([example; 64]));
        }
        assert_eq!(
            missed.rows().iter().map(|row| (row.count, row.example.0[0])).collect::<Vec<_>>(),
            [(3, 3)]
        );
    }
}
