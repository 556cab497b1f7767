//! The page that all processes of one host share per topic: where the log ends and who waits for it.
//!
//! It is a cache of the segments' content. It outlives a killed process (the kernel keeps the page) but is
//! not trusted after a reboot: [`super::topic`] then rebuilds it from the segments.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use rustix::mm::{MapFlags, ProtFlags};
use rustix::thread::futex;

const PAGE: usize = 4096;
const MAGIC: u64 = u64::from_le_bytes(*b"LGNDST01");

/// Where the next record goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// First offset of the active segment, which names its file.
    pub segment: u64,
    /// Bytes used of the active segment.
    pub bytes: u64,
    /// The next record's offset.
    pub offset: u64,
}

/// A [`Cursor`] in the page.
#[repr(C)]
struct SharedCursor {
    segment: AtomicU64,
    bytes: AtomicU64,
    offset: AtomicU64,
}

#[repr(C)]
struct Shared {
    magic: AtomicU64,
    boot: AtomicU64,
    /// Counts cursor changes; the current cursor is `cursors[generation & 1]`, so that a writer killed
    /// between two stores leaves the old cursor current.
    generation: AtomicU64,
    cursors: [SharedCursor; 2],
    /// Non-zero while a writer is between writing its first byte and moving the cursor.
    writing: AtomicU64,
    /// Bytes of the active segment that the file system has allocated.
    reserved: AtomicU64,
    /// Records below this offset are as durable as their producers asked, and may be read.
    visible: AtomicU64,
    /// The first offset that retention has kept.
    start: AtomicU64,
    /// Non-zero after a failed sync.
    failed: AtomicU64,
    wake: AtomicU32,
    waiters: AtomicU32,
}

/// One topic's shared page, mapped.
pub struct State {
    page: NonNull<Shared>,
}

// SAFETY: the page holds only atomics, and stays mapped until `State` is dropped, on whichever thread that
// happens.
unsafe impl Send for State {}
// SAFETY: threads that share a `State` reach the page only through atomics.
unsafe impl Sync for State {}

