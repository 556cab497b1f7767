//! A cluster: the connection, its topics, and the latest error of its client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures_executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::error::{Cause, ClusterError};
use super::last_error::LastError;
use super::options::{ANSWER, KafkaOptions, MESSAGE_BYTES_MAX, NewTopic};
use super::producer::Producer;

/// How many times to wait for the reason after a failed call, and how long each time.
const REASONS: usize = 8;
const REASON_COMES: Duration = Duration::from_millis(20);

/// A cluster.
pub struct KafkaLog {
    pub(super) options: KafkaOptions,
    pub(super) last_error: LastError,
    pub(super) meta: BaseConsumer<LastError>,
    producer: OnceLock<Arc<Producer>>,
    groups: Mutex<HashMap<String, Arc<BaseConsumer<LastError>>>>,
}

impl KafkaLog {
    /// Prepares the connection without any request, so that a start does not wait for a broker.
    ///
    /// # Errors
    /// `Invalid`: the options are not valid.
    pub fn open(options: KafkaOptions) -> Result<KafkaLog, ClusterError> {
        let last_error = LastError::default();
        let meta: BaseConsumer<LastError> = options
            .consumer("legend-meta")
            .create_with_context(last_error.clone())
            .map_err(ClusterError::Options)?;
        Ok(KafkaLog { options, last_error, meta, producer: OnceLock::new(), groups: Mutex::default() })
    }

    /// The error to report for a client error: with the broker's reason if there is one.
    pub(super) fn error(&self, action: &str, error: &KafkaError) -> ClusterError {
        // The reason arrives on the client's own thread; its callback runs during a poll, one per poll.
        for _ in 0..REASONS {
            if self.last_error.message().is_some() {
                break;
            }
            let _ = self.meta.poll(REASON_COMES);
        }
        ClusterError::NoAnswer {
            action: action.to_owned(),
            brokers: self.options.brokers.clone(),
            why: Cause::of(self.last_error.message(), error),
            tls: self.options.tls,
        }
    }

    /// Names of all topics, sorted, without Kafka's internal ones.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub fn topics(&self) -> Result<Vec<String>, ClusterError> {
        let metadata =
            self.meta.fetch_metadata(None, ANSWER).map_err(|error| self.error("list topics", &error))?;
        let mut names: Vec<String> = metadata
            .topics()
            .iter()
            .map(|topic| topic.name().to_owned())
            .filter(|name| !name.starts_with("__"))
            .collect();
        names.sort();
        Ok(names)
    }

    /// Number of partitions of a topic; `None` if it does not exist.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub fn partitions(&self, name: &str) -> Result<Option<u16>, ClusterError> {
        let action = format!("look up topic {name}");
        let metadata =
            self.meta.fetch_metadata(Some(name), ANSWER).map_err(|error| self.error(&action, &error))?;
        self.last_error.clear();
        let Some(topic) = metadata.topics().first() else { return Ok(None) };
        match topic.error().map(RDKafkaErrorCode::from) {
            Some(RDKafkaErrorCode::UnknownTopicOrPartition) => Ok(None),
            Some(code) => Err(self.error(&action, &KafkaError::MetadataFetch(code))),
            None => Ok(Some(u16::try_from(topic.partitions().len()).unwrap_or(u16::MAX))),
        }
    }

    /// Makes a topic; an existing one stays unchanged.
    ///
    /// # Errors
    /// The cluster does not answer, or refuses.
    pub fn create(&self, name: &str, new: NewTopic) -> Result<(), ClusterError> {
        let action = format!("make topic {name}");
        let admin: AdminClient<DefaultClientContext> =
            self.options.client().create().map_err(|error| self.error(&action, &error))?;
        let NewTopic { partitions, compacted, replicas } = new;
        let replicas = if replicas == 0 { -1 } else { i32::from(replicas) };
        let topic = rdkafka::admin::NewTopic::new(name, partitions.into(), TopicReplication::Fixed(replicas))
            .set("max.message.bytes", MESSAGE_BYTES_MAX)
            .set("cleanup.policy", if compacted { "compact" } else { "delete" });
        let options = AdminOptions::new().request_timeout(Some(ANSWER)).operation_timeout(Some(ANSWER));
        let made =
            block_on(admin.create_topics([&topic], &options)).map_err(|error| self.error(&action, &error))?;
        match made.into_iter().next() {
            Some(Err((_, code))) if code != RDKafkaErrorCode::TopicAlreadyExists => {
                Err(ClusterError::NotMade { name: name.to_owned(), code })
            }
            _ => self.await_topic(name),
        }
    }

    /// It takes a moment until every broker knows a new topic.
    fn await_topic(&self, name: &str) -> Result<(), ClusterError> {
        let begin = std::time::Instant::now();
        while begin.elapsed() < ANSWER {
            if self.partitions(name)?.is_some_and(|partitions| partitions > 0) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(ClusterError::NotShown(name.to_owned()))
    }

    /// The producer that all appends of this process share.
    ///
    /// # Errors
    /// The topic cannot be made.
    pub(super) fn producer(&self) -> Result<Arc<Producer>, ClusterError> {
        if let Some(producer) = self.producer.get() {
            return Ok(Arc::clone(producer));
        }
        let made = Arc::new(Producer::new(&self.options, Some(Producer::RETRY_LIMIT))?);
        Ok(Arc::clone(self.producer.get_or_init(|| made)))
    }

    pub(super) fn group(&self, group: &str) -> Result<Arc<BaseConsumer<LastError>>, ClusterError> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(consumer) = groups.get(group) {
            return Ok(Arc::clone(consumer));
        }
        let consumer: BaseConsumer<LastError> = self
            .options
            .consumer(group)
            .create_with_context(self.last_error.clone())
            .map_err(|error| self.error("use a group", &error))?;
        let consumer = Arc::new(consumer);
        groups.insert(group.to_owned(), Arc::clone(&consumer));
        Ok(consumer)
    }
}
