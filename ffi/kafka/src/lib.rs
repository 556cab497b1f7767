//! The topic log's other home: a Kafka cluster; or, where librdkafka is left out, what says so.

#[cfg(not(feature = "librdkafka"))]
mod left_out;
#[cfg(feature = "librdkafka")]
mod whole;

#[cfg(not(feature = "librdkafka"))]
pub use left_out::*;
#[cfg(feature = "librdkafka")]
pub use whole::*;
