//! Turns a version into a model that answers, with checks in this order: size and hash, signature, layout,
//! features, golden answers; a foreign one runs in a child process first.

use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::VerifyingKey;
use engine::features;
use model::Evaluator;
use model::artefact::{self, Artefact, FILE_BYTES_MAX};
use sha2::{Digest, Sha256};
use wire::control::Module;
use wire::hex::to_hex;

use super::error::Unusable;
use super::foreign::{self, Foreign};
use super::registry;

/// Which models an installation trusts.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Keys whose signatures are trusted.
    pub keys: Vec<VerifyingKey>,
    /// Whether a file with its own code may be loaded: that code has all rights of the process.
    pub foreign: bool,
}

/// How a loaded model is evaluated.
pub(super) enum Backend {
    /// Its tables, by our code.
    Own(Evaluator),
    /// Its own code.
    Foreign(Foreign),
}

/// A model that may be put in force.
pub struct Loaded {
    /// Its version.
    pub version: Arc<str>,
    pub(super) backend: Backend,
    features: usize,
}

impl Loaded {
    /// The probability for a row, which may be longer than the model reads.
    #[must_use]
    pub fn predict(&self, row: &[f32]) -> f32 {
        match &self.backend {
            Backend::Own(evaluator) => evaluator.predict(row),
            Backend::Foreign(foreign) => foreign.predict(row, self.features),
        }
    }

    /// The number of a call into its own code that has no answer yet.
    pub(super) fn open_call(&self) -> Option<u64> {
        match &self.backend {
            Backend::Own(_) => None,
            Backend::Foreign(foreign) => foreign.open_call(),
        }
    }

    /// Whether it runs its own code.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        matches!(self.backend, Backend::Foreign(_))
    }
}

/// Loads a version after every check.
///
/// # Errors
/// Why it must not be used; the text follows its name.
pub fn load(data_dir: &Path, module: Module, version: &str, trust: &Trust) -> Result<Loaded, Unusable> {
    let (bytes, artefact) = read(data_dir, module, version, trust)?;
    let features = artefact.n_features as usize;
    let backend = match artefact.tables {
        Some(tables) => {
            let evaluator = Evaluator::new(tables);
            artefact::check_golden(&evaluator, &artefact.golden, features)?;
            Backend::Own(evaluator)
        }
        None => {
            let crash_file = registry::crash_path(data_dir, module);
            Backend::Foreign(Foreign::open(&bytes, &artefact.golden, features, version, &crash_file)?)
        }
    };
    Ok(Loaded { version: version.into(), backend, features })
}

/// Makes every check of [`load`] without loading: a model with its own code runs only in a child process.
/// Returns whether it has its own code.
///
/// # Errors
/// Why it must not be used; the text follows its name.
pub fn verify(data_dir: &Path, module: Module, version: &str, trust: &Trust) -> Result<bool, Unusable> {
    let (bytes, artefact) = read(data_dir, module, version, trust)?;
    try_out(&bytes, artefact)
}

/// Like [`verify`], for bytes that are not registered.
///
/// # Errors
/// Why they must not be used; the text follows their name.
pub fn verify_bytes(bytes: &[u8], module: Module, foreign: bool) -> Result<bool, Unusable> {
    try_out(bytes, check(bytes, module, foreign)?)
}

fn try_out(bytes: &[u8], artefact: Artefact) -> Result<bool, Unusable> {
    let features = artefact.n_features as usize;
    let Some(tables) = artefact.tables else {
        return foreign::verify(bytes, &artefact.golden, features).map(|()| true);
    };
    artefact::check_golden(&Evaluator::new(tables), &artefact.golden, features)?;
    Ok(false)
}

/// A version's bytes, if they are the ones that were signed, and their parsed content.
fn read(
    data_dir: &Path,
    module: Module,
    version: &str,
    trust: &Trust,
) -> Result<(Vec<u8>, Artefact), Unusable> {
    let path = registry::artefact_path(data_dir, module, version);
    let len = std::fs::metadata(&path).map_err(Unusable::NoFile)?.len();
    if len > FILE_BYTES_MAX as u64 {
        return Err(Unusable::TooLong(len));
    }
    let manifest = registry::manifest(data_dir, module, version, &trust.keys)?;
    // One read: what is checked is what is used, even if the file changes.
    let bytes = std::fs::read(&path).map_err(Unusable::Unread)?;
    let sha256 = to_hex(&Sha256::digest(&bytes));
    if manifest["sha256"] != sha256.as_str() || !sha256.starts_with(version) {
        return Err(Unusable::OtherBytes);
    }
    let artefact = check(&bytes, module, trust.foreign)?;
    Ok((bytes, artefact))
}

/// All checks of the bytes themselves.
fn check(bytes: &[u8], module: Module, foreign: bool) -> Result<Artefact, Unusable> {
    let artefact = artefact::read(bytes)?;
    let arbitrage = module == Module::Arbitrage;
    let count = artefact.n_features as usize;
    let known = features::names(arbitrage).len();
    if count > known {
        return Err(Unusable::TooManyFeatures { count, known });
    }
    let (has, need) = (artefact.schema_hash, features::schema_hash(arbitrage, count));
    if has != need {
        return Err(Unusable::OtherFeatures { has, count, need });
    }
    if artefact.tables.is_none() && !foreign {
        return Err(Unusable::ForeignNotAllowed);
    }
    Ok(artefact)
}
