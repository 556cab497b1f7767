//! FORMAT: which versions of this program can read the log.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::error::LogError;

/// FORMAT until a topic has a pack, so that a legend without support for packs can read the log.
pub(super) const WITHOUT_PACKS: u32 = 1;

/// FORMAT from then on.
pub(super) const WITH_PACKS: u32 = 2;

pub(super) fn version_text(version: u32) -> String {
    format!("legend-log {version}\n")
}

/// Writes FORMAT by rename, so that of two concurrent first starts both find it whole.
pub(super) fn write_version(root: &Path, path: &Path, version: u32) -> Result<(), LogError> {
    let temporary = root.join(format!("FORMAT.{}", std::process::id()));
    let written =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary).and_then(
            |mut file| {
                file.write_all(version_text(version).as_bytes())?;
                file.sync_all()?;
                fs::rename(&temporary, path)
            },
        );
    written.map_err(|error| LogError::io("create", path, error))
}

/// Called before the first pack of the topic in `dir`: a legend that does not know packs must not take their
/// records for lost.
pub(super) fn allow_packs(dir: &Path) -> Result<(), LogError> {
    let Some(root) = dir.parent() else { return Ok(()) };
    let path = root.join("FORMAT");
    let version = fs::read_to_string(&path).map_err(|error| LogError::io("read", &path, error))?;
    if version == version_text(WITH_PACKS) {
        return Ok(());
    }
    write_version(root, &path, WITH_PACKS)?;
    fs::File::open(root)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| LogError::io("sync", root, error))
}
