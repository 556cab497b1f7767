//! State shared by the threads of a link.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use topic_log::disk::KeptFile;
use topic_log::format::StoredRecord;

use crate::whole::cluster::KafkaLog;
use crate::whole::error::ClusterError;
use crate::whole::options::KafkaOptions;
use crate::whole::producer::Producer;

/// Header with a record's origin: `INSTANCE:OFFSET` in its host's log.
pub(super) const FROM: &str = "legend-from";

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
    pub(super) shipped: AtomicU64,
    pub(super) skipped: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) taken: AtomicU64,
    pub(super) looked: AtomicBool,
    /// By direction.
    pub(super) trouble: [Mutex<Option<ClusterError>>; 2],
}

pub(super) const OUT: usize = 0;

pub(super) const IN: usize = 1;

impl Counters {
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.iter().find_map(|trouble| locked(trouble).as_ref().map(ToString::to_string))
    }

    /// Called only after progress, not at a start: what failed may fail again.
    pub(super) fn is_well(&self, direction: usize) {
        *locked(&self.trouble[direction]) = None;
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
pub(super) struct Ends {
    pub(super) ends: Vec<u64>,
    /// Nothing was in flight when this was written.
    pub(super) clean: bool,
}

impl Ends {
    pub(super) fn read(path: &Path) -> Ends {
        std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    pub(super) fn write(&self, file: &KeptFile) -> Result<(), ClusterError> {
        let text = serde_json::to_string(self).unwrap_or_default();
        let path = || file.path().to_path_buf();
        file.write(text).map_err(|source| ClusterError::PlaceNotKept { path: path(), source })
    }
}

/// The value of the `legend-from` header.
pub(super) fn origin<'a>(record: &StoredRecord<'a>) -> Option<&'a str> {
    let found = record.headers().find(|(name, _)| *name == FROM.as_bytes());
    found.and_then(|(_, value)| std::str::from_utf8(value).ok())
}
