//! Addresses of accounts and programs.

/// A 32-byte Solana address.
pub type Address = [u8; 32];
