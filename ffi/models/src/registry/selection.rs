//! Which version is live, which is the shadow, and which is pinned.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use control::names::module_name;
use wire::control::Module;

use super::paths::{BASELINE, artefact_path, folder, is_version, make_folder, version_of, write_whole};
use crate::error::{RegistryError, SelectionError};

/// What selects a version to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelSlot {
    /// The symlink to the live model.
    Latest,
    /// The symlink to the shadow model.
    Shadow,
    /// A file with the version that runs regardless of `Latest`.
    Pin,
}

impl ModelSlot {
    fn path(self, data_dir: &Path, module: Module) -> PathBuf {
        let module = module_name(module);
        folder(data_dir).join(match self {
            ModelSlot::Latest => format!("lib{module}_latest.so"),
            ModelSlot::Shadow => format!("lib{module}_shadow.so"),
            ModelSlot::Pin => format!("{module}.pin"),
        })
    }
}

/// Selects a version to use, atomically; `None` removes the selection. `request_id`: the request that agents
/// answer. The baseline is live when nothing is selected.
///
/// # Errors
/// One line: no such version, or the folder cannot be written.
pub fn select(
    data_dir: &Path,
    module: Module,
    slot: ModelSlot,
    version: Option<&str>,
    request_id: &str,
) -> Result<(), RegistryError> {
    let path = slot.path(data_dir, module);
    let verb = if slot == ModelSlot::Pin { "pin" } else { "deploy" };
    let cannot = |source| RegistryError::Select { verb, folder: folder(data_dir), source };
    let request = |version: &str| {
        let path = folder(data_dir).join(format!("{}.request", module_name(module)));
        write_whole(&path, format!("{version} {request_id}").as_bytes()).map_err(cannot)
    };
    let is_none = version.is_none_or(|version| slot == ModelSlot::Latest && version == BASELINE);
    if is_none {
        if slot == ModelSlot::Latest {
            make_folder(data_dir).map_err(cannot)?;
            request(BASELINE)?;
        }
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(cannot(error)),
            _ => Ok(()),
        };
    }
    let version = version.unwrap_or_default();
    if slot == ModelSlot::Pin && version == BASELINE {
        make_folder(data_dir).map_err(cannot)?;
        return write_whole(&path, version.as_bytes()).map_err(cannot);
    }
    if !is_version(version) || !artefact_path(data_dir, module, version).exists() {
        let (version, module) = (version.to_owned(), module_name(module));
        return Err(RegistryError::NoVersion { verb, version, module });
    }
    if slot == ModelSlot::Pin {
        return write_whole(&path, version.as_bytes()).map_err(cannot);
    }
    if slot == ModelSlot::Latest {
        request(version)?;
    }
    let target = format!("lib{}_v{version}.so", module_name(module));
    let temporary = path.with_extension(format!("new.{}", std::process::id()));
    let _ = fs::remove_file(&temporary);
    symlink(target, &temporary).and_then(|()| fs::rename(&temporary, &path)).map_err(cannot)
}

/// The version that should run: the pinned one, otherwise the symlink's target. `None`: the baseline.
///
/// # Errors
/// It points to something that is not a version in this folder.
pub fn version_to_run(
    data_dir: &Path,
    module: Module,
    slot: ModelSlot,
) -> Result<Option<String>, SelectionError> {
    let pinned = if slot == ModelSlot::Latest { selected(data_dir, module, ModelSlot::Pin)? } else { None };
    match pinned {
        Some(version) if version == BASELINE => Ok(None),
        Some(version) => Ok(Some(version)),
        None => selected(data_dir, module, slot),
    }
}

/// The version that this slot alone selects.
///
/// # Errors
/// Like [`version_to_run`].
pub fn selected(data_dir: &Path, module: Module, slot: ModelSlot) -> Result<Option<String>, SelectionError> {
    let path = slot.path(data_dir, module);
    if slot == ModelSlot::Pin {
        let Ok(text) = fs::read_to_string(path) else { return Ok(None) };
        let version = text.trim();
        return if is_version(version) || version == BASELINE {
            Ok(Some(version.to_owned()))
        } else {
            Err(SelectionError::Pin)
        };
    }
    let target = match fs::read_link(&path) {
        Ok(target) => target,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(SelectionError::NoSymlink { path, source }),
    };
    // A bare name in this folder: no other target is followed.
    let bare = target.parent().is_some_and(|parent| parent.as_os_str().is_empty());
    match version_of(&target, module) {
        Some(version) if bare => Ok(Some(version)),
        _ => Err(SelectionError::NoVersion { path, target }),
    }
}

/// When a slot was set, in Unix milliseconds; 0 if there is none.
#[must_use]
pub fn selected_ms(data_dir: &Path, module: Module, slot: ModelSlot) -> u64 {
    let made = fs::symlink_metadata(slot.path(data_dir, module)).and_then(|metadata| metadata.modified());
    let since = made.ok().and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The request that deployed a version, or the baseline; "" for none.
#[must_use]
pub fn request(data_dir: &Path, module: Module, version: &str) -> String {
    let path = folder(data_dir).join(format!("{}.request", module_name(module)));
    let text = fs::read_to_string(path).unwrap_or_default();
    // A request is written before its symlink: until then it does not belong to what is deployed.
    let of = text.split_once(' ').filter(|(of, _)| *of == version);
    of.map_or_else(String::new, |(_, request)| request.chars().take(128).collect())
}
