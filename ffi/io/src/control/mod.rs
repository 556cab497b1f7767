//! Control: signed commands in, policy applied, signed receipts out. A kill works with the log, the API and
//! the disk gone, and latches.

pub mod agent_process;
pub mod client;
pub mod command;
pub mod gates;
pub mod keys;
mod kill;
pub mod latch;
pub mod live;
pub mod names;
pub mod server;
pub mod state;
mod talk;
pub mod voice;
pub mod wanted;
pub mod window;

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
#[must_use]
pub fn now_ms() -> u64 {
    now_ns() / 1_000_000
}

/// Nanoseconds since 1970.
#[must_use]
pub fn now_ns() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}
