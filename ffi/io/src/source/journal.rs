//! The capture journal: Yellowstone frames as they came, with receive time and source.
//!
//! `[LGNDJRN\n][version u32][0 u32]`, then records, all integers little endian:
//! `[len u32][crc u32][received_ns u64][source u16][0 u16][frame]`; `len` counts everything behind
//! itself and the CRC, which is CRC-32C of it. A block ends with a `block_meta` frame.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::any::Source;
use super::block::Block;
use super::file::SourceError;
use super::proto::Writer;
use crate::disk;

/// File name ending of a journal.
pub const ENDING: &str = "journal";
const MAGIC: &[u8; 8] = b"LGNDJRN\n";
const VERSION: u32 = 1;
const HEADER: usize = 16;
const RECORD_HEADER: usize = 20;
/// Largest frame: Yellowstone's own message limit for clients that take blocks.
const FRAME_BYTES_MAX: usize = 64 << 20;

/// Where frames came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Origin {
    /// A file of JSON-RPC answers.
    File = 0,
    /// The simulator.
    Simulator = 1,
}

/// One frame of a journal.
pub struct Captured<'a> {
    /// Unix nanoseconds at which it was received.
    pub received_ns: u64,
    /// A `SubscribeUpdate`.
    pub frame: &'a [u8],
}

/// Writes a journal to a temporary name and renames it when it is whole.
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

    /// Puts the whole journal on disk under its name.
    ///
    /// # Errors
    /// The disk refuses; nothing is left under the name.
    pub fn finish(mut self) -> std::io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        std::fs::rename(&self.temporary, &self.path)
    }
}

impl Drop for JournalWriter {
    fn drop(&mut self) {
        // Gone already when it was finished; else half a journal, which nobody wants.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

/// The frames of a journal; ends with an error at the first damaged or torn record.
pub struct Frames<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Frames<'a> {
    /// `None` when the bytes are no journal of this version.
    #[must_use]
    pub fn open(bytes: &'a [u8]) -> Option<Frames<'a>> {
        let version = bytes.get(8..12)?;
        (bytes.starts_with(MAGIC) && version == VERSION.to_le_bytes()).then_some(Frames { bytes, at: HEADER })
    }

    /// Byte position of the next record.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Frames<'a> {
    /// `Err` with the position of the record that is not whole.
    type Item = Result<Captured<'a>, usize>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let here = self.at;
        let number = |at: usize| Some(u32::from_le_bytes(self.bytes.get(at..at + 4)?.try_into().ok()?));
        let record = (|| {
            let (len, crc) = (number(here)? as usize, number(here + 4)?);
            let sound = (RECORD_HEADER - 8..=FRAME_BYTES_MAX).contains(&len);
            let record = sound.then(|| self.bytes.get(here + 8..here + 8 + len)).flatten()?;
            (crc32c::crc32c(record) == crc).then_some(record)
        })();
        let Some(record) = record else {
            self.at = self.bytes.len();
            return Some(Err(here));
        };
        self.at = here + 8 + record.len();
        let received_ns = u64::from_le_bytes(record[..8].try_into().unwrap_or_default());
        Some(Ok(Captured { received_ns, frame: &record[12..] }))
    }
}

/// The frame that ends a block: `SubscribeUpdate.block_meta` (7) with slot (1) and block time (4).
#[must_use]
pub fn block_meta(slot: u64, time_ns: u64) -> Vec<u8> {
    let mut out = Vec::new();
    Writer(&mut out).message(7, |meta| {
        meta.number(1, slot);
        meta.message(4, |time| time.number(1, time_ns / 1_000_000_000));
    });
    out
}

/// Turns a source that ends into a journal; returns how many blocks and frames it holds.
///
/// # Errors
/// A file cannot be read, or the journal not be written: then there is none.
pub fn capture(mut source: Source, out: &Path) -> Result<(u64, u64), SourceError> {
    let cannot = |error: std::io::Error| {
        SourceError::new(format!("Cannot write {}: {}", out.display(), disk::why(&error)))
    };
    let mut journal = JournalWriter::create(out).map_err(cannot)?;
    let origin = if matches!(source, Source::File(_)) { Origin::File } else { Origin::Simulator };
    let (mut blocks, mut frames, mut failed) = (0, 0, None);
    while failed.is_none()
        && source.read(|block: &Block| {
            let written = write_block(&mut journal, origin, block);
            blocks += 1;
            frames += block.len() as u64;
            failed = written.err();
            failed.is_none()
        })?
    {}
    match failed {
        Some(error) => Err(cannot(error)),
        None => journal.finish().map(|()| (blocks, frames)).map_err(cannot),
    }
}

fn write_block(journal: &mut JournalWriter, origin: Origin, block: &Block) -> std::io::Result<()> {
    for (received_ns, frame) in block.frames() {
        journal.push(received_ns, origin, frame)?;
    }
    if block.whole {
        journal.push(block.time_ns, origin, &block_meta(block.slot, block.time_ns))
    } else {
        Ok(())
    }
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
        let frames: Vec<_> =
            Frames::open(&bytes).expect("a journal").map(|frame| frame.expect("whole")).collect();
        assert_eq!(
            frames.iter().map(|frame| (frame.received_ns, frame.frame.len())).collect::<Vec<_>>(),
            [(0, 10), (1000, 11), (2000, 12), (3000, 13), (4000, 14)]
        );
        std::fs::remove_file(path).expect("removes");
    }

    #[test]
    fn every_truncation_and_flipped_bit_is_found() {
        let (path, bytes) = sample();
        std::fs::remove_file(path).expect("removes");
        let whole = |bytes: &[u8]| {
            Frames::open(bytes)
                .is_some_and(|frames| frames.map(|frame| frame.is_ok()).collect::<Vec<_>>() == [true; 5])
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
