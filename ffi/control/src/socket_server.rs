//! The agent's socket: commands from processes of the same user.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use wire::jobs::Receipt;
use wire::prost::Message;

use super::agent_control::AgentControl;
use super::names::{Module, module_name};
use super::signed::{COMMAND_BYTES_MAX, Signed};

/// Connections served at once; more wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 16;
/// How long a client may take to send its command, or to read its receipt.
const SOCKET_TIMEOUT: Duration = Duration::from_secs(5);

/// The path of a socket in `folder`. A path longer than 108 bytes cannot be bound, so it is reached through
/// the folder's descriptor, which must stay open as long as the path is used.
pub(super) fn socket_path(folder: &File, module: Module) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}/{}.sock", folder.as_raw_fd(), module_name(module)))
}

/// Listens for commands of the same user on `agents/<module>.sock`; calls `answered` with each receipt.
///
/// # Errors
/// The socket cannot be made.
pub fn listen(
    control: &Arc<AgentControl>,
    folder: &Path,
    answered: impl Fn(Receipt) + Send + Sync + 'static,
) -> std::io::Result<()> {
    let open = File::open(folder)?;
    let path = socket_path(&open, control.module);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let (control, answered, busy) = (Arc::clone(control), Arc::new(answered), Arc::new(AtomicUsize::new(0)));
    let accept = move || {
        let _folder = open;
        for stream in listener.incoming() {
            let Ok(stream) = stream else {
                std::thread::sleep(Duration::from_millis(10));
                continue;
            };
            while busy.load(SeqCst) >= CONNECTIONS_MAX {
                std::thread::sleep(Duration::from_millis(1));
            }
            busy.fetch_add(1, SeqCst);
            let (control, answered, busy) = (Arc::clone(&control), Arc::clone(&answered), Arc::clone(&busy));
            let _ = std::thread::Builder::new().name("control".to_owned()).spawn(move || {
                // A client that disconnects or sends invalid bytes sees only a closed socket.
                if let Ok(Some(receipt)) = answer(&control, stream) {
                    answered(receipt);
                }
                busy.fetch_sub(1, SeqCst);
            });
        }
    };
    std::thread::Builder::new().name("control-socket".to_owned()).spawn(accept).map(drop)
}

fn answer(control: &AgentControl, mut stream: UnixStream) -> std::io::Result<Option<Receipt>> {
    stream.set_read_timeout(Some(SOCKET_TIMEOUT))?;
    stream.set_write_timeout(Some(SOCKET_TIMEOUT))?;
    let peer = rustix::net::sockopt::socket_peercred(stream.as_fd())?;
    let own = rustix::process::geteuid();
    if peer.uid != own && !peer.uid.is_root() {
        return Ok(None);
    }
    let mut len = [0; 4];
    stream.read_exact(&mut len)?;
    let len = u32::from_le_bytes(len) as usize;
    if len > COMMAND_BYTES_MAX {
        return Ok(None);
    }
    let mut body = vec![0; len];
    stream.read_exact(&mut body)?;
    let receipt = Signed::from_frame(&body).and_then(|signed| control.obey(&signed, true));
    let bytes = receipt.as_ref().map(Message::encode_to_vec).unwrap_or_default();
    stream.write_all(&(bytes.len() as u32).to_le_bytes())?;
    stream.write_all(&bytes)?;
    Ok(receipt)
}
