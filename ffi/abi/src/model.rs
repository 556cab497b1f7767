//! Models for JavaScript: features, trained models, predictions and judgements.

use std::sync::Mutex;

use control::names::{Module, module_of};
use engine::features;
use model::artefact;
use model::judge::{self, Judgement};
use model::{Calibration, Evaluator, Form};
use serde_json::json;

use crate::buffers::{Answer, answer_text, call};
use crate::failure::Failure;
use crate::handles::{Handles, locked};

/// A trained model that is not an artefact yet.
pub(crate) struct Trained {
    pub(crate) form: Form,
    pub(crate) calibration: Calibration,
}

pub(crate) static TRAINED: Handles<Mutex<Trained>> = Handles::new("the model");

/// Writes a module's feature names, the size of the default set and the schema hashes, as JSON.
///
/// # Safety
/// `module` valid for `module_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_features(
    module: *const u8,
    module_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], module[module_len], |out| {
        let module = module.text()?;
        let arbitrage = module_of(module).map(|module| module == Module::Arbitrage).ok_or_else(|| {
            Failure::invalid(format!("Cannot list the features of {module}: need arbitrage or mev"))
        })?;
        let names = features::names(arbitrage);
        let hash = |count: usize| format!("{:016x}", features::schema_hash(arbitrage, count));
        let features = json!({
            "names": names,
            "default": features::DEFAULT,
            "schema": { "default": hash(features::DEFAULT), "extended": hash(names.len()) },
        });
        answer_text(out, &features.to_string())
    })
}

/// Writes how much the log loss of labelled rows grows when each feature is shuffled, as a JSON list.
/// On a thread of its own.
///
/// # Safety
/// Like [`legend_judge`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_model_importance(
    model: u32,
    rows: *const u8,
    rows_len: u32,
    labels: *const u8,
    labels_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], rows[rows_len], labels[labels_len], |out| {
        let model = TRAINED.get(model)?;
        let model = locked(&model);
        let tables = model::tables::Tables::build(&model.form, model.calibration)
            .map_err(|why| Failure::invalid(format!("Cannot use the trained model: {why}")))?;
        let (rows, labels) = (rows.floats()?, labels.floats()?);
        let importance = judge::importance(&Evaluator::new(tables), &rows, &labels);
        answer_text(out, &json!(importance).to_string())
    })
}

/// Fits the calibration by Platt's method to rows not used for training; writes slope and offset as JSON.
/// On a thread of its own.
///
/// # Safety
/// Like [`legend_judge`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_model_calibrate(
    model: u32,
    rows: *const u8,
    rows_len: u32,
    labels: *const u8,
    labels_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], rows[rows_len], labels[labels_len], |out| {
        let model = TRAINED.get(model)?;
        let mut model = locked(&model);
        let (rows, labels) = (rows.floats()?, labels.floats()?);
        let features = model.form.n_features() as usize;
        let margins: Vec<f32> =
            rows.chunks_exact(features).map(|row| model.form.margin(row) as f32).collect();
        model.calibration = judge::platt(&labels, &margins);
        let Calibration { slope, offset } = model.calibration;
        answer_text(out, &json!({ "slope": slope, "offset": offset }).to_string())
    })
}

/// Writes the probabilities for rows to `out` as float32; returns the number of bytes.
/// On a thread of its own.
///
/// # Safety
/// Like [`legend_judge`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_model_predict(
    model: u32,
    rows: *const u8,
    rows_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], rows[rows_len], |out| {
        let model = TRAINED.get(model)?;
        let model = locked(&model);
        let rows = rows.floats()?;
        let tables = model::tables::Tables::build(&model.form, model.calibration)
            .map_err(|why| Failure::invalid(format!("Cannot use the trained model: {why}")))?;
        predictions(&Evaluator::new(tables), &rows, out)
    })
}

fn predictions(evaluator: &Evaluator, rows: &[f32], out: &mut [u8]) -> Answer {
    let features = evaluator.n_features();
    let mut answers = vec![0.0; rows.len() / features];
    evaluator.predict_batch(rows, features, &mut answers);
    write_floats(&answers, out)
}

pub(crate) fn write_floats(answers: &[f32], out: &mut [u8]) -> Answer {
    let bytes = 4 * answers.len();
    if out.len() < bytes {
        return Err(Failure::invalid(format!("Cannot predict into {} bytes, need {bytes}", out.len())));
    }
    for (to, answer) in out.chunks_exact_mut(4).zip(answers) {
        to.copy_from_slice(&answer.to_le_bytes());
    }
    Ok(bytes as i32)
}

/// Drops a trained model.
#[unsafe(no_mangle)]
pub extern "C" fn legend_model_close(model: u32) {
    drop(TRAINED.remove(model));
}

/// Judges probabilities against labels (float32 each); writes the judgement as JSON.
///
/// # Safety
/// Buffers valid for their lengths, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_judge(
    labels: *const u8,
    labels_len: u32,
    probabilities: *const u8,
    probabilities_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], labels[labels_len], probabilities[probabilities_len], |out| {
        let judgement = judge::judge(&labels.floats()?, &probabilities.floats()?);
        let Judgement { rows, positives, auc, pr_auc, log_loss, brier, calibration_error, curve } = judgement;
        let bins: Vec<_> = curve.iter().map(|bin| [bin.rows, bin.probability, bin.frequency]).collect();
        let json = json!({
            "rows": rows, "positives": positives, "auc": auc, "pr_auc": pr_auc, "log_loss": log_loss,
            "brier": brier, "calibration_error": calibration_error, "curve": bins,
        });
        answer_text(out, &json.to_string())
    })
}

/// Opens a registered version that has tables; returns a trained model's handle for predictions.
/// On a thread of its own.
///
/// # Safety
/// `options` valid for `options_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_artefact_predict(
    path: *const u8,
    path_len: u32,
    rows: *const u8,
    rows_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], path[path_len], rows[rows_len], |out| {
        let path = path.text()?;
        let bytes =
            std::fs::read(path).map_err(|error| Failure::io(format!("Cannot read {path}: {error}")))?;
        let artefact =
            artefact::read(&bytes).map_err(|why| Failure::invalid(format!("Cannot use {path}: {why}")))?;
        let tables = artefact
            .tables
            .ok_or_else(|| Failure::invalid(format!("Cannot use {path}: it has no tables")))?;
        predictions(&Evaluator::new(tables), &rows.floats()?, out)
    })
}
