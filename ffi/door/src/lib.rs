//! The doorkeeper of the API: `Deno.serve` has no limits on connections, so a thread of the same process looks at the
//! sockets of its port and shuts those that break a rule. No byte passes through it, and no request waits for it.
//!
//! JavaScript says which clients are inside a handler, and which have become streams; what a connection sends and gets
//! is in the kernel's own counters.

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
use rules::{Connection, Counters, Phase};
use sockets::Sockets;

/// How often the sockets are looked at: what a stream may send beyond its bound before it is shut.
const LOOK: Duration = Duration::from_millis(100);
/// When JavaScript has not said for so long who is inside a handler, nobody is shut for waiting.
const SAID: Duration = Duration::from_secs(4);

/// What the doorkeeper saw at its last look, and what it shut since its start.
#[derive(Serialize, Clone, Copy, Default)]
pub struct DoorStatus {
    /// Connections of the port.
    pub connections: usize,
    /// How many there may be with the descriptors that are free.
    pub connections_max: usize,
    /// Shut, by reason.
    pub shut: Counters,
}

/// A connection that JavaScript has called a stream.
struct Stream {
    since: Instant,
    /// Whether the kernel takes nothing large of it any more.
    is_narrow: bool,
}

#[derive(Default)]
struct Said {
    busy: HashSet<SocketAddr>,
    at: Option<Instant>,
    streams: HashMap<SocketAddr, Stream>,
    status: DoorStatus,
}

