//! The capture journal: Yellowstone frames as received, with receive time and source.
//!
//! `[LGNDJRN\n][version u32][0 u32]`, then records, all integers little endian:
//! `[len u32][crc u32][received_ns u64][source u16][0 u16][frame]`; `len` counts everything after itself and
//! the CRC, which is the CRC-32C of those bytes. A block ends with a `block_meta` frame.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use engine::geyser::{block_meta, unix_timestamp, update};

use super::block::TimedFrame;
use super::error::SourceError;
use super::proto::Writer;
use super::unpack::Unpacked;

/// File name ending of a journal.
pub const ENDING: &str = "journal";
const MAGIC: &[u8; 8] = b"LGNDJRN\n";
const VERSION: u32 = 1;
const HEADER: usize = 16;
const RECORD_HEADER: usize = 20;
/// The part of a record's header that the length does not count.
const LENGTH_AND_CRC: usize = 8;
/// Largest frame: Yellowstone's own message limit for clients that subscribe to blocks.
const FRAME_BYTES_MAX: usize = 64 << 20;

/// Origin of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Origin {
    /// A file of JSON-RPC answers.
    File = 0,
    /// The simulator.
    Simulator = 1,
}

/// Writes a journal under a temporary name, and renames it once it is complete.
pub struct JournalWriter {
    file: BufWriter<File>,
    temporary: PathBuf,
    path: PathBuf,
    record: Vec<u8>,
}

impl JournalWriter {
    /// Begins the journal at `path`.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path) -> std::io::Result<JournalWriter> {
        let temporary = path.with_extension(format!("{ENDING}.{}", std::process::id()));
        let mut file = BufWriter::with_capacity(1 << 20, File::create(&temporary)?);
        file.write_all(MAGIC)?;
        file.write_all(&VERSION.to_le_bytes())?;
        file.write_all(&[0; 4])?;
        Ok(JournalWriter { file, temporary, path: path.to_path_buf(), record: Vec::new() })
    }

    /// Adds one frame.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn push(&mut self, received_ns: u64, origin: Origin, frame: &[u8]) -> std::io::Result<()> {
        self.record.clear();
        self.record.extend_from_slice(&received_ns.to_le_bytes());
        self.record.extend_from_slice(&(origin as u16).to_le_bytes());
        self.record.extend_from_slice(&[0; 2]);
        self.record.extend_from_slice(frame);
        self.file.write_all(&(self.record.len() as u32).to_le_bytes())?;
        self.file.write_all(&crc32c::crc32c(&self.record).to_le_bytes())?;
        self.file.write_all(&self.record)
    }

    /// Writes the whole journal to disk under its name.
    ///
    /// # Errors
    /// The disk refuses; no file is left under the name.
    pub fn finish(mut self) -> std::io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        std::fs::rename(&self.temporary, &self.path)
    }
}

impl Drop for JournalWriter {
    fn drop(&mut self) {
        // Already gone after a finish; otherwise an incomplete journal, which is useless.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

/// How the reading of a record ended.
enum RecordRead {
    Whole,
    /// Cut, or its CRC differs.
    Damaged,
    /// There is no further record.
    End,
}

/// The frames of a journal, holding one at a time; ends with an error at the first damaged or torn record.
pub struct Frames<'a> {
    file: Unpacked<'a>,
    /// Byte position of the next record.
    at: usize,
    record: Vec<u8>,
    ended: bool,
}

impl<'a> Frames<'a> {
    /// Opens a journal; `None` if the file is not a journal of this version.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(mut file: Unpacked<'a>) -> Result<Option<Frames<'a>>, SourceError> {
        let mut record = Vec::new();
        file.append(&mut record, HEADER)?;
        let known = record.starts_with(MAGIC) && record.get(8..12) == Some(&VERSION.to_le_bytes());
        Ok(known.then_some(Frames { file, at: HEADER, record, ended: false }))
    }

