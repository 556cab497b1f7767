//! Training for JavaScript: XGBoost, LightGBM and our network, one round at a time.

use std::sync::Mutex;

use model::network::Trainer;
use model::{Calibration, Form};
use serde_json::json;
use training::{BoosterTrainer, TrainerOptions};

use crate::buffers::{answer_text, call};
use crate::failure::Failure;
use crate::handles::{Handles, locked};
use crate::model::{TRAINED, Trained, write_floats};

/// Maximum bytes of one log loss with its comma as text, and of the text around them.
const LOSS_TEXT_MAX: usize = 26;
const ENDS: usize = 16;

static NETWORKS: Handles<Mutex<Trainer>> = Handles::new("the network");
static BOOSTERS: Handles<Mutex<BoosterTrainer>> = Handles::new("the trainer");

/// Opens XGBoost or LightGBM (`training::TrainerOptions` as JSON) over float32 rows and labels; returns a handle.
/// On a thread of its own.
///
/// # Safety
/// Buffers valid for their lengths, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_trainer_open(
    options: *const u8,
    options_len: u32,
    rows: *const u8,
    rows_len: u32,
    labels: *const u8,
    labels_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], options[options_len], rows[rows_len], labels[labels_len], |_| {
        let options: TrainerOptions = options.json("Cannot train")?;
        let (rows, labels) = (rows.floats()?, labels.floats()?);
        let trainer = BoosterTrainer::open(options, rows, labels).map_err(Failure::invalid)?;
        Ok(BOOSTERS.insert(Mutex::new(trainer)))
    })
}

/// Grows at most `max` trees (`training::BoosterTrainer::rounds`); writes
/// `[[log loss of the evaluated rows, …], finished]`.
/// Blocks.
/// On a thread of its own.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_trainer_rounds(trainer: u32, max: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let trainer = BOOSTERS.get(trainer)?;
        // At most as many rounds as `out` has room for: a repeated call would grow the trees again.
        let room = u32::try_from(out.len().saturating_sub(ENDS) / LOSS_TEXT_MAX).unwrap_or(u32::MAX);
        let grown = locked(&trainer).rounds(max.min(room.max(1))).map_err(Failure::invalid)?;
        answer_text(out, &json!([grown.losses, grown.finished]).to_string())
    })
}

/// The trees of the first `rounds` rounds, as a trained model's handle. Blocks.
/// On a thread of its own.
///
/// # Safety
/// Like [`legend_trainer_rounds`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_trainer_model(trainer: u32, rounds: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |_| {
        let trainer = BOOSTERS.get(trainer)?;
        let form = Form::Trees(locked(&trainer).trees(rounds as usize).map_err(Failure::invalid)?);
        Ok(TRAINED.insert(Mutex::new(Trained { form, calibration: Calibration::default() })))
    })
}

/// The engine's own probabilities for rows, by its first `rounds` rounds, as float32 in `out`; returns the
/// number of bytes. Blocks.
/// On a thread of its own.
///
/// # Safety
/// `rows` valid for `rows_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_trainer_predict(
    trainer: u32,
    rounds: u32,
    rows: *const u8,
    rows_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], rows[rows_len], |out| {
        let trainer = BOOSTERS.get(trainer)?;
        let answers = locked(&trainer).predict(rows.floats()?, rounds as usize).map_err(Failure::invalid)?;
        write_floats(&answers, out)
    })
}

/// Drops a trainer. Blocks while a round is in progress.
/// On a thread of its own.
#[unsafe(no_mangle)]
pub extern "C" fn legend_trainer_close(trainer: u32) {
    drop(BOOSTERS.remove(trainer));
}

/// Begins a network over float32 `[rows, features]`; returns its trainer's handle.
///
/// # Safety
/// `rows` valid for `rows_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_network_open(
    rows: *const u8,
    rows_len: u32,
    n_features: u32,
    learning_rate: f32,
    seed: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], rows[rows_len], |_| {
        let rows = rows.floats()?;
        if n_features == 0 || n_features > 64 || rows.len() % n_features as usize != 0 {
            return Err(Failure::invalid(format!(
                "Cannot train a network of {n_features} features, need 1..64"
            )));
        }
        Ok(NETWORKS.insert(Mutex::new(Trainer::new(&rows, n_features, learning_rate, seed.into()))))
    })
}

/// One pass over the rows; writes the mean log loss as text. Blocks.
/// On a thread of its own.
///
/// # Safety
/// `rows`, `labels` valid for their lengths, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_network_epoch(
    trainer: u32,
    rows: *const u8,
    rows_len: u32,
    labels: *const u8,
    labels_len: u32,
    weight: f32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], rows[rows_len], labels[labels_len], |out| {
        let trainer = NETWORKS.get(trainer)?;
        let loss = locked(&trainer).epoch(&rows.floats()?, &labels.floats()?, weight);
        answer_text(out, &loss.to_string())
    })
}

/// The network in its current state, as a trained model's handle; its trainer stays open.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_network_model(trainer: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |_| {
        let trainer = NETWORKS.get(trainer)?;
        let form = Form::Network(locked(&trainer).network().clone());
        Ok(TRAINED.insert(Mutex::new(Trained { form, calibration: Calibration::default() })))
    })
}

/// Drops a network's trainer.
#[unsafe(no_mangle)]
pub extern "C" fn legend_network_close(trainer: u32) {
    drop(NETWORKS.remove(trainer));
}
