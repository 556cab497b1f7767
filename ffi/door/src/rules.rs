//! Which connections are closed, and why: takes counters and times, returns verdicts.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::options::{DoorOptions, SharedNetwork};

/// Bytes that a stream's client may send in a burst: pongs, a close frame, short messages.
const STREAM_BYTES: u64 = 8 << 10;
/// Bytes per second after that: a pong has six bytes, and two are sent per minute.
const STREAM_BYTES_PER_SECOND: f64 = 16.0;

/// The kernel's counters of one connection.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct SocketCounters {
    /// Bytes sent by the client.
    pub received: u64,
    /// Bytes acknowledged by the client.
    pub confirmed: u64,
    /// Whether data is still in flight to the client.
    pub sending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phase {
    /// A request is being sent, or none has come since the connection was made.
    Requesting { since: Instant },
    /// A handler has the request.
    InHandler { since: Instant },
    /// Answered; the next request has not begun.
    Idle { since: Instant },
    /// A stream to the client; `allowed`: bytes that the client may still send.
    Stream { since: Instant, allowed: f64 },
}

#[derive(Debug)]
pub struct Connection {
    pub phase: Phase,
    last: SocketCounters,
    updated: Instant,
}

impl Connection {
    pub fn new(now: Instant, counters: SocketCounters) -> Self {
        // Bytes sent before the first check count as part of the first request.
        Connection { phase: Phase::Requesting { since: now }, last: counters, updated: now }
    }

    /// Records the kernel's current counters.
    pub fn step(&mut self, now: Instant, counters: SocketCounters) {
        let answered = counters.confirmed != self.last.confirmed;
        let sent = counters.received - self.last.received.min(counters.received);
        match &mut self.phase {
            Phase::Stream { allowed, .. } => {
                let seconds = (now - self.updated).as_secs_f64();
                *allowed =
                    (*allowed + seconds * STREAM_BYTES_PER_SECOND).min(STREAM_BYTES as f64) - sent as f64;
            }
            Phase::InHandler { .. } => {}
            phase if answered => *phase = Phase::Idle { since: now },
            phase @ Phase::Idle { .. } if sent > 0 => *phase = Phase::Requesting { since: now },
            Phase::Requesting { .. } | Phase::Idle { .. } => {}
        }
        (self.last, self.updated) = (counters, now);
    }

    /// Turns the connection into a stream, with its allowance.
    pub fn become_stream(&mut self, now: Instant, counters: SocketCounters) {
        if !matches!(self.phase, Phase::Stream { .. }) {
            self.phase = Phase::Stream { since: now, allowed: STREAM_BYTES as f64 };
            self.last = counters;
        }
    }

    /// The lowest is closed first: still sending a request, then idle, then streams, and last those inside a
    /// handler.
    fn priority(&self) -> (u8, Instant) {
        match self.phase {
            Phase::Requesting { since } => (0, since),
            Phase::Idle { since } => (1, since),
            Phase::Stream { since, .. } => (2, since),
            Phase::InHandler { since } => (3, since),
        }
    }
}

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its request did not arrive in time.
    Late,
    /// It sent no request.
    Idle,
    /// A stream's client sent more than allowed.
    TooMuchData,
    /// There were too many connections.
    Surplus,
}

/// Connections closed since the start, by reason.
#[derive(Serialize, Clone, Copy, Default, Debug)]
pub struct ShutCounters {
    /// A request did not arrive in time.
    pub late: u64,
    /// No request was sent.
    pub idle: u64,
    /// A stream's client sent more than allowed.
    pub talks: u64,
    /// There were too many connections.
    pub surplus: u64,
}

impl ShutCounters {
    pub fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Late => &mut self.late,
            Verdict::Idle => &mut self.idle,
            Verdict::TooMuchData => &mut self.talks,
            Verdict::Surplus => &mut self.surplus,
        } += 1;
    }
}

