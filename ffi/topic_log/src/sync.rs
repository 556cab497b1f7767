//! Making records durable, and waiting for them.

use std::fs::OpenOptions;
use std::io;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::error::LogError;
use super::segment::segment_path;
use super::topic::Topic;

/// Maximum sleep of an idle reader before it checks on its own: a writer that dies between its write and its
/// wake-up call would not wake it.
const IDLE_SLICE: Duration = Duration::from_millis(200);
/// How long a reader waits for another process's sync before it syncs itself.
const SYNC_HELP_AFTER: Duration = Duration::from_millis(50);

impl Topic {
    /// Makes everything below `end` durable and visible; one `fdatasync` serves all waiting threads.
    pub(super) fn sync(&self, end: u64, own: bool) -> Result<(), LogError> {
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
        self.state.make_visible(cursor.offset);
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
}
