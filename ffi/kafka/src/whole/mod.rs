//! The topic log's other home: a Kafka cluster, through librdkafka. Same records, offsets and groups as the
//! embedded log; a topic may have several partitions, and order holds within one.

mod cluster;
mod error;
mod fetch;
mod link;
mod options;
mod producer;
mod reader;
mod topic;
mod watch;

pub use cluster::KafkaLog;
pub use error::{ClusterError, Trouble, Unsendable};
pub use link::{Link, LinkOptions};
pub use options::KafkaOptions;
pub use producer::{Delivered, OnDelivered, Producer};
pub use reader::{KafkaRead, KafkaReader};
pub use topic::KafkaTopic;
