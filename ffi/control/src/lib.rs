//! Control: signed commands in, policy applied, signed receipts out. A kill works even without the log, the
//! API and the disk, and it latches.

mod adopt;
pub mod agent_control;
pub mod agent_process;
pub mod agent_signer;
pub mod client;
pub mod command;
mod delivery;
pub mod desired_state;
mod error;
pub mod keys;
mod kill;
pub mod latch;
pub mod live_policy;
pub mod names;
mod obey;
pub mod replay_window;
pub mod signed;
mod socket_client;
pub mod socket_server;
pub mod state;
pub mod stored_gates;

pub use error::{ControlError, Refusal};
