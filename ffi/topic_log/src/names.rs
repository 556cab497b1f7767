//! Names of topics and groups, and those that the log treats specially.

use super::error::LogError;

/// The group of the link to Kafka. Retention keeps what this group has not read, except in droppable topics.
pub const RETENTION_HOLD_GROUP: &str = "kafka";

/// Longest topic or group name in bytes.
const NAME_BYTES_MAX: usize = 128;

/// Refuses what cannot be used as a file name.
///
/// # Errors
/// `Invalid`: its length or one of its characters.
pub fn check_name(what: &'static str, name: &str) -> Result<(), LogError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let sound =
        (1..=NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(allowed) && !name.starts_with('.');
    if sound {
        return Ok(());
    }
    Err(LogError::Name { what, shown: name.chars().take(40).collect(), bytes_max: NAME_BYTES_MAX })
}
