//! Names of topics and groups, and those that the log treats in a way of their own.

use super::error::LogError;

/// The group of the link to Kafka. Retention keeps what it has not read, but of droppable topics.
pub const HOLD_GROUP: &str = "kafka";

/// Longest topic or group name in bytes.
const NAME_BYTES_MAX: usize = 128;

/// Refuses what cannot be the name of a file.
///
/// # Errors
/// `Invalid`: its length or another character.
pub fn check_name(what: &'static str, name: &str) -> Result<(), LogError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let sound =
        (1..=NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(allowed) && !name.starts_with('.');
    if sound {
        return Ok(());
    }
    Err(LogError::Name { what, shown: name.chars().take(40).collect(), bytes_max: NAME_BYTES_MAX })
}
