//! One topic: append under a lock, sync, and opening it after a crash.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{FallocateFlags, fallocate};

use super::error::LogError;
use super::format::{Batch, SEGMENT_HEADER};
use super::recover;
use super::segment::{create_segment, segment_path, segments};
use super::state::{Cursor, State, boot_number};

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

/// Limits of one topic.
#[derive(Clone, Copy, Debug)]
pub struct TopicOptions {
    /// A segment is closed before it grows beyond this; at least one batch fits.
    pub segment_bytes: u64,
    /// Closed segments beyond this total are removed, oldest first.
    pub retention_bytes: u64,
    /// Segments last written longer ago than this are removed.
    pub retention_age: Duration,
}

impl Default for TopicOptions {
    fn default() -> Self {
        TopicOptions {
            segment_bytes: 64 << 20,
            retention_bytes: 10 << 30,
            retention_age: Duration::from_secs(7 * 24 * 3600),
        }
    }
}

/// Disk space is reserved in steps of this many bytes, so that a full disk is detected before a write.
const RESERVE_BYTES: u64 = 4 << 20;
/// Maximum sleep of an idle reader before it checks on its own: a writer that dies between its write and its
/// wake-up call would not wake it.
const IDLE_SLICE: Duration = Duration::from_millis(200);
/// How long a reader waits for another process's sync before it syncs itself.
const SYNC_HELP_AFTER: Duration = Duration::from_millis(50);

/// A topic of the embedded log. Threads share it by reference; each process opens its own.
pub struct Topic {
    pub(super) dir: PathBuf,
    pub(super) options: TopicOptions,
    pub(super) state: State,
    writer: Mutex<Writer>,
    /// `None`: this process may not write here, and reads what was stored when it opened the topic.
    syncer: Mutex<Option<File>>,
    spin: Spin,
}

struct Writer {
    lock: Option<File>,
    segment: Option<(u64, File)>,
}

/// Holds the append lock of one topic against threads and processes.
struct AppendGuard<'a>(MutexGuard<'a, Writer>);

impl Drop for AppendGuard<'_> {
    fn drop(&mut self) {
        // At the latest, the kernel releases the lock with the descriptor.
        let _ = self.0.lock.as_ref().map(File::unlock);
    }
}

