//! The doorkeeper of the API: `Deno.serve` has no limits on connections, so a thread of the same process
//! checks the sockets of its port and closes those that break a rule. No byte passes through it, and no
//! request waits for it.
//!
//! JavaScript reports which clients are inside a handler, and which have become streams; how much a
//! connection sends and receives is in the kernel's own counters.

mod error;
mod options;
mod rules;
mod sockets;

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Serialize;

pub use error::DoorError;
pub use options::DoorOptions;
use rules::{Connection, Phase, ShutCounters};
use sockets::{Listing, Sockets};

/// How often the sockets are checked; a stream can exceed its limit by what it sends in this time before it
/// is closed.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// If JavaScript has not reported for this long who is inside a handler, no connection is closed for waiting.
const REPORT_VALIDITY: Duration = Duration::from_secs(4);

/// The doorkeeper's last check, and what it has closed since its start.
#[derive(Serialize, Clone, Copy, Default)]
pub struct DoorStatus {
    /// Number of connections to the port.
    pub connections: usize,
    /// Maximum number of connections, given the free descriptors.
    pub connections_max: usize,
    /// Number of connections closed, by reason.
    pub shut: ShutCounters,
}

/// A connection that JavaScript declared a stream.
struct Stream {
    since: Instant,
    /// Whether the kernel already refuses anything large from it.
    is_narrow: bool,
}

/// What JavaScript has reported, and what the last check found.
#[derive(Default)]
struct State {
    /// Clients inside a handler.
    in_handler: HashSet<SocketAddr>,
    /// When they were last reported.
    reported_at: Option<Instant>,
    streams: HashMap<SocketAddr, Stream>,
    status: DoorStatus,
}

