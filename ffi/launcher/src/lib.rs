//! What the launcher and the packer share: the trailer of the executable and the manifest of a part.
//!
//! ```text
//! [launcher][runtime: tar.zst][clickhouse: tar.zst, may be empty][trailer]
//! ```
#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::io::{self, Read};
use std::path::{Component, Path};

use sha2::{Digest, Sha256};

const MAGIC: &[u8; 16] = b"LEGEND-PACKED-3\n";
/// Bytes of the trailer.
pub const TRAILER: usize = 2 * PART + 16;
/// Bytes of one part in it.
const PART: usize = 8 + 32 + 32;
/// The list of files in each part's folder.
pub const MANIFEST: &str = "MANIFEST";
/// Window of the compressed parts: 128 MiB.
pub const WINDOW_LOG: u32 = 27;

/// One compressed archive in the executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Compressed bytes; 0 = not packed.
    pub len: u64,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
    /// SHA-256 of the manifest in it, which has the hashes of all its files.
    pub manifest: [u8; 32],
}

/// The end of the executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// Deno, the bundle, the Rust library, assets.
    pub runtime: Part,
    /// ClickHouse's library.
    pub clickhouse: Part,
}

impl Trailer {
    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; TRAILER] {
        let mut bytes = [0; TRAILER];
        for (at, part) in [(0, self.runtime), (PART, self.clickhouse)] {
            bytes[at..at + 8].copy_from_slice(&part.len.to_le_bytes());
            bytes[at + 8..at + 40].copy_from_slice(&part.sha256);
            bytes[at + 40..at + PART].copy_from_slice(&part.manifest);
        }
        bytes[2 * PART..].copy_from_slice(MAGIC);
        bytes
    }

    /// `None` when the bytes are not a trailer.
    #[must_use]
    pub fn decode(bytes: &[u8; TRAILER]) -> Option<Trailer> {
        let part = |at: usize| {
            let len = u64::from_le_bytes(bytes[at..at + 8].try_into().ok()?);
            let hash = |at: usize| bytes[at..at + 32].try_into().ok();
            Some(Part { len, sha256: hash(at + 8)?, manifest: hash(at + 40)? })
        };
        (&bytes[2 * PART..] == MAGIC).then_some(())?;
        Some(Trailer { runtime: part(0)?, clickhouse: part(PART)? })
    }
}

/// A file of a part: `<sha256> <bytes> <path>` in the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestFile {
    /// SHA-256 in hex.
    pub sha256: String,
    /// Size.
    pub bytes: u64,
    /// Below the part's folder, without `..`.
    pub path: String,
}

/// Reads a manifest; `None` when a line is not as [`ManifestFile`] says.
#[must_use]
pub fn parse_manifest(text: &str) -> Option<Vec<ManifestFile>> {
    let line = |line: &str| {
        let (sha256, rest) = line.split_once(' ')?;
        let (bytes, path) = rest.split_once(' ')?;
        let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        (plain && sha256.len() == 64).then_some(())?;
        Some(ManifestFile { sha256: sha256.to_owned(), bytes: bytes.parse().ok()?, path: path.to_owned() })
    };
    text.lines().map(line).collect()
}

/// Hex of bytes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// SHA-256 of everything in `reader`.
///
/// # Errors
/// As the reader's.
pub fn sha256(reader: &mut impl Read) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 20];
    loop {
        match reader.read(&mut block)? {
            0 => return Ok(hash.finalize().into()),
            n => hash.update(&block[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailer_is_read_back_and_other_bytes_are_not_a_trailer() {
        let part = |byte| Part { len: u64::from(byte) << 33, sha256: [byte; 32], manifest: [byte + 1; 32] };
        let trailer = Trailer { runtime: part(7), clickhouse: part(9) };
        let mut bytes = trailer.encode();
        assert_eq!(Trailer::decode(&bytes), Some(trailer));
        bytes[TRAILER - 1] ^= 1;
        assert_eq!(Trailer::decode(&bytes), None);
    }

    #[test]
    fn parse_manifest_refuses_paths_that_leave_the_folder() {
        let sha = "a".repeat(64);
        assert_eq!(parse_manifest(&format!("{sha} 12 app/main.js\n")).map(|files| files.len()), Some(1));
        for bad in ["../x", "/etc/passwd", "a/../../b", "./x/.."] {
            assert_eq!(parse_manifest(&format!("{sha} 12 {bad}")), None, "{bad}");
        }
        for line in ["abc 1 x", &format!("{sha} x y"), &sha] {
            assert_eq!(parse_manifest(line), None, "{line}");
        }
    }
}
