//! What the doorkeeper goes by.

use serde::Deserialize;

/// The rules, as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoorOptions {
    /// The port that the API listens on.
    pub port: u16,
    /// Connections in all.
    pub connections_max: usize,
    /// Connections of one address.
    pub per_address_max: usize,
    /// Descriptors that connections must leave to everything else.
    pub descriptors_kept: usize,
    /// Milliseconds from the first byte of a request, or from the connection, until a handler has it.
    pub request_ms: u64,
    /// Milliseconds that a connection may be without a request.
    pub idle_ms: u64,
    /// Addresses that many people share, with the bits that count: trusted proxies.
    pub shared: Vec<(std::net::IpAddr, u8)>,
}
