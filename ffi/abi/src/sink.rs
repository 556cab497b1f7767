//! Batches of rows for JavaScript: records go from a reader into a sink without becoming JavaScript objects.

use std::sync::{Mutex, PoisonError};

use kafka::KafkaRead;
use rows::{Sink, SinkOptions};
use topic_log::Read;

use crate::handles::Handles;
use crate::log::{Place, READERS};
use crate::{Failure, Status, answer_text, bad_handle, guard, text};

static SINKS: Handles<Mutex<Sink>> = Handles::new();
const BLOCK_BYTES: usize = 1 << 20;
/// Maximum bytes of rows in one batch; a batch may exceed it by one block.
const BATCH_BYTES_MAX: usize = 64 << 20;

/// Makes a sink (`rows::SinkOptions` as JSON); returns its handle.
///
/// # Safety
/// `options` valid for `options_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_sink_open(
    options: *const u8,
    options_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| {
            let options: SinkOptions = serde_json::from_str(text(options, options_len)?)
                .map_err(|error| Failure(Status::Invalid, format!("Cannot make a sink: {error}")))?;
            Ok(SINKS.insert(Mutex::new(Sink::new(options))))
        })
    }
}

/// Closes a sink.
#[unsafe(no_mangle)]
pub extern "C" fn legend_sink_close(sink: u32) {
    drop(SINKS.remove(sink));
}

/// Moves the records that a reader has available into a sink until it holds `records_max`; returns how many
/// it holds.
/// On a thread of its own.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_sink_feed(
    sink: u32,
    reader: u32,
    records_max: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| {
            let sink = SINKS.get(sink).ok_or_else(|| bad_handle("the sink"))?;
            let reader = READERS.get(reader).ok_or_else(|| bad_handle("the reader"))?;
            let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
            let mut place = reader.place.lock().unwrap_or_else(PoisonError::into_inner);
            let mut block = Vec::new();
            // A batch that is read again must become the same batch, however large it was.
            while sink.records() < records_max.into() && (sink.is_bounded() || sink.bytes() < BATCH_BYTES_MAX)
            {
                block.clear();
                let (read, gap) = match &mut *place {
                    Place::Embedded { topic, position, .. } => {
                        match position.read(topic, &mut block, BLOCK_BYTES)? {
                            Read::Records(read) => (read, None),
                            Read::Gap(gap) => (0, Some((0, gap))),
                        }
                    }
                    Place::Kafka { reader, .. } => match reader.read(&mut block, BLOCK_BYTES) {
                        KafkaRead::Records(read) => (read, None),
                        KafkaRead::Gap(partition, gap) => (0, Some((partition, gap))),
                    },
                };
                if let Some((partition, gap)) = gap {
                    sink.gap(partition, gap.from, gap.to);
                } else if read == 0 {
                    break;
                }
                sink.feed(&block);
            }
            Ok(i32::try_from(sink.records()).unwrap_or(i32::MAX))
        })
    }
}

/// Writes the content of the batch as JSON; returns the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_sink_status(sink: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let sink = SINKS.get(sink).ok_or_else(|| bad_handle("the sink"))?;
            let sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
            answer_text(out, &sink.status().to_string())
        })
    }
}

/// Writes one table's rows as a Native block; returns the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_sink_body(sink: u32, table: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let sink = SINKS.get(sink).ok_or_else(|| bad_handle("the sink"))?;
            let sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
            answer_whole(out, &sink.body(table as usize))
        })
    }
}

/// Writes the records for the dead-letter topic; returns the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_sink_dead(sink: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let sink = SINKS.get(sink).ok_or_else(|| bad_handle("the sink"))?;
            let sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
            answer_whole(out, sink.dead())
        })
    }
}

/// Writes all of `body`; where `out` is too small, its length.
fn answer_whole(out: &mut [u8], body: &[u8]) -> Result<i32, Failure> {
    let Some(target) = out.get_mut(..body.len()) else {
        if let Some(size) = out.get_mut(..4) {
            size.copy_from_slice(&(body.len() as u32).to_le_bytes());
        }
        return Err(Failure(Status::TooSmall, String::new()));
    };
    target.copy_from_slice(body);
    Ok(body.len() as i32)
}

/// Begins the next batch.
#[unsafe(no_mangle)]
pub extern "C" fn legend_sink_clear(sink: u32) {
    if let Some(sink) = SINKS.get(sink) {
        sink.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
