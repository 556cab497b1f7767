//! A copy of a model's bytes that no other process can change.

use std::fs::File;
use std::io::Write;
use std::os::fd::{FromRawFd, OwnedFd};

/// A memory file that can no longer be written.
pub(super) fn private_copy(bytes: &[u8]) -> std::io::Result<OwnedFd> {
    // SAFETY: the name is a C string; the result is checked below.
    let fd =
        unsafe { libc::memfd_create(c"legend-model".as_ptr(), libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING) };
    if fd < 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: `fd` is a new descriptor that only this `File` owns.
    let mut file = unsafe { File::from_raw_fd(fd) };
    file.write_all(bytes)?;
    let seals = libc::F_SEAL_WRITE | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;
    // SAFETY: `fd` is open, and the seals are an integer.
    if unsafe { libc::fcntl(fd, libc::F_ADD_SEALS, seals) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(file.into())
}
