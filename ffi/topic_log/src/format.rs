//! Bytes on disk: the segment header and the record.
//!
//! A record, all integers little endian; the same layout crosses the FFI boundary in both directions:
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

use super::error::LogError;

/// Fixed part of a record in bytes.
pub const RECORD_HEADER: usize = 36;
/// Largest record in bytes, header included.
pub const RECORD_BYTES_MAX: usize = 8 << 20;
/// Most headers of one record.
pub const HEADERS_MAX: usize = 64;
/// Length that stands for "no key" or "no value".
pub const NULL: u32 = u32::MAX;
/// Bytes before the first record of a segment.
pub const SEGMENT_HEADER: usize = 32;
/// Version in every segment and pack.
pub const FORMAT_VERSION: u32 = 1;

const SEGMENT_MAGIC: &[u8; 8] = b"LGNDSEG\n";

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
        let (key_len, value_len) = (u32_at(bytes, 24), u32_at(bytes, 28));
        let key_end = headers_end.checked_add(null_as_zero(key_len))?;
        let value_end = key_end.checked_add(null_as_zero(value_len))?;
        if value_end != bytes.len() {
            return None;
        }
        Some(StoredRecord {
            offset: u64_at(bytes, 8),
            timestamp_ms: u64_at(bytes, 16).cast_signed(),
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
            let value_len = u32::from_le_bytes(rest.get(2..6)?.try_into().ok()?) as usize;
            let (name, after) = rest.get(6..)?.split_at_checked(name_len)?;
            let (value, after) = after.split_at_checked(value_len)?;
            rest = after;
            Some((name, value))
        })
    }
}

/// What a check finds at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A whole record of this many bytes.
    Record(usize),
    /// The bytes end before the record does: more must be read, or the tail is torn.
    Short,
    /// Length, CRC or offset is wrong: damage, or a torn tail.
    Damaged,
}

/// Checks the record that begins at `bytes[0]`; `offset` is the one it must carry.
#[must_use]
pub fn check(bytes: &[u8], offset: u64) -> Frame {
    let frame = check_any(bytes);
    match frame {
        Frame::Record(_) if u64_at(bytes, 8) != offset => Frame::Damaged,
        other => other,
    }
}

/// As [`check`], but accepts any offset.
#[must_use]
pub fn check_any(bytes: &[u8]) -> Frame {
    if bytes.len() < RECORD_HEADER {
        return Frame::Short;
    }
    let len = u32_at(bytes, 0) as usize;
    if !(RECORD_HEADER..=RECORD_BYTES_MAX).contains(&len) {
        return Frame::Damaged;
    }
    let Some(record) = bytes.get(..len) else {
        return Frame::Short;
    };
    if crc32c::crc32c(&record[8..]) == u32_at(record, 4) { Frame::Record(len) } else { Frame::Damaged }
}

/// Records to be appended. Offsets and CRCs are set under the append lock.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    records: u64,
}

impl Batch {
    /// Adds one record.
    ///
    /// # Errors
    /// `Invalid` when a limit of the table above is exceeded; the batch is then unchanged.
    pub fn push(&mut self, record: &Record<'_>) -> Result<(), LogError> {
        let headers: usize = record.headers.iter().map(|(name, value)| 6 + name.len() + value.len()).sum();
        let (key, value) = (record.key.unwrap_or_default(), record.value.unwrap_or_default());
        let len = RECORD_HEADER + headers + key.len() + value.len();
        let name_max = record.headers.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        if len > RECORD_BYTES_MAX || record.headers.len() > HEADERS_MAX || name_max > u16::MAX as usize {
            return Err(too_large(len, record.headers.len()));
        }
        let len_or_null = |part: Option<&[u8]>| part.map_or(NULL, |bytes| bytes.len() as u32);
        let mut fixed = [0; RECORD_HEADER];
        fixed[..4].copy_from_slice(&(len as u32).to_le_bytes());
        fixed[16..24].copy_from_slice(&record.timestamp_ms.to_le_bytes());
        fixed[24..28].copy_from_slice(&len_or_null(record.key).to_le_bytes());
        fixed[28..32].copy_from_slice(&len_or_null(record.value).to_le_bytes());
        fixed[32..36].copy_from_slice(&(record.headers.len() as u32).to_le_bytes());
        self.bytes.reserve(len);
        self.bytes.extend_from_slice(&fixed);
        for (name, value) in record.headers {
            self.bytes.extend_from_slice(&(name.len() as u16).to_le_bytes());
            self.bytes.extend_from_slice(&(value.len() as u32).to_le_bytes());
            self.bytes.extend_from_slice(name.as_bytes());
            self.bytes.extend_from_slice(value);
        }
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(value);
        self.records += 1;
        Ok(())
    }

