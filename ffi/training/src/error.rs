//! Why a training does not go on, each as the line that a person reads.

use std::ffi::{CString, NulError};
use std::io;

use model::ModelError;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// No engine of this name.
    #[error("Cannot train {0}: need xgb or lgbm")]
    Kind(String),
    /// Rows, labels and features that do not fit each other.
    #[error(
        "Cannot train on {numbers} numbers, {labels} labels, {n_features} features and {train_rows} rows of training"
    )]
    Shape {
        /// Of all rows.
        numbers: usize,
        /// One a row.
        labels: usize,
        /// Numbers of a row.
        n_features: usize,
        /// Rows that are trained on.
        train_rows: usize,
    },
    /// No thread for it.
    #[error("Cannot train: {0}")]
    Thread(#[source] io::Error),
    /// Its thread is gone.
    #[error("Cannot train: the trainer's thread has ended, a bug; see the lines above")]
    Ended,
    /// The engine's library cannot be loaded.
    #[error("Cannot train: {}; the trainer needs libstdc++ (Debian: apt-get install libstdc++6)", loader(.0))]
    Load(#[source] libloading::Error),
    /// The engine's library is of another version.
    #[error("Cannot train: the trainer has no {}", .0.to_string_lossy())]
    NoFunction(CString),
    /// A parameter that is no C string.
    #[error("Cannot train: a parameter with NUL in it")]
    Nul(#[source] NulError),
    /// The engine's own line.
    #[error("Cannot train: {0}")]
    Engine(String),
    /// XGBoost's answer to a round.
    #[error("Cannot train: XGBoost told `{0}` instead of a log loss")]
    NoLoss(String),
    /// More than LightGBM counts.
    #[error("Cannot train: {0} rows are too many for LightGBM")]
    TooManyRows(usize),
    /// More than the engines count.
    #[error("Cannot predict: too many rounds")]
    TooManyRounds,
    /// More than LightGBM counts, to be answered.
    #[error("Cannot predict: too many rows for LightGBM")]
    TooManyAsked,
    /// What was trained does not fit our form.
    #[error("Cannot use the trained model: {0}")]
    Model(#[source] ModelError),
}

/// The loader's own words.
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
    fn a_library_that_cannot_be_loaded_is_said_in_the_loaders_words() {
        // SAFETY: there is no such file.
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
