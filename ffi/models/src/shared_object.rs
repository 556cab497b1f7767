//! Loading a foreign model's file with the system's loader.

use std::ffi::CStr;
use std::mem::ManuallyDrop;
use std::os::fd::AsRawFd;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use super::error::SharedObjectError;

const PREDICT: &CStr = c"treelite_predict";

/// The type of a model's function (docs/CONTRACT.md, "Models").
pub(super) type Predict = unsafe extern "C" fn(*const f32, usize) -> f32;

/// Loads a shared object and finds its function. `path` names the file that `copy` holds open.
///
/// The loader identifies files by name: for a name that it knows, it returns what it already loaded, even if
/// the name now belongs to another file (this happens when `dlclose` left one loaded). What it returns must
/// therefore be checked to belong to this file.
pub(super) fn load(path: &str, copy: &impl AsRawFd) -> Result<(Library, Predict), SharedObjectError> {
    // SAFETY: loading runs the file's constructors; the caller decides that they may run in this process.
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
    // Not closed if refused: the loader may have returned another model that is in use.
    let library = ManuallyDrop::new(library.map_err(SharedObjectError::Refused)?);
    // SAFETY: every model has this signature (docs/CONTRACT.md, "Models"); `None` is a symbol at address 0.
    let symbol = unsafe { library.get::<Option<Predict>>(PREDICT) };
    let predict = symbol.ok().and_then(|symbol| *symbol);
    let predict = predict.ok_or(SharedObjectError::NoPredict)?;
    if !is_of(predict as usize, copy) {
        return Err(SharedObjectError::OtherFile);
    }
    Ok((ManuallyDrop::into_inner(library), predict))
}

/// Whether the mapping at an address is of the file.
fn is_of(address: usize, file: &impl AsRawFd) -> bool {
    // SAFETY: the struct holds only integers, for which zero is valid.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: the descriptor is open, and `stat` is a live struct of the type that the call fills.
    if unsafe { libc::fstat(file.as_raw_fd(), &raw mut stat) } != 0 {
        return false;
    }
    mapped(address).is_some_and(|mapped| mapped.inode == stat.st_ino)
}

/// The file that is mapped at an address.
pub(super) struct Mapped {
    inode: u64,
    /// Its path when it was mapped, followed by ` (deleted)` if that no longer exists.
    pub(super) path: String,
}

/// The mapping at an address of this process.
pub(super) fn mapped(address: usize) -> Option<Mapped> {
    // A line is `start-end rights offset device inode path`.
    let of_line = |line: &str| {
        let mut words = line.splitn(6, ' ');
        let (start, end) = words.next()?.split_once('-')?;
        let [start, end] = [start, end].map(|hex| usize::from_str_radix(hex, 16));
        let inode = (start.ok()? <= address && address < end.ok()?).then(|| words.nth(3))??;
        let path = words.next().unwrap_or_default().trim_start().to_owned();
        Some(Mapped { inode: inode.parse().ok()?, path })
    };
    std::fs::read_to_string("/proc/self/maps").ok()?.lines().find_map(of_line)
}

#[cfg(test)]
mod tests {
    use std::ffi::c_void;
    use std::fs::File;
    use std::os::fd::FromRawFd;

    use super::*;

    fn in_memory(len: libc::off_t) -> File {
        // SAFETY: the name is a C string; the result is checked below.
        let fd = unsafe { libc::memfd_create(c"legend-test".as_ptr(), libc::MFD_CLOEXEC) };
        assert!(fd >= 0);
        // SAFETY: `fd` is a new descriptor that only this `File` owns.
        let file = unsafe { File::from_raw_fd(fd) };
        file.set_len(len.unsigned_abs()).expect("grows");
        file
    }

    #[test]
    fn an_address_is_of_a_file_from_its_first_byte_to_its_last() {
        const PAGE: usize = 4096;
        let files = [in_memory(4096), in_memory(4096)];
        let (read, private) = (libc::PROT_READ, libc::MAP_PRIVATE);
        let anonymous = private | libc::MAP_ANONYMOUS;
        // SAFETY: the address is null, so the kernel picks a free range of two pages.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), 2 * PAGE, read, anonymous, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        for (n, file) in files.iter().enumerate() {
            // SAFETY: `n` is 0 or 1, so the page lies inside the range that was mapped above.
            let page = unsafe { start.byte_add(n * PAGE) };
            let fd = file.as_raw_fd();
            // SAFETY: the fixed mapping replaces only this page, which is ours.
            let mapped = unsafe { libc::mmap(page, PAGE, read, private | libc::MAP_FIXED, fd, 0) };
            assert_eq!(mapped, page);
        }
        let at = start as usize;
        for (address, expected) in [
            (at - 1, [false, false]),
            (at, [true, false]),
            (at + PAGE - 1, [true, false]),
            (at + PAGE, [false, true]),
            (at + 2 * PAGE - 1, [false, true]),
            (at + 2 * PAGE, [false, false]),
        ] {
            let found = files.each_ref().map(|file| is_of(address, file));
            assert_eq!(found, expected, "{:+}", address.wrapping_sub(at).cast_signed());
        }
        // SAFETY: these two pages are ours, and no reference points into them.
        assert_eq!(unsafe { libc::munmap(at as *mut c_void, 2 * PAGE) }, 0);
    }
}
