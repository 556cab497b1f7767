//! The model in force, and how it is swapped.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use engine::features::{ModelScore, Scorer};

use super::load::Loaded;

/// A call into a model's own code that has not returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCall {
    /// The model's version.
    pub version: Arc<str>,
    /// Counts the model's calls.
    pub number: u64,
}

/// The model in force: any thread reads it without waiting, and one thread changes it.
#[derive(Default)]
pub struct ModelCell {
    held: ArcSwapOption<Loaded>,
    /// Models that were in force before and that a thread may still be using.
    retired: Mutex<Vec<Arc<Loaded>>>,
}

impl ModelCell {
    /// Puts `next` in force; the previous model is kept until [`ModelCell::reap`].
    pub fn swap(&self, next: Option<Arc<Loaded>>) {
        let before = self.held.swap(next);
        self.retired.lock().unwrap_or_else(PoisonError::into_inner).extend(before);
    }

    /// Frees the models that no thread uses any more; returns their versions.
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

    /// A call without an answer: the version called, and the number of the call.
    pub fn open_call(&self) -> Option<OpenCall> {
        let held = self.held.load_full();
        let retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().chain(retired.iter()).find_map(|model| {
            Some(OpenCall { version: Arc::clone(&model.version), number: model.open_call()? })
        })
    }

    /// The version in force.
    #[must_use]
    pub fn version(&self) -> Option<Arc<str>> {
        self.held.load().as_ref().map(|model| Arc::clone(&model.version))
    }
}

impl Scorer for ModelCell {
    fn score(&self, row: &[f32]) -> Option<ModelScore> {
        let held = self.held.load();
        let model = held.as_ref()?;
        Some(ModelScore { version: Arc::clone(&model.version), score: model.predict(row) })
    }
}
