//! The sockets of this process that are connections of one port. A descriptor may be closed and used anew by another
//! thread at any moment: whatever acts does so on a copy that was checked after it was taken. The copy goes to a
//! descriptor that is kept for it, so that all of it works when no other is free.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::mem::{size_of, zeroed};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use super::rules::Figures;

const ESTABLISHED: u8 = 1;
/// The client sends nothing more, but may wait for an answer for ever.
const CLOSE_WAIT: u8 = 8;
/// Where `struct tcp_info` of Linux has its fields; the layout only ever grows at its end.
mod offset {
    pub const STATE: usize = 0;
    pub const UNACKED: usize = 24;
    pub const BYTES_ACKED: usize = 120;
    pub const BYTES_RECEIVED: usize = 128;
    pub const NOTSENT_BYTES: usize = 144;
    pub const END: usize = 148;
}

/// The largest segment, with its TCP header, that a stream's client may send: a control frame has 131 bytes at most.
const SEGMENT_BYTES: u32 = 60 + 256;
/// What the kernel keeps of a stream's client until it is read.
const STREAM_BUFFER_BYTES: libc::c_int = 4 << 10;

pub struct Sockets {
    port: u16,
    folder: *mut libc::DIR,
    nothing: File,
    copy: OwnedFd,
    /// The descriptor of each connection at the last look.
    places: HashMap<SocketAddr, RawFd>,
}

// SAFETY: the folder's stream is used through `&mut self` alone, and by no other thread at the same time.
unsafe impl Send for Sockets {}

impl Sockets {
    pub fn open(port: u16) -> io::Result<Self> {
        let nothing = File::open("/dev/null")?;
        let copy = nothing.try_clone()?.into();
        // SAFETY: a path that ends in NUL.
        let folder = unsafe { libc::opendir(c"/proc/self/fd".as_ptr()) };
        if folder.is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(Sockets { port, folder, nothing, copy, places: HashMap::new() })
    }

    /// All connections with their counters, and how many other descriptors there are.
    pub fn list(&mut self) -> io::Result<(HashMap<SocketAddr, Figures>, usize)> {
        let mut seen = HashMap::new();
        let mut others = 0;
        self.places.clear();
        // SAFETY: an open folder that nobody else uses.
        unsafe { libc::rewinddir(self.folder) };
        loop {
            // SAFETY: as above; the entry is valid until the next call.
            let entry = unsafe { libc::readdir(self.folder) };
            if entry.is_null() {
                return Ok((seen, others));
            }
            // SAFETY: `d_name` of an entry ends in NUL.
            let name = unsafe { std::ffi::CStr::from_ptr((*entry).d_name.as_ptr()) };
            let Some(fd) = name.to_str().ok().and_then(|name| name.parse::<RawFd>().ok()) else { continue };
            let Some((peer, figures)) = self.connection(fd) else {
                others += 1;
                continue;
            };
            seen.insert(peer, figures);
            self.places.insert(peer, fd);
        }
    }

    /// What a descriptor is, when it is a connection of the port.
    fn connection(&self, fd: RawFd) -> Option<(SocketAddr, Figures)> {
        if fd == self.copy.as_raw_fd() || address_of(fd, libc::getsockname)?.port() != self.port {
            return None;
        }
        let peer = address_of(fd, libc::getpeername)?;
        let figures = figures_of(fd)?;
        Some((peer, figures))
    }

    /// Runs `act` on a copy of the connection's descriptor when it is still that connection.
    fn on(&mut self, peer: SocketAddr, act: impl FnOnce(RawFd) -> bool) -> bool {
        let Some(&fd) = self.places.get(&peer) else { return false };
        let copy = self.copy.as_raw_fd();
        // SAFETY: two descriptors; the copy's place is our own. One that is closed by now is refused.
        if unsafe { libc::dup3(fd, copy, libc::O_CLOEXEC) } < 0 {
            return false;
        }
        let is_it = address_of(copy, libc::getsockname).is_some_and(|own| own.port() == self.port)
            && address_of(copy, libc::getpeername) == Some(peer);
        let done = is_it && act(copy);
        // The connection must not live on for the copy.
        // SAFETY: as above.
        unsafe { libc::dup3(self.nothing.as_raw_fd(), copy, libc::O_CLOEXEC) };
        done
    }

    /// Ends a connection in both directions; its owner sees the end.
    pub fn shut(&mut self, peer: SocketAddr) -> bool {
        // SAFETY: a descriptor of ours.
        self.on(peer, |fd| unsafe { libc::shutdown(fd, libc::SHUT_RDWR) } == 0)
    }

    /// From now on the kernel drops what is larger than a control frame before it counts, and keeps little. For a
    /// connection of the last list.
    pub fn narrow(&mut self, peer: SocketAddr) -> bool {
        self.on(peer, |fd| {
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
        // SAFETY: opened by `open`, closed once.
        unsafe { libc::closedir(self.folder) };
    }
}

/// How many descriptors this process may have.
pub fn descriptors_max() -> usize {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a live value of the right type.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX)
}

fn set<T>(fd: RawFd, level: libc::c_int, name: libc::c_int, value: &T) -> bool {
    // SAFETY: `value` is valid for its size.
    unsafe { libc::setsockopt(fd, level, name, std::ptr::from_ref(value).cast(), size_of::<T>() as u32) == 0 }
}

type AddressCall = unsafe extern "C" fn(RawFd, *mut libc::sockaddr, *mut libc::socklen_t) -> libc::c_int;

/// The address that `call` gives of a TCP socket; None for anything else.
fn address_of(fd: RawFd, call: AddressCall) -> Option<SocketAddr> {
    // SAFETY: all zeros is a valid value of it.
    let mut storage: libc::sockaddr_storage = unsafe { zeroed() };
    let mut size = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    // SAFETY: `storage` is valid for `size` writes.
    if unsafe { call(fd, (&raw mut storage).cast(), &raw mut size) } != 0 {
        return None;
    }
    match i32::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says which type it is.
            let address = unsafe { &*(&raw const storage).cast::<libc::sockaddr_in>() };
            let ip = IpAddr::from(u32::from_be(address.sin_addr.s_addr).to_be_bytes());
            Some(SocketAddr::new(ip, u16::from_be(address.sin_port)))
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let address = unsafe { &*(&raw const storage).cast::<libc::sockaddr_in6>() };
            let ip = IpAddr::from(address.sin6_addr.s6_addr).to_canonical();
            Some(SocketAddr::new(ip, u16::from_be(address.sin6_port)))
        }
        _ => None,
    }
}

/// None for what is not a TCP connection that the client holds open.
fn figures_of(fd: RawFd) -> Option<Figures> {
    let mut info = [0_u8; 256];
    let mut size = info.len() as libc::socklen_t;
    // SAFETY: `info` is valid for `size` writes.
    let told = unsafe {
        libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, info.as_mut_ptr().cast(), &raw mut size)
    };
    if told != 0 || (size as usize) < offset::END {
        return None;
    }
    let word = |at: usize| u32::from_ne_bytes([info[at], info[at + 1], info[at + 2], info[at + 3]]);
    let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
    if ![ESTABLISHED, CLOSE_WAIT].contains(&info[offset::STATE]) {
        return None;
    }
    Some(Figures {
        received: long(offset::BYTES_RECEIVED),
        confirmed: long(offset::BYTES_ACKED),
        sending: word(offset::UNACKED) > 0 || word(offset::NOTSENT_BYTES) > 0,
    })
}
