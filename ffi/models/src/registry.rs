//! Models as files: registered once under their hash, verified at each use, put in force by a symlink.

mod paths;
mod selection;
mod signatures;
mod versions;

pub use paths::{BASELINE, artefact_path, folder, is_version, version_of};
pub(super) use paths::{VERSION_LEN, crash_path};
pub use selection::{ModelSlot, request, select, selected, selected_ms, version_to_run};
pub use signatures::{check_desired, sign_desired};
pub use versions::{install, manifest, register, versions};

#[cfg(test)]
mod tests;
