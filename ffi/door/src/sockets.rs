//! The sockets of this process that are connections of one port. Another thread may close and reuse a
//! descriptor at any moment, so every action uses a copy that is checked after it was made. The copy goes to
//! a descriptor reserved for it, so that this works even when no other one is free.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::mem::{size_of, zeroed};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use super::rules::SocketCounters;

const ESTABLISHED: u8 = 1;
/// The client sends nothing more, but may wait for an answer forever.
const CLOSE_WAIT: u8 = 8;
/// Field offsets in Linux's `struct tcp_info`; the layout only grows at its end.
mod offset {
    pub const STATE: usize = 0;
    pub const UNACKED: usize = 24;
    pub const BYTES_ACKED: usize = 120;
    pub const BYTES_RECEIVED: usize = 128;
    pub const NOTSENT_BYTES: usize = 144;
    pub const END: usize = 148;
}

/// The largest segment, with its TCP header, that a stream's client may send: a control frame has at most 131
/// bytes.
const SEGMENT_BYTES: u32 = 60 + 256;
/// Size of the kernel's receive buffer for a stream's client.
const STREAM_BUFFER_BYTES: libc::c_int = 4 << 10;

/// The descriptors of this process.
#[derive(Default)]
pub struct Listing {
    /// Connections of the port, by their peers.
    pub connections: HashMap<SocketAddr, SocketCounters>,
    /// How many other descriptors are open.
    pub others: usize,
}

pub struct Sockets {
    port: u16,
    fd_folder: *mut libc::DIR,
    dev_null: File,
    copy: OwnedFd,
    /// The descriptor of each connection at the last check.
    descriptors: HashMap<SocketAddr, RawFd>,
}

// SAFETY: `fd_folder` is not tied to a thread, and is used only through `&mut self`, so never by two threads at
// once.
unsafe impl Send for Sockets {}

impl Sockets {
    pub fn open(port: u16) -> io::Result<Self> {
        let dev_null = File::open("/dev/null")?;
        let copy = dev_null.try_clone()?.into();
        // SAFETY: the path is a C string.
        let fd_folder = unsafe { libc::opendir(c"/proc/self/fd".as_ptr()) };
        if fd_folder.is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(Sockets { port, fd_folder, dev_null, copy, descriptors: HashMap::new() })
    }

    /// All descriptors of this process.
    pub fn list(&mut self) -> io::Result<Listing> {
        let mut listing = Listing::default();
        self.descriptors.clear();
        // SAFETY: `fd_folder` is open until drop, and only `self` uses it.
        unsafe { libc::rewinddir(self.fd_folder) };
        loop {
            // SAFETY: `fd_folder` is open until drop, and only `self` uses it; the entry is used before the next
            // call.
            let entry = unsafe { libc::readdir(self.fd_folder) };
            if entry.is_null() {
                return Ok(listing);
            }
            // SAFETY: the entry is not null, and its `d_name` is null-terminated.
            let name = unsafe { std::ffi::CStr::from_ptr((*entry).d_name.as_ptr()) };
            let Some(fd) = name.to_str().ok().and_then(|name| name.parse::<RawFd>().ok()) else { continue };
            let Some((peer, counters)) = self.connection(fd) else {
                listing.others += 1;
                continue;
            };
            listing.connections.insert(peer, counters);
            self.descriptors.insert(peer, fd);
        }
    }

    /// The peer and counters of a descriptor, if it is a connection of the port.
    fn connection(&self, fd: RawFd) -> Option<(SocketAddr, SocketCounters)> {
        if fd == self.copy.as_raw_fd() || address_of(fd, libc::getsockname)?.port() != self.port {
            return None;
        }
        let peer = address_of(fd, libc::getpeername)?;
        let counters = counters_of(fd)?;
        Some((peer, counters))
    }

    /// Runs `act` on a copy of the connection's descriptor, if it is still that connection.
    fn with_copy(&mut self, peer: SocketAddr, act: impl FnOnce(RawFd) -> bool) -> bool {
        let Some(&fd) = self.descriptors.get(&peer) else { return false };
        let copy = self.copy.as_raw_fd();
        // SAFETY: takes only integers, and replaces `copy`, which is ours; a closed `fd` gives an error.
        if unsafe { libc::dup3(fd, copy, libc::O_CLOEXEC) } < 0 {
            return false;
        }
        let is_it = address_of(copy, libc::getsockname).is_some_and(|own| own.port() == self.port)
            && address_of(copy, libc::getpeername) == Some(peer);
        let done = is_it && act(copy);
        // The copy must not keep the connection open.
        // SAFETY: takes only integers, and replaces `copy`, which is ours.
        unsafe { libc::dup3(self.dev_null.as_raw_fd(), copy, libc::O_CLOEXEC) };
        done
    }

