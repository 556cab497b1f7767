//! The topic log for JavaScript: `ffi/log.ts` is the other side.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use io::log::format::Batch;
use io::log::{Committed, Durability, GapCause, Log, Position, Read, Topic, TopicOptions};

use crate::handles::Handles;
use crate::{Answer, Failure, Status, answer_text, bad_handle, bytes, guard, text};

static LOGS: Handles<Log> = Handles::new();
static TOPICS: Handles<Topic> = Handles::new();
static READERS: Handles<Reader> = Handles::new();

struct Reader {
    topic: Arc<Topic>,
    place: Mutex<Place>,
}

#[derive(Default)]
struct Place {
    position: Position,
    /// Records read but not yet handed out, because the caller's buffer was too small.
    pending: Vec<u8>,
}

/// `[kind u32][reserved u32][next u64][gap_from u64][gap_to u64]`, then the records.
const READ_HEADER: usize = 32;

/// Opens the log below a folder; returns its handle.
///
/// # Safety
/// `path` valid for `path_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_log_open(path: *const u8, path_len: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { guard(out, out_len, |_| Ok(LOGS.insert(Log::open(Path::new(text(path, path_len)?))?))) }
}

/// Closes a log; its topics stay open.
#[unsafe(no_mangle)]
pub extern "C" fn legend_log_close(log: u32) {
    drop(LOGS.remove(log));
}

/// Writes the topics' names, one a line; returns the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_log_topics(log: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let log = LOGS.get(log).ok_or_else(|| bad_handle("the log"))?;
            answer_text(out, &log.topics()?.join("\n"))
        })
    }
}

/// Opens a topic, made when `create` is not 0; returns its handle. A limit of 0 means the default.
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
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |_| {
            let log = LOGS.get(log).ok_or_else(|| bad_handle("the log"))?;
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
            Ok(TOPICS.insert(log.topic(text(name, name_len)?, options, create != 0)?))
        })
    }
}

/// Closes a topic; its readers stay open.
#[unsafe(no_mangle)]
pub extern "C" fn legend_topic_close(topic: u32) {
    drop(TOPICS.remove(topic));
}

/// Appends records (`io::log::format`, offset and CRC ignored); writes the first offset as u64 LE to `out`.
/// `durability`: 0 none, 1 group, 2 fsync. Blocks until it is so.
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
    // SAFETY: the caller's contract.
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
            let base = topic.append(&mut batch, durability)?;
            put_u64(out, 0, base)
        })
    }
}

/// Waits up to `timeout_ms` for a record at `offset`; 1 = there is one, 0 = not yet. Blocks.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_wait(
    topic: u32,
    offset: u64,
    timeout_ms: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |_| {
            let topic = TOPICS.get(topic).ok_or_else(|| bad_handle("the topic"))?;
            Ok(topic.wait(offset, Duration::from_millis(timeout_ms.into())).into())
        })
    }
}

/// Writes start, end and bytes on disk as three u64 LE, then the groups' names, one a line.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_info(topic: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let topic = TOPICS.get(topic).ok_or_else(|| bad_handle("the topic"))?;
            for (at, value) in [topic.start(), topic.end(), topic.bytes()?].into_iter().enumerate() {
                put_u64(out, 8 * at, value)?;
            }
            Ok(24 + answer_text(&mut out[24..], &topic.groups()?.join("\n"))?)
        })
    }
}

/// Removes what is too old or too much; returns how many records went, at most `i32::MAX`.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_retain(topic: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |_| {
            let topic = TOPICS.get(topic).ok_or_else(|| bad_handle("the topic"))?;
            Ok(i32::try_from(topic.enforce_retention()?).unwrap_or(i32::MAX))
        })
    }
}

/// Stores a group's offset and lost count on disk.
///
/// # Safety
/// `group` valid for `group_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_commit(
    topic: u32,
    group: *const u8,
    group_len: u32,
    offset: u64,
    lost: u64,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |_| {
            let topic = TOPICS.get(topic).ok_or_else(|| bad_handle("the topic"))?;
            topic.commit(text(group, group_len)?, Committed { offset, lost })?;
            Ok(0)
        })
    }
}

/// Writes a group's offset and lost count as two u64 LE and returns 16, or 0 for a group never seen.
///
/// # Safety
/// `group` valid for `group_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_topic_committed(
    topic: u32,
    group: *const u8,
    group_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let topic = TOPICS.get(topic).ok_or_else(|| bad_handle("the topic"))?;
            let Some(committed) = topic.committed(text(group, group_len)?)? else { return Ok(0) };
            put_u64(out, 0, committed.offset)?;
            put_u64(out, 8, committed.lost)?;
            Ok(16)
        })
    }
}

/// A reader of an open topic from `offset` on; returns its handle.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_reader_open(topic: u32, offset: u64, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |_| {
            let topic = TOPICS.get(topic).ok_or_else(|| bad_handle("the topic"))?;
            let place = Mutex::new(Place { position: Position::at(offset), pending: Vec::new() });
            Ok(READERS.insert(Reader { topic, place }))
        })
    }
}

/// Closes a reader.
#[unsafe(no_mangle)]
pub extern "C" fn legend_reader_close(reader: u32) {
    drop(READERS.remove(reader));
}

/// Writes `[kind u32][0 u32][next u64][gap_from u64][gap_to u64]` and whole records to `out`; returns
/// the length. Kind 0 = records (perhaps none), 1 = gap by retention, 2 = gap by damage.
/// `TooSmall` keeps the record: call again with the size in the first 4 bytes.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_reader_read(reader: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let reader = READERS.get(reader).ok_or_else(|| bad_handle("the reader"))?;
            let mut place = reader.place.lock().unwrap_or_else(PoisonError::into_inner);
            let Place { position, pending } = &mut *place;
            let room = out.len().saturating_sub(READ_HEADER);
            let mut gap = None;
            if pending.is_empty() {
                match position.read(&reader.topic, pending, room)? {
                    Read::Records(_) => {}
                    Read::Gap(found) => gap = Some(found),
                }
            }
            let len = READ_HEADER + pending.len();
            if len > out.len() {
                if let Some(size) = out.get_mut(..4) {
                    size.copy_from_slice(&(len as u32).to_le_bytes());
                }
                return Err(Failure(Status::TooSmall, String::new()));
            }
            out[..READ_HEADER].fill(0);
            put_u64(out, 8, position.offset())?;
            if let Some(gap) = gap {
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
