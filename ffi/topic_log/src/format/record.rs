//! A record's bytes, all integers little endian; the same layout crosses the FFI boundary in both directions:
//!
//! | at | field | |
//! |---|---|---|
//! | 0 | `len` u32 | whole record, header included, [`RECORD_HEADER`]..=[`RECORD_BYTES_MAX`] |
//! | 4 | `crc` u32 | CRC-32C of bytes 8..len |
//! | 8 | `offset` u64 | position in the topic, dense, from 0 |
//! | 16 | `timestamp_ms` i64 | Unix milliseconds, given by the producer |
//! | 24 | `key_len` u32 | [`NULL`] = no key |
//! | 28 | `value_len` u32 | [`NULL`] = no value (a tombstone in a compacted topic) |
//! | 32 | `headers` u16 | at most [`HEADERS_MAX`] |
//! | 34 | `partition` u16 | 0 on disk; where a record of Kafka was |
//! | 36 | headers | each: name_len u16, value_len u32, name, value |
//! | … | key, value | |

/// Fixed part of a record in bytes.
pub const RECORD_HEADER: usize = 36;
/// Largest record in bytes, header included.
pub const RECORD_BYTES_MAX: usize = 8 << 20;
/// Most headers of one record.
pub const HEADERS_MAX: usize = 64;
/// Length that stands for "no key" or "no value".
pub const NULL: u32 = u32::MAX;

/// Where the fields of the fixed part begin.
pub(super) const LEN_AT: usize = 0;
pub(super) const CRC_AT: usize = 4;
/// The CRC covers everything from here on.
pub(super) const OFFSET_AT: usize = 8;
pub(super) const TIMESTAMP_AT: usize = 16;
pub(super) const KEY_LEN_AT: usize = 24;
pub(super) const VALUE_LEN_AT: usize = 28;
pub(super) const HEADERS_AT: usize = 32;
pub(super) const PARTITION_AT: usize = 34;
/// Lengths of the name (u16) and value (u32) of a header, before both.
pub(super) const HEADER_LENGTHS: usize = 6;

/// A record from a producer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Record<'a> {
    /// Partition and compaction key.
    pub key: Option<&'a [u8]>,
    /// The payload; never interpreted.
    pub value: Option<&'a [u8]>,
    /// Name and bytes, at most [`HEADERS_MAX`].
    pub headers: &'a [(&'a str, &'a [u8])],
    /// Unix milliseconds.
    pub timestamp_ms: i64,
}

/// A record as stored, borrowed from a read buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredRecord<'a> {
    /// Position in the topic.
    pub offset: u64,
    /// Unix milliseconds.
    pub timestamp_ms: i64,
    /// Partition and compaction key.
    pub key: Option<&'a [u8]>,
    /// The payload.
    pub value: Option<&'a [u8]>,
    headers: &'a [u8],
}

impl<'a> StoredRecord<'a> {
    /// Reads one record whose frame was checked by [`check`]; `None` when its inner lengths disagree.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let headers_end = headers_end(bytes)?;
        let (key_len, value_len) = (u32_at(bytes, KEY_LEN_AT), u32_at(bytes, VALUE_LEN_AT));
        let key_end = headers_end.checked_add(null_as_zero(key_len))?;
        let value_end = key_end.checked_add(null_as_zero(value_len))?;
        if value_end != bytes.len() {
            return None;
        }
        Some(StoredRecord {
            offset: offset_of(bytes),
            timestamp_ms: u64_at(bytes, TIMESTAMP_AT).cast_signed(),
            key: (key_len != NULL).then(|| &bytes[headers_end..key_end]),
            value: (value_len != NULL).then(|| &bytes[key_end..value_end]),
            headers: &bytes[RECORD_HEADER..headers_end],
        })
    }

    /// Header names and values in their order.
    pub fn headers(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let mut rest = self.headers;
        std::iter::from_fn(move || {
            let name_len = usize::from(u16::from_le_bytes(rest.get(..2)?.try_into().ok()?));
            let value_len = u32::from_le_bytes(rest.get(2..HEADER_LENGTHS)?.try_into().ok()?) as usize;
            let (name, after) = rest.get(HEADER_LENGTHS..)?.split_at_checked(name_len)?;
            let (value, after) = after.split_at_checked(value_len)?;
            rest = after;
            Some((name, value))
        })
    }
}

