//! Sources of frames.

pub mod accounts;
pub mod any;
pub mod block;
pub mod capture;
pub mod error;
pub mod file;
pub mod journal;
pub mod owned_account;
mod proto;
mod rpc;
pub mod sim;
mod text;
mod to_frame;
pub mod topic;
pub mod unpack;
mod whole;
mod wire_transaction;
