//! Written by `deno task gen` from the exports of this crate.

/// The boundary's number: `ffi/library.ts` refuses a library of another one.
pub const ABI_VERSION: u32 = 0x1a46_5344;
