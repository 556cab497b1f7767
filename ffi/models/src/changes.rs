//! Notifications of the kernel that something in a folder changed.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify;

/// Changes in one folder.
pub(super) struct Changes(OwnedFd);

impl Changes {
    /// `None` where the folder cannot be watched.
    pub(super) fn of(folder: &Path) -> Option<Changes> {
        let notify = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK).ok()?;
        let changes = inotify::WatchFlags::CREATE
            | inotify::WatchFlags::MOVED_TO
            | inotify::WatchFlags::DELETE
            | inotify::WatchFlags::CLOSE_WRITE;
        inotify::add_watch(&notify, folder, changes).ok()?;
        Some(Changes(notify))
    }

    /// Whether anything changed within the time; what changed does not matter.
    pub(super) fn wait(&self, limit: Duration) -> bool {
        let mut fds = [PollFd::new(&self.0, PollFlags::IN)];
        let limit = Timespec { tv_sec: 0, tv_nsec: limit.subsec_nanos().into() };
        if !poll(&mut fds, Some(&limit)).is_ok_and(|ready| ready > 0) {
            return false;
        }
        let mut events = [0_u8; 4_096];
        while rustix::io::read(self.0.as_fd(), &mut events).is_ok_and(|read| read > 0) {}
        true
    }
}
