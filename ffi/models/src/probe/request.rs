//! The request to the trial's process: the golden rows, in a memory file.

use std::ffi::c_int;
use std::io::{Error, ErrorKind, Read};

use model::Golden;
use model::artefact::GOLDEN_MAX;
use model::tables::FEATURES_MAX;

/// The descriptor that the process writes to. Its only other descriptors are the model's, and /dev/null three
/// times.
pub(super) const ANSWER_FD: c_int = 4;
/// Written before the model begins.
pub(super) const READY: &[u8] = b"ready\n";
/// Maximum length of the answer after that.
pub(super) const ANSWER_BYTES: usize = 256;

/// `LGPR`, and the version of this layout, which rejects another build's helper.
const MAGIC: [u32; 2] = [0x5250_474C, 1];
/// Number of u32 words before the rows.
const HEAD: usize = 5;
const BYTES_MAX: usize = 4 * (HEAD + GOLDEN_MAX * (FEATURES_MAX as usize + 1));

/// One trial.
#[derive(Debug, PartialEq)]
pub(super) struct Request {
    /// The requesting process.
    pub(super) parent: u32,
    pub(super) features: usize,
    pub(super) golden: Golden,
}

/// Encodes it: five u32, the rows, the answers; all little-endian.
pub(super) fn encode(parent: u32, golden: &Golden, features: usize) -> Vec<u8> {
    let counts = [features, golden.answers.len()].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    let head = [MAGIC[0], MAGIC[1], parent, counts[0], counts[1]];
    let numbers = golden.rows.iter().chain(&golden.answers);
    head.iter()
        .flat_map(|word| word.to_le_bytes())
        .chain(numbers.flat_map(|number| number.to_le_bytes()))
        .collect()
}

/// Reads the request from `from`, which must end with it.
pub(super) fn read(from: impl Read) -> std::io::Result<Request> {
    let mut bytes = Vec::new();
    from.take(BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    decode(&bytes).ok_or_else(|| Error::new(ErrorKind::InvalidData, "the request is of another build"))
}

fn decode(bytes: &[u8]) -> Option<Request> {
    let (words, []) = bytes.as_chunks::<4>() else { return None };
    let (head, numbers) = words.split_at_checked(HEAD)?;
    let head: Vec<u32> = head.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let [first, second, parent, features, rows] = head[..] else { return None };
    let (features, rows) = (usize::try_from(features).ok()?, usize::try_from(rows).ok()?);
    let is_ours = [first, second] == MAGIC
        && (1..=FEATURES_MAX as usize).contains(&features)
        && (1..=GOLDEN_MAX).contains(&rows)
        && numbers.len() == rows * (features + 1);
    let mut rows_and_answers: Vec<f32> = numbers.iter().map(|word| f32::from_le_bytes(*word)).collect();
    is_ours.then(|| {
        let answers = rows_and_answers.split_off(rows * features);
        Request { parent, features, golden: Golden { rows: rows_and_answers, answers } }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_it_was_written_and_no_other_is_read() {
        let golden = Golden { rows: vec![1.0, -2.5, 0.0, 4.0], answers: vec![0.25, 0.5] };
        let bytes = encode(4711, &golden, 2);
        let expected = Request { parent: 4711, features: 2, golden };
        assert_eq!(read(&bytes[..]).expect("is read"), expected);
        let with = |at: usize, word: u32| {
            let mut bytes = bytes.clone();
            bytes[4 * at..4 * at + 4].copy_from_slice(&word.to_le_bytes());
            bytes
        };
        let longer = [&bytes[..], &[0; 4]].concat();
        for (what, bytes) in [
            ("nothing", Vec::new()),
            ("cut off", bytes[..bytes.len() - 4].to_vec()),
            ("cut in a number", bytes[..bytes.len() - 1].to_vec()),
            ("longer", longer),
            ("another's", with(0, 7)),
            ("of another layout", with(1, 2)),
            ("no features", with(3, 0)),
            ("too many features", with(3, 1_025)),
            ("no rows", with(4, 0)),
            ("too many rows", with(4, 4_097)),
            ("other features", with(3, 3)),
        ] {
            let why = read(&bytes[..]).expect_err("is refused");
            assert_eq!(why.to_string(), "the request is of another build", "{what}");
        }
    }

    #[test]
    fn the_largest_request_is_read_and_nothing_beyond_it_into_memory() {
        let golden = Golden { rows: vec![0.5; 4_096 * 1_024], answers: vec![0.5; 4_096] };
        let bytes = encode(1, &golden, 1_024);
        assert_eq!(bytes.len(), 16_793_620);
        assert!(read(&bytes[..]).is_ok());
        assert!(read(std::io::repeat(0)).is_err(), "it ends");
    }
}