impl State {
    /// Maps the page at `path`, made if missing. [`State::is_current`] says whether its content is valid.
    ///
    /// # Errors
    /// Any error of open, write or mmap.
    pub fn open(path: &Path) -> io::Result<State> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        if file.metadata()?.len() < PAGE as u64 {
            // Written, not just extended: a page without disk blocks would raise SIGBUS on a full disk.
            file.write_all_at(&[0; PAGE], 0)?;
        }
        let page = map(&file)?;
        Ok(State { page })
    }

    /// A page private to this process, with the segments' current state.
    ///
    /// # Errors
    /// Any error of mmap.
    pub fn snapshot(cursor: Cursor, start: u64) -> io::Result<State> {
        // SAFETY: the address is null, so the kernel picks a free range and no existing mapping is replaced.
        let address = unsafe {
            rustix::mm::mmap_anonymous(
                std::ptr::null_mut(),
                PAGE,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE,
            )
        }?;
        let page = NonNull::new(address.cast()).ok_or_else(|| io::Error::other("mmap gave address 0"))?;
        let state = State { page };
        state.reset(0, cursor, start);
        Ok(state)
    }

    fn shared(&self) -> &Shared {
        // SAFETY: `page` is mapped, page-aligned and PAGE bytes long until drop; any bit pattern is valid for
        // its atomics.
        unsafe { self.page.as_ref() }
    }

    /// Whether the page was written since this boot.
    pub fn is_current(&self, boot: u64) -> bool {
        self.shared().magic.load(SeqCst) == MAGIC && self.shared().boot.load(SeqCst) == boot
    }

    /// Sets all fields from the segments' state; the caller holds the append lock.
    pub fn reset(&self, boot: u64, cursor: Cursor, start: u64) {
        let shared = self.shared();
        shared.magic.store(0, SeqCst);
        shared.writing.store(0, SeqCst);
        shared.failed.store(0, SeqCst);
        shared.reserved.store(cursor.bytes, SeqCst);
        self.set_cursor(cursor);
        shared.start.store(start, SeqCst);
        shared.visible.store(cursor.offset, SeqCst);
        shared.boot.store(boot, SeqCst);
        shared.magic.store(MAGIC, SeqCst);
    }

    /// The end of the log; stable only under the append lock.
    pub fn cursor(&self) -> Cursor {
        let shared = self.shared();
        loop {
            let generation = shared.generation.load(SeqCst);
            let current = &shared.cursors[(generation & 1) as usize];
            let cursor = Cursor {
                segment: current.segment.load(SeqCst),
                bytes: current.bytes.load(SeqCst),
                offset: current.offset.load(SeqCst),
            };
            if shared.generation.load(SeqCst) == generation {
                return cursor;
            }
        }
    }

    /// Moves the end of the log; the caller holds the append lock.
    pub fn set_cursor(&self, cursor: Cursor) {
        let shared = self.shared();
        let next = shared.generation.load(SeqCst).wrapping_add(1);
        let other = &shared.cursors[(next & 1) as usize];
        other.segment.store(cursor.segment, SeqCst);
        other.bytes.store(cursor.bytes, SeqCst);
        other.offset.store(cursor.offset, SeqCst);
        shared.generation.store(next, SeqCst);
    }

    /// Marks whether there may be bytes after the cursor.
    pub fn set_writing(&self, writing: bool) {
        self.shared().writing.store(u64::from(writing), SeqCst);
    }

    /// Whether a writer died between writing its first byte and moving the cursor.
    pub fn was_writing(&self) -> bool {
        self.shared().writing.load(SeqCst) != 0
    }

    /// Bytes of the active segment whose writes cannot fail for lack of space.
    pub fn reserved(&self) -> u64 {
        self.shared().reserved.load(SeqCst)
    }

    /// See [`State::reserved`]; the caller holds the append lock.
    pub fn set_reserved(&self, bytes: u64) {
        self.shared().reserved.store(bytes, SeqCst);
    }

    /// Records below this offset may be read.
    pub fn visible(&self) -> u64 {
        self.shared().visible.load(SeqCst)
    }

    /// Makes records below `to` readable if all below `from` are; wakes the readers.
    pub fn make_visible_from(&self, from: u64, to: u64) -> bool {
        let shown = self.shared().visible.compare_exchange(from, to, SeqCst, SeqCst).is_ok();
        if shown {
            self.wake_all();
        }
        shown
    }

    /// Makes records below `to` readable; wakes the readers.
    pub fn make_visible(&self, to: u64) {
        if self.shared().visible.fetch_max(to, SeqCst) < to {
            self.wake_all();
        }
    }

    /// The first offset kept.
    pub fn start(&self) -> u64 {
        self.shared().start.load(SeqCst)
    }

    /// Advances the first offset kept.
    pub fn set_start(&self, start: u64) {
        self.shared().start.fetch_max(start, SeqCst);
    }

    /// Whether a sync failed since the last recovery.
    pub fn failed(&self) -> bool {
        self.shared().failed.load(SeqCst) != 0
    }

    /// Refuses all appends until the topic is recovered.
    pub fn set_failed(&self) {
        self.shared().failed.store(1, SeqCst);
    }

    /// Sleeps until a record at `offset` may be readable, or for `timeout`; it may wake early.
    pub fn wait(&self, offset: u64, timeout: Duration) {
        let shared = self.shared();
        shared.waiters.fetch_add(1, SeqCst);
        let seen = shared.wake.load(SeqCst);
        if self.visible() <= offset {
            let limit = futex::Timespec {
                tv_sec: timeout.as_secs().cast_signed(),
                tv_nsec: timeout.subsec_nanos().into(),
            };
            // Woken, timed out, interrupted, or changed before sleeping: the caller checks again in each
            // case.
            let _ = futex::wait(&shared.wake, futex::Flags::empty(), seen, Some(&limit));
        }
        shared.waiters.fetch_sub(1, SeqCst);
    }

    fn wake_all(&self) {
        let shared = self.shared();
        shared.wake.fetch_add(1, SeqCst);
        // A killed waiter leaves the count too high: this costs a needless system call, never a lost wake-up.
        if shared.waiters.load(SeqCst) != 0 {
            let _ = futex::wake(&shared.wake, futex::Flags::empty(), i32::MAX as u32);
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // SAFETY: `page` was mapped with this length, and no reference into it outlives `self`.
        let _ = unsafe { rustix::mm::munmap(self.page.as_ptr().cast(), PAGE) };
    }
}

fn map(file: &File) -> io::Result<NonNull<Shared>> {
    // SAFETY: the address is null, so the kernel picks a free range and no existing mapping is replaced.
    let address = unsafe {
        rustix::mm::mmap(
            std::ptr::null_mut(),
            PAGE,
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::SHARED,
            file,
            0,
        )
    }?;
    NonNull::new(address.cast()).ok_or_else(|| io::Error::other("mmap gave address 0"))
}

/// A number for this boot of this host, so that a page from before a power cut is not trusted.
///
/// # Errors
/// `/proc` is not mounted.
pub fn boot_number() -> io::Result<u64> {
    let id = std::fs::read("/proc/sys/kernel/random/boot_id")?;
    let (low, high) = (crc32c::crc32c(&id), crc32c::crc32c_append(!0, &id));
    Ok(u64::from(low) | u64::from(high) << 32)
}
