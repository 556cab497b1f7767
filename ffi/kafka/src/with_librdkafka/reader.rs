//! Reading a topic's partitions in parallel, from given offsets on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use topic_log::format::{self, Record};
use topic_log::{Gap, GapCause};

use super::error::ClusterError;
use super::fetch::{FetchQueue, Fetched};
use super::last_error::LastError;
use super::options::ANSWER;
use super::topic::KafkaTopic;

/// Result of one [`KafkaReader::read`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KafkaRead {
    /// Whole records were put into the buffer; 0 = none is readable yet.
    Records(u32),
    /// Records of a partition are lost; the reader is now positioned after them.
    Gap(u16, Gap),
}

/// A position in each partition.
pub struct KafkaReader {
    topic: Arc<KafkaTopic>,
    /// Declared before the consumer, so that it is dropped first.
    queue: FetchQueue,
    consumer: BaseConsumer<LastError>,
    /// Next offset to fetch, by partition; `None` = not read.
    next: Vec<Option<u64>>,
    /// Next offset that [`KafkaReader::read`] has not returned yet, by partition.
    position: Vec<Option<u64>>,
    gaps: Vec<(u16, Gap)>,
    /// Records fetched but not returned yet: found during a wait, or following a gap.
    buffered: Vec<u8>,
    /// Number of records in `buffered`.
    buffered_records: u32,
}

impl KafkaTopic {
    /// A reader; see [`KafkaReader::new`].
    ///
    /// # Errors
    /// The client cannot be made.
    pub fn reader(self: &Arc<Self>, from: &[u64]) -> Result<KafkaReader, ClusterError> {
        KafkaReader::new(Arc::clone(self), from)
    }
}

impl KafkaReader {
    /// In `from`, stands for the end of the partition.
    pub const END: u64 = u64::MAX;
    /// In `from`, stands for a partition that is not read.
    pub const NONE: u64 = u64::MAX - 1;

    /// A reader at `from`, one offset per partition; missing ones are 0.
    ///
    /// # Errors
    /// The client cannot be made, or the cluster does not report where the end is.
    pub fn new(topic: Arc<KafkaTopic>, from: &[u64]) -> Result<KafkaReader, ClusterError> {
        let log = &topic.log;
        let consumer: BaseConsumer<LastError> = log
            .options
            .consumer("legend-reader")
            .create_with_context(log.last_error.clone())
            .map_err(|error| log.error("read", &error))?;
        let mut gaps = Vec::new();
        let mut position = Vec::new();
        let next = topic.ends()?.into_iter().enumerate().map(|(partition, (low, high))| {
            let from = match from.get(partition).copied().unwrap_or(0) {
                Self::END => Some(high),
                Self::NONE => None,
                offset => Some(offset),
            };
            position.push(from);
            // Records removed by retention are reported before anything is read.
            if let Some(from) = from.filter(|from| *from < low) {
                gaps.push((partition as u16, Gap { from, to: low, cause: GapCause::Retention }));
                return Some(low);
            }
            from
        });
        let next = next.collect();
        let queue = FetchQueue::new(&consumer);
        let buffered = Vec::new();
        let mut reader =
            KafkaReader { topic, queue, consumer, next, position, gaps, buffered, buffered_records: 0 };
        reader.assign()?;
        Ok(reader)
    }

    /// The next offset of each partition, in the form that [`KafkaReader::new`] takes: a reader that begins
    /// there gets each record and each gap that this one has not returned.
    #[must_use]
    pub fn position(&self) -> Vec<u64> {
        self.position.iter().map(|next| next.unwrap_or(Self::NONE)).collect()
    }

    fn assign(&mut self) -> Result<(), ClusterError> {
        let mut list = TopicPartitionList::new();
        for (partition, next) in self.next.iter().enumerate() {
            if let Some(next) = next {
                let offset = Offset::Offset(next.cast_signed());
                let added = list.add_partition_offset(&self.topic.name, partition as i32, offset);
                added.map_err(|error| self.topic.log.error("read", &error))?;
            }
        }
        self.consumer.assign(&list).map_err(|error| self.topic.log.error("read", &error))
    }

    /// Appends whole records to `out`, up to about `bytes_max`: what the client has already fetched, without
    /// waiting.
    pub fn read(&mut self, out: &mut Vec<u8>, bytes_max: usize) -> KafkaRead {
        out.append(&mut self.buffered);
        let mut records = std::mem::take(&mut self.buffered_records);
        while out.len() < bytes_max && self.gaps.is_empty() {
            let KafkaReader { topic, queue, next, gaps, .. } = self;
            let got = queue.each(bytes_max - out.len(), |message| {
                records += u32::from(push_message(topic, next, gaps, message, out));
            });
            if got == 0 {
                break;
            }
        }
        // The gap comes before the records fetched after it.
        if let Some((partition, gap)) = self.gaps.pop() {
            self.buffered.append(out);
            self.buffered_records = records;
            self.position[usize::from(partition)] = Some(gap.to);
            return KafkaRead::Gap(partition, gap);
        }
        self.position.clone_from(&self.next);
        KafkaRead::Records(records)
    }

