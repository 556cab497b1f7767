//! Turns records into rows: Envelopes and evidence become blocks of ClickHouse's Native format, one per
//! table, by column, which the server takes without conversion (`deno task bench sink` compares it with rows
//! and views). What cannot be a row is kept with its reason for the dead-letter topic; what a producer's
//! sequence shows to be stored already is counted and left out.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};
use topic_log::format::{self, StoredRecord};
use wire::prost::Message;
use wire::realtime::Envelope;
use wire::realtime::envelope::{Payload, Type};
use wire::store::TABLES;

use super::columns::{common_columns, payload_columns};
use super::dead_letters::DeadLetters;
use super::error::RowError;
use super::native::Rows;

/// The type of a topic's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// `realtime.Envelope`.
    Envelope,
    /// Evidence JSON, keyed by decision id.
    Evidence,
}

/// Where a sink begins and ends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SinkOptions {
    /// The type of the records.
    pub content: Content,
    /// Number of partitions.
    pub partitions: u16,
    /// Only records before these offsets are taken; empty = all.
    #[serde(default)]
    pub to: Vec<u64>,
    /// What is stored already, of each producer in each partition.
    #[serde(default)]
    pub seen: Vec<StoredSequence>,
}

/// The newest stored sequence of a producer in a partition; in JSON a list `[partition, producer, seq]`.
#[derive(Clone, Debug, Deserialize)]
pub struct StoredSequence {
    /// The partition.
    pub partition: u16,
    /// Its name.
    pub producer: String,
    /// Its newest sequence number there.
    pub seq: u64,
}

/// DateTime64(3) ends in 2299.
const EVENT_NS_MAX: u64 = 10_413_791_999_000_000_000;

/// The tables, by their place in [`TABLES`].
const ARB_TABLE: usize = 0;
const MEV_TABLE: usize = 1;
const OUTCOME_TABLE: usize = 2;
const METRICS_TABLE: usize = 3;
const EVIDENCE_TABLE: usize = 4;

/// What a batch has taken from one partition.
#[derive(Default)]
struct Partition {
    /// The newest sequence of each producer; it outlives the batch.
    seen: HashMap<String, u64>,
    /// The first offset.
    from: Option<u64>,
    /// One past the last offset.
    next: Option<u64>,
    /// Fingerprint of the newest record.
    last: Option<u32>,
}

impl Partition {
    /// Whether this sequence of the producer is stored already; if not, it is the newest from now on.
    fn is_duplicate(&mut self, producer: &str, seq: u64) -> bool {
        match self.seen.get_mut(producer) {
            Some(last) if seq <= *last => return true,
            Some(last) => *last = seq,
            None => {
                self.seen.insert(producer.to_owned(), seq);
            }
        }
        false
    }
}

/// Rows of one batch.
pub struct Sink {
    options: SinkOptions,
    partitions: Vec<Partition>,
    tables: [Rows; TABLES.len()],
    records: u64,
    duplicates: u64,
    lost: u64,
    dead_letters: DeadLetters,
}

impl Sink {
    /// An empty batch.
    #[must_use]
    pub fn new(options: SinkOptions) -> Sink {
        let mut partitions: Vec<Partition> = Vec::new();
        partitions.resize_with(options.partitions.into(), Partition::default);
        for StoredSequence { partition, producer, seq } in &options.seen {
            if let Some(of) = partitions.get_mut(usize::from(*partition)) {
                of.seen.insert(producer.clone(), *seq);
            }
        }
        Sink {
            options,
            partitions,
            tables: std::array::from_fn(|table| Rows::new(TABLES[table].columns)),
            records: 0,
            duplicates: 0,
            lost: 0,
            dead_letters: DeadLetters::default(),
        }
    }

    /// Adds a block of records.
    pub fn feed(&mut self, block: &[u8]) {
        let (mut at, options_to) = (0, self.options.to.clone());
        while at < block.len() {
            let len = format::len_of(&block[at..]);
            let Some(bytes) = block.get(at..at + len) else { return };
            let partition = format::partition_of(bytes);
            at += len;
            let Some(record) = StoredRecord::parse(bytes) else { continue };
            let past = options_to.get(usize::from(partition)).is_some_and(|&to| record.offset >= to);
            if !past && usize::from(partition) < self.partitions.len() {
                self.take(&record, partition);
            }
        }
    }

    /// Counts lost records, and moves the position past them.
    pub fn gap(&mut self, partition: u16, from: u64, to: u64) {
        if let Some(of) = self.partitions.get_mut(usize::from(partition)) {
            self.lost += to - from;
            of.from.get_or_insert(from);
            of.next = Some(to);
            of.last = None;
        }
    }

    fn take(&mut self, record: &StoredRecord<'_>, partition: u16) {
        let of = &mut self.partitions[usize::from(partition)];
        of.from.get_or_insert(record.offset);
        of.next = Some(record.offset + 1);
        of.last = Some(fingerprint(record));
        self.records += 1;
        let result = match self.options.content {
            Content::Envelope => self.envelope(record, partition),
            Content::Evidence => self.evidence(record, partition),
        };
        if let Err(reason) = result {
            self.dead_letters.push(record, partition, &reason.to_string());
        }
    }

