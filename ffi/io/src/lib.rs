//! The engine's edges: where frames come from and where Envelopes go.

pub mod decode;
pub mod log;
pub mod source;
