//! XGBoost and LightGBM through their C APIs, one round at a time, so that the caller can show progress and
//! stop. Sources: xgboost/c_api.h of 3.2, LightGBM/c_api.h of 4.7.

mod engine;
mod error;
mod library;
mod lightgbm;
mod options;
mod trainer;
mod xgboost;

pub use engine::Grown;
pub use error::TrainingError;
pub use options::TrainerOptions;
pub use trainer::BoosterTrainer;