    /// The next frame; the inner `Err` is the position of an incomplete record.
    ///
    /// # Errors
    /// The file cannot be read.
    #[expect(clippy::should_implement_trait, reason = "a frame lives until the next one is read")]
    pub fn next(&mut self) -> Option<Result<Result<TimedFrame<'_>, usize>, SourceError>> {
        if self.ended {
            return None;
        }
        let here = self.at;
        match self.read() {
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
            Ok(RecordRead::End) => {
                self.ended = true;
                None
            }
            Ok(RecordRead::Damaged) => {
                self.ended = true;
                Some(Ok(Err(here)))
            }
            Ok(RecordRead::Whole) => {
                let received_ns = u64::from_le_bytes(self.record[..8].try_into().unwrap_or_default());
                Some(Ok(Ok(TimedFrame {
                    received_ns,
                    frame: &self.record[RECORD_HEADER - LENGTH_AND_CRC..],
                })))
            }
        }
    }

    /// Reads the next record into `self.record`.
    fn read(&mut self) -> Result<RecordRead, SourceError> {
        self.record.clear();
        let got = self.file.append(&mut self.record, LENGTH_AND_CRC)?;
        if got < LENGTH_AND_CRC {
            return Ok(if got > 0 { RecordRead::Damaged } else { RecordRead::End });
        }
        let number = |at: usize| u32::from_le_bytes(self.record[at..at + 4].try_into().unwrap_or_default());
        let (len, crc) = (number(0) as usize, number(4));
        // The stated length is checked before memory is allocated for it.
        if !(RECORD_HEADER - LENGTH_AND_CRC..=FRAME_BYTES_MAX).contains(&len) {
            return Ok(RecordRead::Damaged);
        }
        self.record.clear();
        let whole = self.file.append(&mut self.record, len)? == len && crc32c::crc32c(&self.record) == crc;
        self.at += LENGTH_AND_CRC + len;
        Ok(if whole { RecordRead::Whole } else { RecordRead::Damaged })
    }
}

/// The frame that ends a block: `SubscribeUpdate.block_meta` (7) with slot (1) and block time (4).
#[must_use]
pub fn block_meta(slot: u64, time_ns: u64) -> Vec<u8> {
    let mut out = Vec::new();
    Writer(&mut out).message(update::BLOCK_META, |meta| {
        meta.number(block_meta::SLOT, slot);
        meta.message(block_meta::BLOCK_TIME, |time| {
            time.number(unix_timestamp::TIMESTAMP, time_ns / 1_000_000_000)
        });
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (PathBuf, Vec<u8>) {
        let path = std::env::temp_dir().join(format!(
            "legend-journal-{}-{:?}.journal",
            std::process::id(),
            std::thread::current().id()
        ));
        let mut journal = JournalWriter::create(&path).expect("creates");
        for n in 0..5_u8 {
            journal.push(u64::from(n) * 1000, Origin::File, &vec![n; 10 + usize::from(n)]).expect("writes");
        }
        journal.finish().expect("finishes");
        let bytes = std::fs::read(&path).expect("reads");
        (path, bytes)
    }

    #[test]
    fn frames_come_back_with_their_times() {
        let (path, bytes) = sample();
        let mut frames = Frames::open(Unpacked::of(bytes)).expect("reads").expect("a journal");
        let mut found = Vec::new();
        while let Some(frame) = frames.next() {
            let frame = frame.expect("reads").expect("whole");
            found.push((frame.received_ns, frame.frame.len()));
        }
        assert_eq!(found, [(0, 10), (1000, 11), (2000, 12), (3000, 13), (4000, 14)]);
        std::fs::remove_file(path).expect("removes");
    }

    #[test]
    fn every_truncation_and_flipped_bit_is_found() {
        let (path, bytes) = sample();
        std::fs::remove_file(path).expect("removes");
        let whole = |bytes: &[u8]| {
            let Some(mut frames) = Frames::open(Unpacked::of(bytes.to_vec())).expect("reads") else {
                return false;
            };
            let mut found = Vec::new();
            while let Some(frame) = frames.next() {
                found.push(frame.expect("reads").is_ok());
            }
            found == [true; 5]
        };
        assert!(whole(&bytes));
        for len in 0..bytes.len() {
            assert!(!whole(&bytes[..len]), "cut at {len}");
        }
        for bit in (0..bytes.len() * 8).filter(|bit| !(96..128).contains(bit)) {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(!whole(&bad), "bit {bit}");
        }
    }
}
