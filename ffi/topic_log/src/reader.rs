//! Reading in order from any offset, in blocks, across segment ends, damage and retention.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::error::LogError;
use super::format::{self, Checked, RECORD_BYTES_MAX, RECORD_HEADER, SEGMENT_HEADER, next_record};
use super::log_files::LogFile;
use super::pack::{Found, PackReader};
use super::segment::{read_up_to, segment_path};
use super::tidy::{live_files, next_file_base};
use super::topic::Topic;

/// Why records are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapCause {
    /// Retention removed them before this reader reached them.
    Retention,
    /// Their bytes do not match their checksums.
    Damage,
}

/// Records `from..to` cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// First missing offset.
    pub from: u64,
    /// One past the last missing offset.
    pub to: u64,
    /// The cause.
    pub cause: GapCause,
}

/// Result of one [`Reader::read`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// This many whole records were put into the buffer; 0 = none is readable yet.
    Records(u32),
    /// Records are lost; the reader is now positioned after them.
    Gap(Gap),
}

const BLOCK_BYTES: usize = 256 << 10;
/// Maximum attempts to find a file that was packed or removed since the folder was listed.
const SEEK_TRIES: usize = 4;

/// Reads one topic from an offset on. It buffers one block of the segment, so small reads are cheap.
pub struct Reader<'a> {
    topic: &'a Topic,
    position: Position,
}

/// A reader's position, separate from its topic so that a handle can keep it.
#[derive(Default)]
pub struct Position {
    next: u64,
    segment: Option<Segment>,
    pack: Option<PackReader>,
    /// Bytes of the segment from `block_at` on; the first `block_len` are valid.
    block: Vec<u8>,
    block_len: usize,
    block_at: u64,
}

/// Result of one step.
enum Step {
    Record,
    /// Nothing yet: find the file again.
    Reopen,
    /// The record is larger than the remaining room.
    Full,
    /// Damage, up to this offset if known.
    Lost(Option<u64>),
}

struct Segment {
    base: u64,
    file: File,
    /// Where record `next` begins.
    at: u64,
}

impl Topic {
    /// A reader at `offset`. If the first kept record is later, it begins there and reports the gap.
    #[must_use]
    pub fn reader(&self, offset: u64) -> Reader<'_> {
        Reader::new(self, offset)
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(topic: &'a Topic, offset: u64) -> Self {
        Reader { topic, position: Position::at(offset) }
    }

    /// The offset of the next record.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.position.next
    }

    /// See [`Position::read`].
    ///
    /// # Errors
    /// The segment cannot be read.
    pub fn read(&mut self, out: &mut Vec<u8>, bytes_max: usize) -> Result<Read, LogError> {
        self.position.read(self.topic, out, bytes_max)
    }
}

impl Position {
    /// A position at `offset`, not yet in any topic.
    #[must_use]
    pub fn at(offset: u64) -> Self {
        Position { next: offset, ..Position::default() }
    }