    /// Ends a connection in both directions; its owner sees the end.
    pub fn shut(&mut self, peer: SocketAddr) -> bool {
        // SAFETY: takes only integers; `fd` is the copy, which is ours.
        self.with_copy(peer, |fd| unsafe { libc::shutdown(fd, libc::SHUT_RDWR) } == 0)
    }

    /// From now on, the kernel drops anything larger than a control frame before counting it, and buffers
    /// little. For a connection of the last list.
    pub fn narrow(&mut self, peer: SocketAddr) -> bool {
        self.with_copy(peer, |fd| {
            set(fd, libc::SOL_SOCKET, libc::SO_RCVBUF, &STREAM_BUFFER_BYTES);
            let length = libc::BPF_LD | libc::BPF_W | libc::BPF_LEN;
            let is_larger = libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K;
            let answer = libc::BPF_RET | libc::BPF_K;
            let step = |code: u32, jt, jf, k| libc::sock_filter { code: code as u16, jt, jf, k };
            let mut program = [
                step(length, 0, 0, 0),
                step(is_larger, 0, 1, SEGMENT_BYTES),
                step(answer, 0, 0, 0),
                step(answer, 0, 0, u32::MAX),
            ];
            let filter = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
            set(fd, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &filter)
        })
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        // SAFETY: `open` opened it, and it is closed only here.
        unsafe { libc::closedir(self.fd_folder) };
    }
}

/// Maximum number of descriptors of this process.
pub fn descriptors_max() -> usize {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a live value of the right type.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX)
}

fn set<T>(fd: RawFd, level: libc::c_int, name: libc::c_int, value: &T) -> bool {
    // SAFETY: the pointer and the size are those of `value`, which lives until the call returns.
    unsafe { libc::setsockopt(fd, level, name, std::ptr::from_ref(value).cast(), size_of::<T>() as u32) == 0 }
}

type AddressCall = unsafe extern "C" fn(RawFd, *mut libc::sockaddr, *mut libc::socklen_t) -> libc::c_int;

/// The address that `call` returns for a TCP socket; None for anything else.
fn address_of(fd: RawFd, call: AddressCall) -> Option<SocketAddr> {
    // SAFETY: the struct holds only integers, for which zero is valid.
    let mut storage: libc::sockaddr_storage = unsafe { zeroed() };
    let mut size = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    // SAFETY: `storage` is valid for `size` writes, and both outlive the call.
    if unsafe { call(fd, (&raw mut storage).cast(), &raw mut size) } != 0 {
        return None;
    }
    match i32::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that `storage` holds this type, which fits into it.
            let address = unsafe { &*(&raw const storage).cast::<libc::sockaddr_in>() };
            let ip = IpAddr::from(u32::from_be(address.sin_addr.s_addr).to_be_bytes());
            Some(SocketAddr::new(ip, u16::from_be(address.sin_port)))
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that `storage` holds this type, which fits into it.
            let address = unsafe { &*(&raw const storage).cast::<libc::sockaddr_in6>() };
            let ip = IpAddr::from(address.sin6_addr.s6_addr).to_canonical();
            Some(SocketAddr::new(ip, u16::from_be(address.sin6_port)))
        }
        _ => None,
    }
}

/// The counters of a TCP connection that the client holds open; None for anything else.
fn counters_of(fd: RawFd) -> Option<SocketCounters> {
    let mut info = [0_u8; 256];
    let mut size = info.len() as libc::socklen_t;
    // SAFETY: `info` is valid for `size` writes, and both outlive the call.
    let status = unsafe {
        libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, info.as_mut_ptr().cast(), &raw mut size)
    };
    if status != 0 || (size as usize) < offset::END {
        return None;
    }
    let word = |at: usize| u32::from_ne_bytes([info[at], info[at + 1], info[at + 2], info[at + 3]]);
    let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
    if ![ESTABLISHED, CLOSE_WAIT].contains(&info[offset::STATE]) {
        return None;
    }
    Some(SocketCounters {
        received: long(offset::BYTES_RECEIVED),
        confirmed: long(offset::BYTES_ACKED),
        sending: word(offset::UNACKED) > 0 || word(offset::NOTSENT_BYTES) > 0,
    })
}
