//! The C boundary of `liblegend.so`, opened only by `ffi/library.ts`.
//!
//! Every function that can fail takes `out, out_len` as its last parameters. It returns a value >= 0, or a
//! negative [`failure::Status`] with one line of UTF-8 in `out` as `[len u32 LE][text]`. Buffers belong to the caller
//! and are not kept. A panic is caught and becomes [`failure::Status::Panicked`].

mod agent;
mod buffers;
mod cluster;
mod door;
mod failure;
mod handles;
mod link;
mod log;
mod model;
mod ndjson;
mod process;
mod reader;
mod registry;
mod sink;
mod store;
mod topic;
mod trainer;
mod version;

pub use version::ABI_VERSION;

/// The [`ABI_VERSION`] of this library.
#[unsafe(no_mangle)]
pub extern "C" fn legend_abi_version() -> u32 {
    ABI_VERSION
}