/// What a check finds at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// A whole record of this many bytes.
    Record(usize),
    /// The bytes end before the record does: more must be read, or the tail is torn.
    Short,
    /// Length, CRC or offset is wrong: damage, or a torn tail.
    Damaged,
}

/// Checks the record that begins at `bytes[0]`; `offset` is the one it must carry.
#[must_use]
pub fn check(bytes: &[u8], offset: u64) -> Checked {
    match check_any(bytes) {
        Checked::Record(_) if offset_of(bytes) != offset => Checked::Damaged,
        other => other,
    }
}

/// Like [`check`], but accepts any offset.
#[must_use]
pub fn check_any(bytes: &[u8]) -> Checked {
    if bytes.len() < RECORD_HEADER {
        return Checked::Short;
    }
    let len = len_of(bytes);
    if !(RECORD_HEADER..=RECORD_BYTES_MAX).contains(&len) {
        return Checked::Damaged;
    }
    let Some(record) = bytes.get(..len) else {
        return Checked::Short;
    };
    if crc32c::crc32c(&record[OFFSET_AT..]) == u32_at(record, CRC_AT) {
        Checked::Record(len)
    } else {
        Checked::Damaged
    }
}

/// The records of a block that was already checked when it was read.
pub fn records(block: &[u8]) -> impl Iterator<Item = StoredRecord<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let len = (at < block.len()).then(|| len_of(&block[at..]))?;
        let record = StoredRecord::parse(block.get(at..at + len)?)?;
        at += len;
        Some(record)
    })
}

fn headers_end(bytes: &[u8]) -> Option<usize> {
    let headers = bytes.get(HEADERS_AT..PARTITION_AT).map(|two| u16::from_le_bytes([two[0], two[1]]))?;
    let mut at = RECORD_HEADER;
    for _ in 0..headers {
        let name_len = usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        let value_len = u32::from_le_bytes(bytes.get(at + 2..at + HEADER_LENGTHS)?.try_into().ok()?) as usize;
        at = at.checked_add(HEADER_LENGTHS)?.checked_add(name_len)?.checked_add(value_len)?;
    }
    (at <= bytes.len() && usize::from(headers) <= HEADERS_MAX).then_some(at)
}

fn null_as_zero(len: u32) -> usize {
    if len == NULL { 0 } else { len as usize }
}

/// The length of the record that begins there; the caller has checked that its fixed part is.
#[must_use]
pub fn len_of(record: &[u8]) -> usize {
    u32_at(record, LEN_AT) as usize
}

/// The offset of a record whose fixed part is there.
#[must_use]
pub fn offset_of(record: &[u8]) -> u64 {
    u64_at(record, OFFSET_AT)
}

/// The partition of a record whose fixed part is there.
#[must_use]
pub fn partition_of(record: &[u8]) -> u16 {
    u16::from_le_bytes([record[PARTITION_AT], record[PARTITION_AT + 1]])
}

/// Reads a u32 at `at`; the caller has checked the length.
#[must_use]
pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Reads a u64 at `at`; the caller has checked the length.
#[must_use]
pub fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

/// A whole record among other bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Located {
    /// Where it begins.
    pub(crate) at: usize,
    pub(crate) len: usize,
}

/// The next whole record at or after `at` whose offset is at least `offset`.
pub(crate) fn next_record(bytes: &[u8], at: usize, offset: u64) -> Option<Located> {
    (at..bytes.len().checked_sub(RECORD_HEADER - 1)?).find_map(|at| {
        // Check the offset first: otherwise, damage that looks like large records would cost a CRC of each.
        let plausible = u64_at(bytes, at + OFFSET_AT).wrapping_sub(offset) <= bytes.len() as u64;
        match plausible.then(|| check_any(&bytes[at..])) {
            Some(Checked::Record(len)) => Some(Located { at, len }),
            _ => None,
        }
    })
}
