//! Training for JavaScript: XGBoost, LightGBM and our network, one round at a time.

use std::sync::Mutex;

use model::network::Trainer;
use model::{Calibration, Form};
use serde_json::json;
use training::{BoosterTrainer, TrainerOptions};

use crate::handles::Handles;
use crate::model::{TRAINED, Trained, floats, held, invalid, write_floats};
use crate::{answer_text, bad_handle, guard, text};

/// Maximum bytes of one log loss with its comma as text, and of the text around them.
const LOSS_TEXT_MAX: usize = 26;
const ENDS: usize = 16;

static NETWORKS: Handles<Mutex<Trainer>> = Handles::new();
static BOOSTERS: Handles<Mutex<BoosterTrainer>> = Handles::new();

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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| {
            let options: TrainerOptions = serde_json::from_str(text(options, options_len)?)
                .map_err(|error| invalid(format!("Cannot train: {error}")))?;
            let (rows, labels) = (floats(rows, rows_len)?, floats(labels, labels_len)?);
            let trainer =
                BoosterTrainer::open(options, rows, labels).map_err(|error| invalid(error.to_string()))?;
            Ok(BOOSTERS.insert(Mutex::new(trainer)))
        })
    }
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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let trainer = BOOSTERS.get(trainer).ok_or_else(|| bad_handle("the trainer"))?;
            // At most as many rounds as `out` has room for: a repeated call would grow the trees again.
            let room = u32::try_from(out.len().saturating_sub(ENDS) / LOSS_TEXT_MAX).unwrap_or(u32::MAX);
            let grown =
                held(&trainer).rounds(max.min(room.max(1))).map_err(|error| invalid(error.to_string()))?;
            answer_text(out, &json!([grown.losses, grown.finished]).to_string())
        })
    }
}

/// The trees of the first `rounds` rounds, as a trained model's handle. Blocks.
/// On a thread of its own.
///
/// # Safety
/// As [`legend_trainer_rounds`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_trainer_model(trainer: u32, rounds: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| {
            let trainer = BOOSTERS.get(trainer).ok_or_else(|| bad_handle("the trainer"))?;
            let form = Form::Trees(
                held(&trainer).trees(rounds as usize).map_err(|error| invalid(error.to_string()))?,
            );
            Ok(TRAINED.insert(Mutex::new(Trained { form, calibration: Calibration::default() })))
        })
    }
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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let trainer = BOOSTERS.get(trainer).ok_or_else(|| bad_handle("the trainer"))?;
            let answers = held(&trainer)
                .predict(floats(rows, rows_len)?, rounds as usize)
                .map_err(|error| invalid(error.to_string()))?;
            write_floats(&answers, out)
        })
    }
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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| {
            let rows = floats(rows, rows_len)?;
            if n_features == 0 || n_features > 64 || rows.len() % n_features as usize != 0 {
                return Err(invalid(format!("Cannot train a network of {n_features} features, need 1..64")));
            }
            Ok(NETWORKS.insert(Mutex::new(Trainer::new(&rows, n_features, learning_rate, seed.into()))))
        })
    }
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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let trainer = NETWORKS.get(trainer).ok_or_else(|| bad_handle("the network"))?;
            let loss = held(&trainer).epoch(&floats(rows, rows_len)?, &floats(labels, labels_len)?, weight);
            answer_text(out, &loss.to_string())
        })
    }
}

/// The network in its current state, as a trained model's handle; its trainer stays open.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_network_model(trainer: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |_| {
            let trainer = NETWORKS.get(trainer).ok_or_else(|| bad_handle("the network"))?;
            let form = Form::Network(held(&trainer).network().clone());
            Ok(TRAINED.insert(Mutex::new(Trained { form, calibration: Calibration::default() })))
        })
    }
}

/// Drops a network's trainer.
#[unsafe(no_mangle)]
pub extern "C" fn legend_network_close(trainer: u32) {
    drop(NETWORKS.remove(trainer));
}
