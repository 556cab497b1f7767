//! The topic log's other backend: a Kafka cluster, or, without librdkafka, errors that say it was left out.

#[cfg(not(feature = "librdkafka"))]
mod left_out;
#[cfg(feature = "librdkafka")]
mod whole;

#[cfg(not(feature = "librdkafka"))]
pub use left_out::*;
#[cfg(feature = "librdkafka")]
pub use whole::*;
