//! Periodic maintenance of a topic: closed segments become packs, and what exceeds age or size is removed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::error::LogError;
use super::format::{self, Located, SEGMENT_HEADER, next_record};
use super::log_files::{LogFile, log_files};
use super::names::RETENTION_HOLD_GROUP;
use super::pack::{BLOCK_BYTES, PackWriter, is_damaged};
use super::segment::{read_up_to, segment_path};
use super::topic::Topic;
use super::version::allow_packs;

/// Files up to the active segment: a writer killed while making the next one leaves an empty segment.
pub(super) fn live_files(topic: &Topic) -> Result<Vec<LogFile>, LogError> {
    let active = topic.state.cursor().segment;
    let mut files = log_files(&topic.dir)?;
    files.retain(|file| file.base <= active);
    Ok(files)
}

/// The first offset of the first file after `from`.
pub(super) fn next_file_base(topic: &Topic, from: u64) -> Result<Option<u64>, LogError> {
    Ok(live_files(topic)?.into_iter().map(|file| file.base).find(|&base| base > from))
}

impl Topic {
    /// Packs what was written since the last call, if it is enough for a block, and removes what retention no
    /// longer keeps. For processes that append much; another process may append and tidy at the same time.
    ///
    /// # Errors
    /// A file cannot be read, written or removed. The records are then still in place, or packed.
    pub fn tidy(&self) -> Result<(), LogError> {
        let path = self.dir.join("pack.lock");
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options.open(&path).map_err(|error| LogError::io("open", &path, error))?;
        match lock.try_lock() {
            // Another process is doing it right now.
            Err(fs::TryLockError::WouldBlock) => return Ok(()),
            Err(fs::TryLockError::Error(error)) => return Err(LogError::io("lock", &path, error)),
            Ok(()) => {}
        }
        let active =
            self.close_active(|cursor| cursor.bytes >= (SEGMENT_HEADER + BLOCK_BYTES) as u64)?.segment;
        let segments: Vec<u64> = log_files(&self.dir)?
            .into_iter()
            .filter(|file| file.is_segment && file.base <= active)
            .map(|file| file.base)
            .collect();
        for pair in segments.windows(2) {
            self.pack(pair[0], pair[1])?;
        }
        self.enforce_retention().map(|_| ())
    }

    /// Moves the records of a closed segment into a pack; `next` is the first offset of the segment after it.
    fn pack(&self, base: u64, next: u64) -> Result<(), LogError> {
        allow_packs(&self.dir)?;
        let path = segment_path(&self.dir, base);
        let bytes = match fs::read(&path) {
            // Retention removed it first.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            read => read.map_err(|error| LogError::io("read", &path, error))?,
        };
        let newest = log_files(&self.dir)?.into_iter().rfind(|file| !file.is_segment && file.base <= base);
        let mut pack = PackWriter::open(&self.dir, newest.map_or(base, |file| file.base), base)?;
        if pack.len() >= self.options.segment_bytes && pack.base() < base {
            pack = PackWriter::open(&self.dir, base, base)?;
        }
        let (mut plain, mut first) = (Vec::new(), base);
        let (mut at, mut offset) = (SEGMENT_HEADER, base);
        while let Some(Located { at: found, len }) = next_record(&bytes, at, offset) {
            offset = format::offset_of(&bytes[found..]);
            if offset >= next {
                break;
            }
            // The rest of a segment joins its last block.
            if plain.len() >= BLOCK_BYTES && bytes.len() - found >= BLOCK_BYTES {
                pack.append(&plain, first, offset)?;
                first = offset;
                plain.clear();
            }
            plain.extend_from_slice(&bytes[found..found + len]);
            (at, offset) = (found + len, offset + 1);
        }
        pack.append(&plain, first, next)?;
        pack.sync()?;
        self.with_append_lock(|_| match pack.exists().then(|| fs::remove_file(&path)) {
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => {
                Err(LogError::io("remove", &path, error))
            }
            // Retention removed the segment, or the pack: then the segment is packed next time.
            _ => Ok(()),
        })
    }

    /// Removes closed files that are too old or exceed the size limit; returns how many records were removed.
    ///
    /// # Errors
    /// The folder cannot be read or a file not removed.
    pub fn enforce_retention(&self) -> Result<u64, LogError> {
        let before = self.state.start();
        self.close_active(|cursor| {
            age(&segment_path(&self.dir, cursor.segment)) > self.options.retention_age
        })?;
        self.with_append_lock(|active| self.drop_expired(active.segment))?;
        Ok(self.state.start() - before)
    }

    /// Like [`Topic::enforce_retention`], for files before the active segment; the caller holds the append
    /// lock.
    pub(super) fn drop_expired(&self, active: u64) -> Result<(), LogError> {
        let files = log_files(&self.dir)?;
        let len = |file: LogFile| fs::metadata(file.path(&self.dir)).map_or(0, |meta| meta.len());
        let mut total: u64 = files.iter().map(|&file| len(file)).sum();
        for pair in files.windows(2) {
            let (file, next) = (pair[0], pair[1].base);
            let path = file.path(&self.dir);
            let due = total > self.options.retention_bytes || age(&path) > self.options.retention_age;
            if !due || (file.is_segment && file.base >= active) || self.is_held(next)? {
                break;
            }
            total -= len(file);
            self.state.set_start(next);
            fs::remove_file(&path).map_err(|error| LogError::io("remove", &path, error))?;
        }
        Ok(())
    }

    /// Whether the link still needs records before `end`, in a topic that must not lose unsent records.
    fn is_held(&self, end: u64) -> Result<bool, LogError> {
        let name = self.dir.file_name().unwrap_or_default().to_string_lossy();
        if wire::topics::DROPPABLE.contains(&&*name) {
            return Ok(false);
        }
        Ok(self.committed(RETENTION_HOLD_GROUP)?.is_some_and(|committed| committed.offset < end))
    }

    /// Segments and packs whose header differs from what was written, in at least one bit. Their records are
    /// still read: each has its own checksum, and reading them does not use the file's header.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn damaged_headers(&self) -> Result<Vec<PathBuf>, LogError> {
        let mut damaged = Vec::new();
        for file in live_files(self)? {
            let path = file.path(&self.dir);
            let damage = if file.is_segment {
                let mut header = [0; SEGMENT_HEADER];
                let read = File::open(&path).and_then(|file| read_up_to(&file, &mut header, 0));
                read.map(|len| !format::is_segment_header(&header[..len], file.base))
            } else {
                let until = next_file_base(self, file.base)?.unwrap_or(u64::MAX);
                is_damaged(&path, file.base, until)
            };
            match damage {
                Ok(true) => damaged.push(path),
                Ok(false) => {}
                // Retention removed it first, or it is packed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(LogError::io("read", &path, error)),
            }
        }
        Ok(damaged)
    }

    /// Size on disk of all segments and packs, in bytes.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn bytes(&self) -> Result<u64, LogError> {
        let len = |file: LogFile| fs::metadata(file.path(&self.dir)).map_or(0, |meta| meta.len());
        Ok(log_files(&self.dir)?.into_iter().map(len).sum())
    }
}

fn age(path: &Path) -> Duration {
    let modified = fs::metadata(path).and_then(|meta| meta.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    SystemTime::now().duration_since(modified).unwrap_or_default()
}
