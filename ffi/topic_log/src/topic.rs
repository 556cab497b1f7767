//! One topic: its limits, its locks, and opening it after a crash.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::error::LogError;
use super::format::SEGMENT_HEADER;
use super::recover::{self, Recovered};
use super::segment::segment_path;
use super::spin::Spin;
use super::state::{Cursor, State, boot_number};

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

/// A topic of the embedded log. Threads share it by reference; each process opens its own.
pub struct Topic {
    pub(super) dir: PathBuf,
    pub(super) options: TopicOptions,
    pub(super) state: State,
    writer: Mutex<Writer>,
    /// `None`: this process may not write here, and reads what was stored when it opened the topic.
    pub(super) syncer: Mutex<Option<File>>,
    pub(super) spin: Spin,
}

/// What appends use while they hold the lock.
pub(super) struct Writer {
    lock: Option<File>,
    /// The active segment, once it is open.
    pub(super) segment: Option<OpenSegment>,
}

/// A segment that is open for writing.
pub(super) struct OpenSegment {
    /// Its first offset.
    pub(super) base: u64,
    pub(super) file: File,
}

/// Holds the append lock of one topic against threads and processes.
pub(super) struct AppendGuard<'a>(pub(super) MutexGuard<'a, Writer>);

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
        let Recovered { cursor, start } = recover::scan(dir, false)?;
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

    pub(super) fn not_writable(&self) -> LogError {
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
        let Recovered { cursor, start } = recover::scan(&self.dir, true)?;
        self.state.reset(boot, cursor, start);
        Ok(())
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
    pub(super) fn with_append_lock<T>(
        &self,
        call: impl FnOnce(Cursor) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let _guard = self.lock_append()?;
        call(self.state.cursor())
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

    pub(super) fn lock_append(&self) -> Result<AppendGuard<'_>, LogError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = writer.lock.as_ref().ok_or_else(|| self.not_writable())?;
        lock.lock().map_err(|error| LogError::io("lock", &self.dir, error))?;
        Ok(AppendGuard(writer))
    }
}

/// Whether a folder is read-only, because of its disk or this user's permissions.
fn may_not_write(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied)
}