    /// Waits until a record is readable, but at most `limit`.
    pub fn wait(&mut self, limit: Duration) -> bool {
        if !self.buffered.is_empty() || !self.gaps.is_empty() {
            return true;
        }
        let begin = Instant::now();
        loop {
            let Some(left) = limit.checked_sub(begin.elapsed()) else { return false };
            match self.consumer.poll(left.min(ANSWER)) {
                Some(Ok(message))
                    if push_message(
                        &self.topic,
                        &mut self.next,
                        &mut self.gaps,
                        &Fetched::of(&message),
                        &mut self.buffered,
                    ) =>
                {
                    self.buffered_records = 1;
                    return true;
                }
                Some(Ok(_)) => {}
                // The broker is unreachable: the client keeps retrying, and so may the caller.
                Some(Err(_)) => std::thread::sleep(left.min(Duration::from_millis(10))),
                None => {}
            }
        }
    }
}

/// Encodes a message as a record; false if it is before the expected offset.
fn push_message(
    topic: &KafkaTopic,
    next: &mut [Option<u64>],
    gaps: &mut Vec<(u16, Gap)>,
    message: &Fetched<'_>,
    out: &mut Vec<u8>,
) -> bool {
    let partition = usize::try_from(message.partition).unwrap_or(0);
    let offset = message.offset.unsigned_abs();
    let Some(Some(expected)) = next.get_mut(partition) else { return false };
    if offset < *expected {
        return false;
    }
    if offset > *expected {
        // A gap by retention, unless compaction or a transaction marker made the hole: then earlier records
        // still exist.
        let low = topic.low(partition as u16).unwrap_or(offset);
        if low > *expected {
            let gap = Gap { from: *expected, to: low.min(offset), cause: GapCause::Retention };
            gaps.push((partition as u16, gap));
        }
    }
    *expected = offset + 1;
    let Fetched { key, value, timestamp_ms, .. } = *message;
    let record = Record { key, value, headers: &message.headers, timestamp_ms };
    format::append_stored(out, &record, partition as u16, offset);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KafkaLog, KafkaOptions};
    use rdkafka::mocking::MockCluster;
    use topic_log::format::Batch;

    const LIMIT: Duration = Duration::from_secs(60);

    /// The next result, waiting for it.
    fn read(reader: &mut KafkaReader) -> KafkaRead {
        let (begin, mut out) = (Instant::now(), Vec::new());
        loop {
            match reader.read(&mut out, 1 << 20) {
                KafkaRead::Records(0) => assert!(begin.elapsed() < LIMIT, "nothing was readable"),
                read => return read,
            }
            reader.wait(Duration::from_millis(10));
        }
    }

    #[test]
    fn records_found_by_a_wait_or_after_a_gap_are_not_counted_as_read() {
        // librdkafka's own mock broker, in this process; tests/kafka has the real one.
        let cluster = MockCluster::new(1).expect("starts");
        cluster.create_topic("t", 1, 1).expect("makes");
        let brokers = cluster.bootstrap_servers();
        let log = KafkaLog::open(KafkaOptions { brokers, ..KafkaOptions::default() }).expect("opens");
        let topic = Arc::new(KafkaTopic::open(Arc::new(log), "t", None).expect("opens"));
        let mut batch = Batch::default();
        for value in [b"a", b"b", b"c"] {
            batch.push(&Record { value: Some(value), ..Record::default() }).expect("fits");
        }
        topic.append(&batch).expect("appends");

        let mut reader = topic.reader(&[1]).expect("begins");
        assert!(reader.wait(LIMIT), "nothing came");
        assert_eq!(reader.position(), [1], "a wait gives nothing out");
        assert_eq!(read(&mut reader), KafkaRead::Records(2));
        assert_eq!(reader.position(), [3]);

        // As if retention had removed the first record before the reader started.
        let mut late = topic.reader(&[1]).expect("begins");
        let gap = Gap { from: 0, to: 1, cause: GapCause::Retention };
        (late.position, late.gaps) = (vec![Some(0)], vec![(0, gap)]);
        assert_eq!(late.position(), [0], "the gap is not reported yet");
        while late.buffered_records == 0 {
            late.gaps.clear();
            assert!(late.wait(LIMIT), "nothing came");
        }
        late.gaps.push((0, gap));
        assert_eq!(read(&mut late), KafkaRead::Gap(0, gap));
        assert_eq!(late.position(), [1], "records after the gap are not given out yet");
        assert_eq!(read(&mut late), KafkaRead::Records(2));
        assert_eq!(late.position(), [3]);
    }
}
