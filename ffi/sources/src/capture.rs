//! Converts a source that ends to a journal.

use std::path::Path;

use super::block::{Block, TimedFrame};
use super::error::SourceError;
use super::journal::{JournalWriter, Origin, block_meta};
use super::source::Source;

/// Content of a capture.
pub struct CaptureOutcome {
    /// Blocks and single transactions.
    pub blocks: u64,
    /// Transactions.
    pub frames: u64,
    /// What could not be read from the files, one line each.
    pub unread: Vec<String>,
}

/// Converts a source that ends to a journal; returns its content.
///
/// # Errors
/// A file cannot be read, or the journal cannot be written: there is then no journal.
pub fn capture(mut source: Source, out: &Path) -> Result<CaptureOutcome, SourceError> {
    let cannot = |source| SourceError::Write { path: out.to_path_buf(), source };
    let mut journal = JournalWriter::create(out).map_err(cannot)?;
    let origin = if matches!(source, Source::File(_)) { Origin::File } else { Origin::Simulator };
    let (mut blocks, mut frames, mut failed, mut unread) = (0, 0, None, Vec::new());
    while failed.is_none() {
        let read = source.read(|block: &Block| {
            let written = write_block(&mut journal, origin, block);
            blocks += 1;
            frames += block.len() as u64;
            failed = written.err();
            failed.is_none()
        });
        match read {
            Ok(true) => {}
            Ok(false) => break,
            // The readable part of a file is kept; the rest is not in the journal.
            Err(error) if error.is_partial() => unread.push(error.to_string()),
            Err(error) => return Err(error),
        }
    }
    match failed {
        Some(error) => Err(cannot(error)),
        None => journal.finish().map(|()| CaptureOutcome { blocks, frames, unread }).map_err(cannot),
    }
}

fn write_block(journal: &mut JournalWriter, origin: Origin, block: &Block) -> std::io::Result<()> {
    for TimedFrame { received_ns, frame } in block.frames() {
        journal.push(received_ns, origin, frame)?;
    }
    if block.whole {
        journal.push(block.time_ns, origin, &block_meta(block.slot, block.time_ns))
    } else {
        Ok(())
    }
}