/// All connections to close now. `is_fresh`: it is known which are inside a handler.
pub fn judge(
    options: &DoorOptions,
    known: &HashMap<SocketAddr, Connection>,
    connections_max: usize,
    is_fresh: bool,
    now: Instant,
) -> Vec<(SocketAddr, Verdict)> {
    let mut verdicts: HashMap<SocketAddr, Verdict> = HashMap::new();
    for (peer, connection) in known {
        if let Some(verdict) = verdict_of(options, connection, is_fresh, now) {
            verdicts.insert(*peer, verdict);
        }
    }
    let mut by_address: HashMap<(bool, IpAddr), Vec<SocketAddr>> = HashMap::new();
    for peer in known.keys().filter(|peer| !verdicts.contains_key(peer)) {
        // A neighbour in a proxy's network is not the proxy.
        let is_shared = is_shared(options, peer.ip());
        let place = if is_shared { peer.ip() } else { network_of(peer.ip()) };
        by_address.entry((is_shared, place)).or_default().push(*peer);
    }
    let mut total: usize = by_address.values().map(Vec::len).sum();
    for ((is_shared, _), peers) in &mut by_address {
        // The most valuable connections come first, so the last one is closed.
        peers.sort_by_key(|peer| std::cmp::Reverse(known.get(peer).map(Connection::priority)));
        let bound = if *is_shared { usize::MAX } else { options.per_address_max };
        while peers.len() > bound {
            let Some(peer) = peers.pop() else { break };
            verdicts.insert(peer, Verdict::Surplus);
            total -= 1;
        }
    }
    while total > connections_max {
        let Some(most) = by_address.values_mut().max_by_key(|peers| peers.len()) else { break };
        let Some(peer) = most.pop() else { break };
        verdicts.insert(peer, Verdict::Surplus);
        total -= 1;
    }
    verdicts.into_iter().collect()
}

fn verdict_of(
    options: &DoorOptions,
    connection: &Connection,
    is_fresh: bool,
    now: Instant,
) -> Option<Verdict> {
    let (request, idle) = (Duration::from_millis(options.request_ms), Duration::from_millis(options.idle_ms));
    match connection.phase {
        // Data in flight to a slow reader counts as an answer.
        Phase::Requesting { since } if connection.last.sending => {
            (is_fresh && now - since > idle).then_some(Verdict::Idle)
        }
        Phase::Requesting { since } => (is_fresh && now - since > request).then_some(Verdict::Late),
        Phase::Idle { since } => (is_fresh && now - since > idle).then_some(Verdict::Idle),
        Phase::Stream { allowed, .. } => (allowed < 0.0).then_some(Verdict::TooMuchData),
        Phase::InHandler { .. } => None,
    }
}

/// The part of an address that identifies a household: the first 64 bits of IPv6, all of IPv4.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::from((u128::from(address) >> 64 << 64).to_be_bytes()),
    }
}

