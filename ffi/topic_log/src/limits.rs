//! Size limits of a topic, as JavaScript passes them.

use std::time::Duration;

use crate::topic::TopicOptions;

/// `log.*` of the configuration.
#[derive(serde::Deserialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Size of one segment file.
    pub segment_bytes: u64,
    /// Maximum bytes kept per topic.
    pub retention_bytes: u64,
    /// Milliseconds for which records are kept.
    pub retention_ms: u64,
}

impl From<Limits> for TopicOptions {
    fn from(limits: Limits) -> Self {
        TopicOptions {
            segment_bytes: limits.segment_bytes,
            retention_bytes: limits.retention_bytes,
            retention_age: Duration::from_millis(limits.retention_ms),
        }
    }
}