    /// Takes records in encoded form; their offsets and CRCs are ignored.
    ///
    /// # Errors
    /// `Invalid` when a frame or an inner length is wrong.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Batch, LogError> {
        let records = count(&bytes)?;
        Ok(Batch { bytes, records })
    }

    /// How many records.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Removes the records and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.records = 0;
    }

    /// The records as they will be stored, except for their offsets and CRCs.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Sets the records' offsets, from `base` on, and their CRCs.
    pub(super) fn seal(&mut self, base: u64) {
        seal(&mut self.bytes, base);
    }
}

/// Adds a record from another store to a block of records; its CRC is left out.
pub fn append_stored(out: &mut Vec<u8>, record: &Record<'_>, partition: u16, offset: u64) {
    let mut batch = Batch { bytes: std::mem::take(out), records: 0 };
    let at = batch.bytes.len();
    // A record too large for this log is passed on without its contents: it must not be skipped silently.
    if batch.push(record).is_err() {
        let _ = batch.push(&Record { timestamp_ms: record.timestamp_ms, ..Record::default() });
    }
    *out = batch.bytes;
    out[at + 8..at + 16].copy_from_slice(&offset.to_le_bytes());
    out[at + 34..at + 36].copy_from_slice(&partition.to_le_bytes());
}

/// The records of a block that was already checked when it was read.
pub fn records(block: &[u8]) -> impl Iterator<Item = StoredRecord<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let len = (at < block.len()).then(|| u32_at(block, at) as usize)?;
        let record = StoredRecord::parse(block.get(at..at + len)?)?;
        at += len;
        Some(record)
    })
}

fn count(bytes: &[u8]) -> Result<u64, LogError> {
    let (mut at, mut records) = (0, 0);
    while at < bytes.len() {
        let len = bytes.get(at..at + RECORD_HEADER).map_or(0, |header| u32_at(header, 0) as usize);
        let whole =
            (RECORD_HEADER..=RECORD_BYTES_MAX).contains(&len).then(|| bytes.get(at..at + len)).flatten();
        if whole.and_then(StoredRecord::parse).is_none() {
            return Err(LogError::Lengths(records));
        }
        (at, records) = (at + len, records + 1);
    }
    Ok(records)
}

fn seal(bytes: &mut [u8], base: u64) {
    let (mut at, mut offset) = (0, base);
    while at < bytes.len() {
        let len = u32_at(bytes, at) as usize;
        let record = &mut bytes[at..at + len];
        record[8..16].copy_from_slice(&offset.to_le_bytes());
        let crc = crc32c::crc32c(&record[8..]);
        record[4..8].copy_from_slice(&crc.to_le_bytes());
        (at, offset) = (at + len, offset + 1);
    }
}

/// The first bytes of a segment whose first record has offset `base`.
#[must_use]
pub fn segment_header(base: u64) -> [u8; SEGMENT_HEADER] {
    file_header(SEGMENT_MAGIC, base)
}