/// Whether many people share an address.
fn is_shared(options: &DoorOptions, address: IpAddr) -> bool {
    options.shared.iter().any(|SharedNetwork { address: range, bits }| match (range, address) {
        (IpAddr::V4(range), IpAddr::V4(address)) => {
            let shift = 32u32.saturating_sub(u32::from(*bits));
            u32::from(*range).checked_shr(shift).unwrap_or(0)
                == u32::from(address).checked_shr(shift).unwrap_or(0)
        }
        (IpAddr::V6(range), IpAddr::V6(address)) => {
            let shift = 128u32.saturating_sub(u32::from(*bits));
            u128::from(*range).checked_shr(shift).unwrap_or(0)
                == u128::from(address).checked_shr(shift).unwrap_or(0)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> DoorOptions {
        DoorOptions {
            port: 1,
            connections_max: 10,
            per_address_max: 4,
            descriptors_kept: 0,
            request_ms: 10_000,
            idle_ms: 60_000,
            shared: vec![SharedNetwork { address: "10.0.0.0".parse().expect("an address"), bits: 8 }],
        }
    }

    fn peer(address: &str, port: u16) -> SocketAddr {
        SocketAddr::new(address.parse().expect("an address"), port)
    }

    fn counters(received: u64, confirmed: u64) -> SocketCounters {
        SocketCounters { received, confirmed, sending: false }
    }

    fn verdict(connection: Connection, now: Instant) -> Option<Verdict> {
        let known = HashMap::from([(peer("192.0.2.1", 1), connection)]);
        judge(&options(), &known, 10, true, now).first().map(|(_, verdict)| *verdict)
    }

    #[test]
    fn a_slow_request_is_late_and_an_answered_one_is_idle() {
        let begin = Instant::now();
        let at = |seconds: u64| begin + Duration::from_secs(seconds);
        let mut half = Connection::new(begin, counters(0, 0));
        for second in 1..=10 {
            half.step(at(second), counters(second, 0));
            assert_eq!(verdict_of(&options(), &half, true, at(second)), None);
        }
        assert_eq!(verdict(half, at(11)), Some(Verdict::Late));

        let mut kept = Connection::new(begin, counters(100, 0));
        kept.step(at(1), counters(100, 500));
        assert_eq!(verdict_of(&options(), &kept, true, at(60)), None);
        assert_eq!(verdict_of(&options(), &kept, true, at(62)), Some(Verdict::Idle));
        kept.step(at(62), counters(101, 500));
        assert_eq!(verdict_of(&options(), &kept, true, at(72)), None);
        assert_eq!(
            verdict_of(&options(), &kept, true, at(73)),
            Some(Verdict::Late),
            "the next request has its own time"
        );
    }

    #[test]
    fn no_connection_is_shut_for_waiting_while_it_is_unknown_which_are_inside_a_handler() {
        let begin = Instant::now();
        let late = Connection::new(begin, counters(0, 0));
        assert_eq!(verdict_of(&options(), &late, false, begin + Duration::from_secs(99)), None);
        let inside =
            Connection { phase: Phase::InHandler { since: begin }, ..Connection::new(begin, counters(0, 0)) };
        assert_eq!(verdict(inside, begin + Duration::from_secs(9_999)), None);
    }

    #[test]
    fn a_stream_may_send_pongs_forever_and_a_few_kibibytes_at_once() {
        let begin = Instant::now();
        let mut stream = Connection::new(begin, counters(400, 0));
        stream.become_stream(begin, counters(400, 0));
        let mut sent = 400;
        for minute in 1..=1_440u64 {
            sent += 12;
            stream.step(begin + Duration::from_secs(60 * minute), counters(sent, minute));
            assert_eq!(verdict_of(&options(), &stream, true, begin), None);
        }
        let end = begin + Duration::from_secs(60 * 1_440);
        stream.step(end, counters(sent + STREAM_BYTES - 12, 0));
        assert_eq!(
            verdict_of(&options(), &stream, true, end),
            None,
            "as much as it may, but for the last pongs"
        );
        stream.step(end, counters(sent + STREAM_BYTES - 11, 0));
        assert_eq!(verdict(stream, end), Some(Verdict::TooMuchData));
    }

    #[test]
    fn the_address_with_most_connections_loses_first_the_oldest_request_then_idle_ones_then_streams() {
        let begin = Instant::now();
        let at = |milliseconds: u64| begin + Duration::from_millis(milliseconds);
        let with = |phase| Connection { phase, last: counters(0, 0), updated: begin };
        let mut known = HashMap::new();
        for port in 1..=8u16 {
            known.insert(peer("10.1.1.1", port), with(Phase::Idle { since: at(u64::from(port)) }));
        }
        known.insert(peer("10.1.1.1", 9), with(Phase::Requesting { since: at(99) }));
        known.insert(peer("10.1.1.1", 10), with(Phase::InHandler { since: at(0) }));
        known.insert(peer("10.1.1.1", 11), with(Phase::Stream { since: at(0), allowed: 1.0 }));
        known.insert(peer("192.0.2.1", 1), with(Phase::Requesting { since: at(0) }));
        let shut = |max: usize| {
            let mut ports: Vec<u16> =
                judge(&options(), &known, max, true, at(100)).iter().map(|(peer, _)| peer.port()).collect();
            ports.sort_unstable();
            ports
        };
        assert_eq!(shut(12), Vec::<u16>::new(), "a proxy may have more than an address");
        assert_eq!(shut(11), [9]);
        assert_eq!(shut(9), [1, 2, 9], "the oldest idle ones");
        assert_eq!(shut(3), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn each_address_has_its_own_limit() {
        let begin = Instant::now();
        let mut known = HashMap::new();
        for port in 1..=6u16 {
            let since = begin + Duration::from_millis(u64::from(port));
            let phase = Phase::Idle { since };
            known.insert(peer("192.0.2.1", port), Connection { phase, last: counters(0, 0), updated: begin });
        }
        let mut shut: Vec<u16> =
            judge(&options(), &known, 10, true, begin).iter().map(|(peer, _)| peer.port()).collect();
        shut.sort_unstable();
        assert_eq!(shut, [1, 2]);
        // A household has 2^64 IPv6 addresses; the next household has its own.
        let since = |port: u16| begin + Duration::from_millis(u64::from(port));
        let idle = |port| Connection {
            phase: Phase::Idle { since: since(port) },
            last: counters(0, 0),
            updated: begin,
        };
        known = (1..=6).map(|port| (peer(&format!("2001:db8:0:7::{port}"), port), idle(port))).collect();
        known.insert(peer("2001:db8:0:8::1", 7), idle(7));
        let mut shut: Vec<u16> =
            judge(&options(), &known, 10, true, begin).iter().map(|(peer, _)| peer.port()).collect();
        shut.sort_unstable();
        assert_eq!(shut, [1, 2]);
        assert!(is_shared(&options(), "10.255.0.1".parse().expect("an address")));
        assert!(!is_shared(&options(), "11.0.0.1".parse().expect("an address")));
        assert!(!is_shared(&options(), "::1".parse().expect("an address")));
    }
}
