//! Control: signed commands in, policy applied, signed receipts out. A kill works even without the log, the
//! API and the disk, and it latches.

pub mod agent_process;
mod answer;
pub mod client;
pub mod command;
mod error;
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

pub use error::{ControlError, Refusal};