pub(super) fn file_header(magic: &[u8; 8], base: u64) -> [u8; SEGMENT_HEADER] {
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

fn headers_end(bytes: &[u8]) -> Option<usize> {
    let headers = bytes.get(32..34).map(|two| u16::from_le_bytes([two[0], two[1]]))?;
    let mut at = RECORD_HEADER;
    for _ in 0..headers {
        let name_len = usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        let value_len = u32::from_le_bytes(bytes.get(at + 2..at + 6)?.try_into().ok()?) as usize;
        at = at.checked_add(6)?.checked_add(name_len)?.checked_add(value_len)?;
    }
    (at <= bytes.len() && usize::from(headers) <= HEADERS_MAX).then_some(at)
}

fn null_as_zero(len: u32) -> usize {
    if len == NULL { 0 } else { len as usize }
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

fn too_large(bytes: usize, headers: usize) -> LogError {
    LogError::TooLarge { bytes, bytes_max: RECORD_BYTES_MAX, headers, headers_max: HEADERS_MAX }
}

/// The next whole record at or after `at` whose offset is at least `offset`: its position and length.
pub(super) fn next_record(bytes: &[u8], at: usize, offset: u64) -> Option<(usize, usize)> {
    (at..bytes.len().checked_sub(RECORD_HEADER - 1)?).find_map(|place| {
        // Check the offset first: otherwise, damage that looks like large records would cost a CRC of each.
        let plausible = u64_at(bytes, place + 8).wrapping_sub(offset) <= bytes.len() as u64;
        match plausible.then(|| check_any(&bytes[place..])) {
            Some(Frame::Record(len)) => Some((place, len)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let record = Record {
            key: Some(b"pool"),
            value: Some(b"\x0a\x05rt-v1"),
            headers: &[("sig", b"\x01\x02"), ("kid", b"")],
            timestamp_ms: -5,
        };
        let mut batch = Batch::default();
        batch.push(&record).expect("fits");
        batch.seal(7);
        batch.bytes
    }

    #[test]
    fn push_then_parse_gives_every_field_back() {
        let bytes = sample();
        assert_eq!(check(&bytes, 7), Frame::Record(bytes.len()));
        let record = StoredRecord::parse(&bytes).expect("parses");
        assert_eq!((record.offset, record.timestamp_ms), (7, -5));
        assert_eq!((record.key, record.value), (Some(&b"pool"[..]), Some(&b"\x0a\x05rt-v1"[..])));
        let headers: Vec<_> = record.headers().collect();
        assert_eq!(headers, [(&b"sig"[..], &b"\x01\x02"[..]), (b"kid", b"")]);
    }

    #[test]
    fn parse_keeps_null_apart_from_empty() {
        for (key, value) in [(None, Some(&b""[..])), (Some(&b""[..]), None), (None, None)] {
            let mut batch = Batch::default();
            batch.push(&Record { key, value, ..Record::default() }).expect("fits");
            let record = StoredRecord::parse(&batch.bytes).expect("parses");
            assert_eq!((record.key, record.value), (key, value));
        }
    }

    #[test]
    fn check_finds_every_single_flipped_bit() {
        let good = sample();
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(check(&bad, 7), Frame::Record(good.len()), "bit {bit}");
        }
        assert_eq!(check(&good, 8), Frame::Damaged, "another offset");
        assert_eq!(check(&good[..good.len() - 1], 7), Frame::Short);
    }

    #[test]
    fn count_refuses_lengths_that_disagree() {
        let good = sample();
        assert_eq!(count(&good).expect("whole"), 1);
        for (at, byte) in [(0, 1), (24, 0xff), (28, 0x7f), (32, 9), (36, 0xff)] {
            let mut bad = good.clone();
            bad[at] = byte;
            assert!(count(&bad).is_err(), "byte {at}");
        }
        assert!(count(&good[..good.len() - 1]).is_err());
    }

    #[test]
    fn a_record_with_more_headers_than_may_be_written_is_none() {
        let mut batch = Batch::default();
        batch.push(&Record { headers: &[("", &b""[..]); 64], ..Record::default() }).expect("fits");
        let mut bytes = batch.bytes;
        assert_eq!(StoredRecord::parse(&bytes).map(|record| record.headers().count()), Some(64));
        // One more header, with an empty name and value.
        bytes.splice(36..36, [0; 6]);
        let len = u32::try_from(bytes.len()).expect("small");
        bytes[..4].copy_from_slice(&len.to_le_bytes());
        bytes[32] = 65;
        assert_eq!(StoredRecord::parse(&bytes), None);
        assert!(count(&bytes).is_err());
    }

    #[test]
    fn push_refuses_more_than_its_limits() {
        let many = vec![("h", &b""[..]); HEADERS_MAX + 1];
        let large = vec![0; RECORD_BYTES_MAX];
        let records = [
            Record { headers: &many, ..Record::default() },
            Record { value: Some(&large), ..Record::default() },
        ];
        for record in records {
            let mut batch = Batch::default();
            assert!(batch.push(&record).is_err());
            assert!(batch.is_empty() && batch.bytes.is_empty(), "nothing half-written");
        }
    }
}
