//! The doorkeeper's limits.

use std::net::IpAddr;

use serde::Deserialize;

/// The limits, as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoorOptions {
    /// The port that the API listens on.
    pub port: u16,
    /// Maximum connections in total.
    pub connections_max: usize,
    /// Maximum connections per address.
    pub per_address_max: usize,
    /// Descriptors that connections must leave free for everything else.
    pub descriptors_kept: usize,
    /// Milliseconds from the first byte of a request, or from the connection, until a handler must have it.
    pub request_ms: u64,
    /// Milliseconds that a connection may stay without a request.
    pub idle_ms: u64,
    /// Addresses that many people share: trusted proxies.
    pub shared: Vec<SharedNetwork>,
}

/// Addresses that many people share; in JSON `[address, bits]`.
#[derive(Deserialize)]
#[serde(from = "(IpAddr, u8)")]
pub struct SharedNetwork {
    /// One of them.
    pub address: IpAddr,
    /// How many of its first bits they share.
    pub bits: u8,
}

impl From<(IpAddr, u8)> for SharedNetwork {
    fn from((address, bits): (IpAddr, u8)) -> Self {
        SharedNetwork { address, bits }
    }
}
