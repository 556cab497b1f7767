//! Numbers instead of pointers: JavaScript can never pass a freed or foreign address.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// All open items of one kind.
pub struct Handles<T> {
    open: Mutex<Option<HashMap<u32, Arc<T>>>>,
}

/// A number is never used twice in one process, not even for different kinds.
static NEXT: AtomicU32 = AtomicU32::new(1);

impl<T> Handles<T> {
    pub const fn new() -> Self {
        Handles { open: Mutex::new(None) }
    }

    pub fn insert(&self, item: T) -> i32 {
        let handle = NEXT.fetch_add(1, Relaxed) & i32::MAX as u32;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get_or_insert_default().insert(handle, Arc::new(item));
        handle.cast_signed()
    }

    pub fn get(&self, handle: u32) -> Option<Arc<T>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_ref()?.get(&handle).cloned()
    }

    /// The item stays alive until the calls that use it have returned.
    pub fn remove(&self, handle: u32) -> Option<Arc<T>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_mut()?.remove(&handle)
    }
}