impl Topic {
    /// Opens the topic in `dir`, made if `create`, and recovers it if this host was restarted since. On a
    /// read-only disk, or as a user without write permission, it is read as it is and cannot be appended to.
    ///
    /// # Errors
    /// `NotFound` without `create`; `Io` and `NoSpace` with the path.
    pub fn open(dir: &Path, options: TopicOptions, create: bool) -> Result<Topic, LogError> {
        if !dir.is_dir() {
            if !create {
                let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
                return Err(LogError::NoTopic(name));
            }
            let made = crate::disk::make_folder(dir);
            made.map_err(|error| LogError::io("create", dir, error))?;
        }
        let open_lock = |name: &str| {
            let path = dir.join(name);
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path);
            file.map_err(|error| (path, error))
        };
        let refused = |(path, error): (PathBuf, io::Error)| LogError::io("open", &path, error);
        let lock = match open_lock("append.lock") {
            Err((_, error)) if may_not_write(&error) => return Topic::open_to_read(dir, options),
            lock => lock.map_err(refused)?,
        };
        let state_path = dir.join("state");
        // Locked: otherwise two first starts at once could both find no page, and one would clear what the
        // other set.
        lock.lock().map_err(|error| LogError::io("lock", dir, error))?;
        let state = State::open(&state_path).map_err(|error| LogError::io("open", &state_path, error))?;
        lock.unlock().map_err(|error| LogError::io("unlock", dir, error))?;
        let topic = Topic {
            dir: dir.to_path_buf(),
            options,
            state,
            writer: Mutex::new(Writer { lock: Some(lock), segment: None }),
            syncer: Mutex::new(Some(open_lock("sync.lock").map_err(refused)?)),
            spin: Spin::default(),
        };
        topic.recover_if_stale()?;
        // A writer killed before its sync leaves records that count but are not visible. They must become
        // visible before its successor looks up its last sequence number, or it would write them twice.
        let written = topic.state.cursor().offset;
        if topic.state.visible() < written {
            topic.sync(written, false)?;
        }
        Ok(topic)
    }

    fn open_to_read(dir: &Path, options: TopicOptions) -> Result<Topic, LogError> {
        let (cursor, start) = recover::scan(dir, false)?;
        let state = State::snapshot(cursor, start).map_err(|error| LogError::io("read", dir, error))?;
        Ok(Topic {
            dir: dir.to_path_buf(),
            options,
            state,
            writer: Mutex::new(Writer { lock: None, segment: None }),
            syncer: Mutex::new(None),
            spin: Spin::default(),
        })
    }

    fn not_writable(&self) -> LogError {
        LogError::NotWritable(self.dir.clone())
    }

    fn recover_if_stale(&self) -> Result<(), LogError> {
        let boot = boot_number()
            .map_err(|error| LogError::io("read", Path::new("/proc/sys/kernel/random/boot_id"), error))?;
        let _guard = self.lock_append()?;
        let cursor = self.state.cursor();
        let len = fs::metadata(segment_path(&self.dir, cursor.segment)).map(|meta| meta.len());
        let believable =
            self.state.is_current(boot) && !self.state.failed() && len.is_ok_and(|len| len >= cursor.bytes);
        if believable {
            return Ok(());
        }
        let (cursor, start) = recover::scan(&self.dir, true)?;
        self.state.reset(boot, cursor, start);
        Ok(())
    }

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

    /// As [`Topic::append`], unless `gate` closes before the records count.
    ///
    /// # Errors
    /// As [`Topic::append`]; `Closed`: nothing was written.
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
            Durability::None if self.state.show_from(base, end) => {}
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

    fn roll(&self, writer: &mut Writer, old: Cursor) -> Result<Cursor, LogError> {
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

    /// Closes the active segment if no write is pending and `is_due` accepts it; returns the log's cursor.
    pub(super) fn close_active(&self, is_due: impl FnOnce(Cursor) -> bool) -> Result<Cursor, LogError> {
        let mut guard = self.lock_append()?;
        let cursor = self.state.cursor();
        let idle = cursor.bytes > SEGMENT_HEADER as u64
            && !self.state.was_writing()
            && self.state.visible() == cursor.offset;
        if !idle || !is_due(cursor) {
            return Ok(cursor);
        }
        self.open_active(&mut guard.0, cursor)?;
        self.roll(&mut guard.0, cursor)
    }

    /// Runs `call` while appends and removals are blocked.
    pub(super) fn while_still<T>(
        &self,
        call: impl FnOnce(Cursor) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let _guard = self.lock_append()?;
        call(self.state.cursor())
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

    /// Makes everything below `end` durable and visible; one `fdatasync` serves all waiting threads.
    fn sync(&self, end: u64, own: bool) -> Result<(), LogError> {
        let lock = self.syncer.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = lock.as_ref().ok_or_else(|| self.not_writable())?;
        lock.lock().map_err(|error| LogError::io("lock", &self.dir, error))?;
        let result = if self.state.visible() >= end && !own { Ok(()) } else { self.sync_locked(own) };
        let _ = lock.unlock();
        result
    }

    fn sync_locked(&self, own: bool) -> Result<(), LogError> {
        // What the cursor covers was written before this point, so the sync below covers it.
        let cursor = self.state.cursor();
        let path = segment_path(&self.dir, cursor.segment);
        let synced = OpenOptions::new().write(true).open(&path);
        let synced = synced.and_then(|file| if own { file.sync_all() } else { file.sync_data() });
        if let Err(error) = synced {
            let rolled = self.state.cursor().segment != cursor.segment;
            if rolled && error.kind() == io::ErrorKind::NotFound {
                // Closed, hence synced, and removed by retention since the cursor was read above.
                return self.sync_locked(own);
            }
            self.state.set_failed();
            return Err(LogError::io("sync", &path, error));
        }
        self.state.show(cursor.offset);
        Ok(())
    }

    /// Blocks until a record at `offset` is readable or `timeout` has passed; returns whether it is readable.
    pub fn wait(&self, offset: u64, timeout: Duration) -> bool {
        let begin = Instant::now();
        if self.spin.until(|| self.state.visible() > offset) {
            return true;
        }
        let mut slice = Duration::from_millis(1);
        loop {
            if self.state.visible() > offset {
                return true;
            }
            let left = timeout.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return false;
            }
            self.state.wait(offset, slice.min(left));
            let unsynced = self.state.visible() <= offset && self.state.cursor().offset > offset;
            slice = (slice * 2).min(if unsynced { SYNC_HELP_AFTER } else { IDLE_SLICE });
            if unsynced && begin.elapsed() >= SYNC_HELP_AFTER && self.sync(offset + 1, false).is_err() {
                return false;
            }
        }
    }

    /// The first offset kept.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.state.start()
    }

    /// One past the last readable offset.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.state.visible()
    }

    fn lock_append(&self) -> Result<AppendGuard<'_>, LogError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = writer.lock.as_ref().ok_or_else(|| self.not_writable())?;
        lock.lock().map_err(|error| LogError::io("lock", &self.dir, error))?;
        Ok(AppendGuard(writer))
    }

    fn open_active(&self, writer: &mut Writer, cursor: Cursor) -> Result<(), LogError> {
        if writer.segment.as_ref().is_none_or(|(base, _)| *base != cursor.segment) {
            let path = segment_path(&self.dir, cursor.segment);
            let file = OpenOptions::new().write(true).open(&path);
            writer.segment =
                Some((cursor.segment, file.map_err(|error| LogError::io("open", &path, error))?));
        }
        Ok(())
    }

    fn with_segment(
        &self,
        writer: &Writer,
        action: &'static str,
        call: impl FnOnce(&File) -> io::Result<()>,
    ) -> Result<(), LogError> {
        let Some((base, file)) = &writer.segment else {
            unreachable!("open_active comes first");
        };
        call(file).map_err(|error| LogError::io(action, &segment_path(&self.dir, *base), error))
    }
}

