//! Keys and signatures as bytes, and their base58 text.

use std::fmt;

use crate::base58;

/// A 32-byte Solana address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pubkey(pub [u8; 32]);

impl Pubkey {
    /// Reads base58 text; `None` when it is not that of exactly 32 bytes.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Pubkey> {
        let limbs = base58::fixed::<4>(text)?;
        let mut bytes = [0; 32];
        for (place, limb) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(limbs.iter().rev()) {
            *place = limb.to_be_bytes();
        }
        Some(Pubkey(bytes))
    }

    /// Takes exactly 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Pubkey> {
        bytes.try_into().ok().map(Pubkey)
    }
}

impl fmt::Display for Pubkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 44];
        let len = usize::from(five8::encode_32(&self.0, &mut text));
        f.write_str(std::str::from_utf8(&text[..len]).unwrap_or_default())
    }
}

impl fmt::Debug for Pubkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A 64-byte transaction signature; the first one names the transaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature(pub [u8; 64]);

impl Signature {
    /// Takes exactly 64 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Signature> {
        bytes.try_into().ok().map(Signature)
    }

    /// Reads base58 text; `None` when it is not that of exactly 64 bytes.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Signature> {
        let limbs = base58::fixed::<8>(text)?;
        let mut bytes = [0; 64];
        for (place, limb) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(limbs.iter().rev()) {
            *place = limb.to_be_bytes();
        }
        Some(Signature(bytes))
    }
}

impl Default for Signature {
    fn default() -> Self {
        Signature([0; 64])
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 88];
        let len = usize::from(five8::encode_64(&self.0, &mut text));
        f.write_str(std::str::from_utf8(&text[..len]).unwrap_or_default())
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
