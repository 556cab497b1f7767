//! Where frames come from.

pub mod any;
pub mod block;
pub mod file;
pub mod journal;
mod proto;
mod rpc;
pub mod sim;
mod text;
mod to_frame;
pub mod topic;
pub mod unpack;
mod whole;
mod wire_transaction;
