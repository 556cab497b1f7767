//! One command to an agent over its socket. Nothing here waits longer than its limit: an agent may be frozen,
//! busy or absent.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use wire::jobs::Receipt;
use wire::prost::Message;

use super::error::ControlError;
use super::names::{Module, module_name};
use super::signed::{COMMAND_BYTES_MAX, Signed};
use super::socket_server::socket_path;

/// A request in progress.
pub(super) struct PendingRequest {
    stream: UnixStream,
    answer: Vec<u8>,
    /// The listening process, as the kernel reports it.
    pub(super) pid: Option<i32>,
}

impl PendingRequest {
    /// Writes the command to the agent's socket.
    pub(super) fn new(data_dir: &Path, module: Module, signed: &Signed) -> Result<PendingRequest> {
        let folder = File::open(data_dir.join("agents"))?;
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        // Without blocking: a frozen agent accepts no more connections once its queue is full.
        rustix::net::connect(&socket, &SocketAddrUnix::new(socket_path(&folder, module))?)?;
        let mut stream = UnixStream::from(socket);
        let pid =
            rustix::net::sockopt::socket_peercred(&stream).ok().map(|peer| peer.pid.as_raw_nonzero().get());
        // The frame is smaller than a socket's buffer.
        stream.write_all(&signed.to_frame())?;
        Ok(PendingRequest { stream, answer: Vec::new(), pid })
    }

    /// The receipt, if it arrives within `wait`. `TimedOut`: it may still arrive; on any other error it will
    /// not.
    pub(super) fn receipt(&mut self, wait: Duration) -> Result<Receipt> {
        let begin = Instant::now();
        loop {
            if let Some(receipt) = self.whole()? {
                return Ok(receipt);
            }
            let left = wait.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return Err(Error::from(ErrorKind::TimedOut));
            }
            self.stream.set_nonblocking(false)?;
            self.stream.set_read_timeout(Some(left))?;
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes) {
                Ok(0) => return Err(Error::from(ErrorKind::UnexpectedEof)),
                Ok(len) => self.answer.extend_from_slice(&bytes[..len]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn whole(&self) -> Result<Option<Receipt>> {
        let Some((len, rest)) = self.answer.split_first_chunk::<4>() else { return Ok(None) };
        let len = u32::from_le_bytes(*len) as usize;
        if len == 0 || len > COMMAND_BYTES_MAX {
            return Err(Error::from(ErrorKind::ConnectionRefused));
        }
        let Some(bytes) = rest.get(..len) else { return Ok(None) };
        let receipt = Receipt::decode(bytes).ok().filter(|receipt| !receipt.instance.is_empty());
        receipt.map(Some).ok_or_else(|| Error::from(ErrorKind::InvalidData))
    }
}

/// Sends one command to the agent and waits for its receipt.
///
/// # Errors
/// Why there is no receipt.
pub(super) fn request_receipt(
    data_dir: &Path,
    module: Module,
    signed: &Signed,
    wait: Duration,
) -> std::result::Result<Receipt, ControlError> {
    let request = PendingRequest::new(data_dir, module, signed);
    let no_answer = |source| ControlError::NoAnswer { module: module_name(module), source, waited: wait };
    request.and_then(|mut request| request.receipt(wait)).map_err(no_answer)
}
