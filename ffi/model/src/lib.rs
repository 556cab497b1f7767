//! Models without a compiler. A trained ensemble or network becomes flat tables (`tables`), and these become
//! a shared object that any program can load (`artefact`): its code is a fixed evaluator, compiled once with
//! this crate. The engine itself executes none of that code: it reads the tables and evaluates them with the
//! same source, compiled into the engine (`evaluate`).
//!
//! Layouts: `core_eval.rs` (tables), `artefact.rs` (`legend_model`).

pub mod artefact;
mod core_eval;
mod elf;
pub mod error;
pub mod evaluate;
pub mod form;
pub mod judge;
mod limits;
pub mod network;
pub mod tables;
pub mod trainers;

pub use artefact::{Artefact, Golden};
pub use error::ModelError;
pub use evaluate::Evaluator;
pub use form::{Calibration, FeatureScale, Form, Network, Node, Tree, Trees};
