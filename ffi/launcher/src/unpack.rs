//! Unpacking one part of the executable into the cache, whole or not at all.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use launcher::{MANIFEST, ManifestFile, Part, WINDOW_LOG, hex, parse_manifest, sha256};
use rustix::fs::{AtFlags, Mode, OFlags, StatVfsMountFlags, openat, renameat, statvfs, syncfs, unlinkat};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::trust::{self, Below};

/// Prefix of folders that are being unpacked. The holder of the lock removes those that earlier starts left.
const TEMPORARY: &str = ".unpacking-";

/// The state of a folder's files when all their hashes were right; see [`check`].
const CHECKED: &str = ".checked";
const CHECKED_BYTES_MAX: u64 = 1 << 20;

/// The folder of `part`, unpacked if it is missing or damaged. The error is one line.
pub fn unpack_part(exe: &mut File, exe_path: &Path, cache: &Path, part: Part, at: u64) -> Result<PathBuf> {
    let trusted = trust::folder(cache)?;
    refuse_noexec(cache)?;
    let name = hex(&part.sha256)[..32].to_owned();
    let folder = cache.join(&name);
    if is_whole(&trusted, &name, &folder, part)? {
        return Ok(folder);
    }
    let lock_path = cache.join(".lock");
    let lock = File::options().write(true).create(true).truncate(false).open(&lock_path);
    let lock = lock.and_then(|file| file.lock().map(|()| file));
    let _lock = lock.map_err(|error| cannot_unpack(cache, error))?;
    // Another process may have unpacked it while we waited.
    if is_whole(&trusted, &name, &folder, part)? {
        return Ok(folder);
    }
    sweep(cache, &folder).map_err(|error| cannot_unpack(cache, error))?;
    let temporary_name = format!("{TEMPORARY}{}", std::process::id());
    let temporary = cache.join(&temporary_name);
    let result = match unpack(exe, part, at, &temporary) {
        Ok(hash) if hash == part.sha256 => match is_whole(&trusted, &temporary_name, &temporary, part) {
            Ok(true) => match put_in_place(cache, &temporary, &folder) {
                Ok(()) => return Ok(folder),
                Err(error) => cannot_unpack(cache, error),
            },
            Ok(false) => damaged(exe_path),
            Err(line) => line,
        },
        Ok(_) => damaged(exe_path),
        Err(error) if is_damage(&error) => damaged(exe_path),
        Err(error) => cannot_unpack(cache, error),
    };
    // Best effort: the next start sweeps what is left.
    let _ = fs::remove_dir_all(&temporary);
    Err(result)
}

fn put_in_place(cache: &Path, temporary: &Path, folder: &Path) -> io::Result<()> {
    syncfs(File::open(temporary)?)?;
    fs::rename(temporary, folder)?;
    File::open(cache)?.sync_all()
}

/// Whether every file is there with the hash of the manifest, whose own hash is in the executable. It fails when others
/// own or can write some of it.
fn is_whole(cache: &OwnedFd, name: &str, folder: &Path, part: Part) -> Result<bool> {
    let not_ours = || Error::PartNotOurs { folder: folder.to_owned() };
    let cannot = |source: io::Error| Error::Read { path: folder.to_owned(), source };
    let at = match trust::folder_below(cache, Path::new(name)).map_err(cannot)? {
        Below::Ours(at) => at,
        Below::Missing => return Ok(false),
        Below::NotOurs => return Err(not_ours()),
    };
    match check(&at, part).map_err(cannot)? {
        Below::Ours(()) => Ok(true),
        Below::Missing => Ok(false),
        Below::NotOurs => Err(not_ours()),
    }
}

/// Like [`is_whole`]; `Missing`: something is missing or has another hash.
fn check(at: &OwnedFd, part: Part) -> io::Result<Below<()>> {
    let mut manifest = match trust::file_below(at, Path::new(MANIFEST))? {
        Below::Ours((file, _)) => file,
        Below::Missing => return Ok(Below::Missing),
        Below::NotOurs => return Ok(Below::NotOurs),
    };
    let mut text = Vec::new();
    Read::by_ref(&mut manifest).take(CHECKED_BYTES_MAX).read_to_end(&mut text)?;
    if sha256(&mut &text[..])? != part.manifest {
        return Ok(Below::Missing);
    }
    let Some(files) = std::str::from_utf8(&text).ok().and_then(parse_manifest) else {
        return Ok(Below::Missing);
    };
    let now = match file_states(at, part, &files, false)? {
        Below::Ours(now) => now,
        Below::Missing => return Ok(Below::Missing),
        Below::NotOurs => return Ok(Below::NotOurs),
    };
    let before = match trust::file_below(at, Path::new(CHECKED))? {
        Below::Ours((file, _)) => io::read_to_string(file.take(CHECKED_BYTES_MAX)).unwrap_or_default(),
        Below::Missing => String::new(),
        Below::NotOurs => return Ok(Below::NotOurs),
    };
    if before == now {
        return Ok(Below::Ours(()));
    }
    let hashed = match file_states(at, part, &files, true)? {
        Below::Ours(hashed) => hashed,
        Below::Missing => return Ok(Below::Missing),
        Below::NotOurs => return Ok(Below::NotOurs),
    };
    // Best effort: without it the next start hashes again.
    let _ = store_checked(at, &hashed);
    Ok(Below::Ours(()))
}

