//! XGBoost, by xgboost/c_api.h of 3.2.

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::{null, null_mut};
use std::slice;

use model::Trees;
use model::trainers::from_xgboost;

use super::error::TrainingError;
use super::library::{Free, Handle, LastError, Loaded, c_text, checked, functions};
use super::options::TrainerOptions;

functions! {
    /// XGBoost's functions.
    Functions {
        last_error: LastError = c"XGBGetLastError",
        matrix_from_dense: unsafe extern "C" fn(*const c_char, *const c_char, *mut Handle) -> c_int
            = c"XGDMatrixCreateFromDense",
        set_info: unsafe extern "C" fn(Handle, *const c_char, *const c_char) -> c_int
            = c"XGDMatrixSetInfoFromInterface",
        create: unsafe extern "C" fn(*const Handle, u64, *mut Handle) -> c_int = c"XGBoosterCreate",
        set_param: unsafe extern "C" fn(Handle, *const c_char, *const c_char) -> c_int
            = c"XGBoosterSetParam",
        update: unsafe extern "C" fn(Handle, c_int, Handle) -> c_int = c"XGBoosterUpdateOneIter",
        evaluate: unsafe extern "C" fn(
            Handle, c_int, *mut Handle, *mut *const c_char, u64, *mut *const c_char
        ) -> c_int = c"XGBoosterEvalOneIter",
        save: unsafe extern "C" fn(Handle, *const c_char, *mut u64, *mut *const c_char) -> c_int
            = c"XGBoosterSaveModelToBuffer",
        predict: unsafe extern "C" fn(
            Handle, *const c_char, *const c_char, Handle, *mut *const u64, *mut u64, *mut *const f32
        ) -> c_int = c"XGBoosterPredictFromDense",
        free_booster: Free = c"XGBoosterFree",
        free_matrix: Free = c"XGDMatrixFree",
    }
}

/// A booster with its rows.
pub(super) struct Xgboost {
    functions: Functions,
    /// Null until they are made.
    train: Handle,
    evaluated: Handle,
    booster: Handle,
}

impl Xgboost {
    pub(super) fn open(
        options: &TrainerOptions,
        rows: &[f32],
        labels: &[f32],
    ) -> Result<Xgboost, TrainingError> {
        let loaded = Loaded::open(&options.folder.join("xgboost/lib/libxgboost.so"), &[])?;
        let functions = Functions::of(&loaded)?;
        let mut xgboost =
            Xgboost { functions, train: null_mut(), evaluated: null_mut(), booster: null_mut() };
        let (train, evaluated) = rows.split_at(options.train_rows * options.n_features);
        let (train_labels, evaluated_labels) = labels.split_at(options.train_rows);
        xgboost.train = xgboost.matrix(train, train_labels, options)?;
        xgboost.evaluated = xgboost.matrix(evaluated, evaluated_labels, options)?;
        let matrices = [xgboost.train, xgboost.evaluated];
        let create = xgboost.functions.create;
        // SAFETY: `matrices` holds as many open matrices as the number says; the call fills the handle.
        let status = unsafe { create(matrices.as_ptr(), matrices.len() as u64, &raw mut xgboost.booster) };
        xgboost.checked(status)?;
        for (name, value) in &options.params {
            let (name, value) = (c_text(name)?, c_text(value)?);
            // SAFETY: the booster is open; both C strings live until the call returns.
            let set =
                unsafe { (xgboost.functions.set_param)(xgboost.booster, name.as_ptr(), value.as_ptr()) };
            xgboost.checked(set)?;
        }
        Ok(xgboost)
    }

    fn checked(&self, status: c_int) -> Result<(), TrainingError> {
        // SAFETY: the function is XGBoost's own and returns a C string.
        unsafe { checked(status, self.functions.last_error) }
    }

