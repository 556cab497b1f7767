//! The link of a host to the cluster. Every part writes to its own host's log, whether or not Kafka is
//! reachable; the link sends each record to Kafka once and in order, and copies the control topics back from
//! it. So no part ever waits for a broker, and the embedded log is the spool during an outage.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use topic_log::disk::{self, PreallocatedFile};
use topic_log::format::{self, Batch, Record, StoredRecord};
use topic_log::{Committed, Durability, Log, RETENTION_HOLD_GROUP, Topic, TopicOptions};

use super::cluster::KafkaLog;
use super::error::{Cause, ClusterError};
use super::options::NewTopic;
use super::producer::Producer;
use super::reader::{KafkaRead, KafkaReader};
use super::topic::KafkaTopic;

mod sender;
mod shared;

use sender::{InFlight, TopicSender};
pub use shared::LinkOptions;
use shared::{
    BLOCK_BYTES, Counters, Direction, IDLE, LinkPosition, LinkTopic, SETTLE, Shared, locked, origin,
};

/// Pause after an error.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// A running link; dropping it stops its threads.
pub struct Link {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Link {
    /// Starts one thread per topic and direction. An unreachable cluster is not an error: the threads wait
    /// for it.
    ///
    /// # Errors
    /// The options or the host's log cannot be used.
    pub fn start(options: LinkOptions) -> Result<Link, ClusterError> {
        let folder = options.data_dir.join("link");
        disk::make_folder(&folder).map_err(|source| ClusterError::Folder { path: folder, source })?;
        Log::open(&options.data_dir.join("log"))?;
        let log = KafkaLog::open(options.kafka.clone())?;
        let producer = Producer::new(&options.kafka, None)?;
        let counters = options.topics.iter().map(|_| Counters::default()).collect();
        let shared = Arc::new(Shared {
            options,
            log: Arc::new(log),
            producer: Mutex::new(Arc::new(producer)),
            stop: AtomicBool::new(false),
            counters,
        });
        let mut threads = Vec::new();
        for at in 0..shared.options.topics.len() {
            let mut spawn = |direction: Direction, run: fn(&Shared, usize) -> Result<(), ClusterError>| {
                let shared = Arc::clone(&shared);
                let work = move || shared.keep_running(at, direction, run);
                std::thread::Builder::new()
                    .name(direction.thread_name().to_owned())
                    .spawn(work)
                    .map(|thread| threads.push(thread))
                    .map_err(ClusterError::Thread)
            };
            spawn(Direction::Out, Shared::send_topic)?;
            if shared.options.topics[at].inbound {
                spawn(Direction::In, Shared::receive_topic)?;
            }
        }
        Ok(Link { shared, threads })
    }

    /// What is waiting, sent and lost, and the latest error, by topic.
    #[must_use]
    pub fn status(&self) -> String {
        let shared = &self.shared;
        let topics: Vec<Value> =
            shared.options.topics.iter().zip(&shared.counters).map(topic_status).collect();
        let sum = |of: fn(&Counters) -> &AtomicU64| -> u64 {
            shared.counters.iter().map(|counters| of(counters).load(SeqCst)).sum()
        };
        let waiting: u64 = shared.counters.iter().map(waiting).sum();
        let last_error = shared.counters.iter().find_map(Counters::last_error);
        let last_error = last_error.or_else(|| {
            let why = locked(&shared.producer).last_error().filter(|_| waiting > 0)?;
            let (action, brokers) = ("send to Kafka".to_owned(), shared.options.kafka.brokers.clone());
            let why = Cause::Message(why);
            Some(ClusterError::NoAnswer { action, brokers, why, tls: false }.to_string())
        });
        json!({
            "at_ms": topic_log::clock::now_ms(),
            "waiting": waiting,
            "shipped": sum(|counters| &counters.sent),
            "lost": sum(|counters| &counters.lost),
            "taken": sum(|counters| &counters.received),
            "trouble": last_error,
            "looked": shared.counters.iter().all(|counters| counters.initialised.load(SeqCst)),
            "topics": topics,
        })
        .to_string()
    }
}

fn waiting(counters: &Counters) -> u64 {
    counters.end.load(SeqCst).saturating_sub(counters.offset.load(SeqCst))
}

fn topic_status((topic, counters): (&LinkTopic, &Counters)) -> Value {
    json!({
        "topic": topic.name,
        "offset": counters.offset.load(SeqCst).to_string(),
        "waiting": waiting(counters),
        "shipped": counters.sent.load(SeqCst),
        "skipped": counters.skipped.load(SeqCst),
        "lost": counters.lost.load(SeqCst),
        "taken": counters.received.load(SeqCst),
        "trouble": counters.last_error(),
    })
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.stop.store(true, SeqCst);
        for thread in self.threads.drain(..) {
            // A panic was already printed when it happened.
            let _ = thread.join();
        }
    }
}

