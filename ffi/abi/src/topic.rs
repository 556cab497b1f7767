//! The topics that JavaScript has opened; `ffi/log.ts` is the other side.

use std::sync::Arc;

use kafka::KafkaTopic;
use topic_log::format::Batch;
use topic_log::{Committed, Durability, Topic};

use crate::buffers::{answer_text, call, put_u64};
use crate::failure::Failure;
use crate::handles::Handles;

pub(crate) static TOPICS: Handles<AnyTopic> = Handles::new("the topic");

pub(crate) enum AnyTopic {
    Embedded(Arc<Topic>),
    Kafka(Arc<KafkaTopic>),
}

/// Closes a topic; its readers stay open.
#[unsafe(no_mangle)]
pub extern "C" fn legend_topic_close(topic: u32) {
    drop(TOPICS.remove(topic));
}

/// Appends records (`topic_log::format`, offset and CRC ignored); writes the first offset as u64 LE to `out`.
/// `durability`: 0 none, 1 group, 2 fsync. Blocks until that is reached.
/// On a thread of its own.
///
/// # Safety
/// `batch` valid for `batch_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_append(
    topic: u32,
    batch: *const u8,
    batch_len: u32,
    durability: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], batch[batch_len], |out| {
        let topic = TOPICS.get(topic)?;
        let durability = match durability {
            0 => Durability::None,
            1 => Durability::Group,
            2 => Durability::Fsync,
            _ => {
                let line = format!("Cannot append: durability {durability}, need 0..=2");
                return Err(Failure::invalid(line));
            }
        };
        let mut batch = Batch::from_bytes(batch.bytes()?.to_vec())?;
        let base = match &*topic {
            AnyTopic::Embedded(topic) => topic.append(&mut batch, durability)?,
            AnyTopic::Kafka(topic) => topic.append(&batch)?,
        };
        put_u64(out, 0, base)
    })
}

/// Writes the bytes on disk (0 for Kafka), then start and end of each partition, as u64 LE.
/// On a thread of its own.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_info(topic: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let topic = TOPICS.get(topic)?;
        let (bytes, ends) = match &*topic {
            AnyTopic::Embedded(topic) => (topic.bytes()?, vec![(topic.start(), topic.end())]),
            AnyTopic::Kafka(topic) => (0, topic.ends()?),
        };
        let numbers = std::iter::once(bytes).chain(ends.iter().flat_map(|&(start, end)| [start, end]));
        for (at, value) in numbers.enumerate() {
            put_u64(out, 8 * at, value)?;
        }
        Ok((8 + 16 * ends.len()) as i32)
    })
}

/// Writes the names of the groups that have an offset in a topic, one per line.
/// On a thread of its own.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_groups(topic: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let topic = TOPICS.get(topic)?;
        let groups = match &*topic {
            AnyTopic::Embedded(topic) => topic.groups()?,
            AnyTopic::Kafka(topic) => topic.groups()?,
        };
        answer_text(out, &groups.join("\n"))
    })
}

/// Writes the paths of a topic's segments whose header is damaged, one per line.
/// On a thread of its own.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_damage(topic: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let topic = TOPICS.get(topic)?;
        let paths = match &*topic {
            AnyTopic::Embedded(topic) => topic.damaged_headers()?,
            // Kafka's files are on its brokers.
            AnyTopic::Kafka(_) => Vec::new(),
        };
        let lines: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        answer_text(out, &lines.join("\n"))
    })
}

/// Removes what exceeds age or size; returns the number of records removed, at most `i32::MAX`.
/// On a thread of its own.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_retain(topic: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |_| {
        let topic = TOPICS.get(topic)?;
        match &*topic {
            AnyTopic::Embedded(topic) => Ok(i32::try_from(topic.enforce_retention()?).unwrap_or(i32::MAX)),
            // Kafka enforces retention itself.
            AnyTopic::Kafka(_) => Ok(0),
        }
    })
}

/// Stores a group's offset and lost count on disk.
/// On a thread of its own.
///
/// # Safety
/// `group` valid for `group_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_commit(
    topic: u32,
    group: *const u8,
    group_len: u32,
    partition: u32,
    offset: u64,
    lost: u64,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], group[group_len], |_| {
        let topic = TOPICS.get(topic)?;
        let (group, committed) = (group.text()?, Committed { offset, lost });
        match &*topic {
            AnyTopic::Embedded(topic) => topic.commit(group, committed)?,
            AnyTopic::Kafka(topic) => topic.commit(group, partition as u16, committed)?,
        }
        Ok(0)
    })
}

/// Writes a group's offset and lost count as two u64 LE and returns 16, or 0 if it never committed.
/// On a thread of its own.
///
/// # Safety
/// `group` valid for `group_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_committed(
    topic: u32,
    group: *const u8,
    group_len: u32,
    partition: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], group[group_len], |out| {
        let topic = TOPICS.get(topic)?;
        let group = group.text()?;
        let committed = match &*topic {
            AnyTopic::Embedded(topic) => topic.committed(group)?,
            AnyTopic::Kafka(topic) => topic.committed(group, partition as u16)?,
        };
        let Some(committed) = committed else { return Ok(0) };
        put_u64(out, 0, committed.offset)?;
        put_u64(out, 8, committed.lost)?;
        Ok(16)
    })
}
