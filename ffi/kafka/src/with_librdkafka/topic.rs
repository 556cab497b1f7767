//! One topic of a cluster: append, groups, offsets.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use topic_log::format::{self, Batch, StoredRecord};
use topic_log::{Committed, LogError};

use super::cluster::KafkaLog;
use super::error::{Cause, ClusterError};
use super::options::{ANSWER, NewTopic};
use super::producer::{Delivered, OnDelivered, Producer, Queued};

/// A topic with its partitions.
pub struct KafkaTopic {
    pub(super) log: Arc<KafkaLog>,
    pub(super) name: String,
    partitions: u16,
}

/// Collects the delivery results of one append.
struct PendingAppend {
    state: Mutex<PendingState>,
    done: Condvar,
}

#[derive(Default)]
struct PendingState {
    left: u64,
    first: Option<u64>,
    error: Option<Cause>,
}

impl OnDelivered for PendingAppend {
    fn delivered(&self, at: u64, delivered: Delivered) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.left = state.left.saturating_sub(1);
        match delivered {
            Ok(stored) if at == 0 => state.first = Some(stored.offset),
            Ok(_) => {}
            Err(error) => state.error = Some(error),
        }
        if state.left == 0 {
            self.done.notify_all();
        }
    }
}

impl KafkaTopic {
    /// Opens a topic; if it is missing and `create` is given, makes it so.
    ///
    /// # Errors
    /// `NotFound` without `create`; `Unavailable`: the cluster does not answer.
    pub fn open(
        log: Arc<KafkaLog>,
        name: &str,
        create: Option<NewTopic>,
    ) -> Result<KafkaTopic, ClusterError> {
        topic_log::check_name("topic", name)?;
        let partitions = match (log.partitions(name)?, create) {
            (Some(partitions), _) => partitions,
            (None, Some(new)) => {
                log.create(name, new)?;
                log.partitions(name)?.unwrap_or(new.partitions)
            }
            (None, None) => return Err(LogError::NoTopic(name.to_owned()).into()),
        };
        Ok(KafkaTopic { log, name: name.to_owned(), partitions })
    }

    /// Number of partitions.
    #[must_use]
    pub fn partitions(&self) -> u16 {
        self.partitions
    }

    /// Appends and waits until all replicas have the records; returns the first one's offset in its
    /// partition.
    ///
    /// # Errors
    /// `Unavailable`: the cluster did not accept them in time; some may have been stored.
    pub fn append(&self, batch: &Batch) -> Result<u64, ClusterError> {
        let producer = self.log.producer()?;
        let records = batch.records();
        if records == 0 {
            return Err(LogError::EmptyBatch.into());
        }
        let waiting = Arc::new(PendingAppend {
            state: Mutex::new(PendingState { left: records, ..PendingState::default() }),
            done: Condvar::new(),
        });
        let on: Arc<dyn OnDelivered> = Arc::clone(&waiting) as _;
        for (at, record) in (0..).zip(format::records(batch.bytes())) {
            self.enqueue(&producer, &record, &on, at)?;
        }
        let mut state = waiting.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.left > 0 {
            state = waiting.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(why) = state.error.take() {
            let (topic, brokers) = (self.name.clone(), self.log.options.brokers.clone());
            return Err(ClusterError::NotTaken { topic, brokers, why });
        }
        Ok(state.first.unwrap_or(0))
    }

    fn enqueue(
        &self,
        producer: &Producer,
        record: &StoredRecord<'_>,
        on: &Arc<dyn OnDelivered>,
        at: u64,
    ) -> Result<(), ClusterError> {
        loop {
            match producer.send(&self.name, record, None, on, at) {
                Ok(Queued::Yes) => return Ok(()),
                // The queue empties as the broker acknowledges records, or as they time out.
                Ok(Queued::Full) => std::thread::sleep(std::time::Duration::from_millis(1)),
                Err(why) => return Err(ClusterError::NotAppended { topic: self.name.clone(), why }),
            }
        }
    }

    /// First offset kept in a partition.
    pub(super) fn low(&self, partition: u16) -> Option<u64> {
        let found = self.log.meta.fetch_watermarks(&self.name, partition.into(), ANSWER);
        found.ok().and_then(|(low, _)| u64::try_from(low).ok())
    }

    /// First offset kept, and one past the last readable, of each partition.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub fn ends(&self) -> Result<Vec<(u64, u64)>, ClusterError> {
        (0..self.partitions)
            .map(|partition| {
                let (low, high) =
                    self.log.meta.fetch_watermarks(&self.name, partition.into(), ANSWER).map_err(
                        |error| self.log.error(&format!("read the offsets of {}", self.name), &error),
                    )?;
                match (u64::try_from(low), u64::try_from(high)) {
                    (Ok(low), Ok(high)) => Ok((low, high)),
                    // The client's values for "unknown", which are not offsets.
                    _ => Err(ClusterError::NoEnd { topic: self.name.clone(), partition }),
                }
            })
            .collect()
    }

    /// Stores a group's offset in a partition.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub fn commit(&self, group: &str, partition: u16, committed: Committed) -> Result<(), ClusterError> {
        topic_log::check_name("group", group)?;
        let mut list = TopicPartitionList::new();
        {
            let mut entry = list.add_partition(&self.name, partition.into());
            entry.set_metadata(format!("lost={}", committed.lost));
            entry
                .set_offset(Offset::Offset(committed.offset.cast_signed()))
                .map_err(|error| self.log.error("commit", &error))?;
        }
        let consumer = self.log.group(group)?;
        consumer
            .commit(&list, CommitMode::Sync)
            .map_err(|error| self.log.error(&format!("commit to group {group}"), &error))
    }

    /// The last commit of a group in a partition.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub fn committed(&self, group: &str, partition: u16) -> Result<Option<Committed>, ClusterError> {
        topic_log::check_name("group", group)?;
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.name, partition.into());
        let consumer = self.log.group(group)?;
        let found = consumer
            .committed_offsets(list, ANSWER)
            .map_err(|error| self.log.error(&format!("read the offsets of group {group}"), &error))?;
        let Some(entry) = found.find_partition(&self.name, partition.into()) else { return Ok(None) };
        let Offset::Offset(offset) = entry.offset() else { return Ok(None) };
        let lost = entry.metadata().strip_prefix("lost=").and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(Some(Committed { offset: offset.unsigned_abs(), lost }))
    }

    /// Names of the groups that have an offset in this topic.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub fn groups(&self) -> Result<Vec<String>, ClusterError> {
        let listed = self
            .log
            .meta
            .fetch_group_list(None, ANSWER)
            .map_err(|error| self.log.error("list groups", &error))?;
        let mut names = Vec::new();
        for group in listed.groups().iter().map(rdkafka::groups::GroupInfo::name) {
            let sound = topic_log::check_name("group", group).is_ok();
            let holds = |partition| self.committed(group, partition).map(|found| found.is_some());
            if sound && (0..self.partitions).map(holds).collect::<Result<Vec<_>, _>>()?.contains(&true) {
                names.push(group.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }
}
