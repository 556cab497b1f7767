//! Batches of rows for JavaScript: records go from a reader into a sink without becoming JavaScript objects.

use std::sync::Mutex;

use rows::{Sink, SinkOptions};

use crate::buffers::{answer_bytes, answer_text, call};
use crate::handles::{Handles, locked};
use crate::reader::{Block, READERS};

static SINKS: Handles<Mutex<Sink>> = Handles::new("the sink");
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
    call!(out[out_len], options[options_len], |_| {
        let options: SinkOptions = options.json("Cannot make a sink")?;
        Ok(SINKS.insert(Mutex::new(Sink::new(options))))
    })
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
    call!(out[out_len], |_| {
        let sink = SINKS.get(sink)?;
        let reader = READERS.get(reader)?;
        let mut sink = locked(&sink);
        let mut cursor = locked(&reader);
        let mut block = Vec::new();
        // A batch that is read again must become the same batch, however large it was.
        while sink.records() < records_max.into() && (sink.is_bounded() || sink.bytes() < BATCH_BYTES_MAX) {
            block.clear();
            match cursor.records.read(&mut block, BLOCK_BYTES)? {
                Block::Gap { partition, gap } => sink.gap(partition, gap.from, gap.to),
                Block::Records if block.is_empty() => break,
                Block::Records => {}
            }
            sink.feed(&block);
        }
        Ok(i32::try_from(sink.records()).unwrap_or(i32::MAX))
    })
}

/// Writes the content of the batch as JSON; returns the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_sink_status(sink: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let sink = SINKS.get(sink)?;
        let sink = locked(&sink);
        answer_text(out, &sink.status().to_string())
    })
}

/// Writes one table's rows as a Native block; returns the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_sink_body(sink: u32, table: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let sink = SINKS.get(sink)?;
        let sink = locked(&sink);
        answer_bytes(out, &sink.body(table as usize))
    })
}

/// Writes the records for the dead-letter topic; returns the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_sink_dead(sink: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let sink = SINKS.get(sink)?;
        let sink = locked(&sink);
        answer_bytes(out, sink.dead())
    })
}

/// Begins the next batch.
#[unsafe(no_mangle)]
pub extern "C" fn legend_sink_clear(sink: u32) {
    if let Ok(sink) = SINKS.get(sink) {
        locked(&sink).clear();
    }
}
