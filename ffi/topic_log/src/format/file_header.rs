//! The first bytes of a segment or pack.

/// Bytes before the first record of a segment.
pub const SEGMENT_HEADER: usize = 32;
/// Version in every segment and pack.
pub const FORMAT_VERSION: u32 = 1;

const SEGMENT_MAGIC: &[u8; 8] = b"LGNDSEG\n";

/// The first bytes of a segment whose first record has offset `base`.
#[must_use]
pub fn segment_header(base: u64) -> [u8; SEGMENT_HEADER] {
    file_header(SEGMENT_MAGIC, base)
}

/// The header of a file of this kind whose first record has offset `base`.
pub(crate) fn file_header(magic: &[u8; 8], base: u64) -> [u8; SEGMENT_HEADER] {
    let mut header = [0; SEGMENT_HEADER];
    header[..8].copy_from_slice(magic);
    header[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
    header[16..24].copy_from_slice(&base.to_le_bytes());
    let crc = crc32c::crc32c(&header[..24]);
    header[24..28].copy_from_slice(&crc.to_le_bytes());
    header
}

/// Whether `header` begins a segment of this version with first offset `base`.
#[must_use]
pub fn is_segment_header(header: &[u8], base: u64) -> bool {
    header == segment_header(base)
}
