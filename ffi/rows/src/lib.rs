//! The sink: turns records of the log into blocks of rows in ClickHouse's Native format.

mod columns;
mod dead_letters;
mod error;
mod native;
mod sink;

pub use sink::{Sink, SinkOptions, StoredSequence};
