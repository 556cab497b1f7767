//! Models as files: registered once under their hash, verified at each use, put in force by a symlink.

mod paths;
mod selection;
mod signatures;
mod versions;

pub(super) use paths::crash_path;
pub use paths::{BASELINE, artefact_path, folder, is_version, version_of};
pub use selection::{Link, point, pointed, pointed_ms, request, wanted};
pub use signatures::{check_wish, sign_wish};
pub use versions::{install, manifest, register, versions};

#[cfg(test)]
mod tests;