/// A thread that guards one port.
pub struct Door {
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Door {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system does not list sockets, or cannot start a thread.
    pub fn start(options: DoorOptions) -> Result<Self, DoorError> {
        let mut sockets = Sockets::open(options.port).map_err(DoorError::Sockets)?;
        let state = Arc::new(Mutex::new(State::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (shared, ended) = (Arc::clone(&state), Arc::clone(&stop));
        let thread = std::thread::Builder::new()
            .name("door".to_owned())
            .spawn(move || {
                let mut known = HashMap::new();
                while !ended.load(Relaxed) {
                    check(&options, &mut sockets, &mut known, &shared);
                    std::thread::park_timeout(CHECK_INTERVAL);
                }
            })
            .map_err(DoorError::Thread)?;
        Ok(Door { state, stop, thread: Some(thread) })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets which clients are inside a handler now, one `ADDRESS PORT` per line.
    pub fn busy(&self, peers: &str) {
        let peers = peers.lines().filter_map(peer_of).collect();
        let mut state = self.state();
        (state.in_handler, state.reported_at) = (peers, Some(Instant::now()));
    }

    /// Declares that this client's connection becomes a stream that only the server fills. Wakes the door's
    /// thread: from its next check on, the kernel accepts nothing from this client larger than a control
    /// frame. False if the text is not an address.
    pub fn stream(&self, peer: &str) -> bool {
        let Some(peer) = peer_of(peer) else { return false };
        self.state().streams.insert(peer, Stream { since: Instant::now(), is_narrow: false });
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
        true
    }

    /// Current connections, and those closed so far.
    #[must_use]
    pub fn status(&self) -> DoorStatus {
        self.state().status
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic of the thread was already printed; there is nothing left to save.
            let _ = thread.join();
        }
    }
}

/// Descriptors of this process.
#[derive(Serialize)]
pub struct Descriptors {
    /// How many are open.
    pub open: usize,
    /// The maximum.
    pub limit: usize,
}

/// Descriptors of this process.
#[must_use]
pub fn descriptors() -> Descriptors {
    // The listing itself uses one while it is read.
    let open = std::fs::read_dir("/proc/self/fd").map_or(0, |list| list.count().saturating_sub(1));
    Descriptors { open, limit: sockets::descriptors_max() }
}

/// Parses `ADDRESS PORT`; an IPv4 address mapped to IPv6 becomes the IPv4 one.
fn peer_of(line: &str) -> Option<SocketAddr> {
    let (address, port) = line.split_once(' ')?;
    let address: std::net::IpAddr = address.parse().ok()?;
    Some(SocketAddr::new(address.to_canonical(), port.parse().ok()?))
}

/// One check: lists the connections, judges them, and closes some.
fn check(
    options: &DoorOptions,
    sockets: &mut Sockets,
    known: &mut HashMap<SocketAddr, Connection>,
    state: &Mutex<State>,
) {
    let now = Instant::now();
    let Ok(Listing { connections: seen, others }) = sockets.list() else { return };
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    known.retain(|peer, _| seen.contains_key(peer));
    // A stream declared after this check began may not be in its list yet.
    state.streams.retain(|peer, stream| seen.contains_key(peer) || stream.since >= now);
    let is_fresh = state.reported_at.is_some_and(|at| now - at < REPORT_VALIDITY);
    for (peer, counters) in &seen {
        let connection = known.entry(*peer).or_insert_with(|| Connection::new(now, *counters));
        connection.step(now, *counters);
        if let Some(stream) = state.streams.get_mut(peer) {
            stream.is_narrow = stream.is_narrow || sockets.narrow(*peer);
            connection.become_stream(now, *counters);
        } else if state.in_handler.contains(peer) {
            connection.phase = Phase::InHandler { since: now };
        } else if matches!(connection.phase, Phase::InHandler { .. }) {
            connection.phase = Phase::Idle { since: now };
        }
    }
    let room = sockets::descriptors_max().saturating_sub(others + options.descriptors_kept);
    let connections_max = options.connections_max.min(room);
    let verdicts = rules::judge(options, known, connections_max, is_fresh, now);
    for (peer, verdict) in &verdicts {
        if sockets.shut(*peer) {
            state.status.shut.add(*verdict);
        }
    }
    state.status.connections = seen.len();
    state.status.connections_max = connections_max;
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{Shutdown, TcpListener, TcpStream};

    use super::*;

    /// Waits until the condition holds; the machine may be loaded.
    fn until(what: &str, mut holds: impl FnMut() -> bool) {
        let end = Instant::now() + Duration::from_secs(60);
        while !holds() {
            assert!(Instant::now() < end, "{what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    struct Pair {
        client: TcpStream,
        /// The server's end, which the door checks.
        server: TcpStream,
        peer: SocketAddr,
        port: u16,
    }

    fn pair() -> Pair {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let client = TcpStream::connect(listener.local_addr().expect("bound")).expect("connected");
        let (server, peer) = listener.accept().expect("accepted");
        let port = server.local_addr().expect("connected").port();
        Pair { client, server, peer, port }
    }

    fn options(port: u16) -> DoorOptions {
        DoorOptions {
            port,
            connections_max: 10,
            per_address_max: 10,
            descriptors_kept: 0,
            request_ms: 600_000,
            idle_ms: 600_000,
            shared: Vec::new(),
        }
    }

    #[test]
    fn a_stream_that_is_declared_during_a_check_stays_declared() {
        let Pair { server, peer, port, .. } = pair();
        let mut sockets = Sockets::open(port).expect("opened");
        let (mut known, state) = (HashMap::new(), Mutex::new(State::default()));
        let (new, old): (SocketAddr, SocketAddr) =
            ("192.0.2.1:1".parse().expect("one"), "192.0.2.1:2".parse().expect("one"));
        let now = Instant::now();
        let stream = |since| Stream { since, is_narrow: false };
        state.lock().expect("not poisoned").streams.extend([
            (new, stream(now + Duration::from_secs(600))),
            (old, stream(now)),
            (peer, stream(now)),
        ]);
        check(&options(port), &mut sockets, &mut known, &state);
        let state = state.into_inner().expect("not poisoned");
        assert!(state.streams.contains_key(&new), "it came after the check began");
        assert!(!state.streams.contains_key(&old), "it was missing in a check that began after it");
        assert!(state.streams[&peer].is_narrow);
        assert!(matches!(known[&peer].phase, Phase::Stream { .. }));
        drop(server);
    }

    #[test]
    fn a_half_closed_connection_still_counts() {
        let Pair { client, server, peer, port } = pair();
        let mut sockets = Sockets::open(port).expect("opened");
        client.shutdown(Shutdown::Write).expect("shut");
        // The end of the client's side has arrived once a read reports it.
        assert_eq!(server.peek(&mut [0]).expect("read"), 0);
        let seen = sockets.list().expect("listed").connections;
        assert!(seen.contains_key(&peer));
        assert!(sockets.shut(peer), "and it can be closed");
    }

    #[test]
    fn a_stream_is_narrowed_by_the_thread_and_its_large_frames_never_arrive() {
        let Pair { mut client, server, peer, port } = pair();
        let door = Door::start(options(port)).expect("started");
        assert!(!door.stream("no address"));
        assert!(door.stream(&format!("{} {}", peer.ip(), peer.port())));
        until("it is narrow", || door.state().streams.get(&peer).is_some_and(|stream| stream.is_narrow));
        server.set_nonblocking(true).expect("set");
        client.write_all(&[0; 4096]).expect("sent");
        assert!(server.peek(&mut [0; 8192]).is_err(), "nothing of it can be read");
    }
}