    /// The offset of the next record.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.next
    }

    /// Appends whole records to `out`, up to about `bytes_max` (at least one if one is readable).
    ///
    /// # Errors
    /// The segment cannot be read.
    pub fn read(&mut self, topic: &Topic, out: &mut Vec<u8>, bytes_max: usize) -> Result<Read, LogError> {
        let start = topic.state.start();
        if self.next < start {
            let gap = Gap { from: self.next, to: start, cause: GapCause::Retention };
            *self = Position::at(start);
            return Ok(Read::Gap(gap));
        }
        let visible = topic.state.visible();
        let (begin, mut records) = (out.len(), 0);
        while self.next < visible && (records == 0 || out.len() - begin < bytes_max) {
            if self.segment.is_none() && self.pack.is_none() && !self.seek(topic)? {
                // Removed since `start` was read above, or missing altogether.
                return if records > 0 {
                    Ok(Read::Records(records))
                } else {
                    Ok(Read::Gap(self.skip_missing(topic)?))
                };
            }
            let room = if records == 0 { usize::MAX } else { bytes_max - (out.len() - begin) };
            let step = match &self.pack {
                Some(_) => self.step_pack(topic, out, room)?,
                None => self.step_segment(topic, out, room)?,
            };
            match step {
                Step::Record => records += 1,
                Step::Reopen => {}
                Step::Full => break,
                Step::Lost(_) if records > 0 => break,
                Step::Lost(Some(to)) => {
                    let from = std::mem::replace(&mut self.next, to);
                    return Ok(Read::Gap(Gap { from, to, cause: GapCause::Damage }));
                }
                Step::Lost(None) => return Ok(Read::Gap(self.skip_damage(topic, visible)?)),
            }
        }
        Ok(Read::Records(records))
    }

    /// Takes the next record from the segment if it has at most `room` bytes.
    fn step_segment(&mut self, topic: &Topic, out: &mut Vec<u8>, room: usize) -> Result<Step, LogError> {
        Ok(match self.check_here().map_err(|error| LogError::io("read", &self.path(topic), error))? {
            Checked::Record(len) if len > room => Step::Full,
            Checked::Record(len) => {
                let at = self.block_offset();
                out.extend_from_slice(&self.block[at..at + len]);
                self.step(len as u64);
                Step::Record
            }
            Checked::Short if self.is_in_another_file(topic)? => {
                self.segment = None;
                Step::Reopen
            }
            Checked::Short | Checked::Damaged => Step::Lost(None),
        })
    }

    /// Like [`Position::step_segment`], from the pack.
    fn step_pack(&mut self, topic: &Topic, out: &mut Vec<u8>, room: usize) -> Result<Step, LogError> {
        let Some(pack) = &mut self.pack else { return Ok(Step::Reopen) };
        Ok(match pack.find(self.next)? {
            Found::Record(record) if record.len() > room => Step::Full,
            Found::Record(record) => {
                out.extend_from_slice(record);
                self.next += 1;
                Step::Record
            }
            Found::Beyond => {
                self.pack = None;
                Step::Reopen
            }
            Found::Missing(to) => {
                // While the segment still exists, the pack's writer may be unfinished, or may start over.
                if live_files(topic)?.iter().any(|file| file.is_segment && file.base <= self.next) {
                    self.pack = None;
                    Step::Reopen
                } else {
                    Step::Lost(Some(to))
                }
            }
        })
    }

    fn step(&mut self, len: u64) {
        self.next += 1;
        if let Some(segment) = &mut self.segment {
            segment.at += len;
        }
    }

    fn path(&self, topic: &Topic) -> std::path::PathBuf {
        segment_path(&topic.dir, self.segment.as_ref().map_or(0, |segment| segment.base))
    }

    fn block_offset(&self) -> usize {
        self.segment.as_ref().map_or(0, |segment| segment.at.saturating_sub(self.block_at) as usize)
    }

    /// Checks the record at the current position, reading another block if it is incomplete.
    fn check_here(&mut self) -> io::Result<Checked> {
        let Some(segment) = &self.segment else { return Ok(Checked::Short) };
        let at = segment.at.wrapping_sub(self.block_at) as usize;
        let here = self.block[..self.block_len].get(at..).unwrap_or_default();
        match format::check(here, self.next) {
            Checked::Short => {}
            // The buffered bytes may be an old copy of a tail that was cut and rewritten: read again.
            Checked::Damaged if self.block_at != segment.at => {}
            found => return Ok(found),
        }
        for size in [BLOCK_BYTES, RECORD_BYTES_MAX] {
            // Grows to a record's maximum once a record larger than a block was seen, and never shrinks.
            if self.block.len() < size {
                self.block.resize(size, 0);
            }
            self.block_at = segment.at;
            self.block_len = read_up_to(&segment.file, &mut self.block[..size], segment.at)?;
            let found = format::check(&self.block[..self.block_len], self.next);
            if found != Checked::Short || self.block_len < size {
                return Ok(found);
            }
        }
        Ok(Checked::Damaged)
    }

    /// Opens the segment or pack that holds `next` and moves to it; false if there is none.
    fn seek(&mut self, topic: &Topic) -> Result<bool, LogError> {
        // A listed segment may be a pack by now, or one that was made too late to be listed.
        for _ in 0..SEEK_TRIES {
            let before: Vec<LogFile> =
                live_files(topic)?.into_iter().filter(|file| file.base <= self.next).collect();
            // If both hold it, the segment is the complete one.
            let segment = before.iter().rfind(|file| file.is_segment);
            if let Some(file) = segment.or(before.last())
                && self.open(topic, *file)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Opens a file that holds `next`; false if it no longer exists or is a pack that ends before.
    fn open(&mut self, topic: &Topic, log_file: LogFile) -> Result<bool, LogError> {
        let path = log_file.path(&topic.dir);
        let opened = if log_file.is_segment {
            File::open(&path).map(|file| self.seek_in(topic, log_file.base, file))
        } else {
            let until = next_file_base(topic, log_file.base)?.unwrap_or_else(|| topic.state.visible());
            PackReader::open(path.clone(), until).map(|pack| {
                let has = pack.end().is_some_and(|end| end > self.next);
                self.pack = has.then_some(pack);
                Ok(has)
            })
        };
        match opened {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(LogError::io("open", &path, error)),
        }
    }

    fn seek_in(&mut self, topic: &Topic, base: u64, file: File) -> Result<bool, LogError> {
        let path = segment_path(&topic.dir, base);
        let target = self.next;
        let (mut offset, mut at) = (base, SEGMENT_HEADER as u64);
        // Walk the headers only: CRCs are checked when records are returned.
        let mut block = vec![0; BLOCK_BYTES];
        let (mut block_at, mut got) = (at, 0);
        while offset < target {
            let inside = (at - block_at) as usize;
            if inside + RECORD_HEADER > got {
                block_at = at;
                got =
                    read_up_to(&file, &mut block, at).map_err(|error| LogError::io("read", &path, error))?;
                if got < RECORD_HEADER {
                    break;
                }
                continue;
            }
            let len = format::len_of(&block[inside..]);
            let sound = (RECORD_HEADER..=RECORD_BYTES_MAX).contains(&len)
                && format::offset_of(&block[inside..]) == offset;
            if !sound {
                break;
            }
            (at, offset) = (at + len as u64, offset + 1);
        }
        self.block_len = 0;
        self.segment = Some(Segment { base, file, at });
        if offset < target {
            // Damage before the record, perhaps in a length that led to a wrong position: find the record by
            // its offset.
            self.move_to(SEGMENT_HEADER as u64);
            if let Some(at) = self.find(target).map_err(|error| LogError::io("read", &path, error))? {
                self.move_to(at);
            }
        }
        Ok(true)
    }

    fn move_to(&mut self, at: u64) {
        if let Some(segment) = &mut self.segment {
            segment.at = at;
        }
    }

    /// Searches the rest of the segment for a whole record with offset `target` or later.
    fn find(&mut self, target: u64) -> io::Result<Option<u64>> {
        let Some(segment) = &self.segment else { return Ok(None) };
        let len = segment.file.metadata()?.len().saturating_sub(segment.at) as usize;
        let mut rest = vec![0; len];
        let got = read_up_to(&segment.file, &mut rest, segment.at)?;
        Ok(next_record(&rest[..got], 0, target).map(|found| segment.at + found.at as u64))
    }

    /// Whether the next record, which the open segment does not hold, is in another file: a later segment, or
    /// a pack if the segment no longer exists.
    fn is_in_another_file(&self, topic: &Topic) -> Result<bool, LogError> {
        let Some(segment) = &self.segment else { return Ok(false) };
        let files = live_files(topic)?;
        let is_open = |file: &LogFile| file.is_segment && file.base == segment.base;
        Ok(!files.iter().any(is_open)
            || files.iter().any(|file| file.base > segment.base && file.base <= self.next))
    }

    fn skip_missing(&mut self, topic: &Topic) -> Result<Gap, LogError> {
        let from = self.next;
        let kept = next_file_base(topic, from)?.unwrap_or(from + 1);
        *self = Position::at(kept.max(topic.state.start()).max(from + 1));
        let cause = if topic.state.start() > from { GapCause::Retention } else { GapCause::Damage };
        Ok(Gap { from, to: self.next, cause })
    }

    /// Skips damage up to the next whole record of this segment, or to the next segment.
    fn skip_damage(&mut self, topic: &Topic, visible: u64) -> Result<Gap, LogError> {
        let from = self.next;
        if let Some(segment) = &mut self.segment {
            segment.at += 1;
        }
        let path = self.path(topic);
        let found = self.find(from + 1).map_err(|error| LogError::io("read", &path, error))?;
        let next_file = next_file_base(topic, from)?.unwrap_or(visible);
        let mut to = match (found, &mut self.segment) {
            (Some(at), Some(segment)) => {
                segment.at = at;
                let mut header = [0; RECORD_HEADER];
                segment
                    .file
                    .read_exact_at(&mut header, at)
                    .map_err(|error| LogError::io("read", &path, error))?;
                format::offset_of(&header)
            }
            _ => next_file,
        };
        // This record was put here by hand: records before its offset are in their own file.
        if to >= next_file {
            (to, self.segment) = (next_file, None);
        }
        self.block_len = 0;
        self.next = to;
        Ok(Gap { from, to, cause: GapCause::Damage })
    }
}