    fn matrix(
        &self,
        rows: &[f32],
        labels: &[f32],
        options: &TrainerOptions,
    ) -> Result<Handle, TrainingError> {
        let threads =
            options.params.iter().find(|(name, _)| name == "nthread").map_or("1", |(_, value)| value);
        let threads = threads.parse::<u32>().unwrap_or(1);
        let config = c_text(&format!(r#"{{"missing":NaN,"nthread":{threads}}}"#))?;
        let values = array(rows, &format!("{},{}", labels.len(), options.n_features))?;
        let mut matrix = null_mut();
        let from_dense = self.functions.matrix_from_dense;
        // SAFETY: `values` names memory of `rows`, which outlives the call that copies it, as do the C strings.
        let status = unsafe { from_dense(values.as_ptr(), config.as_ptr(), &raw mut matrix) };
        self.checked(status)?;
        let values = array(labels, &labels.len().to_string())?;
        // SAFETY: the matrix was made above; `values` names memory of `labels`, which outlives the call.
        let status = unsafe { (self.functions.set_info)(matrix, c"label".as_ptr(), values.as_ptr()) };
        self.checked(status)?;
        Ok(matrix)
    }

    /// Grows one tree; returns the log loss of the evaluated rows.
    pub(super) fn round(&self, round: c_int) -> Result<f64, TrainingError> {
        // SAFETY: booster and matrix are open until `self` is dropped.
        let status = unsafe { (self.functions.update)(self.booster, round, self.train) };
        self.checked(status)?;
        let (mut matrices, mut names, mut line) = ([self.evaluated], [c"evaluated".as_ptr()], null());
        let (matrices, names, count) = (matrices.as_mut_ptr(), names.as_mut_ptr(), 1);
        let evaluate = self.functions.evaluate;
        // SAFETY: both lists have `count` entries and live until the call returns; it fills `line`.
        let status = unsafe { evaluate(self.booster, round, matrices, names, count, &raw mut line) };
        self.checked(status)?;
        // SAFETY: the call above succeeded, so `line` is a C string, which is copied before the next call.
        let line = unsafe { CStr::from_ptr(line) }.to_string_lossy().into_owned();
        let loss = line.rsplit(':').next().and_then(|number| number.trim().parse().ok());
        loss.ok_or(TrainingError::NoLoss(line))
    }

    pub(super) fn trees(&self) -> Result<Trees, TrainingError> {
        let (mut len, mut bytes) = (0, null());
        let config = c_text(r#"{"format":"json"}"#)?;
        let save = self.functions.save;
        // SAFETY: the booster is open; the C string outlives the call, which fills length and address.
        let status = unsafe { save(self.booster, config.as_ptr(), &raw mut len, &raw mut bytes) };
        self.checked(status)?;
        // SAFETY: the call above gave this many bytes; they stay valid until the next call, and are read before.
        let model = unsafe { slice::from_raw_parts(bytes.cast::<u8>(), usize::try_from(len).unwrap_or(0)) };
        from_xgboost(model).map_err(TrainingError::Model)
    }

    /// Probabilities for float32 `[rows, n_features]` by the first `rounds` rounds.
    pub(super) fn predict(
        &self,
        rows: &[f32],
        n_features: usize,
        rounds: c_int,
    ) -> Result<Vec<f32>, TrainingError> {
        let count = rows.len() / n_features;
        let values = array(rows, &format!("{count},{n_features}"))?;
        let config = c_text(&format!(
            r#"{{"type":0,"training":false,"iteration_begin":0,"iteration_end":{rounds},"strict_shape":false,"missing":NaN,"cache_id":0}}"#
        ))?;
        let (mut shape, mut dimensions, mut answers) = (null(), 0, null());
        // SAFETY: the booster is open; `values` names memory of `rows`, which outlives the call, as do the C
        // strings. A null matrix is allowed; the call fills the other three.
        let status = unsafe {
            (self.functions.predict)(
                self.booster,
                values.as_ptr(),
                config.as_ptr(),
                null_mut(),
                &raw mut shape,
                &raw mut dimensions,
                &raw mut answers,
            )
        };
        self.checked(status)?;
        // SAFETY: one answer per row; they stay valid until the next call, and are copied before.
        Ok(unsafe { slice::from_raw_parts(answers, count) }.to_vec())
    }
}

/// Describes numbers in XGBoost's array interface; they must outlive the call.
fn array(numbers: &[f32], shape: &str) -> Result<CString, TrainingError> {
    c_text(&format!(
        r#"{{"data":[{},true],"shape":[{shape}],"typestr":"<f4","version":3}}"#,
        numbers.as_ptr() as usize
    ))
}

impl Drop for Xgboost {
    fn drop(&mut self) {
        if !self.booster.is_null() {
            // SAFETY: it is open, and nothing uses it after this.
            unsafe { (self.functions.free_booster)(self.booster) };
        }
        for matrix in [self.train, self.evaluated].into_iter().filter(|matrix| !matrix.is_null()) {
            // SAFETY: it is open, its booster is freed, and nothing uses it after this.
            unsafe { (self.functions.free_matrix)(matrix) };
        }
    }
}
