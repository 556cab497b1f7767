//! The engine's edges: where frames come from and where Envelopes go.

pub mod agent;
pub mod decode;
pub mod log;
pub mod publish;
pub mod source;
