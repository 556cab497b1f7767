//! Bytes on disk: a file's header, and records, alone or many at once.

mod batch;
mod file_header;
mod record;

pub use batch::{Batch, append_stored};
pub(super) use file_header::file_header;
pub use file_header::{FORMAT_VERSION, SEGMENT_HEADER, is_segment_header, segment_header};
pub use record::{
    Checked, HEADERS_MAX, NULL, RECORD_BYTES_MAX, RECORD_HEADER, Record, StoredRecord, check, check_any,
    len_of, offset_of, partition_of, records, u32_at, u64_at,
};
pub(super) use record::{Located, next_record};

#[cfg(test)]
mod tests;
