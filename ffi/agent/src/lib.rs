//! The agent of `legend run agent`: a hot thread that runs a source through the engine, a publisher that
//! builds evidence and writes the log, and the control threads. The hot thread never waits for them, with one
//! exception: on captured files, where nothing may be lost, it waits for a publisher that lags far behind.
//!
//! Replays and decode runs take the same path without threads.

pub mod decode;
mod error;
mod funnel;
mod hot;
pub mod latency;
pub mod lock;
mod model_slots;
pub mod publish;
mod publishing;
pub mod replay;
mod reports;
mod running;
mod shared;
mod status;
mod tidying;
pub mod tips;
mod told;
mod watch;

pub use error::AgentError;
pub use running::{Agent, AgentOptions};
