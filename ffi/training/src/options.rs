//! What goes into a training, and what comes out of a round.

use std::path::PathBuf;

/// Which engine, and its input.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainerOptions {
    /// `xgb` or `lgbm`.
    pub kind: String,
    /// Folder with `xgboost/lib`, `xgboost_cpu.libs` and `lightgbm/lib`.
    pub folder: PathBuf,
    /// Features of a row.
    pub n_features: usize,
    /// Rows used for training; the rows after them are only evaluated.
    pub train_rows: usize,
    /// The engine's own parameters, as text.
    pub params: Vec<(String, String)>,
}

/// What one round gave.
pub(super) struct Round {
    pub(super) loss: f64,
    pub(super) finished: bool,
}
