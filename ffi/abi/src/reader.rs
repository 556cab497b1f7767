//! Readers of topics, for JavaScript and for the sink; `ffi/log.ts` is the other side.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kafka::{KafkaRead, KafkaReader};
use topic_log::{Gap, GapCause, Position, Read, Topic};

use crate::buffers::{call, put_u64, too_small};
use crate::failure::Failure;
use crate::handles::{Handles, locked};
use crate::topic::{AnyTopic, TOPICS};

pub(crate) static READERS: Handles<Mutex<ReadCursor>> = Handles::new("the reader");

/// How far a topic was read.
pub(crate) struct ReadCursor {
    pub(crate) records: RecordSource,
    /// Records read but not returned yet, because the caller's buffer was too small.
    pending: Vec<u8>,
}

pub(crate) enum RecordSource {
    Embedded { topic: Arc<Topic>, position: Position },
    Kafka(KafkaReader),
}

/// What a read gave.
pub(crate) enum Block {
    /// Whole records, perhaps none.
    Records,
    /// Records of a partition are lost.
    Gap { partition: u16, gap: Gap },
}

impl RecordSource {
    /// Puts the next whole records, at most `bytes_max`, into `block`.
    pub(crate) fn read(&mut self, block: &mut Vec<u8>, bytes_max: usize) -> Result<Block, Failure> {
        Ok(match self {
            RecordSource::Embedded { topic, position } => match position.read(topic, block, bytes_max)? {
                Read::Records(_) => Block::Records,
                Read::Gap(gap) => Block::Gap { partition: 0, gap },
            },
            RecordSource::Kafka(reader) => match reader.read(block, bytes_max) {
                KafkaRead::Records(_) => Block::Records,
                KafkaRead::Gap(partition, gap) => Block::Gap { partition, gap },
            },
        })
    }
}

/// `[kind u32][partition u32][0 u64][gap_from u64][gap_to u64]`, then the records.
const READ_HEADER: usize = 32;
/// Kinds of a gap; 0 are records.
const GAP_BY_RETENTION: u8 = 1;
const GAP_BY_DAMAGE: u8 = 2;

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
    call!(out[out_len], from[from_len], |_| {
        let topic = TOPICS.get(topic)?;
        let from: Vec<u64> =
            from.bytes()?.chunks_exact(8).map(|eight| topic_log::format::u64_at(eight, 0)).collect();
        let records = match &*topic {
            AnyTopic::Embedded(topic) => {
                let offset = match from.first().copied().unwrap_or(0) {
                    KafkaReader::END => topic.end(),
                    offset => offset,
                };
                RecordSource::Embedded { topic: Arc::clone(topic), position: Position::at(offset) }
            }
            AnyTopic::Kafka(topic) => RecordSource::Kafka(topic.reader(&from)?),
        };
        Ok(READERS.insert(Mutex::new(ReadCursor { records, pending: Vec::new() })))
    })
}

/// Closes a reader.
#[unsafe(no_mangle)]
pub extern "C" fn legend_reader_close(reader: u32) {
    drop(READERS.remove(reader));
}

/// Waits up to `timeout_ms` for a record at a reader's position; 1 = there is one, 0 = not yet. Blocks.
/// On a thread of its own.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_reader_wait(reader: u32, timeout_ms: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |_| {
        let reader = READERS.get(reader)?;
        let limit = Duration::from_millis(timeout_ms.into());
        let mut cursor = locked(&reader);
        let ReadCursor { records, pending } = &mut *cursor;
        match records {
            RecordSource::Embedded { topic, position } => {
                let (topic, offset) = (Arc::clone(topic), position.offset());
                drop(cursor);
                Ok(topic.wait(offset, limit).into())
            }
            RecordSource::Kafka(reader) => Ok((!pending.is_empty() || reader.wait(limit)).into()),
        }
    })
}

/// Writes `[kind u32][partition u32][0 u64][gap_from u64][gap_to u64]` and whole records to `out`; returns
/// the length. Kind 0 = records (perhaps none), 1 = gap by retention, 2 = gap by damage.
/// `TooSmall` keeps the record: call again with the size given in the first 4 bytes.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_reader_read(reader: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let reader = READERS.get(reader)?;
        let mut cursor = locked(&reader);
        let ReadCursor { records, pending } = &mut *cursor;
        let room = out.len().saturating_sub(READ_HEADER);
        let read = if pending.is_empty() { records.read(pending, room)? } else { Block::Records };
        let len = READ_HEADER + pending.len();
        if len > out.len() {
            return Err(too_small(out, len));
        }
        out[..READ_HEADER].fill(0);
        if let Block::Gap { partition, gap } = read {
            out[0] = if gap.cause == GapCause::Retention { GAP_BY_RETENTION } else { GAP_BY_DAMAGE };
            out[4..6].copy_from_slice(&u16::to_le_bytes(partition));
            put_u64(out, 16, gap.from)?;
            put_u64(out, 24, gap.to)?;
        }
        out[READ_HEADER..len].copy_from_slice(pending);
        pending.clear();
        Ok(len as i32)
    })
}
