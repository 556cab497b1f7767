//! Unpacking one part of the executable into the cache, whole or not at all.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use launcher::{MANIFEST, Part, SMALL_BYTES, WINDOW_LOG, hex, parse_manifest, sha256};
use rustix::fs::{StatVfsMountFlags, statvfs, syncfs};
use sha2::{Digest, Sha256};

/// Folders being unpacked begin with this; whoever holds the lock removes what others left behind.
const TEMPORARY: &str = ".unpacking-";

/// The folder of `part`, unpacked if it is missing or damaged. The error is one line.
pub fn part(exe: &mut File, exe_path: &Path, cache: &Path, part: Part, at: u64) -> Result<PathBuf, String> {
    let folder = cache.join(&hex(&part.sha256)[..32]);
    if is_whole(&folder) {
        return Ok(folder);
    }
    make_cache(cache)?;
    let lock_path = cache.join(".lock");
    let lock = File::options().write(true).create(true).truncate(false).open(&lock_path);
    let lock = lock.and_then(|file| file.lock().map(|()| file));
    let _lock = lock.map_err(|error| cannot_unpack(cache, &error))?;
    // Somebody else may have been first while we waited.
    if is_whole(&folder) {
        return Ok(folder);
    }
    sweep(cache, &folder).map_err(|error| cannot_unpack(cache, &error))?;
    let temporary = cache.join(format!("{TEMPORARY}{}", std::process::id()));
    let unpacked = unpack(exe, part, at, &temporary).and_then(|hash| {
        if hash != part.sha256 {
            return Ok(false);
        }
        syncfs(File::open(&temporary)?)?;
        fs::rename(&temporary, &folder)?;
        File::open(cache)?.sync_all()?;
        Ok(true)
    });
    let result = match unpacked {
        Ok(true) => return Ok(folder),
        Ok(false) => damaged(exe_path),
        Err(error) if is_damage(&error) => damaged(exe_path),
        Err(error) => cannot_unpack(cache, &error),
    };
    // Best effort: the next start sweeps what is left.
    let _ = fs::remove_dir_all(&temporary);
    Err(result)
}

/// Every file there with its size, and the small ones with their hash.
fn is_whole(folder: &Path) -> bool {
    let Some(files) = fs::read_to_string(folder.join(MANIFEST)).ok().as_deref().and_then(parse_manifest)
    else {
        return false;
    };
    files.iter().all(|file| {
        let path = folder.join(&file.path);
        let same_size = fs::metadata(&path).is_ok_and(|meta| meta.len() == file.bytes);
        let hash = || File::open(&path).and_then(|mut open| sha256(&mut open));
        same_size && (file.bytes > SMALL_BYTES || hash().is_ok_and(|hash| hex(&hash) == file.sha256))
    })
}

fn make_cache(cache: &Path) -> Result<(), String> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(cache)
        .map_err(|error| cannot_unpack(cache, &error))?;
    let meta = fs::metadata(cache).map_err(|error| cannot_unpack(cache, &error))?;
    if meta.uid() != rustix::process::geteuid().as_raw() || meta.mode() & 0o022 != 0 {
        return Err(format!(
            "Cannot unpack into {}: it must be this user's and not writable by others, set LEGEND_CACHE_DIR to another folder",
            cache.display()
        ));
    }
    let noexec = statvfs(cache).is_ok_and(|stat| stat.f_flag.contains(StatVfsMountFlags::NOEXEC));
    if noexec {
        return Err(format!(
            "Cannot run from {}: it is mounted noexec, set LEGEND_CACHE_DIR to another folder",
            cache.display()
        ));
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

fn damaged(exe: &Path) -> String {
    format!("Cannot start {}: the file is damaged, copy it again", exe.display())
}

/// Whether the compressed bytes are wrong, as opposed to the disk.
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

fn cannot_unpack(cache: &Path, error: &io::Error) -> String {
    let why =
        if is_full(error) { "the disk is full".to_owned() } else { error.to_string().replace('\n', " ") };
    format!(
        "Cannot unpack into {}: {why}; free some space or set LEGEND_CACHE_DIR to another folder",
        cache.display()
    )
}
