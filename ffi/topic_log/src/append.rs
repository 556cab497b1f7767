//! Appending: one write under the topic's lock, into space that was reserved before.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;

use rustix::fs::{FallocateFlags, fallocate};

use super::error::LogError;
use super::format::{Batch, SEGMENT_HEADER};
use super::segment::{create_segment, segment_path, segments};
use super::state::Cursor;
use super::topic::{OpenSegment, Topic, Writer};

/// When a record counts as stored and thus may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// In the kernel's memory: survives a killed process, not a power cut.
    None,
    /// On disk, by one `fdatasync` shared by all that wait at that moment.
    Group,
    /// On disk, by a separate `fsync`.
    Fsync,
}

/// Can forbid a write until the moment it is on the log.
pub trait Gate {
    /// Called under the lock, right before the write; `false`: nothing is written. After `true`, `leave`
    /// follows.
    fn enter(&self) -> bool;
    /// Called when the bytes are written but do not count yet; `false`: they are removed again.
    fn is_open(&self) -> bool;
    /// Called when the records count, or were removed again.
    fn leave(&self);
}

/// Disk space is reserved in steps of this many bytes, so that a full disk is detected before a write.
const RESERVE_BYTES: u64 = 4 << 20;

impl Topic {
    /// Appends `batch`, at least one record, and returns the first offset.
    ///
    /// Offsets are dense and consecutive within the batch. On return the records are stored as `durability`
    /// says and can be read.
    ///
    /// # Errors
    /// `NoSpace`: nothing was written. `Invalid`: a length is wrong. `Failed`: an earlier sync failed.
    pub fn append(&self, batch: &mut Batch, durability: Durability) -> Result<u64, LogError> {
        self.append_through(None, batch, durability)
    }

    /// Like [`Topic::append`], unless `gate` closes before the records count.
    ///
    /// # Errors
    /// Like [`Topic::append`]; `Closed`: nothing was written.
    pub fn append_through(
        &self,
        gate: Option<&dyn Gate>,
        batch: &mut Batch,
        durability: Durability,
    ) -> Result<u64, LogError> {
        let records = batch.records();
        if records == 0 {
            return Err(LogError::EmptyBatch);
        }
        let base = {
            let mut guard = self.lock_append()?;
            self.write_batch(&mut guard.0, batch, gate)?
        };
        let end = base + records;
        match durability {
            Durability::None if self.state.make_visible_from(base, end) => {}
            // Earlier records still wait for the disk: offsets become visible in order, so wait with them.
            Durability::None | Durability::Group => self.sync(end, false)?,
            Durability::Fsync => self.sync(end, true)?,
        }
        Ok(base)
    }

    fn write_batch(
        &self,
        writer: &mut Writer,
        batch: &mut Batch,
        gate: Option<&dyn Gate>,
    ) -> Result<u64, LogError> {
        if self.state.failed() {
            return Err(LogError::SyncFailed(self.dir.clone()));
        }
        let mut cursor = self.state.cursor();
        let torn = self.state.was_writing();
        self.open_active(writer, cursor)?;
        if torn {
            // The previous writer died between writing its first byte and moving the cursor.
            self.with_segment(writer, "cut the torn tail of", |file| file.set_len(cursor.bytes))?;
            self.state.set_reserved(cursor.bytes);
            self.state.set_writing(false);
        }
        let full = cursor.bytes + batch.bytes().len() as u64 > self.options.segment_bytes;
        if full && cursor.bytes > SEGMENT_HEADER as u64 {
            cursor = self.roll(writer, cursor)?;
        }
        let end = cursor.bytes + batch.bytes().len() as u64;
        self.reserve(writer, end)?;
        batch.seal(cursor.offset);
        if gate.is_some_and(|gate| !gate.enter()) {
            return Err(self.closed());
        }
        self.state.set_writing(true);
        let mut written =
            self.with_segment(writer, "write", |file| file.write_all_at(batch.bytes(), cursor.bytes));
        if written.is_ok() && gate.is_some_and(|gate| !gate.is_open()) {
            written = Err(self.closed());
        }
        if written.is_ok() {
            let offset = cursor.offset + batch.records();
            self.state.set_cursor(Cursor { bytes: end, offset, ..cursor });
            self.state.set_writing(false);
        } else {
            let cut = self.with_segment(writer, "cut", |file| file.set_len(cursor.bytes));
            self.state.set_reserved(cursor.bytes);
            // If the cut fails too, `writing` stays set and the next writer cuts.
            self.state.set_writing(cut.is_err());
        }
        if let Some(gate) = gate {
            gate.leave();
        }
        written.map(|()| cursor.offset)
    }

