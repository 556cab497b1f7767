//! Where frames come from.

mod base58;
pub mod file;
pub mod journal;
mod proto;
mod rpc;
mod to_frame;
mod wire_transaction;
