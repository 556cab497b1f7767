//! Which version is live, which is the shadow, and which is pinned.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use control::names::module_name;
use wire::control::Module;

use super::paths::{BASELINE, artefact_path, folder, is_version, make_folder, version_of, write_whole};
use crate::error::{LinkError, RegistryError};

/// What selects a version to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The symlink to the live model.
    Latest,
    /// The symlink to the shadow model.
    Shadow,
    /// A file with the version that runs regardless of `Latest`.
    Pin,
}

impl Link {
    fn path(self, data_dir: &Path, module: Module) -> PathBuf {
        let module = module_name(module);
        folder(data_dir).join(match self {
            Link::Latest => format!("lib{module}_latest.so"),
            Link::Shadow => format!("lib{module}_shadow.so"),
            Link::Pin => format!("{module}.pin"),
        })
    }
}

/// Selects a version to use, atomically; `None` removes the selection. `request_id`: the request that agents
/// answer. The baseline is live when nothing is selected.
///
/// # Errors
/// One line: no such version, or the folder cannot be written.
pub fn point(
    data_dir: &Path,
    module: Module,
    link: Link,
    version: Option<&str>,
    request_id: &str,
) -> Result<(), RegistryError> {
    let path = link.path(data_dir, module);
    let verb = if link == Link::Pin { "pin" } else { "deploy" };
    let cannot = |source| RegistryError::Point { verb, folder: folder(data_dir), source };
    let request = |version: &str| {
        let path = folder(data_dir).join(format!("{}.request", module_name(module)));
        write_whole(&path, format!("{version} {request_id}").as_bytes()).map_err(cannot)
    };
    let is_none = version.is_none_or(|version| link == Link::Latest && version == BASELINE);
    if is_none {
        if link == Link::Latest {
            make_folder(data_dir).map_err(cannot)?;
            request(BASELINE)?;
        }
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(cannot(error)),
            _ => Ok(()),
        };
    }
    let version = version.unwrap_or_default();
    if link == Link::Pin && version == BASELINE {
        make_folder(data_dir).map_err(cannot)?;
        return write_whole(&path, version.as_bytes()).map_err(cannot);
    }
    if !is_version(version) || !artefact_path(data_dir, module, version).exists() {
        let (version, module) = (version.to_owned(), module_name(module));
        return Err(RegistryError::NoVersion { verb, version, module });
    }
    if link == Link::Pin {
        return write_whole(&path, version.as_bytes()).map_err(cannot);
    }
    if link == Link::Latest {
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
pub fn wanted(data_dir: &Path, module: Module, link: Link) -> Result<Option<String>, LinkError> {
    let pinned = if link == Link::Latest { pointed(data_dir, module, Link::Pin)? } else { None };
    match pinned {
        Some(version) if version == BASELINE => Ok(None),
        Some(version) => Ok(Some(version)),
        None => pointed(data_dir, module, link),
    }
}

/// The version that this link alone selects.
///
/// # Errors
/// As [`wanted`].
pub fn pointed(data_dir: &Path, module: Module, link: Link) -> Result<Option<String>, LinkError> {
    let path = link.path(data_dir, module);
    if link == Link::Pin {
        let Ok(text) = fs::read_to_string(path) else { return Ok(None) };
        let version = text.trim();
        return if is_version(version) || version == BASELINE {
            Ok(Some(version.to_owned()))
        } else {
            Err(LinkError::Pin)
        };
    }
    let target = match fs::read_link(&path) {
        Ok(target) => target,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(LinkError::NoSymlink { path, source }),
    };
    // A bare name in this folder: no other target is followed.
    let bare = target.parent().is_some_and(|parent| parent.as_os_str().is_empty());
    match version_of(&target, module) {
        Some(version) if bare => Ok(Some(version)),
        _ => Err(LinkError::NoVersion { path, target }),
    }
}

/// When a link was made, in Unix milliseconds; 0 if there is none.
#[must_use]
pub fn pointed_ms(data_dir: &Path, module: Module, link: Link) -> u64 {
    let made = fs::symlink_metadata(link.path(data_dir, module)).and_then(|metadata| metadata.modified());
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
