//! Errors of a cluster and of the link to it, worded for people.

use std::io;
use std::path::PathBuf;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use thiserror::Error;
use topic_log::{LogError, LogErrorKind, disk};

/// The client's reason.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Cause {
    /// The latest message from the broker or the network.
    #[error("{0}")]
    Message(String),
    /// An error with one of Kafka's codes.
    #[error(transparent)]
    Code(RDKafkaErrorCode),
    /// Any other error of the client.
    #[error(transparent)]
    Client(Box<KafkaError>),
}

impl Cause {
    /// The latest message, otherwise what the error itself says.
    pub(super) fn of(message: Option<String>, error: &KafkaError) -> Cause {
        let known =
            || error.rdkafka_error_code().map_or_else(|| Cause::Client(Box::new(error.clone())), Cause::Code);
        message.map_or_else(known, Cause::Message)
    }
}

/// Why a record can never be sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unsendable {
    /// A header's name is not text, which Kafka requires.
    #[error("a header's name is not UTF-8")]
    HeaderName,
    /// Another producer replaced this one.
    #[error("its producer has ended")]
    Retired,
    /// The client refuses the record.
    #[error(transparent)]
    Client(KafkaError),
}

/// Errors of a cluster, and of the link to it.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// An error of a host's own log, or a name or record that no log accepts.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The options are not valid.
    #[error("Cannot use Kafka: {0}")]
    Options(#[source] KafkaError),
    /// The options are not valid for a producer.
    #[error("Cannot write to Kafka: {0}")]
    ProducerOptions(#[source] KafkaError),
    /// The cluster does not answer, or not as needed.
    #[error(
        "Cannot {action}: Kafka at {brokers} cannot be used ({why}); check KAFKA_BROKERS and the broker{}",
        if *.tls { ", and with TLS kafka.tls_ca, kafka.tls_cert and kafka.tls_key" } else { "" }
    )]
    NoAnswer {
        /// The operation that failed.
        action: String,
        /// The cluster's address.
        brokers: String,
        /// The client's reason.
        why: Cause,
        /// Whether TLS could be the cause.
        tls: bool,
    },
    /// The cluster refuses to make the topic.
    #[error("Cannot make topic {name}: Kafka refuses it ({code})")]
    NotMade {
        /// Of the topic.
        name: String,
        /// Kafka's code.
        code: RDKafkaErrorCode,
    },
    /// The cluster reports that it made a topic, but does not list it.
    #[error("Cannot make topic {0}: Kafka reports success, but does not list the topic")]
    NotShown(String),
    /// Some brokers or replicas did not accept the records of an append.
    #[error("Cannot append to {topic}: Kafka at {brokers} did not accept it ({why}); check the broker")]
    NotTaken {
        /// The topic's name.
        topic: String,
        /// The cluster's address.
        brokers: String,
        /// The client's reason.
        why: Cause,
    },
    /// A record of an append can never be sent.
    #[error("Cannot append to {topic}: {why}")]
    NotAppended {
        /// The topic's name.
        topic: String,
        /// The reason.
        why: Unsendable,
    },
    /// The end of a partition is unknown.
    #[error(
        "Cannot read the offsets of {topic}: Kafka does not report where partition {partition} ends; try again"
    )]
    NoEnd {
        /// The topic's name.
        topic: String,
        /// The partition.
        partition: u16,
    },
    /// The link's folder cannot be used.
    #[error("Cannot use {}: {}", .path.display(), disk::why(.source))]
    Folder {
        /// Of the folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The link's position in the cluster could not be stored.
    #[error("Cannot write {}: {}", .path.display(), disk::why(.source))]
    PositionNotStored {
        /// Of the file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The system cannot start a thread.
    #[error("Cannot start a thread: {0}")]
    Thread(#[source] io::Error),
    /// A topic whose number of partitions would place records differently.
    #[error(
        "Cannot use topic {name}: it has {has} partitions on Kafka, need {need}; records wait on this host until the number is right"
    )]
    Partitions {
        /// Of the topic.
        name: String,
        /// On the cluster.
        has: u16,
        /// Here.
        need: u16,
    },
    /// A record of the host's log can never be sent.
    #[error("Cannot send {topic} offset {offset} to Kafka: {why}")]
    NotSent {
        /// The topic's name.
        topic: String,
        /// Of the record.
        offset: u64,
        /// The reason.
        why: Unsendable,
    },
    /// Some brokers or replicas did not accept records that the link sent.
    #[error("Cannot send {topic} to Kafka: {why}; its records wait on this host")]
    NotArrived {
        /// The topic's name.
        topic: String,
        /// The client's reason.
        why: Cause,
    },
    /// The link is being stopped.
    #[error("the link ends")]
    LinkEnds,
    /// The producer cannot send any more.
    #[error("the producer ends")]
    ProducerEnds,
}

