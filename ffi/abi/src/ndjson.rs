//! NDJSON streams for JavaScript (`legend decode`, `legend replay`): lines are pulled in blocks.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use agent::decode::{DecodeOptions, DecodeStream};
use agent::replay::{ReplayOptions, ReplayStream};

use crate::handles::Handles;
use crate::{Failure, Status, answer_text, bad_handle, guard, text};

static STREAMS: Handles<Mutex<Stream>> = Handles::new();

enum Stream {
    Decode(Box<DecodeStream>),
    Replay(Box<ReplayStream>),
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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| {
            let options: DecodeOptions = serde_json::from_str(text(options, options_len)?)
                .map_err(|error| Failure(Status::Invalid, format!("Cannot decode: {error}")))?;
            let stream = DecodeStream::open(&options)?;
            Ok(STREAMS.insert(Mutex::new(Stream::Decode(Box::new(stream)))))
        })
    }
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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| {
            let options: ReplayOptions = serde_json::from_str(text(options, options_len)?)
                .map_err(|error| Failure(Status::Invalid, format!("Cannot replay: {error}")))?;
            let stream = ReplayStream::open(&options)?;
            Ok(STREAMS.insert(Mutex::new(Stream::Replay(Box::new(stream)))))
        })
    }
}

/// Copies the next NDJSON bytes to `out`; returns the length, 0 = the end. After an error, the next call
/// continues with the next file.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_ndjson_read(stream: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let stream = STREAMS.get(stream).ok_or_else(|| bad_handle("the stream"))?;
            let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
            let read = match &mut *stream {
                Stream::Decode(stream) => stream.read(out),
                Stream::Replay(stream) => stream.read(out),
            };
            Ok(read? as i32)
        })
    }
}

/// Writes the counters as JSON; returns the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_ndjson_summary(stream: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let stream = STREAMS.get(stream).ok_or_else(|| bad_handle("the stream"))?;
            let stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
            match &*stream {
                Stream::Decode(stream) => answer_text(out, &stream.summary()),
                // The summary of a replay is its last line.
                Stream::Replay(_) => Ok(0),
            }
        })
    }
}

/// Closes a stream.
#[unsafe(no_mangle)]
pub extern "C" fn legend_ndjson_close(stream: u32) {
    drop(STREAMS.remove(stream));
}

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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let options: CaptureOptions = serde_json::from_str(text(options, options_len)?)
                .map_err(|error| Failure(Status::Invalid, format!("Cannot capture: {error}")))?;
            let source = sources::source::Source::open(
                &options.sources,
                options.slot,
                false,
                Some(options.blocks.unwrap_or(150)),
            );
            let captured = sources::capture::capture(source?, &options.out);
            let sources::capture::CaptureOutcome { blocks, frames, unread } = captured?;
            let told = serde_json::json!({ "blocks": blocks, "frames": frames, "unread": unread });
            answer_text(out, &told.to_string())
        })
    }
}
