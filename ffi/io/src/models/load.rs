//! From a version to a model that answers, in DESIGN's order: size and hash, signature, layout, features, golden
//! answers; a foreign one in a child process first.

use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::VerifyingKey;
use engine::features;
use model::Evaluator;
use model::artefact::{self, FILE_BYTES_MAX};
use sha2::{Digest, Sha256};
use wire::control::Module;

use super::foreign::Foreign;
use super::{Runs, registry};
use crate::control::keys::to_hex;

/// A model that may be put in force.
pub struct Loaded {
    /// Its version.
    pub version: Arc<str>,
    pub(super) runs: Runs,
    features: usize,
}

impl Loaded {
    /// The probability for a row that may be longer than what is read.
    #[must_use]
    pub fn predict(&self, row: &[f32]) -> f32 {
        match &self.runs {
            Runs::Own(evaluator) => evaluator.predict(row),
            Runs::Foreign(foreign) => foreign.predict(row, self.features),
        }
    }

    /// The number of a call into its own code that has no answer yet.
    pub(super) fn open_call(&self) -> Option<u64> {
        match &self.runs {
            Runs::Own(_) => None,
            Runs::Foreign(foreign) => foreign.open_call(),
        }
    }

    /// Whether its own code runs.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        matches!(self.runs, Runs::Foreign(_))
    }
}

/// Loads a version after every check.
///
/// # Errors
/// Why it must not be used, to be said behind its name.
pub fn load(
    data_dir: &Path,
    module: Module,
    version: &str,
    trusted: &[VerifyingKey],
) -> Result<Loaded, String> {
    let path = registry::artefact_path(data_dir, module, version);
    let len = std::fs::metadata(&path).map_err(|_| "its file is not there".to_owned())?.len();
    if len > FILE_BYTES_MAX as u64 {
        return Err(format!("it is {len} bytes long, need at most {FILE_BYTES_MAX}"));
    }
    // One reading: what is checked is what is used, whatever happens to the file.
    let bytes = std::fs::read(&path).map_err(|error| format!("its file cannot be read: {error}"))?;
    let manifest = registry::manifest(data_dir, module, version, trusted)?;
    let sha256 = to_hex(&Sha256::digest(&bytes));
    if manifest["sha256"] != sha256.as_str() || !sha256.starts_with(version) {
        return Err("its bytes are not those that were signed".to_owned());
    }
    check(&bytes, module, version)
}

/// Everything about the bytes themselves.
fn check(bytes: &[u8], module: Module, version: &str) -> Result<Loaded, String> {
    let artefact = artefact::read(bytes)?;
    let arbitrage = module == Module::Arbitrage;
    let count = artefact.n_features as usize;
    let known = features::names(arbitrage).len();
    if count > known {
        return Err(format!("it reads {count} features, the agent has {known}"));
    }
    let schema = features::schema_hash(arbitrage, count);
    if artefact.schema_hash != schema {
        return Err(format!(
            "its features are {:016x}, the agent's first {count} are {schema:016x}",
            artefact.schema_hash
        ));
    }
    let runs = match artefact.tables {
        Some(tables) => {
            let evaluator = Evaluator::new(tables);
            artefact::check_golden(&evaluator, &artefact.golden, count)?;
            Runs::Own(evaluator)
        }
        None => Runs::Foreign(Foreign::open(bytes, &artefact.golden, count, version)?),
    };
    Ok(Loaded { version: version.into(), runs, features: count })
}
