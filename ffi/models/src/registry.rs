//! Models as files: registered once under their hash, verified at each use, put in force by a symlink.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};

use control::keys;
use control::names::module_name;
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wire::control::Module;
use wire::hex::{bytes_of_hex, to_hex};

use crate::error::{LinkError, RegistryError, SignatureError, SmallFileError, TakeError, Unusable};

/// Signature domain of manifests.
const MANIFEST_DOMAIN: &str = "legend model-v1";
/// Signature domain of desired models for other hosts.
const WISH_DOMAIN: &str = "legend model-wish-v1";
/// Number of letters of the hash in a version's name.
const VERSION_LEN: usize = 12;
const MANIFEST_BYTES_MAX: u64 = 1 << 20;

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

/// A signature in its stored form: the signer, and the signature in hex.
fn signed(domain: &str, bytes: &[u8], key: &SigningKey) -> String {
    let signature = keys::sign(key, domain, &[bytes]);
    format!("{} {}\n", keys::key_id(&key.verifying_key()), to_hex(&signature))
}

/// Checks that a stored signature is by one of `trusted` over the bytes.
fn check(domain: &str, bytes: &[u8], written: &str, trusted: &[VerifyingKey]) -> Result<(), SignatureError> {
    let (id, hex) = written.trim().split_once(' ').ok_or(SignatureError::NoSignature)?;
    let signature = bytes_of_hex(hex);
    let key = trusted.iter().find(|key| keys::key_id(key) == id);
    let key = key.ok_or_else(|| SignatureError::KeyNotTrusted(id.chars().take(16).collect()))?;
    if keys::verify(key, domain, &[bytes], &signature.unwrap_or_default()) {
        return Ok(());
    }
    Err(SignatureError::Altered)
}

/// Signs the model that this installation wants on other hosts.
#[must_use]
pub fn sign_wish(text: &str, key: &SigningKey) -> String {
    signed(WISH_DOMAIN, text.as_bytes(), key)
}

/// Checks that one of `trusted` signed such a desired model.
///
/// # Errors
/// Why not; the text follows it.
pub fn check_wish(text: &str, signature: &str, trusted: &[VerifyingKey]) -> Result<(), SignatureError> {
    check(WISH_DOMAIN, text.as_bytes(), signature, trusted)
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
        |source| RegistryError::Take { version: version.to_owned(), module: module_name(module), source };
    let (bytes, signature) = signed;
    if bytes.len() as u64 > MANIFEST_BYTES_MAX {
        return Err(cannot(TakeError::LongManifest(bytes.len())));
    }
    let manifest = checked(module, bytes, signature, trusted).map_err(|why| cannot(why.into()))?;
    let sha256 = to_hex(&Sha256::digest(artefact));
    if manifest["version"] != version || manifest["sha256"] != sha256 || !sha256.starts_with(version) {
        return Err(cannot(TakeError::OtherBytes));
    }
    if !is_version(version) {
        return Err(cannot(TakeError::NoVersion));
    }
    store(data_dir, &artefact_path(data_dir, module, version), artefact, signed)
}

fn store(data_dir: &Path, path: &Path, artefact: &[u8], signed: (&[u8], &str)) -> Result<(), RegistryError> {
    let (text, signature) = signed;
    let cannot = |source| RegistryError::Register { folder: folder(data_dir), source };
    make(data_dir).map_err(cannot)?;
    // The artefact last: once it is visible, the other files exist.
    place(&path.with_extension("sig"), signature.as_bytes()).map_err(cannot)?;
    place(&path.with_extension("json"), text).map_err(cannot)?;
    place(path, artefact).map_err(cannot)
}

fn make(data_dir: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder(data_dir))
}

/// Writes a whole file or nothing, and never over one that a process may have mapped: a new file, renamed.
fn place(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
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
        place(&path, format!("{version} {request_id}").as_bytes()).map_err(cannot)
    };
    let is_none = version.is_none_or(|version| link == Link::Latest && version == BASELINE);
    if is_none {
        if link == Link::Latest {
            make(data_dir).map_err(cannot)?;
            request(BASELINE)?;
        }
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(cannot(error)),
            _ => Ok(()),
        };
    }
    let version = version.unwrap_or_default();
    if link == Link::Pin && version == BASELINE {
        make(data_dir).map_err(cannot)?;
        return place(&path, version.as_bytes()).map_err(cannot);
    }
    if !is_version(version) || !artefact_path(data_dir, module, version).exists() {
        let (version, module) = (version.to_owned(), module_name(module));
        return Err(RegistryError::NoVersion { verb, version, module });
    }
    if link == Link::Pin {
        return place(&path, version.as_bytes()).map_err(cannot);
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

/// File of the versions with their own code that ended this agent, one per line.
pub(super) fn crash_path(data_dir: &Path, module: Module) -> PathBuf {
    folder(data_dir).join(format!("{}.crash", module_name(module)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("legend-registry-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        path
    }

    #[test]
    fn a_version_that_is_not_there_is_refused_by_what_was_asked() {
        let data = data("missing");
        for (link, refused) in [
            (Link::Latest, "Cannot deploy 0123456789ab: mev has no such version"),
            (Link::Shadow, "Cannot deploy 0123456789ab: mev has no such version"),
            (Link::Pin, "Cannot pin 0123456789ab: mev has no such version"),
        ] {
            let why = point(&data, Module::Mev, link, Some("0123456789ab"), "").expect_err("is refused");
            assert!(why.to_string().starts_with(refused), "{why}");
            assert!(matches!(pointed(&data, Module::Mev, link), Ok(None)));
        }
        fs::remove_dir_all(data).expect("removed");
    }

    #[test]
    fn a_manifest_says_what_was_told_of_a_model_and_nothing_over_its_own_numbers() {
        let data = data("about");
        let key = SigningKey::from_bytes(&[7; 32]);
        let about = json!({ "note": "of a test", "bytes": 99, "module": "arbitrage" });
        let version = register(&data, Module::Mev, b"four", &about, &key).expect("registers");
        let manifest = manifest(&data, Module::Mev, &version, &[key.verifying_key()]).expect("is signed");
        assert_eq!(manifest["note"], "of a test");
        assert_eq!((&manifest["bytes"], &manifest["module"]), (&json!(4), &json!("mev")));
        fs::remove_dir_all(data).expect("removed");
    }

    #[test]
    fn the_file_of_a_version_may_have_512_mebibytes() {
        let data = data("large");
        make(&data).expect("a folder");
        let path = artefact_path(&data, Module::Mev, "0123456789ab");
        let file = File::create(&path).expect("a file");
        for (len, refused) in
            [(512 << 20, "it has no manifest"), ((512 << 20) + 1, "it is 536870913 bytes long")]
        {
            // A hole: it takes no disk space, and is not read.
            file.set_len(len).expect("grows");
            let trust = super::super::Trust::default();
            let why =
                super::super::load::verify(&data, Module::Mev, "0123456789ab", &trust).expect_err("refused");
            assert!(why.to_string().starts_with(refused), "{why}");
        }
        fs::remove_dir_all(data).expect("removed");
    }
}
