//! NDJSON streams for JavaScript (`legend decode`, `legend replay`): lines are pulled in blocks.

use std::path::PathBuf;
use std::sync::Mutex;

use agent::decode::{DecodeOptions, DecodeStream};
use agent::quote::{QuoteOptions, QuoteStream};
use agent::replay::{ReplayOptions, ReplayStream};

use crate::buffers::{answer_text, call};
use crate::handles::{Handles, locked};

static STREAMS: Handles<Mutex<Stream>> = Handles::new("the stream");

enum Stream {
    Decode(Box<DecodeStream>),
    Replay(Box<ReplayStream>),
    Quote(Box<QuoteStream>),
}

/// Opens files and folders (`agent::decode::DecodeOptions` as JSON); returns a handle.
///
/// # Safety
/// `options` valid for `options_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_decode_open(
    options: *const u8,
    options_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], options[options_len], |_| {
        let options: DecodeOptions = options.json("Cannot decode")?;
        let stream = DecodeStream::open(&options)?;
        Ok(STREAMS.insert(Mutex::new(Stream::Decode(Box::new(stream)))))
    })
}

/// Starts a replay (`agent::replay::ReplayOptions` as JSON); returns a handle.
///
/// # Safety
/// `options` valid for `options_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_replay_open(
    options: *const u8,
    options_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], options[options_len], |_| {
        let options: ReplayOptions = options.json("Cannot replay")?;
        let stream = ReplayStream::open(&options)?;
        Ok(STREAMS.insert(Mutex::new(Stream::Replay(Box::new(stream)))))
    })
}

/// Opens quotes (`agent::quote::QuoteOptions` as JSON); returns a handle.
///
/// # Safety
/// `options` valid for `options_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_quote_open(
    options: *const u8,
    options_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], options[options_len], |_| {
        let options: QuoteOptions = options.json("Cannot quote")?;
        let stream = QuoteStream::open(options)?;
        Ok(STREAMS.insert(Mutex::new(Stream::Quote(Box::new(stream)))))
    })
}

/// Copies the next NDJSON bytes to `out`; returns the length, 0 = the end. After an error, the next call
/// continues with the next file.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_ndjson_read(stream: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let stream = STREAMS.get(stream)?;
        let mut stream = locked(&stream);
        let read = match &mut *stream {
            Stream::Decode(stream) => stream.read(out),
            Stream::Replay(stream) => stream.read(out),
            Stream::Quote(stream) => stream.read(out),
        };
        Ok(read? as i32)
    })
}

/// Writes the counters as JSON; returns the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_ndjson_summary(stream: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let stream = STREAMS.get(stream)?;
        let stream = locked(&stream);
        match &*stream {
            Stream::Decode(stream) => answer_text(out, &stream.summary()),
            // The summary of a replay is its last line; quotes have none.
            Stream::Replay(_) | Stream::Quote(_) => Ok(0),
        }
    })
}

/// Closes a stream.
#[unsafe(no_mangle)]
pub extern "C" fn legend_ndjson_close(stream: u32) {
    drop(STREAMS.remove(stream));
}

/// Default number of blocks of a simulated chain.
const SIM_BLOCKS: u64 = 150;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct CaptureOptions {
    sources: Vec<String>,
    blocks: Option<u64>,
    out: PathBuf,
    slot: Option<u64>,
}

/// Converts files to a capture journal (`{sources, out, slot, blocks}` as JSON); writes
/// `{blocks, frames, unread}` as JSON.
///
/// # Safety
/// `options` valid for `options_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_capture(
    options: *const u8,
    options_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], options[options_len], |out| {
        let options: CaptureOptions = options.json("Cannot capture")?;
        let source = sources::source::Source::open(
            &options.sources,
            options.slot,
            false,
            Some(options.blocks.unwrap_or(SIM_BLOCKS)),
        );
        let captured = sources::capture::capture(source?, &options.out);
        let sources::capture::CaptureOutcome { blocks, frames, unread } = captured?;
        let counts = serde_json::json!({ "blocks": blocks, "frames": frames, "unread": unread });
        answer_text(out, &counts.to_string())
    })
}
