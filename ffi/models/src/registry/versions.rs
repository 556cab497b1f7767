//! Versions: registering one, installing one of another host, and reading a manifest.

use std::fs;
use std::path::Path;

use control::names::module_name;
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wire::control::Module;
use wire::hex::to_hex;

use super::paths::{VERSION_LEN, artefact_path, folder, is_version, make_folder, version_of, write_whole};
use super::signatures::{MANIFEST_DOMAIN, check, signed};
use crate::error::{InstallError, RegistryError, SmallFileError, Unusable};

const MANIFEST_BYTES_MAX: u64 = 1 << 20;

/// A version's manifest, after its signature was checked against `trusted`.
///
/// # Errors
/// What is wrong; the text follows the version.
pub fn manifest(
    data_dir: &Path,
    module: Module,
    version: &str,
    trusted: &[VerifyingKey],
) -> Result<Value, Unusable> {
    let path = artefact_path(data_dir, module, version);
    let bytes = small(&path.with_extension("json")).map_err(Unusable::NoManifest)?;
    let signature = small(&path.with_extension("sig")).map_err(Unusable::NotSigned)?;
    checked(module, &bytes, &String::from_utf8_lossy(&signature), trusted)
}

/// The manifest in `bytes`, if one of `trusted` signed it and it is for `module`.
fn checked(
    module: Module,
    bytes: &[u8],
    signature: &str,
    trusted: &[VerifyingKey],
) -> Result<Value, Unusable> {
    check(MANIFEST_DOMAIN, bytes, signature, trusted)?;
    let manifest: Value = serde_json::from_slice(bytes).map_err(Unusable::NoJson)?;
    if manifest["module"] != module_name(module) {
        return Err(Unusable::OtherModule(manifest["module"].clone()));
    }
    Ok(manifest)
}

fn small(path: &Path) -> Result<Vec<u8>, SmallFileError> {
    let len = fs::metadata(path).map_err(SmallFileError::Unread)?.len();
    if len > MANIFEST_BYTES_MAX {
        return Err(SmallFileError::TooLong(len));
    }
    fs::read(path).map_err(SmallFileError::Unread)
}

/// Writes an artefact with its manifest and signature; returns the version. Registering the same bytes again
/// gives the same version. `about`: further fields of the manifest besides file, module, hash and size.
///
/// # Errors
/// One line: the folder cannot be written.
pub fn register(
    data_dir: &Path,
    module: Module,
    artefact: &[u8],
    about: &Value,
    key: &SigningKey,
) -> Result<String, RegistryError> {
    let sha256 = to_hex(&Sha256::digest(artefact));
    let version = sha256[..VERSION_LEN].to_owned();
    let path = artefact_path(data_dir, module, &version);
    let mut manifest = json!({
        "schema": "model-1",
        "module": module_name(module),
        "version": version,
        "sha256": sha256,
        "bytes": artefact.len(),
    });
    if let (Some(manifest), Some(about)) = (manifest.as_object_mut(), about.as_object()) {
        for (name, value) in about {
            manifest.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    let text = format!("{:#}\n", manifest);
    let signature = signed(MANIFEST_DOMAIN, text.as_bytes(), key);
    store(data_dir, &path, artefact, (text.as_bytes(), &signature))?;
    Ok(version)
}

/// Installs a version that another host registered, if its manifest is signed by one of `trusted` and matches
/// the bytes. `signed`: the manifest and its signature, as stored on that host.
///
/// # Errors
/// Why it cannot be installed.
pub fn install(
    data_dir: &Path,
    module: Module,
    version: &str,
    artefact: &[u8],
    signed: (&[u8], &str),
    trusted: &[VerifyingKey],
) -> Result<(), RegistryError> {
    let cannot =
        |source| RegistryError::Install { version: version.to_owned(), module: module_name(module), source };
    let (bytes, signature) = signed;
    if bytes.len() as u64 > MANIFEST_BYTES_MAX {
        return Err(cannot(InstallError::LongManifest(bytes.len())));
    }
    let manifest = checked(module, bytes, signature, trusted).map_err(|why| cannot(why.into()))?;
    let sha256 = to_hex(&Sha256::digest(artefact));
    if manifest["version"] != version || manifest["sha256"] != sha256 || !sha256.starts_with(version) {
        return Err(cannot(InstallError::OtherBytes));
    }
    if !is_version(version) {
        return Err(cannot(InstallError::NoVersion));
    }
    store(data_dir, &artefact_path(data_dir, module, version), artefact, signed)
}

fn store(data_dir: &Path, path: &Path, artefact: &[u8], signed: (&[u8], &str)) -> Result<(), RegistryError> {
    let (text, signature) = signed;
    let cannot = |source| RegistryError::Register { folder: folder(data_dir), source };
    make_folder(data_dir).map_err(cannot)?;
    // The artefact last: once it is visible, the other files exist.
    write_whole(&path.with_extension("sig"), signature.as_bytes()).map_err(cannot)?;
    write_whole(&path.with_extension("json"), text).map_err(cannot)?;
    write_whole(path, artefact).map_err(cannot)
}

/// All versions of a module, oldest file first.
#[must_use]
pub fn versions(data_dir: &Path, module: Module) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder(data_dir)) else { return Vec::new() };
    let mut found: Vec<_> = entries
        .flatten()
        .filter_map(|entry| {
            let version = version_of(&entry.path(), module)?;
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((metadata.modified().ok()?, version))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, version)| version).collect()
}
