//! The engine: frames in, legs, events and Envelopes out.
//!
//! It has no clock, thread, socket or randomness of its own, so the same frames give the same bytes.
#![forbid(unsafe_code)]

pub mod dex;
pub mod frame;
pub mod legs;
pub mod pubkey;
pub mod token;
