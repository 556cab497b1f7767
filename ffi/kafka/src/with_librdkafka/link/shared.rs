//! State shared by the threads of a link.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use topic_log::disk::PreallocatedFile;
use topic_log::format::StoredRecord;

use crate::with_librdkafka::cluster::KafkaLog;
use crate::with_librdkafka::error::ClusterError;
use crate::with_librdkafka::options::KafkaOptions;
use crate::with_librdkafka::producer::Producer;

/// Header with a record's origin: `INSTANCE:OFFSET` in its host's log.
pub(super) const ORIGIN_HEADER: &str = "legend-from";

/// Bytes read from the host's log at a time.
pub(super) const BLOCK_BYTES: usize = 512 << 10;

/// How long an idle topic waits for its next record.
pub(super) const IDLE: Duration = Duration::from_millis(100);

/// How long records that a killed predecessor had in flight may take to arrive.
pub(super) const SETTLE: Duration = Duration::from_millis(500);

/// One topic of the link.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkTopic {
    /// Its name.
    pub name: String,
    /// The number of partitions that it must have.
    pub partitions: u16,
    /// Whether only the newest record of each key is kept.
    pub compacted: bool,
    /// Whether it is also copied from the cluster to this host.
    pub inbound: bool,
    /// Inbound: whether the first run starts from the earliest offset.
    pub history: bool,
}

/// Options of `legend run link`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkOptions {
    /// Folder that holds `log/`; the link's own files are in `link/`.
    pub data_dir: PathBuf,
    /// This installation's name.
    pub instance: String,
    /// The cluster.
    pub kafka: KafkaOptions,
    /// All topics.
    pub topics: Vec<LinkTopic>,
    /// Whether missing topics are made.
    pub create: bool,
    /// Replication factor; 0 = the cluster's default.
    pub replicas: u16,
    /// Limits of the host's log.
    pub limits: topic_log::limits::Limits,
}

/// Counters of one topic.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) offset: AtomicU64,
    pub(super) end: AtomicU64,
    pub(super) sent: AtomicU64,
    pub(super) skipped: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) received: AtomicU64,
    pub(super) initialised: AtomicBool,
    out_error: Mutex<Option<ClusterError>>,
    in_error: Mutex<Option<ClusterError>>,
}

/// The way of a topic's records.
#[derive(Clone, Copy, Debug)]
pub(super) enum Direction {
    /// From this host to the cluster.
    Out,
    /// From the cluster to this host.
    In,
}

impl Direction {
    pub(super) fn thread_name(self) -> &'static str {
        match self {
            Direction::Out => "link-out",
            Direction::In => "link-in",
        }
    }
}

impl Counters {
    /// The latest error of a direction, until it makes progress again.
    pub(super) fn error_of(&self, direction: Direction) -> &Mutex<Option<ClusterError>> {
        match direction {
            Direction::Out => &self.out_error,
            Direction::In => &self.in_error,
        }
    }

    pub(super) fn last_error(&self) -> Option<String> {
        let text = |direction| locked(self.error_of(direction)).as_ref().map(ToString::to_string);
        text(Direction::Out).or_else(|| text(Direction::In))
    }

    /// Called only after progress, not at a start: what failed may fail again.
    pub(super) fn clear_error(&self, direction: Direction) {
        *locked(self.error_of(direction)) = None;
    }
}

pub(super) struct Shared {
    pub(super) options: LinkOptions,
    pub(super) log: Arc<KafkaLog>,
    pub(super) producer: Mutex<Arc<Producer>>,
    pub(super) stop: AtomicBool,
    pub(super) counters: Vec<Counters>,
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The link's position in a topic on the cluster: everything that this host sent before these offsets is
/// known.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct LinkPosition {
    pub(super) ends: Vec<u64>,
    /// Nothing was in flight when this was written.
    pub(super) clean: bool,
}

impl LinkPosition {
    pub(super) fn read(path: &Path) -> LinkPosition {
        std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    pub(super) fn write(&self, file: &PreallocatedFile) -> Result<(), ClusterError> {
        let text = serde_json::to_string(self).unwrap_or_default();
        let path = || file.path().to_path_buf();
        file.write(text).map_err(|source| ClusterError::PositionNotStored { path: path(), source })
    }
}

/// The value of the `legend-from` header.
pub(super) fn origin<'a>(record: &StoredRecord<'a>) -> Option<&'a str> {
    let found = record.headers().find(|(name, _)| *name == ORIGIN_HEADER.as_bytes());
    found.and_then(|(_, value)| std::str::from_utf8(value).ok())
}
