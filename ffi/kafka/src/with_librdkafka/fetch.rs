//! Fetches a consumer's messages in batches: one queue access for hundreds of them. The crate's `poll` takes
//! one message per access, which costs more than the message.

use std::ffi::{CStr, c_char, c_void};

use rdkafka::bindings::{
    rd_kafka_consume_batch_queue, rd_kafka_header_get_all, rd_kafka_headers_t, rd_kafka_message_destroy,
    rd_kafka_message_headers, rd_kafka_message_t, rd_kafka_message_timestamp, rd_kafka_queue_destroy,
    rd_kafka_queue_get_consumer, rd_kafka_queue_t,
};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::types::RDKafkaRespErr;

use super::last_error::LastError;

/// Maximum messages per access.
const BATCH_MAX: usize = 512;
/// Batch size while the messages' size is unknown.
const FIRST_BATCH: usize = 16;

/// A message, borrowed from the client's memory.
pub(super) struct Fetched<'a> {
    pub partition: i32,
    pub offset: i64,
    pub timestamp_ms: i64,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    pub headers: Vec<(&'a str, &'a [u8])>,
}

impl<'a> Fetched<'a> {
    /// A message returned by the crate's own poll.
    pub fn of(message: &'a BorrowedMessage<'_>) -> Fetched<'a> {
        let headers = message.headers().map(|headers| {
            headers.iter().map(|header| (header.key, header.value.unwrap_or_default())).collect()
        });
        Fetched {
            partition: message.partition(),
            offset: message.offset(),
            timestamp_ms: message.timestamp().to_millis().unwrap_or(0),
            key: message.key(),
            value: message.payload(),
            headers: headers.unwrap_or_default(),
        }
    }
}

/// The queue of one consumer; it must be dropped before the consumer.
pub(super) struct FetchQueue {
    queue: *mut rd_kafka_queue_t,
    messages: Vec<*mut rd_kafka_message_t>,
    /// Average bytes per message in the last batch.
    bytes_each: usize,
}

// SAFETY: librdkafka's queues may be used from any thread; the pointers in `messages` are used only within
// one call.
unsafe impl Send for FetchQueue {}

impl FetchQueue {
    pub fn new(consumer: &BaseConsumer<LastError>) -> FetchQueue {
        // SAFETY: the client is alive; the queue is a counted reference that `drop` releases.
        let queue = unsafe { rd_kafka_queue_get_consumer(consumer.client().native_ptr()) };
        FetchQueue { queue, messages: vec![std::ptr::null_mut(); BATCH_MAX], bytes_each: 0 }
    }

    /// Passes each available message to `handle`, about `bytes_max` in all; returns how many there were. Never
    /// waits.
    pub fn each(&mut self, bytes_max: usize, mut handle: impl FnMut(&Fetched<'_>)) -> usize {
        let count =
            bytes_max.checked_div(self.bytes_each).map_or(FIRST_BATCH, |count| count + 1).min(BATCH_MAX);
        // SAFETY: the queue lives until drop, and `messages` has room for `count` pointers, at most
        // `BATCH_MAX`.
        let got = unsafe { rd_kafka_consume_batch_queue(self.queue, 0, self.messages.as_mut_ptr(), count) };
        let got = usize::try_from(got).unwrap_or(0);
        let mut bytes = 0;
        for &message in &self.messages[..got] {
            // SAFETY: the call above returned this message, and it lives until it is destroyed below.
            let fetched = unsafe { message_of(message) };
            if let Some(fetched) = fetched {
                bytes += 64 + fetched.value.map_or(0, <[u8]>::len) + fetched.key.map_or(0, <[u8]>::len);
                handle(&fetched);
            }
            // SAFETY: each message is destroyed once, and nothing borrows from it any more.
            unsafe { rd_kafka_message_destroy(message) };
        }
        if let Some(each) = bytes.checked_div(got) {
            self.bytes_each = each.max(1);
        }
        got
    }
}

impl Drop for FetchQueue {
    fn drop(&mut self) {
        // SAFETY: the queue comes from rd_kafka_queue_get_consumer, and is not used after this.
        unsafe { rd_kafka_queue_destroy(self.queue) };
    }
}

/// # Safety
/// `message` points to a message that lives for `'a`.
unsafe fn message_of<'a>(message: *mut rd_kafka_message_t) -> Option<Fetched<'a>> {
    // SAFETY: the caller guarantees that `message` points to a live message.
    let raw = unsafe { &*message };
    if raw.err != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
        return None;
    }
    let bytes = |start: *mut c_void, len: usize| {
        // SAFETY: librdkafka gives a start that is valid for `len` bytes while the message lives, or null.
        (!start.is_null()).then(|| unsafe { std::slice::from_raw_parts(start.cast::<u8>(), len) })
    };
    let mut headers = Vec::new();
    let mut list: *mut rd_kafka_headers_t = std::ptr::null_mut();
    // SAFETY: the message is alive, and `list` is a live pointer that the call fills with a list of the
    // message.
    let found = unsafe { rd_kafka_message_headers(message, &raw mut list) };
    if found == RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
        for at in 0.. {
            let (mut name, mut value, mut len) = (std::ptr::null::<c_char>(), std::ptr::null::<c_void>(), 0);
            // SAFETY: `list` belongs to the live message; the call fills our three variables.
            let one =
                unsafe { rd_kafka_header_get_all(list, at, &raw mut name, &raw mut value, &raw mut len) };
            if one != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                break;
            }
            // SAFETY: a header's name is null-terminated and lives as long as the message.
            let name = unsafe { CStr::from_ptr(name) }.to_str().unwrap_or_default();
            headers.push((name, bytes(value.cast_mut(), len).unwrap_or_default()));
        }
    }
    Some(Fetched {
        partition: raw.partition,
        offset: raw.offset,
        // SAFETY: the message is alive; the null pointer means that the timestamp's type is not requested.
        timestamp_ms: unsafe { rd_kafka_message_timestamp(message, std::ptr::null_mut()) },
        key: bytes(raw.key, raw.key_len),
        value: bytes(raw.payload, raw.len),
        headers,
    })
}
