//! The agent of `legend run agent`: a decision loop that runs a source through the engine, a publisher that
//! builds evidence and writes the log, and the control threads. The decision loop never waits for them, with one
//! exception: on captured files, where nothing may be lost, it waits for a publisher that lags far behind.
//!
//! Replays and decode runs take the same path without threads.

mod agent;
mod control_loop;
mod counters_json;
mod decision_loop;
pub mod decode;
mod error;
mod funnel;
pub mod latency;
pub mod lock;
mod model_slots;
mod options;
pub mod publisher;
mod publisher_thread;
pub mod quote;
pub mod replay;
mod reports;
mod shared;
mod status;
mod tidy_thread;
pub mod tips;

pub use agent::Agent;
pub use error::AgentError;
pub use options::AgentOptions;
