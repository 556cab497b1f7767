//! The engine: frames in, legs, events and Envelopes out.
//!
//! It has no clock, thread, socket or randomness of its own, so the same frames give the same bytes.
#![forbid(unsafe_code)]

pub mod base58;
pub mod call;
pub mod constant_product;
pub mod decision;
pub mod dex;
pub mod engine;
pub mod envelope;
pub mod features;
mod fields;
pub mod frame;
pub mod gate;
pub mod geyser;
pub mod hop;
pub mod landing;
pub mod legs;
pub mod mint_risks;
pub mod missed;
pub mod policy;
pub mod pools;
pub mod position;
pub mod pubkey;
pub mod seen;
pub mod strategy;
pub mod tips;
pub mod token;
pub mod trade_limits;
pub mod trader;
pub mod withheld;
