//! The topic log's other backend: a Kafka cluster, or, without librdkafka, errors that say it was left out.

#[cfg(feature = "librdkafka")]
mod with_librdkafka;
#[cfg(not(feature = "librdkafka"))]
mod without_librdkafka;

#[cfg(feature = "librdkafka")]
pub use with_librdkafka::*;
#[cfg(not(feature = "librdkafka"))]
pub use without_librdkafka::*;
