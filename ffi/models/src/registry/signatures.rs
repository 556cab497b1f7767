//! Signatures of manifests and of the models that are wanted on other hosts.

use control::keys;
use ed25519_dalek::{SigningKey, VerifyingKey};
use wire::hex::{bytes_of_hex, to_hex};

use crate::error::SignatureError;

/// Signature domain of manifests.
pub(super) const MANIFEST_DOMAIN: &str = "legend model-v1";
/// Signature domain of desired models for other hosts.
const DESIRED_DOMAIN: &str = "legend model-wish-v1";

/// A signature in its stored form: the signer, and the signature in hex.
pub(super) fn signed(domain: &str, bytes: &[u8], key: &SigningKey) -> String {
    let signature = keys::sign(key, domain, &[bytes]);
    format!("{} {}\n", keys::key_id(&key.verifying_key()), to_hex(&signature))
}

/// Checks that a stored signature is by one of `trusted` over the bytes.
pub(super) fn check(
    domain: &str,
    bytes: &[u8],
    written: &str,
    trusted: &[VerifyingKey],
) -> Result<(), SignatureError> {
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
pub fn sign_desired(text: &str, key: &SigningKey) -> String {
    signed(DESIRED_DOMAIN, text.as_bytes(), key)
}

/// Checks that one of `trusted` signed such a desired model.
///
/// # Errors
/// Why not; the text follows it.
pub fn check_desired(text: &str, signature: &str, trusted: &[VerifyingKey]) -> Result<(), SignatureError> {
    check(DESIRED_DOMAIN, text.as_bytes(), signature, trusted)
}
