//! Records that cannot be rows, for the dead-letter topic.

use topic_log::format::{self, Record, StoredRecord};

/// Headers that each dead letter gets. What the record had under these names, or of the link, is dropped.
const REASON: &str = "dlq-reason";
const ORIGIN: &str = "dlq-origin";
const LINK_ORIGIN: &str = "legend-from";

/// The dead letters of one batch.
#[derive(Default)]
pub(super) struct DeadLetters {
    bytes: Vec<u8>,
    count: u64,
}

impl DeadLetters {
    /// Keeps a record unchanged, with its position and the reason.
    pub(super) fn push(&mut self, record: &StoredRecord<'_>, partition: u16, reason: &str) {
        let origin = format!("{partition}/{}", record.offset);
        let mut headers: Vec<(&str, &[u8])> = record
            .headers()
            .filter_map(|(name, value)| Some((std::str::from_utf8(name).ok()?, value)))
            .filter(|(name, _)| ![REASON, ORIGIN, LINK_ORIGIN].contains(name))
            .take(format::HEADERS_MAX - 2)
            .collect();
        headers.extend([(REASON, reason.as_bytes()), (ORIGIN, origin.as_bytes())]);
        let StoredRecord { key, value, timestamp_ms, .. } = *record;
        let letter = Record { key, value, headers: &headers, timestamp_ms };
        format::append_stored(&mut self.bytes, &letter, partition, record.offset);
        self.count += 1;
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// A block of all of them.
    pub(super) fn records(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
    }
}
