//! The topic log for JavaScript; `ffi/log.ts` is the other side.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kafka::{KafkaLog, KafkaRead, KafkaReader, KafkaTopic};
use topic_log::format::Batch;
use topic_log::{Committed, Durability, GapCause, Log, Position, Read, Topic, TopicOptions};

use crate::handles::Handles;
use crate::{Answer, Failure, Status, answer_text, bad_handle, bytes, guard, text};

pub(crate) static LOGS: Handles<Home> = Handles::new();
pub(crate) static TOPICS: Handles<AnyTopic> = Handles::new();
pub(crate) static READERS: Handles<Reader> = Handles::new();

/// Where a log is stored.
pub(crate) enum Home {
    Embedded(Log),
    Kafka(Arc<KafkaLog>),
}

pub(crate) enum AnyTopic {
    Embedded(Arc<Topic>),
    Kafka(Arc<KafkaTopic>),
}

pub(crate) struct Reader {
    pub place: Mutex<Place>,
}

pub(crate) enum Place {
    Embedded {
        topic: Arc<Topic>,
        position: Position,
        /// Records read but not returned yet, because the caller's buffer was too small.
        pending: Vec<u8>,
    },
    Kafka {
        reader: KafkaReader,
        pending: Vec<u8>,
    },
}

/// `[kind u32][partition u32][0 u64][gap_from u64][gap_to u64]`, then the records.
const READ_HEADER: usize = 32;

/// Opens the log in a folder; returns its handle.
///
/// # Safety
/// `path` valid for `path_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_log_open(path: *const u8, path_len: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| Ok(LOGS.insert(Home::Embedded(Log::open(Path::new(text(path, path_len)?))?))))
    }
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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let log = LOGS.get(log).ok_or_else(|| bad_handle("the log"))?;
            let names = match &*log {
                Home::Embedded(log) => log.topics()?,
                Home::Kafka(log) => log.topics()?,
            };
            answer_text(out, &names.join("\n"))
        })
    }
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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| {
            let log = LOGS.get(log).ok_or_else(|| bad_handle("the log"))?;
            let Home::Embedded(log) = &*log else { return Err(bad_handle("the log in a folder")) };
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
            let topic = log.topic(text(name, name_len)?, options, create != 0)?;
            Ok(TOPICS.insert(AnyTopic::Embedded(Arc::new(topic))))
        })
    }
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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let topic = TOPICS.get(topic).ok_or_else(|| bad_handle("the topic"))?;
            let durability = match durability {
                0 => Durability::None,
                1 => Durability::Group,
                2 => Durability::Fsync,
                _ => {
                    return Err(Failure(
                        Status::Invalid,
                        format!("Cannot append: durability {durability}, need 0..=2"),
                    ));
                }
            };
            let mut batch = Batch::from_bytes(bytes(batch, batch_len)?.to_vec())?;
            let base = match &*topic {
                AnyTopic::Embedded(topic) => topic.append(&mut batch, durability)?,
                AnyTopic::Kafka(topic) => topic.append(&batch)?,
            };
            put_u64(out, 0, base)
        })
    }
}

/// Waits up to `timeout_ms` for a record at a reader's position; 1 = there is one, 0 = not yet. Blocks.
/// On a thread of its own.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_reader_wait(reader: u32, timeout_ms: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| {
            let reader = READERS.get(reader).ok_or_else(|| bad_handle("the reader"))?;
            let limit = Duration::from_millis(timeout_ms.into());
            let mut place = reader.place.lock().unwrap_or_else(PoisonError::into_inner);
            match &mut *place {
                Place::Embedded { topic, position, .. } => {
                    let (topic, offset) = (Arc::clone(topic), position.offset());
                    drop(place);
                    Ok(topic.wait(offset, limit).into())
                }
                Place::Kafka { reader, pending } => Ok((!pending.is_empty() || reader.wait(limit)).into()),
            }
        })
    }
}

/// Writes the bytes on disk (0 for Kafka), then start and end of each partition, as u64 LE.
/// On a thread of its own.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_info(topic: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let topic = TOPICS.get(topic).ok_or_else(|| bad_handle("the topic"))?;
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
}

/// Writes the names of the groups that have an offset in a topic, one per line.
/// On a thread of its own.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_groups(topic: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let topic = TOPICS.get(topic).ok_or_else(|| bad_handle("the topic"))?;
            let groups = match &*topic {
                AnyTopic::Embedded(topic) => topic.groups()?,
                AnyTopic::Kafka(topic) => topic.groups()?,
            };
            answer_text(out, &groups.join("\n"))
        })
    }
}

/// Writes the paths of a topic's segments whose header is damaged, one per line.
/// On a thread of its own.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_damage(topic: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let topic = TOPICS.get(topic).ok_or_else(|| bad_handle("the topic"))?;
            let paths = match &*topic {
                AnyTopic::Embedded(topic) => topic.damaged_headers()?,
                // Kafka's files are on its brokers.
                AnyTopic::Kafka(_) => Vec::new(),
            };
            let lines: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            answer_text(out, &lines.join("\n"))
        })
    }
}

