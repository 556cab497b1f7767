//! Shared objects for x86-64 (System V ABI): writing one without a linker, and finding what another one holds.

mod numbers;
mod read;
mod write;

pub(crate) use read::Reader;
pub(crate) use write::{Content, Layout, Pointer, Section, Symbol, write};
