//! The messages of `proto/`, as prost types. Everything under `gen/`, `names.rs`, `store.rs` and `topics.rs` are written by `deno task gen`.
#![forbid(unsafe_code)]

/// What agents publish (`proto/realtime.proto`).
#[allow(clippy::all, clippy::pedantic)]
pub mod realtime {
    include!("gen/realtime.rs");
}

/// Orders to the agents (`proto/control.proto`).
#[allow(clippy::all, clippy::pedantic)]
pub mod control {
    include!("gen/control.rs");
}

/// Jobs, receipts, model events, control state (`proto/jobs.proto`).
#[allow(clippy::all, clippy::pedantic)]
pub mod jobs {
    include!("gen/jobs.rs");
}

pub mod hex;
pub mod names;
pub mod store;
pub mod topics;
pub mod varint;

pub use prost;

#[cfg(test)]
mod golden_test;