impl ClusterError {
    /// What a caller may match on, as for the embedded log.
    #[must_use]
    pub fn kind(&self) -> LogErrorKind {
        match self {
            ClusterError::Log(error) => error.kind(),
            ClusterError::Options(_)
            | ClusterError::ProducerOptions(_)
            | ClusterError::NotAppended { .. }
            | ClusterError::NotSent { .. } => LogErrorKind::Invalid,
            ClusterError::Folder { source, .. } | ClusterError::PositionNotStored { source, .. }
                if disk::is_full(source) =>
            {
                LogErrorKind::NoSpace
            }
            ClusterError::Folder { .. }
            | ClusterError::PositionNotStored { .. }
            | ClusterError::Thread(_) => LogErrorKind::Io,
            ClusterError::NoAnswer { .. }
            | ClusterError::NotMade { .. }
            | ClusterError::NotShown(_)
            | ClusterError::NotTaken { .. }
            | ClusterError::NoEnd { .. }
            | ClusterError::Partitions { .. }
            | ClusterError::NotArrived { .. }
            | ClusterError::LinkEnds
            | ClusterError::ProducerEnds => LogErrorKind::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_the_last_message_or_else_the_error_itself() {
        let timeout = KafkaError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut);
        assert_eq!(Cause::of(Some("refused".to_owned()), &timeout).to_string(), "refused");
        let code = Cause::of(None, &timeout);
        assert_eq!(code, Cause::Code(RDKafkaErrorCode::OperationTimedOut));
        assert_eq!(code.to_string(), RDKafkaErrorCode::OperationTimedOut.to_string());
        let nothing = KafkaError::Seek("x".to_owned());
        assert_eq!(Cause::of(None, &nothing).to_string(), nothing.to_string());
        assert_eq!(Unsendable::Client(nothing.clone()).to_string(), nothing.to_string());
    }

    fn check(errors: Vec<(ClusterError, &str, LogErrorKind)>) {
        for (error, line, kind) in errors {
            assert_eq!((error.to_string().as_str(), error.kind()), (line, kind));
        }
    }

    #[test]
    fn each_error_of_a_cluster_is_the_line_and_the_kind_that_callers_know() {
        let (topic, why) = (|| "t".to_owned(), || Cause::Message("down".to_owned()));
        let (action, brokers) = (|| "list topics".to_owned(), || "b:9".to_owned());
        let no_answer =
            |tls| ClusterError::NoAnswer { action: action(), brokers: brokers(), why: why(), tls };
        let code = RDKafkaErrorCode::PolicyViolation;
        let not_made = format!("Cannot make topic t: Kafka refuses it ({code})");
        check(vec![
            (
                no_answer(false),
                "Cannot list topics: Kafka at b:9 cannot be used (down); check KAFKA_BROKERS and the broker",
                LogErrorKind::Unavailable,
            ),
            (
                no_answer(true),
                "Cannot list topics: Kafka at b:9 cannot be used (down); check KAFKA_BROKERS and the broker, and with TLS kafka.tls_ca, kafka.tls_cert and kafka.tls_key",
                LogErrorKind::Unavailable,
            ),
            (ClusterError::NotMade { name: topic(), code }, &not_made, LogErrorKind::Unavailable),
            (
                ClusterError::NotShown(topic()),
                "Cannot make topic t: Kafka reports success, but does not list the topic",
                LogErrorKind::Unavailable,
            ),
            (
                ClusterError::NotTaken { topic: topic(), brokers: brokers(), why: why() },
                "Cannot append to t: Kafka at b:9 did not accept it (down); check the broker",
                LogErrorKind::Unavailable,
            ),
            (
                ClusterError::NotAppended { topic: topic(), why: Unsendable::HeaderName },
                "Cannot append to t: a header's name is not UTF-8",
                LogErrorKind::Invalid,
            ),
            (
                ClusterError::NoEnd { topic: topic(), partition: 3 },
                "Cannot read the offsets of t: Kafka does not report where partition 3 ends; try again",
                LogErrorKind::Unavailable,
            ),
            (
                LogError::NoTopic(topic()).into(),
                "Cannot open topic t: it does not exist, create it with `legend topics create`",
                LogErrorKind::NotFound,
            ),
        ]);
    }

    #[test]
    fn each_error_of_the_link_is_the_line_and_the_kind_that_callers_know() {
        let (topic, full) = (|| "t".to_owned(), || io::Error::from_raw_os_error(28));
        check(vec![
            (
                ClusterError::Folder { path: "/d/link".into(), source: full() },
                "Cannot use /d/link: the disk is full, free some space",
                LogErrorKind::NoSpace,
            ),
            (
                ClusterError::PositionNotStored { path: "/d/link/t".into(), source: full() },
                "Cannot write /d/link/t: the disk is full, free some space",
                LogErrorKind::NoSpace,
            ),
            (
                ClusterError::Thread(io::Error::from_raw_os_error(11)),
                "Cannot start a thread: Resource temporarily unavailable (os error 11)",
                LogErrorKind::Io,
            ),
            (
                ClusterError::Partitions { name: topic(), has: 2, need: 6 },
                "Cannot use topic t: it has 2 partitions on Kafka, need 6; records wait on this host until the number is right",
                LogErrorKind::Unavailable,
            ),
            (
                ClusterError::NotSent { topic: topic(), offset: 5, why: Unsendable::Retired },
                "Cannot send t offset 5 to Kafka: its producer has ended",
                LogErrorKind::Invalid,
            ),
            (
                ClusterError::NotArrived { topic: topic(), why: Cause::Message("down".to_owned()) },
                "Cannot send t to Kafka: down; its records wait on this host",
                LogErrorKind::Unavailable,
            ),
            (ClusterError::LinkEnds, "the link ends", LogErrorKind::Unavailable),
            (ClusterError::ProducerEnds, "the producer ends", LogErrorKind::Unavailable),
        ]);
    }
}
