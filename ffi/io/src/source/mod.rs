//! Where frames come from.

pub mod file;
mod proto;
mod rpc;
mod to_frame;
mod wire_transaction;
