//! One idempotent producer: many records in flight, each acknowledged once it is on all replicas.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, PurgeConfig, ThreadedProducer};
use topic_log::format::StoredRecord;

use super::error::{Cause, ClusterError, Unsendable};
use super::last_error::LastError;
use super::options::KafkaOptions;

/// Where a record was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredAt {
    /// The partition.
    pub partition: u16,
    /// The offset in it.
    pub offset: u64,
}

/// Where a record was stored, or why it was not.
pub type Delivered = Result<StoredAt, Cause>;

/// Called once for each record, on the producer's own thread.
pub trait OnDelivered: Send + Sync {
    /// `at`: the value passed to [`Producer::send`].
    fn delivered(&self, at: u64, delivered: Delivered);
}

/// A record whose delivery result is not known yet.
struct Pending {
    on: Arc<dyn OnDelivered>,
    /// See [`OnDelivered::delivered`].
    at: u64,
}

struct Context {
    last_error: LastError,
    fatal: AtomicBool,
}

impl ClientContext for Context {
    fn log(&self, _: rdkafka::config::RDKafkaLogLevel, _: &str, _: &str) {}

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            self.fatal.store(true, SeqCst);
        }
        self.last_error.error(error, reason);
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = Box<Pending>;

    fn delivery(&self, result: &DeliveryResult<'_>, opaque: Self::DeliveryOpaque) {
        let Pending { on, at } = *opaque;
        let delivered = match result {
            Ok(message) => {
                self.last_error.clear();
                let partition = u16::try_from(message.partition()).unwrap_or(0);
                Ok(StoredAt { partition, offset: message.offset().unsigned_abs() })
            }
            Err((error, _)) => Err(Cause::of(self.last_error.message(), error)),
        };
        on.delivered(at, delivered);
    }
}

/// Whether a record is in the producer's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// The record is in the queue.
    Yes,
    /// The queue is full: try again.
    Full,
}

/// Sends records; a call is cheap and never waits.
pub struct Producer {
    inner: ThreadedProducer<Context>,
    /// Whether it accepts no more records.
    is_retired: RwLock<bool>,
}

impl Producer {
    /// How long an append retries before it reports that the cluster is unreachable.
    pub const RETRY_LIMIT: Duration = Duration::from_secs(10);

    /// The contract: zstd, 1 ms linger, acknowledged by all replicas, idempotent, order kept. `retry_limit`: how
    /// long a record is retried; `None` = forever, until the broker comes back.
    ///
    /// # Errors
    /// The options are not valid.
    pub fn new(options: &KafkaOptions, retry_limit: Option<Duration>) -> Result<Producer, ClusterError> {
        let mut config = options.client();
        let timeout = retry_limit.map_or(0, |limit| limit.as_millis());
        config
            .set("compression.type", "zstd")
            .set("linger.ms", "1")
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("batch.num.messages", "20000")
            .set("batch.size", "2000000")
            .set("queue.buffering.max.messages", "400000")
            .set("queue.buffering.max.kbytes", "262144")
            .set("partitioner", "murmur2_random")
            .set("message.timeout.ms", timeout.to_string());
        let context = Context { last_error: LastError::default(), fatal: AtomicBool::new(false) };
        let inner = config.create_with_context(context).map_err(ClusterError::ProducerOptions)?;
        Ok(Producer { inner, is_retired: RwLock::new(false) })
    }

    /// Queues one record; `on` gets its delivery result. `extra` is one more header.
    ///
    /// # Errors
    /// The record can never be sent, or the producer is retired.
    pub fn send(
        &self,
        topic: &str,
        record: &StoredRecord<'_>,
        extra: Option<(&str, &[u8])>,
        on: &Arc<dyn OnDelivered>,
        at: u64,
    ) -> Result<Queued, Unsendable> {
        let opaque = Box::new(Pending { on: Arc::clone(on), at });
        let mut message: BaseRecord<'_, [u8], [u8], _> =
            BaseRecord::with_opaque_to(topic, opaque).timestamp(record.timestamp_ms);
        if let Some(key) = record.key {
            message = message.key(key);
        }
        if let Some(value) = record.value {
            message = message.payload(value);
        }
        let mut headers = record.headers().peekable();
        if headers.peek().is_some() || extra.is_some() {
            let mut owned = OwnedHeaders::new();
            for (name, value) in headers {
                let key = std::str::from_utf8(name).map_err(|_| Unsendable::HeaderName)?;
                owned = owned.insert(Header { key, value: Some(value) });
            }
            if let Some((key, value)) = extra {
                owned = owned.insert(Header { key, value: Some(value) });
            }
            message = message.headers(owned);
        }
        let is_retired = self.is_retired.read().unwrap_or_else(PoisonError::into_inner);
        if *is_retired {
            return Err(Unsendable::Retired);
        }
        match self.inner.send(message) {
            Ok(()) => Ok(Queued::Yes),
            Err((error, _)) => match error.rdkafka_error_code() {
                Some(RDKafkaErrorCode::QueueFull) => Ok(Queued::Full),
                _ => Err(Unsendable::Client(error)),
            },
        }
    }

    fn context(&self) -> &Context {
        self.inner.context()
    }

    /// The latest message from the broker or the network since a record was delivered.
    #[must_use]
    pub fn last_error(&self) -> Option<String> {
        self.context().last_error.message()
    }

    /// Whether this producer cannot send any more and must be replaced.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.context().fatal.load(SeqCst)
    }

    /// Drops what was not sent or not acknowledged, and accepts nothing more: a record after a dropped one
    /// would overtake it.
    pub fn retire(&self) {
        *self.is_retired.write().unwrap_or_else(PoisonError::into_inner) = true;
        self.inner.purge(PurgeConfig::default().queue().inflight());
    }

    /// Waits until everything is acknowledged, but at most `limit`.
    pub fn flush(&self, limit: Duration) -> bool {
        self.inner.flush(limit).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use topic_log::format::{self, Batch, Record};

    #[derive(Default)]
    struct Deliveries(Mutex<Vec<(u64, bool)>>);

    impl OnDelivered for Deliveries {
        fn delivered(&self, at: u64, delivered: Delivered) {
            self.0.lock().expect("locks").push((at, delivered.is_ok()));
        }
    }

    #[test]
    fn a_retired_producer_drops_what_waits_and_takes_nothing_that_could_overtake_it() {
        // No process listens there, so queued records wait.
        let options = KafkaOptions { brokers: "127.0.0.1:9".to_owned(), ..KafkaOptions::default() };
        let producer = Producer::new(&options, None).expect("makes");
        let mut batch = Batch::default();
        batch.push(&Record { value: Some(b"x"), ..Record::default() }).expect("fits");
        let record = format::records(batch.bytes()).next().expect("one");
        let deliveries = Arc::new(Deliveries::default());
        let on: Arc<dyn OnDelivered> = Arc::clone(&deliveries) as _;
        assert_eq!(producer.send("t", &record, None, &on, 1), Ok(Queued::Yes));
        producer.retire();
        assert_eq!(producer.send("t", &record, None, &on, 2), Err(Unsendable::Retired));
        assert!(producer.flush(Duration::from_secs(5)));
        assert_eq!(*deliveries.0.lock().expect("locks"), [(1, false)]);
    }
}