/// The state of each file now: device, inode, size and times, one line each; with `hashing` its bytes are checked too.
/// One file is open at a time, so that a start works under a low limit of open files. `Missing`: one is missing or wrong.
fn file_states(at: &OwnedFd, part: Part, files: &[ManifestFile], hashing: bool) -> io::Result<Below<String>> {
    let mut now = format!("{}\n", hex(&part.manifest));
    for file in files {
        let (mut open, stat) = match trust::file_below(at, Path::new(&file.path))? {
            Below::Ours(found) => found,
            Below::Missing => return Ok(Below::Missing),
            Below::NotOurs => return Ok(Below::NotOurs),
        };
        if u64::try_from(stat.st_size) != Ok(file.bytes) || hashing && hex(&sha256(&mut open)?) != file.sha256
        {
            return Ok(Below::Missing);
        }
        // A change in place gives another `ctime`, even if it sets the modification time back.
        let times = [(stat.st_mtime, stat.st_mtime_nsec), (stat.st_ctime, stat.st_ctime_nsec)];
        let [changed, touched] = times.map(|(seconds, nanos)| format!("{seconds}.{nanos}"));
        let _ = writeln!(
            now,
            "{} {} {} {changed} {touched} {}",
            stat.st_dev, stat.st_ino, stat.st_size, file.path
        );
    }
    Ok(Below::Ours(now))
}

/// Writes what [`check`] found, by rename.
fn store_checked(at: &OwnedFd, text: &str) -> io::Result<()> {
    let temporary = format!("{CHECKED}.{}", std::process::id());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(openat(at, &temporary, flags, Mode::RUSR | Mode::WUSR)?);
    let written = file.write_all(text.as_bytes()).and_then(|()| Ok(renameat(at, &temporary, at, CHECKED)?));
    if written.is_err() {
        let _ = unlinkat(at, &temporary, AtFlags::empty());
    }
    written
}

fn refuse_noexec(cache: &Path) -> Result<()> {
    let noexec = statvfs(cache).is_ok_and(|stat| stat.f_flag.contains(StatVfsMountFlags::NOEXEC));
    if noexec {
        return Err(Error::NoExec { folder: cache.to_owned() });
    }
    Ok(())
}

/// Removes what killed starts left and a damaged folder; the caller holds the lock.
fn sweep(cache: &Path, folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(cache)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY)) {
            fs::remove_dir_all(&path)?;
        }
    }
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Unpacks into `folder` and returns the hash of all compressed bytes read.
fn unpack(exe: &mut File, part: Part, at: u64, folder: &Path) -> io::Result<[u8; 32]> {
    DirBuilder::new().mode(0o700).create(folder)?;
    exe.seek(SeekFrom::Start(at))?;
    let mut hashed = Hashed { inner: exe.take(part.len), hash: Sha256::new() };
    {
        let mut decoder = zstd::Decoder::with_buffer(BufReader::with_capacity(1 << 20, &mut hashed))?;
        decoder.window_log_max(WINDOW_LOG)?;
        let mut archive = tar::Archive::new(decoder);
        archive.set_preserve_permissions(true);
        archive.set_preserve_mtime(false);
        for entry in archive.entries()? {
            if !entry?.unpack_in(folder)? {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a path leaves the folder"));
            }
        }
    }
    io::copy(&mut hashed, &mut io::sink())?;
    Ok(hashed.hash.finalize().into())
}

struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        self.hash.update(&out[..n]);
        Ok(n)
    }
}

fn damaged(exe: &Path) -> Error {
    Error::Damaged { exe: exe.to_owned() }
}

/// Whether the compressed bytes are wrong, as opposed to an error of the disk.
fn is_damage(error: &io::Error) -> bool {
    let system =
        error.raw_os_error().is_some() || is_full(error) || error.kind() == io::ErrorKind::PermissionDenied;
    !system && source_errno(error).is_none()
}

/// The system error that tar wrapped in its own.
fn source_errno(error: &io::Error) -> Option<i32> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.get_ref().map(|inner| inner as _);
    while let Some(inner) = cause {
        if let Some(code) = inner.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error) {
            return Some(code);
        }
        cause = inner.source();
    }
    None
}

fn is_full(error: &io::Error) -> bool {
    let full = |code| rustix::io::Errno::from_raw_os_error(code) == rustix::io::Errno::NOSPC;
    error.kind() == io::ErrorKind::StorageFull || source_errno(error).is_some_and(full)
}

fn cannot_unpack(cache: &Path, source: io::Error) -> Error {
    let folder = cache.to_owned();
    if is_full(&source) { Error::Full { folder } } else { Error::Unpack { folder, source } }
}
