//! Arithmetic of pools: a market is read from accounts and says, to the unit, what its program would pay now, or
//! why it would refuse. No clock, no allocation in a quote, no floating point in an amount.
//!
//! Each DEX is one file and one row of [`any`].

#![forbid(unsafe_code)]

mod account;
mod address;
pub mod any;
mod market;
pub mod meteora_damm_v1;
pub mod meteora_damm_v2;
pub mod meteora_dbc;
pub mod meteora_dlmm;
pub mod orca_whirlpool;
pub mod program_address;
mod pump_fees;
pub mod pump_fun;
pub mod pump_swap;
mod quote;
pub mod raydium_amm_v4;
pub mod raydium_clmm;
pub mod raydium_cpmm;
pub mod raydium_launchlab;
pub mod schedule;
pub mod segment;
mod ticks;
mod token;
pub mod volatility;
pub mod wide;

pub use account::{Account, Accounts};
pub use address::Address;
pub use market::Market;
pub use quote::{Now, Quote, Refusal, Side};
pub use token::{Mint, TransferFee};