/// Room for the offsets of a hundred partitions.
const POSITION_BYTES: usize = 4 << 10;

impl Shared {
    pub(super) fn stopped(&self) -> bool {
        self.stop.load(SeqCst)
    }

    fn keep_running(
        &self,
        at: usize,
        direction: Direction,
        run: fn(&Shared, usize) -> Result<(), ClusterError>,
    ) {
        while !self.stopped() {
            if let Err(error) = run(self, at) {
                *locked(self.counters[at].error_of(direction)) = Some(error);
                let begin = Instant::now();
                while begin.elapsed() < RETRY_PAUSE && !self.stopped() {
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        }
    }

    fn local(&self, topic: &LinkTopic) -> Result<Topic, ClusterError> {
        let mut options: TopicOptions = self.options.limits.into();
        if topic.compacted {
            options.retention_age = Duration::MAX;
        }
        let log = Log::open(&self.options.data_dir.join("log"))?;
        Ok(log.topic(&topic.name, options, true)?)
    }

    fn remote(&self, topic: &LinkTopic) -> Result<Arc<KafkaTopic>, ClusterError> {
        let LinkTopic { name, partitions, compacted, .. } = topic;
        let create = self.options.create.then_some(NewTopic {
            partitions: *partitions,
            compacted: *compacted,
            replicas: self.options.replicas,
        });
        let remote = KafkaTopic::open(Arc::clone(&self.log), name, create)?;
        if remote.partitions() == *partitions {
            return Ok(Arc::new(remote));
        }
        let (has, need) = (remote.partitions(), *partitions);
        Err(ClusterError::Partitions { name: name.clone(), has, need })
    }

    /// The file with a topic's position. It also works on a full disk, where sending the spool is what frees
    /// room.
    fn position_file(&self, topic: &str, direction: &str) -> PreallocatedFile {
        let path = self.options.data_dir.join("link").join(format!("{topic}.{direction}.json"));
        let file = PreallocatedFile::open(path, POSITION_BYTES);
        if !file.path().exists() {
            // Best effort: its content equals that of a missing file, but it reserves the room.
            let _ = LinkPosition::default().write(&file);
        }
        file
    }

    /// Sends one topic until the link stops or an error occurs.
    fn send_topic(&self, at: usize) -> Result<(), ClusterError> {
        let (topic, counters) = (&self.options.topics[at], &self.counters[at]);
        let local = self.local(topic)?;
        let committed = match local.committed(RETENTION_HOLD_GROUP)? {
            Some(committed) => committed,
            None => {
                // From here on the spool keeps what Kafka does not have.
                let first = Committed { offset: local.start(), lost: 0 };
                local.commit(RETENTION_HOLD_GROUP, first)?;
                first
            }
        };
        counters.end.store(local.end(), SeqCst);
        counters.offset.store(committed.offset, SeqCst);
        counters.lost.store(committed.lost, SeqCst);
        counters.initialised.store(true, SeqCst);
        let remote = self.remote(topic)?;
        let file = self.position_file(&topic.name, "out");
        let mut position = LinkPosition::read(file.path());
        let already_sent = self.already_sent(&remote, &position, committed.offset)?;
        position.ends.resize(usize::from(remote.partitions()), 0);
        let producer = Arc::clone(&locked(&self.producer));
        let mut sender = TopicSender {
            shared: self,
            at,
            local: &local,
            producer,
            in_flight: InFlight::from(committed.offset),
            already_sent,
            position,
            committed,
            file,
            stored: Instant::now(),
        };
        let ended = sender.run();
        if ended.is_err() && !self.stopped() {
            // Records of this sender still in flight must not arrive after those of its successor.
            sender.producer.retire();
            let mut current = locked(&self.producer);
            if Arc::ptr_eq(&current, &sender.producer) {
                *current = Arc::new(Producer::new(&self.options.kafka, None)?);
            }
        }
        ended
    }

    /// Offsets of this host's log, from `from` on, that an earlier run sent to the cluster but did not record
    /// as sent.
    fn already_sent(
        &self,
        remote: &Arc<KafkaTopic>,
        position: &LinkPosition,
        from: u64,
    ) -> Result<HashSet<u64>, ClusterError> {
        if position.clean {
            return Ok(HashSet::new());
        }
        std::thread::sleep(SETTLE);
        let own = format!("{}:", self.options.instance);
        let to: Vec<u64> = remote.ends()?.into_iter().map(|(_, end)| end).collect();
        let mut reader = remote.reader(&position.ends)?;
        let (mut out, mut already_sent) = (Vec::new(), HashSet::new());
        while !self.stopped() && reader.position().iter().zip(&to).any(|(next, to)| next < to) {
            out.clear();
            if reader.read(&mut out, BLOCK_BYTES) == KafkaRead::Records(0) {
                reader.wait(IDLE);
            }
            for record in format::records(&out) {
                let offset = origin(&record).and_then(|text| text.strip_prefix(&own)?.parse().ok());
                already_sent.extend(offset.filter(|&offset: &u64| offset >= from));
            }
        }
        Ok(already_sent)
    }

    /// Copies one topic from the cluster to this host until the link stops or an error occurs.
    fn receive_topic(&self, at: usize) -> Result<(), ClusterError> {
        let (topic, counters) = (&self.options.topics[at], &self.counters[at]);
        let local = self.local(topic)?;
        let remote = self.remote(topic)?;
        let file = self.position_file(&topic.name, "in");
        let mut position = LinkPosition::read(file.path());
        if position.ends.is_empty() {
            let first = if topic.history { 0 } else { KafkaReader::END };
            position.ends = vec![first; remote.partitions().into()];
        }
        let mut reader = remote.reader(&position.ends)?;
        let own = format!("{}:", self.options.instance);
        let mut out = Vec::new();
        while !self.stopped() {
            out.clear();
            let read = reader.read(&mut out, BLOCK_BYTES);
            let mut batch = Batch::default();
            for record in format::records(&out) {
                if origin(&record).is_some_and(|from| from.starts_with(&own)) {
                    continue;
                }
                push(&mut batch, &record)?;
            }
            if !batch.is_empty() {
                let received = batch.records();
                local.append(&mut batch, Durability::Group)?;
                counters.received.fetch_add(received, SeqCst);
            }
            counters.clear_error(Direction::In);
            if read == KafkaRead::Records(0) {
                reader.wait(IDLE);
            } else {
                position.ends = reader.position();
                position.write(&file)?;
            }
        }
        position.ends = reader.position();
        position.write(&file)
    }
}

fn push(batch: &mut Batch, record: &StoredRecord<'_>) -> Result<(), ClusterError> {
    let headers: Option<Vec<(&str, &[u8])>> =
        record.headers().map(|(name, value)| Some((std::str::from_utf8(name).ok()?, value))).collect();
    // Every header is text, as the record came through Kafka's own client.
    let headers = headers.unwrap_or_default();
    let StoredRecord { key, value, timestamp_ms, .. } = *record;
    Ok(batch.push(&Record { key, value, headers: &headers, timestamp_ms })?)
}
