//! Models of running agents: the registry on disk, what is loaded, and the swap.
//!
//! ```text
//! models/libmev_v<sha>.so    the artefact, never written again
//! models/libmev_v<sha>.json  its manifest: sha256, features, lineage
//! models/libmev_v<sha>.sig   Ed25519 over the manifest's bytes
//! models/libmev_latest.so    symlink: what runs
//! models/libmev_shadow.so    symlink: what is asked too, and only told
//! models/mev.pin             a version, or `baseline`, that runs whatever the symlink says
//! models/mev.request         the newest deployment: its version (or `baseline`), and the request that it answers to
//! models/mev.crash           versions with code of their own that have crashed this agent, or did not answer
//! ```

pub mod error;
#[cfg(test)]
mod error_tests;
mod foreign;
pub mod load;
mod private_copy;
mod probe;
pub mod registry;
mod shared_object;
mod slot;
pub mod watch;

pub use error::{LinkError, RegistryError, SignatureError, Unusable};
pub use load::{Loaded, Runs, Trust};
pub use probe::{prepare as prepare_probe, run_probe};
pub use slot::Slot;