    fn envelope(&mut self, record: &StoredRecord<'_>, partition: u16) -> Result<(), RowError> {
        let value = record.value.ok_or(RowError::NoValue)?;
        let envelope = Envelope::decode(value).map_err(RowError::NoEnvelope)?;
        if envelope.schema_version != "rt-v1" && !envelope.schema_version.starts_with("rt-v1.") {
            return Err(RowError::Schema(envelope.schema_version));
        }
        if envelope.event_ns > EVENT_NS_MAX {
            return Err(RowError::Time(envelope.event_ns));
        }
        let payload = envelope.payload.as_ref().ok_or(RowError::NoPayload)?;
        let (table, kind) = match payload {
            Payload::Arb(_) => (ARB_TABLE, Type::Arb),
            Payload::Mev(_) => (MEV_TABLE, Type::Mev),
            Payload::Outcome(_) => (OUTCOME_TABLE, Type::Outcome),
            Payload::Metrics(_) => (METRICS_TABLE, Type::Metrics),
            Payload::Training(_) | Payload::Dataset(_) => return Err(RowError::NoTable),
        };
        if envelope.r#type() != kind {
            return Err(RowError::OtherType(envelope.r#type));
        }
        // Records without a producer have no sequence.
        let (producer, seq) = (&envelope.producer_id, envelope.seq);
        if !producer.is_empty() && self.partitions[usize::from(partition)].is_duplicate(producer, seq) {
            self.duplicates += 1;
            return Ok(());
        }
        let mut row = self.tables[table].next();
        common_columns(&mut row, &envelope, partition, record.offset);
        payload_columns(&mut row, payload);
        Ok(())
    }

    fn evidence(&mut self, record: &StoredRecord<'_>, partition: u16) -> Result<(), RowError> {
        let id: [u8; 16] = record.key.and_then(|key| key.try_into().ok()).ok_or(RowError::NoDecision)?;
        let text = record.value.and_then(|value| std::str::from_utf8(value).ok()).ok_or(RowError::NoText)?;
        serde_json::from_str::<&serde_json::value::RawValue>(text).map_err(RowError::NoJson)?;
        let at_ms = event_ms(text).unwrap_or(record.timestamp_ms);
        let mut row = self.tables[EVIDENCE_TABLE].next();
        row.time(at_ms);
        row.id(&id);
        row.text(text);
        row.u16(partition);
        row.u64(record.offset);
        Ok(())
    }

    /// Records added since the last [`Sink::clear`].
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Whether it only takes records before given offsets.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        !self.options.to.is_empty()
    }

    /// Size of all rows in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.tables.iter().map(Rows::bytes).sum()
    }

    /// What the batch holds, as JSON.
    #[must_use]
    pub fn status(&self) -> Value {
        let tables: Vec<Value> = (0..TABLES.len())
            .filter(|&table| self.tables[table].count > 0)
            .map(|table| {
                json!({
                    "index": table,
                    "table": TABLES[table].name,
                    "columns": self.tables[table].names().join(", "),
                    "rows": self.tables[table].count,
                })
            })
            .collect();
        let offsets = |field: fn(&Partition) -> Option<u64>| -> Vec<Option<String>> {
            self.partitions.iter().map(|of| field(of).map(|offset| offset.to_string())).collect()
        };
        let fingerprint = |of: &Partition| of.last.map(|crc| format!("{crc:08x}"));
        json!({
            "records": self.records,
            "duplicates": self.duplicates,
            "lost": self.lost,
            "dead": self.dead_letters.count(),
            "from": offsets(|of| of.from),
            "to": offsets(|of| of.next),
            "last": self.partitions.iter().map(fingerprint).collect::<Vec<_>>(),
            "seen": self.seen_list(),
            "tables": tables,
        })
    }

    /// The newest sequence of each producer, in the form of [`SinkOptions::seen`].
    fn seen_list(&self) -> Vec<(usize, &str, u64)> {
        let mut list = Vec::new();
        for (partition, of) in self.partitions.iter().enumerate() {
            list.extend(of.seen.iter().map(|(producer, seq)| (partition, producer.as_str(), *seq)));
        }
        list
    }

    /// One table's rows as a Native block.
    #[must_use]
    pub fn body(&self, table: usize) -> Vec<u8> {
        self.tables.get(table).map_or_else(Vec::new, Rows::block)
    }

    /// Records for the dead-letter topic.
    #[must_use]
    pub fn dead(&self) -> &[u8] {
        self.dead_letters.records()
    }

    /// Begins the next batch; the producers' newest sequences stay.
    pub fn clear(&mut self) {
        self.tables.iter_mut().for_each(Rows::clear);
        for of in &mut self.partitions {
            (of.from, of.next, of.last) = (None, None, None);
        }
        self.dead_letters.clear();
        (self.records, self.duplicates, self.lost) = (0, 0, 0);
    }
}

