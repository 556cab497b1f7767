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

mod foreign;
pub mod load;
mod probe;
pub mod registry;
pub mod watch;

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use ed25519_dalek::VerifyingKey;
use engine::features::{Answer, Scorer};
use model::Evaluator;

pub use load::Loaded;

/// What an installation lets decide.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Whose signatures are believed.
    pub keys: Vec<VerifyingKey>,
    /// Whether a file that brings code of its own may be loaded: that code has all rights of the process.
    pub foreign: bool,
}

/// How a loaded model answers.
pub enum Runs {
    /// Its tables, by our own code.
    Own(Evaluator),
    /// Its own code.
    Foreign(foreign::Foreign),
}

/// The model in force, read by any thread without waiting and changed by one.
#[derive(Default)]
pub struct Slot {
    held: ArcSwapOption<Loaded>,
    /// Models that were in force and may still be in use by a thread.
    retired: Mutex<Vec<Arc<Loaded>>>,
}

impl Slot {
    /// Puts `next` in force; the one before is kept until [`Slot::reap`].
    pub fn swap(&self, next: Option<Arc<Loaded>>) {
        let before = self.held.swap(next);
        self.retired.lock().unwrap_or_else(PoisonError::into_inner).extend(before);
    }

    /// Versions that no thread uses any more; they are gone from memory then.
    pub fn reap(&self) -> Vec<Arc<str>> {
        let mut gone = Vec::new();
        self.retired.lock().unwrap_or_else(PoisonError::into_inner).retain(|model| {
            let used = Arc::strong_count(model) > 1;
            if !used {
                gone.push(Arc::clone(&model.version));
            }
            used
        });
        gone
    }

    /// A call that has no answer yet: the version that is asked, and the number of the call.
    pub(crate) fn open_call(&self) -> Option<(Arc<str>, u64)> {
        let held = self.held.load_full();
        let retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter()
            .chain(retired.iter())
            .find_map(|model| Some((Arc::clone(&model.version), model.open_call()?)))
    }

    /// The version in force.
    #[must_use]
    pub fn version(&self) -> Option<Arc<str>> {
        self.held.load().as_ref().map(|model| Arc::clone(&model.version))
    }
}

impl Scorer for Slot {
    fn ask(&self, row: &[f32]) -> Option<Answer> {
        let held = self.held.load();
        let model = held.as_ref()?;
        Some(Answer { version: Arc::clone(&model.version), score: model.predict(row) })
    }
}
