//! Names of the files, and how one is written.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use control::names::module_name;
use wire::control::Module;

/// Number of letters of the hash in a version's name.
pub(crate) const VERSION_LEN: usize = 12;

/// What scores without a model, in the form of a version: it can be deployed and pinned like one.
pub const BASELINE: &str = "baseline";

/// Folder of all models in a data folder.
#[must_use]
pub fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("models")
}

/// File of a version.
#[must_use]
pub fn artefact_path(data_dir: &Path, module: Module, version: &str) -> PathBuf {
    folder(data_dir).join(format!("lib{}_v{version}.so", module_name(module)))
}

/// Whether a text has the form of a version; nothing else becomes part of a path.
#[must_use]
pub fn is_version(text: &str) -> bool {
    text.len() == VERSION_LEN
        && text.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
}

/// The version in an artefact's file name.
#[must_use]
pub fn version_of(path: &Path, module: Module) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let version = name.strip_prefix(&format!("lib{}_v", module_name(module)))?.strip_suffix(".so")?;
    is_version(version).then(|| version.to_owned())
}

/// File of the versions with their own code that ended this agent, one per line.
pub(crate) fn crash_path(data_dir: &Path, module: Module) -> PathBuf {
    folder(data_dir).join(format!("{}.crash", module_name(module)))
}

/// Makes the folder of all models.
pub(super) fn make_folder(data_dir: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder(data_dir))
}

/// Writes a whole file or nothing, and never over one that a process may have mapped: a new file, renamed.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension(format!("new.{}", std::process::id()));
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let placed = written.and_then(|()| fs::rename(&temporary, path));
    if placed.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    placed
}
