//! The logs that JavaScript has opened, in a folder or on Kafka; `ffi/log.ts` is the other side.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kafka::KafkaLog;
use topic_log::{Log, TopicOptions};

use crate::buffers::{answer_text, call};
use crate::failure::Failure;
use crate::handles::Handles;
use crate::topic::{AnyTopic, TOPICS};

pub(crate) static LOGS: Handles<LogBackend> = Handles::new("the log");

/// What stores a log.
pub(crate) enum LogBackend {
    Embedded(Log),
    Kafka(Arc<KafkaLog>),
}

/// Opens the log in a folder; returns its handle.
///
/// # Safety
/// `path` valid for `path_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_log_open(path: *const u8, path_len: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], path[path_len], |_| Ok(
        LOGS.insert(LogBackend::Embedded(Log::open(Path::new(path.text()?))?))
    ))
}

/// Closes a log; its topics stay open.
#[unsafe(no_mangle)]
pub extern "C" fn legend_log_close(log: u32) {
    drop(LOGS.remove(log));
}

/// Writes the topics' names, one per line; returns the length.
/// On a thread of its own.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_log_topics(log: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let log = LOGS.get(log)?;
        let names = match &*log {
            LogBackend::Embedded(log) => log.topics()?,
            LogBackend::Kafka(log) => log.topics()?,
        };
        answer_text(out, &names.join("\n"))
    })
}

/// Opens a topic of a log in a folder; returns its handle. `create`: 1 makes a missing one. A limit of 0 means the default.
/// On a thread of its own.
///
/// # Safety
/// `name` valid for `name_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_open(
    log: u32,
    name: *const u8,
    name_len: u32,
    create: u32,
    segment_bytes: u64,
    retention_bytes: u64,
    retention_ms: u64,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], name[name_len], |_| {
        let log = LOGS.get(log)?;
        let LogBackend::Embedded(log) = &*log else { return Err(Failure::closed("the log in a folder")) };
        let or = |given: u64, default: u64| if given == 0 { default } else { given };
        let defaults = TopicOptions::default();
        let options = TopicOptions {
            segment_bytes: or(segment_bytes, defaults.segment_bytes),
            retention_bytes: or(retention_bytes, defaults.retention_bytes),
            retention_age: if retention_ms == 0 {
                defaults.retention_age
            } else {
                Duration::from_millis(retention_ms)
            },
        };
        let topic = log.topic(name.text()?, options, create != 0)?;
        Ok(TOPICS.insert(AnyTopic::Embedded(Arc::new(topic))))
    })
}
