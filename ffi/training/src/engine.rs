//! The two engines under one set of names.

use std::ffi::c_int;
use std::time::{Duration, Instant};

use model::Trees;

use super::error::TrainingError;
use super::lightgbm::LightGbm;
use super::options::{Round, TrainerOptions};
use super::xgboost::Xgboost;

/// Minimum training time between progress reports: for short trees, a report per tree would cost more than
/// growing the tree.
pub(super) const REPORT_AFTER: Duration = Duration::from_millis(50);

/// What some rounds gave.
#[derive(Debug)]
pub struct Grown {
    /// Log loss of the evaluated rows after each round.
    pub losses: Vec<f64>,
    /// No more trees can be grown.
    pub finished: bool,
}

pub(super) enum Engine {
    Xgboost(Xgboost),
    LightGbm(LightGbm),
}

impl Engine {
    pub(super) fn open(
        options: &TrainerOptions,
        rows: &[f32],
        labels: &[f32],
    ) -> Result<Engine, TrainingError> {
        match options.kind.as_str() {
            "xgb" => Ok(Engine::Xgboost(Xgboost::open(options, rows, labels)?)),
            "lgbm" => Ok(Engine::LightGbm(LightGbm::open(options, rows, labels)?)),
            other => Err(TrainingError::Kind(other.to_owned())),
        }
    }

    /// Grows at most `max` trees, for about [`REPORT_AFTER`]; `grown` counts all rounds.
    pub(super) fn rounds(&self, grown: &mut c_int, max: u32) -> Result<Grown, TrainingError> {
        let (begin, mut losses) = (Instant::now(), Vec::new());
        while losses.len() < max as usize {
            let Round { loss, finished } = self.round(*grown)?;
            *grown += 1;
            losses.push(loss);
            if finished {
                return Ok(Grown { losses, finished });
            }
            if begin.elapsed() > REPORT_AFTER {
                break;
            }
        }
        Ok(Grown { losses, finished: false })
    }

    fn round(&self, round: c_int) -> Result<Round, TrainingError> {
        match self {
            Engine::Xgboost(xgboost) => xgboost.round(round).map(|loss| Round { loss, finished: false }),
            Engine::LightGbm(lightgbm) => lightgbm.round(),
        }
    }

    pub(super) fn trees(&self) -> Result<Trees, TrainingError> {
        match self {
            Engine::Xgboost(xgboost) => xgboost.trees(),
            Engine::LightGbm(lightgbm) => lightgbm.trees(),
        }
    }

    pub(super) fn predict(
        &self,
        rows: &[f32],
        n_features: usize,
        rounds: c_int,
    ) -> Result<Vec<f32>, TrainingError> {
        match self {
            Engine::Xgboost(xgboost) => xgboost.predict(rows, n_features, rounds),
            Engine::LightGbm(lightgbm) => lightgbm.predict(rows, n_features, rounds),
        }
    }
}
