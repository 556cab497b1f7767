//! Why a training cannot continue, each as the line that a person reads.

use std::ffi::{CString, NulError};
use std::io;

use model::ModelError;

/// Errors of training.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// There is no engine of this name.
    #[error("Cannot train {0}: need xgb or lgbm")]
    Kind(String),
    /// Rows, labels and features do not match.
    #[error(
        "Cannot train on {numbers} numbers, {labels} labels, {n_features} features and {train_rows} training rows: they do not match"
    )]
    Shape {
        /// In all rows.
        numbers: usize,
        /// One per row.
        labels: usize,
        /// Features of a row.
        n_features: usize,
        /// Rows used for training.
        train_rows: usize,
    },
    /// The system cannot start its thread.
    #[error("Cannot train: {0}")]
    Thread(#[source] io::Error),
    /// Its thread has ended.
    #[error("Cannot train: the trainer's thread has ended, which is a bug; see the lines above")]
    Ended,
    /// The engine's library cannot be loaded.
    #[error("Cannot train: {}; the trainer needs libstdc++ (Debian: apt-get install libstdc++6)", loader(.0))]
    Load(#[source] libloading::Error),
    /// The engine's library lacks a function, so it is of another version.
    #[error("Cannot train: the trainer's library has no function {}", .0.to_string_lossy())]
    NoFunction(CString),
    /// A parameter contains a NUL byte, so it cannot be a C string.
    #[error("Cannot train: a parameter contains NUL")]
    Nul(#[source] NulError),
    /// The engine's own error line.
    #[error("Cannot train: {0}")]
    Engine(String),
    /// XGBoost's answer to a round has no log loss.
    #[error("Cannot train: XGBoost reported `{0}` instead of a log loss")]
    NoLoss(String),
    /// More rows than LightGBM can count.
    #[error("Cannot train: {0} rows are too many for LightGBM")]
    TooManyRows(usize),
    /// More rounds than the engines can count.
    #[error("Cannot predict: too many rounds")]
    TooManyRounds,
    /// More rows to predict than LightGBM can count.
    #[error("Cannot predict: too many rows for LightGBM")]
    TooManyAsked,
    /// The trained model does not fit our form.
    #[error("Cannot use the trained model: {0}")]
    Model(#[source] ModelError),
}

/// The loader's own message.
fn loader(error: &libloading::Error) -> String {
    match error {
        libloading::Error::DlOpen { source } => source.to_string(),
        libloading::Error::InteriorZeroElements => "a path with NUL".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_cannot_be_loaded_is_reported_with_the_loaders_text() {
        // SAFETY: the file does not exist, so no code of it runs.
        let open =
            |path| unsafe { libloading::os::unix::Library::open(Some(path), 2) }.expect_err("is refused");
        let needs = "the trainer needs libstdc++ (Debian: apt-get install libstdc++6)";
        assert_eq!(
            TrainingError::Load(open("/nowhere/libxgboost.so")).to_string(),
            format!(
                "Cannot train: /nowhere/libxgboost.so: cannot open shared object file: No such file or directory; {needs}"
            )
        );
        assert_eq!(
            TrainingError::Load(open("a\0b")).to_string(),
            format!("Cannot train: a path with NUL; {needs}")
        );
    }
}
