//! The embedded topic log: segment files shared by all processes of one host.
//!
//! Appends take one lock, one write and, on request, one shared `fdatasync`. Readers take no lock: they read
//! below `visible`, which only advances once records are stored as their producer asked. All shared state
//! lives in one page per topic ([`state`]); everything durable lives in the segments ([`format`]), which
//! become packs ([`pack`]) when they are closed. A topic here has one partition: on one host, order over the
//! whole topic is worth more than parallel files (docs/adr/0004-embedded-log.md, docs/adr/0022-packs.md).

mod append;
pub mod clock;
pub mod disk;
mod error;
mod folder;
pub mod format;
mod group;
mod identity;
pub mod limits;
mod log_files;
mod names;
mod pack;
mod reader;
mod recover;
mod segment;
mod spin;
mod state;
pub mod stderr;
mod sync;
mod tidy;
mod topic;
mod version;

pub use append::{Durability, Gate};
pub use error::{LogError, LogErrorKind};
pub use folder::Log;
pub use group::Committed;
pub use identity::Identity;
pub use names::{RETENTION_HOLD_GROUP, check_name};
pub use reader::{Gap, GapCause, Position, Read, Reader};
pub use topic::{Topic, TopicOptions};

#[cfg(test)]
mod foreign_tests;
#[cfg(test)]
mod pack_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wait_tests;