/// Removes what exceeds age or size; returns the number of records removed, at most `i32::MAX`.
/// On a thread of its own.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_retain(topic: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| {
            let topic = TOPICS.get(topic).ok_or_else(|| bad_handle("the topic"))?;
            match &*topic {
                AnyTopic::Embedded(topic) => {
                    Ok(i32::try_from(topic.enforce_retention()?).unwrap_or(i32::MAX))
                }
                // Kafka enforces retention itself.
                AnyTopic::Kafka(_) => Ok(0),
            }
        })
    }
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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| {
            let topic = TOPICS.get(topic).ok_or_else(|| bad_handle("the topic"))?;
            let (group, committed) = (text(group, group_len)?, Committed { offset, lost });
            match &*topic {
                AnyTopic::Embedded(topic) => topic.commit(group, committed)?,
                AnyTopic::Kafka(topic) => topic.commit(group, partition as u16, committed)?,
            }
            Ok(0)
        })
    }
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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let topic = TOPICS.get(topic).ok_or_else(|| bad_handle("the topic"))?;
            let group = text(group, group_len)?;
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
}

/// Opens a reader of an open topic; returns its handle. `from`: the next offset of each partition as u64 LE,
/// `KafkaReader::END` for its end, or `KafkaReader::NONE` for a partition that is not read.
/// On a thread of its own.
///
/// # Safety
/// `from` valid for `from_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_reader_open(
    topic: u32,
    from: *const u8,
    from_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| {
            let topic = TOPICS.get(topic).ok_or_else(|| bad_handle("the topic"))?;
            let from: Vec<u64> = bytes(from, from_len)?
                .chunks_exact(8)
                .map(|eight| topic_log::format::u64_at(eight, 0))
                .collect();
            let place = match &*topic {
                AnyTopic::Embedded(topic) => {
                    let offset = match from.first().copied().unwrap_or(0) {
                        KafkaReader::END => topic.end(),
                        offset => offset,
                    };
                    let position = Position::at(offset);
                    Place::Embedded { topic: Arc::clone(topic), position, pending: Vec::new() }
                }
                AnyTopic::Kafka(topic) => Place::Kafka { reader: topic.reader(&from)?, pending: Vec::new() },
            };
            Ok(READERS.insert(Reader { place: Mutex::new(place) }))
        })
    }
}

/// Closes a reader.
#[unsafe(no_mangle)]
pub extern "C" fn legend_reader_close(reader: u32) {
    drop(READERS.remove(reader));
}

/// Writes `[kind u32][partition u32][0 u64][gap_from u64][gap_to u64]` and whole records to `out`; returns
/// the length. Kind 0 = records (perhaps none), 1 = gap by retention, 2 = gap by damage.
/// `TooSmall` keeps the record: call again with the size given in the first 4 bytes.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_reader_read(reader: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let reader = READERS.get(reader).ok_or_else(|| bad_handle("the reader"))?;
            let mut place = reader.place.lock().unwrap_or_else(PoisonError::into_inner);
            let room = out.len().saturating_sub(READ_HEADER);
            let mut gap = None;
            let pending = match &mut *place {
                Place::Embedded { topic, position, pending } => {
                    if pending.is_empty()
                        && let Read::Gap(found) = position.read(topic, pending, room)?
                    {
                        gap = Some((0, found));
                    }
                    pending
                }
                Place::Kafka { reader, pending } => {
                    if pending.is_empty()
                        && let KafkaRead::Gap(at, found) = reader.read(pending, room)
                    {
                        gap = Some((at, found));
                    }
                    pending
                }
            };
            let len = READ_HEADER + pending.len();
            if len > out.len() {
                if let Some(size) = out.get_mut(..4) {
                    size.copy_from_slice(&(len as u32).to_le_bytes());
                }
                return Err(Failure(Status::TooSmall, String::new()));
            }
            out[..READ_HEADER].fill(0);
            if let Some((partition, gap)) = gap {
                out[4..6].copy_from_slice(&u16::to_le_bytes(partition));
                out[0] = if gap.cause == GapCause::Retention { 1 } else { 2 };
                put_u64(out, 16, gap.from)?;
                put_u64(out, 24, gap.to)?;
            }
            out[READ_HEADER..len].copy_from_slice(pending);
            pending.clear();
            Ok(len as i32)
        })
    }
}

fn put_u64(out: &mut [u8], at: usize, value: u64) -> Answer {
    let Some(target) = out.get_mut(at..at + 8) else {
        return Err(Failure(
            Status::Invalid,
            format!("Cannot answer: {} bytes of room, need {}", out.len(), at + 8),
        ));
    };
    target.copy_from_slice(&value.to_le_bytes());
    Ok(8)
}
