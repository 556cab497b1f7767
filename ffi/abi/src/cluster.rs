//! Kafka for JavaScript: what `log.rs` does not share with a log in a folder. `ffi/log.ts` is the other side.

use std::sync::Arc;

use kafka::{KafkaLog, KafkaOptions, KafkaTopic, NewTopic};

use crate::buffers::call;
use crate::failure::Failure;
use crate::log::{LOGS, LogBackend};
use crate::topic::{AnyTopic, TOPICS};

/// Opens a Kafka cluster as a log (`kafka::KafkaOptions` as JSON); returns its handle. Sends no request yet.
///
/// # Safety
/// `options` valid for `options_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_kafka_open(
    options: *const u8,
    options_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], options[options_len], |_| {
        let options: KafkaOptions = options.json("Cannot use Kafka")?;
        Ok(LOGS.insert(LogBackend::Kafka(Arc::new(KafkaLog::open(options)?))))
    })
}

/// Opens a topic of a cluster; returns its handle. `partitions`: of a missing topic that is to be made; 0 makes none.
/// `compacted` (1 or 0) and `replicas` (0 = the cluster's default) count for a topic that is made.
/// On a thread of its own.
///
/// # Safety
/// `name` valid for `name_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_kafka_topic_open(
    log: u32,
    name: *const u8,
    name_len: u32,
    partitions: u32,
    compacted: u32,
    replicas: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], name[name_len], |_| {
        let log = LOGS.get(log)?;
        let LogBackend::Kafka(log) = &*log else { return Err(Failure::closed("the cluster")) };
        let partitions = u16::try_from(partitions).unwrap_or(u16::MAX);
        let replicas = u16::try_from(replicas).unwrap_or(0);
        let new = NewTopic { partitions, compacted: compacted == 1, replicas };
        let make = (partitions != 0).then_some(new);
        let topic = KafkaTopic::open(Arc::clone(log), name.text()?, make)?;
        Ok(TOPICS.insert(AnyTopic::Kafka(Arc::new(topic))))
    })
}
