//! The topic log's other backend: a Kafka cluster, through librdkafka. It has the same records, offsets and
//! groups as the embedded log; a topic may have several partitions, and order holds within each of them.

mod cluster;
mod error;
mod fetch;
mod last_error;
mod link;
mod options;
mod producer;
mod reader;
mod topic;

pub use cluster::KafkaLog;
pub use error::{Cause, ClusterError, Unsendable};
pub use link::{Link, LinkOptions};
pub use options::{KafkaOptions, NewTopic};
pub use producer::{Delivered, OnDelivered, Producer, Queued, StoredAt};
pub use reader::{KafkaRead, KafkaReader};
pub use topic::KafkaTopic;