    fn closed(&self) -> LogError {
        LogError::GateClosed(self.dir.clone())
    }

    /// Reserves disk space up to `end` bytes of the active segment; a full disk is reported here.
    fn reserve(&self, writer: &mut Writer, end: u64) -> Result<(), LogError> {
        let have = self.state.reserved();
        if end <= have {
            return Ok(());
        }
        let ahead = (end + RESERVE_BYTES).min(self.options.segment_bytes.max(end));
        for target in [ahead, end] {
            let claimed = self.with_segment(writer, "reserve space in", |file| {
                match fallocate(file, FallocateFlags::KEEP_SIZE, have, target - have) {
                    // A file system without fallocate reports a full disk on the write; the tail is then cut.
                    Err(rustix::io::Errno::OPNOTSUPP) => Ok(()),
                    result => result.map_err(io::Error::from),
                }
            });
            match claimed {
                Ok(()) => {
                    self.state.set_reserved(target);
                    return Ok(());
                }
                Err(error) if target == end => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }

    pub(super) fn roll(&self, writer: &mut Writer, old: Cursor) -> Result<Cursor, LogError> {
        // Later syncs reach only the new segment, so the old one is synced first.
        self.with_segment(writer, "sync", File::sync_data).inspect_err(|_| self.state.set_failed())?;
        self.with_segment(writer, "trim", |file| file.set_len(old.bytes))?;
        self.drop_unused(old.segment)?;
        create_segment(&self.dir, old.offset)?;
        let cursor = Cursor { segment: old.offset, bytes: SEGMENT_HEADER as u64, offset: old.offset };
        self.state.set_cursor(cursor);
        self.state.set_reserved(cursor.bytes);
        self.open_active(writer, cursor)?;
        self.drop_expired(cursor.segment)?;
        Ok(cursor)
    }

    /// Removes segments after the active one: a writer was killed between making one and using it. If its
    /// successor continued in the previous segment, readers would look in the unused one for records that are
    /// not there.
    fn drop_unused(&self, active: u64) -> Result<(), LogError> {
        for base in segments(&self.dir)?.into_iter().filter(|&base| base > active) {
            let path = segment_path(&self.dir, base);
            fs::remove_file(&path).map_err(|error| LogError::io("remove", &path, error))?;
        }
        Ok(())
    }

    pub(super) fn open_active(&self, writer: &mut Writer, cursor: Cursor) -> Result<(), LogError> {
        if writer.segment.as_ref().is_none_or(|open| open.base != cursor.segment) {
            let path = segment_path(&self.dir, cursor.segment);
            let file = OpenOptions::new().write(true).open(&path);
            let file = file.map_err(|error| LogError::io("open", &path, error))?;
            writer.segment = Some(OpenSegment { base: cursor.segment, file });
        }
        Ok(())
    }

    fn with_segment(
        &self,
        writer: &Writer,
        action: &'static str,
        call: impl FnOnce(&File) -> io::Result<()>,
    ) -> Result<(), LogError> {
        let Some(OpenSegment { base, file }) = &writer.segment else {
            unreachable!("open_active comes first");
        };
        call(file).map_err(|error| LogError::io(action, &segment_path(&self.dir, *base), error))
    }
}
