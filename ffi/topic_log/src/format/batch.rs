//! Encoding records, for the log and for blocks of other stores.

use super::record::{
    CRC_AT, HEADER_LENGTHS, HEADERS_AT, HEADERS_MAX, KEY_LEN_AT, LEN_AT, NULL, OFFSET_AT, PARTITION_AT,
    RECORD_BYTES_MAX, RECORD_HEADER, Record, StoredRecord, TIMESTAMP_AT, VALUE_LEN_AT, len_of,
};
use crate::error::LogError;

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
        let headers: usize =
            record.headers.iter().map(|(name, value)| HEADER_LENGTHS + name.len() + value.len()).sum();
        let (key, value) = (record.key.unwrap_or_default(), record.value.unwrap_or_default());
        let len = RECORD_HEADER + headers + key.len() + value.len();
        let name_max = record.headers.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        if len > RECORD_BYTES_MAX || record.headers.len() > HEADERS_MAX || name_max > u16::MAX as usize {
            return Err(too_large(len, record.headers.len()));
        }
        let len_or_null = |part: Option<&[u8]>| part.map_or(NULL, |bytes| bytes.len() as u32);
        let mut fixed = [0; RECORD_HEADER];
        fixed[LEN_AT..CRC_AT].copy_from_slice(&(len as u32).to_le_bytes());
        fixed[TIMESTAMP_AT..KEY_LEN_AT].copy_from_slice(&record.timestamp_ms.to_le_bytes());
        fixed[KEY_LEN_AT..VALUE_LEN_AT].copy_from_slice(&len_or_null(record.key).to_le_bytes());
        fixed[VALUE_LEN_AT..HEADERS_AT].copy_from_slice(&len_or_null(record.value).to_le_bytes());
        fixed[HEADERS_AT..PARTITION_AT].copy_from_slice(&(record.headers.len() as u16).to_le_bytes());
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
    pub(crate) fn seal(&mut self, base: u64) {
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
    out[at + OFFSET_AT..at + TIMESTAMP_AT].copy_from_slice(&offset.to_le_bytes());
    out[at + PARTITION_AT..at + RECORD_HEADER].copy_from_slice(&partition.to_le_bytes());
}

/// How many records the bytes hold, which must be whole.
pub(super) fn count(bytes: &[u8]) -> Result<u64, LogError> {
    let (mut at, mut records) = (0, 0);
    while at < bytes.len() {
        let len = bytes.get(at..at + RECORD_HEADER).map_or(0, len_of);
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
        let len = len_of(&bytes[at..]);
        let record = &mut bytes[at..at + len];
        record[OFFSET_AT..TIMESTAMP_AT].copy_from_slice(&offset.to_le_bytes());
        let crc = crc32c::crc32c(&record[OFFSET_AT..]);
        record[CRC_AT..OFFSET_AT].copy_from_slice(&crc.to_le_bytes());
        (at, offset) = (at + len, offset + 1);
    }
}

fn too_large(bytes: usize, headers: usize) -> LogError {
    LogError::TooLarge { bytes, bytes_max: RECORD_BYTES_MAX, headers, headers_max: HEADERS_MAX }
}
