//! The engine's edges: where frames come from and where Envelopes go.

pub mod agent;
pub mod decode;
pub mod latency;
pub mod publish;
pub mod replay;
pub mod tips;
mod told;
