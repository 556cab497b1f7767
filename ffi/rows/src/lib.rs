//! The sink: records of the log become blocks of rows in ClickHouse's Native format.

mod error;
mod native;
mod sink;

pub use sink::{Sink, SinkOptions};
