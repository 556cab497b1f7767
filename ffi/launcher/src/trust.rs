//! Folders and files that no other user can have created or changed. They are opened component by component, never
//! through another user's link, and checked before anything in them is read.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, mkdirat, openat, readlinkat, statat};
use rustix::io::Errno;

use crate::error::{Error, Result};

const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;
/// Links that are followed in the root folder (`/home` to `/var/home`).
const LINKS_MAX: usize = 4;
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);

fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Opens the folder `path`, made with mode 0700 if missing. It must be this user's, everything above it this user's or
/// root's, and nothing of it writable by others.
pub fn folder(path: &Path) -> Result<OwnedFd> {
    let cannot = |source: Errno| Error::Use { folder: path.to_owned(), source };
    let absolute = std::path::absolute(path).map_err(Error::Absolute)?;
    let mut names = Vec::new();
    for component in absolute.components() {
        match component {
            Component::Normal(name) => names.push(name.to_owned()),
            Component::RootDir => {}
            _ => return Err(Error::Upwards { folder: path.to_owned() }),
        }
    }
    names.reverse();
    let mut at = openat(CWD, "/", FOLDER, Mode::empty()).map_err(cannot)?;
    let mut shown = std::path::PathBuf::from("/");
    let mut links = 0;
    let mut depth = 0;
    while let Some(name) = names.pop() {
        check_above(&fstat(&at).map_err(cannot)?, path, &shown)?;
        match statat(&at, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => match mkdirat(&at, &name, Mode::RWXU) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(cannot_make(path, error)),
            },
            Err(error) => return Err(cannot(error)),
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink => {
                // Only root can put a link into the root folder.
                if depth > 0 || stat.st_uid != 0 || links == LINKS_MAX {
                    return Err(Error::Link { folder: path.to_owned(), link: shown.join(&name) });
                }
                links += 1;
                let target = readlinkat(&at, &name, Vec::new()).map_err(cannot)?;
                let target = target.to_string_lossy().into_owned();
                names.extend(target.split('/').rev().filter(|part| !part.is_empty()).map(Into::into));
                continue;
            }
            Ok(_) => {}
        }
        shown.push(&name);
        at = openat(&at, &name, FOLDER, Mode::empty()).map_err(cannot)?;
        depth += 1;
    }
    let stat = fstat(&at).map_err(cannot)?;
    if stat.st_uid != own_uid() || stat.st_mode & OTHERS_WRITE != 0 {
        return Err(not_ours(path, &shown));
    }
    Ok(at)
}

/// In a sticky folder others can create files, but not replace what is there.
fn check_above(stat: &Stat, path: &Path, shown: &Path) -> Result<()> {
    let owned = stat.st_uid == 0 || stat.st_uid == own_uid();
    let shut = stat.st_mode & OTHERS_WRITE == 0 || stat.st_mode & STICKY != 0;
    if owned && shut { Ok(()) } else { Err(not_ours(path, shown)) }
}

fn not_ours(path: &Path, shown: &Path) -> Error {
    Error::NotOurs { folder: path.to_owned(), shown: shown.to_owned() }
}

fn cannot_make(path: &Path, error: Errno) -> Error {
    let folder = path.to_owned();
    match error {
        Errno::NOSPC => Error::Full { folder },
        error => Error::Unpack { folder, source: error.into() },
    }
}

/// What is below a trusted folder, if it is there.
#[derive(Debug)]
pub enum Below<T> {
    /// This user's, and no one else can write it.
    Ours(T),
    /// Not there, or not a file or folder as it should be.
    Missing,
    /// There, but a link, another user's or writable by others: nothing of it may be read.
    NotOurs,
}

/// A folder below a trusted one.
pub fn folder_below(at: &impl AsFd, name: &Path) -> io::Result<Below<OwnedFd>> {
    open(at, name, FOLDER, FileType::Directory)
}

/// A file below a trusted folder, through folders that are checked too.
pub fn file_below(at: &impl AsFd, path: &Path) -> io::Result<Below<(File, Stat)>> {
    let mut above: Option<OwnedFd> = None;
    let (parents, name) = (path.parent(), path.file_name().unwrap_or_default());
    for part in parents.into_iter().flat_map(Path::components) {
        let next = match &above {
            Some(folder) => folder_below(folder, part.as_ref())?,
            None => folder_below(at, part.as_ref())?,
        };
        match next {
            Below::Ours(folder) => above = Some(folder),
            Below::Missing => return Ok(Below::Missing),
            Below::NotOurs => return Ok(Below::NotOurs),
        }
    }
    let opened = match &above {
        Some(folder) => open(folder, name.as_ref(), FILE, FileType::RegularFile)?,
        None => open(at, name.as_ref(), FILE, FileType::RegularFile)?,
    };
    Ok(match opened {
        Below::Ours(file) => {
            let stat = fstat(&file)?;
            Below::Ours((File::from(file), stat))
        }
        Below::Missing => Below::Missing,
        Below::NotOurs => Below::NotOurs,
    })
}

fn open(at: &impl AsFd, name: &Path, flags: OFlags, kind: FileType) -> io::Result<Below<OwnedFd>> {
    let fd = match openat(at, name, flags, Mode::empty()) {
        Ok(fd) => fd,
        Err(Errno::NOENT) => return Ok(Below::Missing),
        // A link: with NOFOLLOW the system reports it as not a folder, and opened as a file as a loop.
        Err(Errno::LOOP | Errno::NOTDIR | Errno::ACCESS) => return Ok(Below::NotOurs),
        Err(error) => return Err(error.into()),
    };
    let stat = fstat(&fd)?;
    let ours = stat.st_uid == own_uid()
        && stat.st_mode & OTHERS_WRITE == 0
        && FileType::from_raw_mode(stat.st_mode) == kind;
    Ok(if ours { Below::Ours(fd) } else { Below::NotOurs })
}
