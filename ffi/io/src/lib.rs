//! The engine's edges: where frames come from and where Envelopes go.

pub mod accounts;
pub mod agent;
pub mod clock;
pub mod control;
pub mod decode;
mod disk;
pub mod door;
#[cfg(feature = "kafka")]
pub mod kafka;
#[cfg(not(feature = "kafka"))]
#[path = "kafka_left_out.rs"]
pub mod kafka;
pub mod latency;
pub mod limits;
pub mod log;
pub mod models;
pub mod publish;
pub mod replay;
pub mod sink;
pub mod source;
mod stderr;
pub mod tips;
mod told;
pub mod trainer;