/// Spins briefly before sleeping, but only where that paid off recently: waking a sleeper on another core
/// costs tens of microseconds, an exchange between two processes far less.
struct Spin {
    budget_ns: AtomicU64,
    skipped: AtomicU64,
}

const SPIN_MAX_NS: u64 = 50_000;
/// Below this the spin budget counts as used up.
const SPIN_MIN_NS: u64 = 2_000;
/// A waiter that stopped spinning tries again once in this many waits.
const SPIN_RETRY: u64 = 64;

impl Default for Spin {
    fn default() -> Self {
        Spin { budget_ns: AtomicU64::new(SPIN_MAX_NS), skipped: AtomicU64::new(0) }
    }
}

impl Spin {
    fn until(&self, done: impl Fn() -> bool) -> bool {
        let mut budget = self.budget_ns.load(Relaxed);
        if budget < SPIN_MIN_NS {
            if !self.skipped.fetch_add(1, Relaxed).is_multiple_of(SPIN_RETRY) {
                return false;
            }
            budget = SPIN_MAX_NS / 2;
        }
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_nanos(budget) {
            for _ in 0..32 {
                if done() {
                    self.budget_ns.store((budget * 2).min(SPIN_MAX_NS), Relaxed);
                    return true;
                }
                std::hint::spin_loop();
            }
        }
        self.budget_ns.store(budget / 2, Relaxed);
        false
    }
}

/// Whether a folder is read-only, because of its disk or this user's permissions.
fn may_not_write(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied)
}
