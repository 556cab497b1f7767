//! Sources of frames.

pub mod accounts;
pub mod block;
pub mod capture;
pub mod error;
pub mod file;
pub mod journal;
mod one_pass;
pub mod owned_account;
mod proto;
mod rpc;
pub mod sim;
pub mod source;
mod text;
mod to_frame;
pub mod topic;
pub mod unpack;
mod wire_transaction;
