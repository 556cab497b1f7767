//! Numbers instead of pointers: JavaScript can never pass a freed or foreign address.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::failure::Failure;

/// All open items of one kind.
pub struct Handles<T> {
    /// What a failure calls an item.
    what: &'static str,
    open: Mutex<Option<HashMap<u32, Arc<T>>>>,
}

/// A number is never used twice in one process, not even for different kinds.
static NEXT: AtomicU32 = AtomicU32::new(1);

impl<T> Handles<T> {
    pub const fn new(what: &'static str) -> Self {
        Handles { what, open: Mutex::new(None) }
    }

    pub fn insert(&self, item: T) -> i32 {
        let handle = NEXT.fetch_add(1, Relaxed) & i32::MAX as u32;
        let mut open = locked(&self.open);
        open.get_or_insert_default().insert(handle, Arc::new(item));
        handle.cast_signed()
    }

    pub fn get(&self, handle: u32) -> Result<Arc<T>, Failure> {
        let open = locked(&self.open);
        open.as_ref().and_then(|open| open.get(&handle)).cloned().ok_or_else(|| Failure::closed(self.what))
    }

    /// The item stays alive until the calls that use it have returned.
    pub fn remove(&self, handle: u32) -> Option<Arc<T>> {
        let mut open = locked(&self.open);
        open.as_mut()?.remove(&handle)
    }
}

/// The content of a mutex, also after a call that panicked while it held it.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