/// Distinguishes records at the same offset of different logs.
fn fingerprint(record: &StoredRecord<'_>) -> u32 {
    let crc = crc32c::crc32c(&record.timestamp_ms.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, record.key.unwrap_or_default());
    crc32c::crc32c_append(crc, record.value.unwrap_or_default())
}

/// The event's time in evidence, in milliseconds: `"event_ns":"…"`, as our agents write it.
fn event_ms(evidence: &str) -> Option<i64> {
    const NAME: &str = "\"event_ns\":\"";
    let (_, rest) = evidence.split_once(NAME)?;
    let ns: i64 = rest.split('"').next()?.parse().ok()?;
    Some(ns / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use topic_log::format::Record;
    use wire::realtime::ArbOpportunity;

    fn block(records: &[(&[u8], u64, u16)]) -> Vec<u8> {
        let mut out = Vec::new();
        for (value, offset, partition) in records {
            let record = Record { key: Some(b"k"), value: Some(value), headers: &[], timestamp_ms: 5 };
            format::append_stored(&mut out, &record, *partition, *offset);
        }
        out
    }

    fn arb(producer: &str, seq: u64) -> Vec<u8> {
        Envelope {
            schema_version: "rt-v1".to_owned(),
            r#type: Type::Arb.into(),
            producer_id: producer.to_owned(),
            seq,
            payload: Some(Payload::Arb(ArbOpportunity { slot: seq, ..ArbOpportunity::default() })),
            ..Envelope::default()
        }
        .encode_to_vec()
    }

    fn sink(to: Vec<u64>, seen: Vec<StoredSequence>) -> Sink {
        Sink::new(SinkOptions { content: Content::Envelope, partitions: 2, to, seen })
    }

    #[test]
    fn feed_takes_each_record_of_a_producer_once_a_partition() {
        let mut sink =
            sink(Vec::new(), vec![StoredSequence { partition: 1, producer: "a".to_owned(), seq: 7 }]);
        let (one, two, seven) = (arb("a", 1), arb("a", 2), arb("a", 7));
        sink.feed(&block(&[(&one, 0, 0), (&two, 1, 0), (&one, 2, 0), (&seven, 9, 1)]));
        let status = sink.status();
        assert_eq!(status["tables"][0]["rows"], 2);
        assert_eq!(status["duplicates"], 2);
        assert_eq!(status["to"], json!(["3", "10"]));
        sink.clear();
        sink.feed(&block(&[(&two, 3, 0)]));
        assert_eq!(sink.status()["duplicates"], 1, "what was seen outlives the batch");
    }

    #[test]
    fn the_options_and_the_status_have_a_sequence_as_the_same_list() {
        let options = r#"{"content":"envelope","partitions":2,"seen":[[1,"a",7]]}"#;
        let mut sink = Sink::new(serde_json::from_str(options).expect("options"));
        assert_eq!(sink.status()["seen"], json!([[1, "a", 7]]));
        sink.feed(&block(&[(&arb("a", 7), 0, 1)]));
        assert_eq!(sink.status()["duplicates"], 1);
    }

    #[test]
    fn feed_stops_before_the_offsets_it_was_given() {
        let mut sink = sink(vec![1, 0], Vec::new());
        let (one, two) = (arb("a", 1), arb("a", 2));
        sink.feed(&block(&[(&one, 0, 0), (&two, 1, 0), (&two, 0, 1)]));
        assert_eq!(sink.status()["to"], json!(["1", null]));
        assert_eq!(sink.records(), 1);
    }

    #[test]
    fn what_cannot_be_a_row_is_kept_unchanged_with_its_reason() {
        let other = Envelope { schema_version: "rt-v2".to_owned(), ..Envelope::default() }.encode_to_vec();
        let rows: [(&[u8], &str); 3] = [
            (b"\xff\xff", "not an Envelope"),
            (&other, "its schema is `rt-v2`"),
            (
                &Envelope { schema_version: "rt-v1".to_owned(), ..Envelope::default() }.encode_to_vec(),
                "no payload",
            ),
        ];
        for (value, why) in rows {
            let mut sink = sink(Vec::new(), Vec::new());
            sink.feed(&block(&[(value, 4, 1)]));
            assert_eq!(sink.status()["dead"], 1);
            let dead: Vec<_> = format::records(sink.dead()).collect();
            assert_eq!(dead[0].value, Some(value));
            let header =
                |name: &[u8]| dead[0].headers().find(|(known, _)| *known == name).map(|(_, value)| value);
            assert_eq!(header(b"dlq-origin"), Some(&b"1/4"[..]));
            let reason = String::from_utf8_lossy(header(b"dlq-reason").expect("a reason")).into_owned();
            assert!(reason.contains(why), "{reason}");
        }
    }
}
