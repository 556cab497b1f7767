//! Addresses that programs derive from seeds.

use curve25519_dalek::edwards::CompressedEdwardsY;
use sha2::{Digest as _, Sha256};

use crate::address::Address;

/// The address that `program` derives from `seeds`: the first, from bump 255 down, that has no private key.
#[must_use]
pub fn derive(program: &Address, seeds: &[&[u8]]) -> Option<Address> {
    (0..=u8::MAX).rev().find_map(|bump| {
        let mut hash = Sha256::new();
        for seed in seeds {
            hash.update(seed);
        }
        hash.update([bump]);
        hash.update(program);
        hash.update(b"ProgramDerivedAddress");
        let address: Address = hash.finalize().into();
        CompressedEdwardsY(address).decompress().is_none().then_some(address)
    })
}
