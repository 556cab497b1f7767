//! Ed25519 keys of an installation: one signs commands, one signs the agents' receipts.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use ed25519_dalek::{Signature, Signer};
pub use ed25519_dalek::{SigningKey, VerifyingKey};
use wire::hex::{bytes_of_hex, to_hex};

use super::error::ControlError;

/// File of the key that signs commands, in the data folder. It is made with the folder
/// (`core/control/control_key.ts`).
pub const CONTROL_KEY: &str = "keys/control.key";
/// File of the key that signs receipts.
pub const AGENT_KEY: &str = "keys/agent.key";

/// Maximum bytes read from a key file.
const KEY_BYTES_MAX: u64 = 1_000;

/// Reads the key in `file`. A missing key is not replaced: nothing signed with the new one would be trusted.
///
/// # Errors
/// The file is missing or cannot be read, others can read it, or it does not hold a key.
pub fn load(data_dir: &Path, file: &str) -> Result<SigningKey, ControlError> {
    load_if_there(data_dir, file)?.ok_or_else(|| ControlError::KeyGone(data_dir.join(file)))
}

/// Reads the key in `file`; makes it at the first start, readable only by its owner.
///
/// # Errors
/// The file cannot be read or made, others can read it, or it does not hold a key.
pub fn load_or_create(data_dir: &Path, file: &str) -> Result<SigningKey, ControlError> {
    if let Some(key) = load_if_there(data_dir, file)? {
        return Ok(key);
    }
    let path = data_dir.join(file);
    create(&path).map_err(|source| ControlError::KeyFile { path, source })?;
    // The first process to write it made the key that counts.
    load(data_dir, file)
}

/// The key in `file`; `None` without a file.
///
/// # Errors
/// The file cannot be read, others can read it, or it does not hold a key.
pub fn load_if_there(data_dir: &Path, file: &str) -> Result<Option<SigningKey>, ControlError> {
    let path = data_dir.join(file);
    let refused = |source| ControlError::KeyFile { path: path.clone(), source };
    let open = match fs::File::open(&path) {
        Ok(open) => open,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(error)),
    };
    let mode = open.metadata().map_err(refused)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(ControlError::KeyIsOpen { path, mode: mode & 0o777 });
    }
    let mut bytes = Vec::new();
    (&open).take(KEY_BYTES_MAX).read_to_end(&mut bytes).map_err(refused)?;
    let key = from_hex(std::str::from_utf8(&bytes).unwrap_or_default().trim());
    key.map(Some).ok_or(ControlError::KeyDamaged(path))
}

fn create(path: &Path) -> std::io::Result<()> {
    let mut seed = [0; 32];
    fs::File::open("/dev/urandom")?.read_exact(&mut seed)?;
    if let Some(folder) = path.parent() {
        topic_log::disk::make_folder(folder)?;
    }
    let temporary = path.with_extension(format!("new.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    // A link, unlike a rename, does not replace a key that a concurrent start made.
    let linked = file
        .write_all(to_hex(&seed).as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&temporary, path));
    fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// A key from its seed in hex; `None` unless it has 64 digits.
#[must_use]
pub fn from_hex(text: &str) -> Option<SigningKey> {
    Some(SigningKey::from_bytes(&bytes_of_hex(text)?.try_into().ok()?))
}

/// Names a key: the first 8 bytes of its public half, in hex.
#[must_use]
pub fn key_id(key: &VerifyingKey) -> String {
    to_hex(&key.to_bytes()[..8])
}

/// Signs `parts` in order, each preceded by its length.
#[must_use]
pub fn sign(key: &SigningKey, domain: &str, parts: &[&[u8]]) -> [u8; 64] {
    key.sign(&joined(domain, parts)).to_bytes()
}

/// Whether `signature` is `key`'s over the parts.
#[must_use]
pub fn verify(key: &VerifyingKey, domain: &str, parts: &[&[u8]], signature: &[u8]) -> bool {
    let Ok(signature) = Signature::from_slice(signature) else { return false };
    key.verify_strict(&joined(domain, parts), &signature).is_ok()
}

fn joined(domain: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = domain.as_bytes().to_vec();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_or_create_makes_one_private_key_and_refuses_an_open_one() {
        let folder = std::env::temp_dir().join(format!("legend-keys-{}", std::process::id()));
        load_or_create(&folder, CONTROL_KEY).expect_err("a data folder that is gone is not made again");
        fs::create_dir(&folder).expect("a folder of the test");
        let gone = load(&folder, CONTROL_KEY).expect_err("makes none").to_string();
        assert!(gone.contains("keys/control.key: it is gone; restore it from a backup"), "{gone}");
        assert!(!folder.join("keys").exists());
        let first = load_or_create(&folder, CONTROL_KEY).expect("makes");
        assert_eq!(load(&folder, CONTROL_KEY).expect("reads").to_bytes(), first.to_bytes());
        assert_eq!(load_or_create(&folder, CONTROL_KEY).expect("reads").to_bytes(), first.to_bytes());
        let path = folder.join(CONTROL_KEY);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("sets");
        let refused = load_or_create(&folder, CONTROL_KEY).expect_err("refuses").to_string();
        assert!(refused.ends_with("control.key: others can read it (mode 640), need 0600"), "{refused}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("sets");
        fs::write(&path, "no key").expect("writes");
        let refused = load(&folder, CONTROL_KEY).expect_err("refuses").to_string();
        let words = "it is damaged, need 64 hex digits; restore it from a backup";
        assert_eq!(refused, format!("Cannot use the key {}: {words}", path.display()));
        fs::remove_dir_all(folder).expect("removes");
    }

    #[test]
    fn verify_accepts_the_parts_only_as_they_were_split() {
        let key = from_hex(&"07".repeat(32)).expect("a seed");
        let signature = sign(&key, "d", &[b"ab", b"c"]);
        assert!(verify(&key.verifying_key(), "d", &[b"ab", b"c"], &signature));
        for (domain, parts) in [("e", [&b"ab"[..], b"c"]), ("d", [b"a", b"bc"]), ("d", [b"ab", b"d"])] {
            assert!(!verify(&key.verifying_key(), domain, &parts, &signature));
        }
        assert!(!verify(&key.verifying_key(), "d", &[b"ab", b"c"], &signature[..63]));
        assert!(from_hex("0").is_none() && from_hex(&"zz".repeat(32)).is_none());
    }
}