/// A thread that keeps the door of one port.
pub struct Door {
    said: Arc<Mutex<Said>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Door {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system shows no sockets, or gives no thread.
    pub fn start(options: DoorOptions) -> Result<Self, DoorError> {
        let mut sockets = Sockets::open(options.port).map_err(DoorError::Sockets)?;
        let said = Arc::new(Mutex::new(Said::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (shared, ended) = (Arc::clone(&said), Arc::clone(&stop));
        let thread = std::thread::Builder::new()
            .name("door".to_owned())
            .spawn(move || {
                let mut known = HashMap::new();
                while !ended.load(Relaxed) {
                    look(&options, &mut sockets, &mut known, &shared);
                    std::thread::park_timeout(LOOK);
                }
            })
            .map_err(DoorError::Thread)?;
        Ok(Door { said, stop, thread: Some(thread) })
    }

    fn said(&self) -> std::sync::MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is inside a handler at this moment, one `ADDRESS PORT` a line.
    pub fn busy(&self, peers: &str) {
        let peers = peers.lines().filter_map(peer_of).collect();
        let mut said = self.said();
        (said.busy, said.at) = (peers, Some(Instant::now()));
    }

    /// This client's connection becomes a stream that only the server fills. The door's thread is woken: from its next
    /// look on the kernel takes nothing from it that is larger than a control frame. False for what is not an address.
    pub fn stream(&self, peer: &str) -> bool {
        let Some(peer) = peer_of(peer) else { return false };
        self.said().streams.insert(peer, Stream { since: Instant::now(), is_narrow: false });
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
        true
    }

    /// What is there and what was shut.
    #[must_use]
    pub fn status(&self) -> DoorStatus {
        self.said().status
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic there has been printed; there is nothing left to keep.
            let _ = thread.join();
        }
    }
}

/// Descriptors of this process: open ones, and as many as there may be.
#[must_use]
pub fn descriptors() -> (usize, usize) {
    // The listing has one itself while it is read.
    let open = std::fs::read_dir("/proc/self/fd").map_or(0, |list| list.count().saturating_sub(1));
    (open, sockets::descriptors_max())
}

/// `ADDRESS PORT`, an IPv4 address over IPv6 as the IPv4 one.
fn peer_of(line: &str) -> Option<SocketAddr> {
    let (address, port) = line.split_once(' ')?;
    let address: std::net::IpAddr = address.parse().ok()?;
    Some(SocketAddr::new(address.to_canonical(), port.parse().ok()?))
}

/// One look: what is there, what that means, what is shut.
fn look(
    options: &DoorOptions,
    sockets: &mut Sockets,
    known: &mut HashMap<SocketAddr, Connection>,
    said: &Mutex<Said>,
) {
    let now = Instant::now();
    let Ok((seen, others)) = sockets.list() else { return };
    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
    known.retain(|peer, _| seen.contains_key(peer));
    // One that was called a stream after this look began may not be in its list yet.
    said.streams.retain(|peer, stream| seen.contains_key(peer) || stream.since >= now);
    let is_fresh = said.at.is_some_and(|at| now - at < SAID);
    for (peer, figures) in &seen {
        let connection = known.entry(*peer).or_insert_with(|| Connection::new(now, *figures));
        connection.step(now, *figures);
        if let Some(stream) = said.streams.get_mut(peer) {
            stream.is_narrow = stream.is_narrow || sockets.narrow(*peer);
            connection.become_stream(now, *figures);
        } else if said.busy.contains(peer) {
            connection.phase = Phase::Inside { since: now };
        } else if matches!(connection.phase, Phase::Inside { .. }) {
            connection.phase = Phase::Idle { since: now };
        }
    }
    let room = sockets::descriptors_max().saturating_sub(others + options.descriptors_kept);
    let connections_max = options.connections_max.min(room);
    let verdicts = rules::judge(options, known, connections_max, is_fresh, now);
    for (peer, verdict) in &verdicts {
        if sockets.shut(*peer) {
            said.status.shut.add(*verdict);
        }
    }
    said.status.connections = seen.len();
    said.status.connections_max = connections_max;
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{Shutdown, TcpListener, TcpStream};

    use super::*;

    /// Waits until it holds; the machine may be loaded.
    fn until(what: &str, mut holds: impl FnMut() -> bool) {
        let end = Instant::now() + Duration::from_secs(60);
        while !holds() {
            assert!(Instant::now() < end, "{what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    struct Pair {
        client: TcpStream,
        /// The server's end: what the door looks at.
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
    fn a_stream_that_was_registered_while_the_sockets_were_listed_is_kept() {
        let Pair { server, peer, port, .. } = pair();
        let mut sockets = Sockets::open(port).expect("opened");
        let (mut known, said) = (HashMap::new(), Mutex::new(Said::default()));
        let (new, old): (SocketAddr, SocketAddr) =
            ("192.0.2.1:1".parse().expect("one"), "192.0.2.1:2".parse().expect("one"));
        let now = Instant::now();
        let stream = |since| Stream { since, is_narrow: false };
        said.lock().expect("held by nobody").streams.extend([
            (new, stream(now + Duration::from_secs(600))),
            (old, stream(now)),
            (peer, stream(now)),
        ]);
        look(&options(port), &mut sockets, &mut known, &said);
        let said = said.into_inner().expect("held by nobody");
        assert!(said.streams.contains_key(&new), "it came after the look began");
        assert!(!said.streams.contains_key(&old), "it was missing in a look that began after it");
        assert!(said.streams[&peer].is_narrow);
        assert!(matches!(known[&peer].phase, Phase::Stream { .. }));
        drop(server);
    }

    #[test]
    fn a_half_closed_connection_is_still_one() {
        let Pair { client, server, peer, port } = pair();
        let mut sockets = Sockets::open(port).expect("opened");
        client.shutdown(Shutdown::Write).expect("shut");
        // Its end has arrived when a read says so.
        assert_eq!(server.peek(&mut [0]).expect("read"), 0);
        let (seen, _) = sockets.list().expect("listed");
        assert!(seen.contains_key(&peer));
        assert!(sockets.shut(peer), "and it can be shut");
    }

    #[test]
    fn a_stream_is_narrowed_by_the_thread_and_its_large_frames_never_arrive() {
        let Pair { mut client, server, peer, port } = pair();
        let door = Door::start(options(port)).expect("started");
        assert!(!door.stream("nobody"));
        assert!(door.stream(&format!("{} {}", peer.ip(), peer.port())));
        until("it is narrow", || door.said().streams.get(&peer).is_some_and(|stream| stream.is_narrow));
        server.set_nonblocking(true).expect("set");
        client.write_all(&[0; 4096]).expect("sent");
        assert!(server.peek(&mut [0; 8192]).is_err(), "nothing of it can be read");
    }
}
