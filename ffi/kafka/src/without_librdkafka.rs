//! Replaces `with_librdkafka` in a library that is built without librdkafka: the same names, and an error that says how
//! to build with it. No value of its log, topic, reader or link can exist, so nothing else can be called.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;
use topic_log::format::Batch;
use topic_log::{Committed, Gap, LogErrorKind};

/// The error of every attempt.
#[derive(Clone, Copy, Debug, Error)]
pub enum ClusterError {
    /// This library contains no Kafka client.
    #[error(
        "Cannot use Kafka: this build leaves it out, so that it is built faster; build with `deno task build` and start again"
    )]
    LeftOut,
}

impl ClusterError {
    /// What a caller may match on.
    #[must_use]
    pub fn kind(&self) -> LogErrorKind {
        LogErrorKind::Unavailable
    }
}

/// How to reach a cluster; ignored here.
#[derive(Clone, Default, Deserialize)]
pub struct KafkaOptions {}

/// A cluster.
pub struct KafkaLog(Infallible);

impl KafkaLog {
    /// # Errors
    /// Always.
    pub fn open(_: KafkaOptions) -> Result<KafkaLog, ClusterError> {
        Err(ClusterError::LeftOut)
    }

    /// # Errors
    /// None.
    pub fn topics(&self) -> Result<Vec<String>, ClusterError> {
        match self.0 {}
    }
}

/// A topic that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewTopic {
    /// How many partitions.
    pub partitions: u16,
    /// Keeps the newest record of each key alone.
    pub compacted: bool,
    /// Replication factor; 0 = the cluster's default.
    pub replicas: u16,
}

/// A topic.
pub struct KafkaTopic(Infallible);

impl KafkaTopic {
    /// # Errors
    /// Always.
    pub fn open(_: Arc<KafkaLog>, _: &str, _: Option<NewTopic>) -> Result<KafkaTopic, ClusterError> {
        Err(ClusterError::LeftOut)
    }

    /// # Errors
    /// None.
    pub fn append(&self, _: &Batch) -> Result<u64, ClusterError> {
        match self.0 {}
    }

    /// # Errors
    /// None.
    pub fn ends(&self) -> Result<Vec<(u64, u64)>, ClusterError> {
        match self.0 {}
    }

    /// # Errors
    /// None.
    pub fn commit(&self, _: &str, _: u16, _: Committed) -> Result<(), ClusterError> {
        match self.0 {}
    }

    /// # Errors
    /// None.
    pub fn committed(&self, _: &str, _: u16) -> Result<Option<Committed>, ClusterError> {
        match self.0 {}
    }

    /// # Errors
    /// None.
    pub fn groups(&self) -> Result<Vec<String>, ClusterError> {
        match self.0 {}
    }

    /// # Errors
    /// None.
    pub fn reader(self: &Arc<Self>, _: &[u64]) -> Result<KafkaReader, ClusterError> {
        match self.0 {}
    }
}

/// The result of a read.
pub enum KafkaRead {
    /// Whole records were put into the buffer.
    Records(u32),
    /// Records of a partition that are gone.
    Gap(u16, Gap),
}

/// A reader of a topic.
pub struct KafkaReader(Infallible);

impl KafkaReader {
    /// Stands for the end of a partition in place of an offset.
    pub const END: u64 = u64::MAX;

    /// Never called.
    pub fn read(&mut self, _: &mut Vec<u8>, _: usize) -> KafkaRead {
        match self.0 {}
    }

    /// Never called.
    pub fn wait(&mut self, _: Duration) -> bool {
        match self.0 {}
    }
}

/// Options of the link; ignored here.
#[derive(Deserialize)]
pub struct LinkOptions {}

/// The link.
pub struct Link(Infallible);

impl Link {
    /// # Errors
    /// Always.
    pub fn start(_: LinkOptions) -> Result<Link, ClusterError> {
        Err(ClusterError::LeftOut)
    }

    /// Never called.
    #[must_use]
    pub fn status(&self) -> String {
        match self.0 {}
    }
}
