//! Models of running agents: the registry on disk, loading, and the swap.
//!
//! ```text
//! models/libmev_v<sha>.so    the artefact, never rewritten
//! models/libmev_v<sha>.json  its manifest: sha256, features, lineage
//! models/libmev_v<sha>.sig   Ed25519 over the manifest's bytes
//! models/libmev_latest.so    symlink: the live model
//! models/libmev_shadow.so    symlink: the shadow model, evaluated and only reported
//! models/mev.pin             a version, or `baseline`, that runs whatever the symlink says
//! models/mev.request         the latest deployment: its version (or `baseline`), and the request it answers
//! models/mev.crash           versions with their own code that crashed this agent, or did not answer
//! ```

mod changes;
pub mod error;
#[cfg(test)]
mod error_tests;
mod foreign;
pub mod load;
mod model_cell;
mod private_copy;
mod probe;
pub mod registry;
mod shared_object;
mod unanswered;
pub mod watch;

pub use error::{RegistryError, SelectionError, SignatureError, Unusable};
pub use load::{Loaded, Trust};
pub use model_cell::ModelCell;
pub use probe::{prepare as prepare_probe, run_probe};
