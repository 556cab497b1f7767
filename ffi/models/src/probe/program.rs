//! Finds the trial's executable: next to the file that holds this code, independent of environment and
//! working folder.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, open};

use crate::error::ProgramError;
use crate::shared_object::mapped;

const NAME: &str = "legend-probe";
const GROUP_WRITE: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;

/// Opened once: a user that this process becomes later may not be able to see the folder.
static PROGRAM: OnceLock<OwnedFd> = OnceLock::new();

/// The executable, opened.
pub(super) fn program() -> Result<&'static OwnedFd, ProgramError> {
    if let Some(known) = PROGRAM.get() {
        return Ok(known);
    }
    let own = own_file().ok_or(ProgramError::OwnFile)?;
    let found = beside(&own)?;
    Ok(PROGRAM.get_or_init(|| found))
}

/// The file that holds this function: the library, or a test's executable.
fn own_file() -> Option<PathBuf> {
    let path = mapped(own_file as fn() -> Option<PathBuf> as usize)?.path;
    // Our file was replaced while it runs: the helper next to the new one reports itself whether it
    // understands us.
    Some(PathBuf::from(path.strip_suffix(" (deleted)").unwrap_or(&path)))
}

/// The executable that belongs to `own`.
fn beside(own: &Path) -> Result<OwnedFd, ProgramError> {
    let folder = own.parent().unwrap_or(Path::new("/"));
    // Cargo puts tests one folder below executables.
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    let path = folder.join(NAME);
    let cannot = |source| ProgramError::File { path: path.clone(), source };
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = open(&path, flags, Mode::empty()).map_err(std::io::Error::from);
    let file = file.map_err(|error| match error.kind() {
        ErrorKind::NotFound => ProgramError::NotThere { path: path.clone(), own: own.to_owned() },
        _ => cannot(error),
    })?;
    let stat = fstat(&file).map_err(|error| cannot(error.into()))?;
    let own = fs::metadata(own).map_err(cannot)?;
    if is_trusted(&stat, &own, rustix::process::geteuid().as_raw()) {
        return Ok(file);
    }
    Err(ProgramError::NotTrusted(path))
}

/// Whether every user who may change this file may also change our own file: then it is as trustworthy.
fn is_trusted(stat: &Stat, own: &Metadata, me: u32) -> bool {
    let is_whose = [0, me, own.uid()].contains(&stat.st_uid);
    let group = stat.st_mode & GROUP_WRITE == 0 || own.mode() & GROUP_WRITE != 0 && stat.st_gid == own.gid();
    let others = stat.st_mode & OTHERS_WRITE == 0;
    is_whose && group && others && FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn own_file_is_the_executable_of_this_test() {
        assert_eq!(own_file(), std::env::current_exe().ok());
    }

    #[test]
    fn a_program_that_another_user_may_have_written_is_not_used() {
        let folder = std::env::temp_dir().join(format!("legend-program-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let (own, program) = (folder.join("liblegend.so"), folder.join(NAME));
        let why = || beside(&own).map(|_| ()).expect_err("is refused").to_string();
        fs::write(&own, "").expect("a file");
        let mode =
            |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("is set");
        mode(&own, 0o644);
        assert_eq!(
            why(),
            format!(
                "{0}/legend-probe is missing, it belongs beside {0}/liblegend.so: build or copy legend again",
                folder.display()
            )
        );
        let bad = format!(
            "{} cannot be used: it must be a file of this user that no other user may write",
            program.display()
        );
        symlink(&own, &program).expect("a link");
        assert_eq!(why(), bad, "a link");
        fs::remove_file(&program).expect("removed");
        fs::create_dir(&program).expect("a folder");
        assert_eq!(why(), bad, "a folder");
        fs::remove_dir(&program).expect("removed");
        fs::write(&program, "").expect("a file");
        for (own_mode, its_mode, is_used) in [
            (0o644, 0o755, true),
            (0o644, 0o775, false),
            (0o664, 0o775, true),
            (0o644, 0o757, false),
            (0o666, 0o757, false),
            (0o664, 0o755, true),
        ] {
            mode(&own, own_mode);
            mode(&program, its_mode);
            assert_eq!(beside(&own).is_ok(), is_used, "{own_mode:o} {its_mode:o}");
        }
        let (stat, own) =
            (fstat(fs::File::open(&program).expect("opens")).expect("is"), fs::metadata(&own).expect("is"));
        let of = |uid, gid, me| {
            let mut stat = stat;
            (stat.st_uid, stat.st_gid, stat.st_mode) = (uid, gid, 0o100_775);
            is_trusted(&stat, &own, me)
        };
        let (uid, gid) = (own.uid(), own.gid());
        assert!(of(uid, gid, uid) && of(0, gid, uid), "ours, or root's");
        assert!(!of(uid + 1, gid, uid), "a stranger's");
        assert!(!of(uid, gid + 1, uid), "of another group, which may not write ours");
        fs::remove_dir_all(folder).expect("removed");
    }
}
