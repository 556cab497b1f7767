//! LightGBM, by LightGBM/c_api.h of 4.7.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::ptr::null_mut;

use model::Trees;
use model::trainers::from_lightgbm;

use super::error::TrainingError;
use super::library::{Free, Handle, LastError, Loaded, c_text, checked, functions};
use super::options::Round;
use super::options::TrainerOptions;

/// `C_API_DTYPE_FLOAT32`.
const FLOAT32: c_int = 0;
/// Rows one after another.
const ROW_MAJOR: c_int = 1;
/// `C_API_PREDICT_NORMAL`: probabilities.
const PROBABILITIES: c_int = 0;
/// `C_API_FEATURE_IMPORTANCE_SPLIT`, which is written into a model's text and not read.
const IMPORTANCE: c_int = 0;
const FIRST_ROUND: c_int = 0;
const ALL_ROUNDS: c_int = -1;
/// Number of the evaluated rows among a booster's data; 0 is what it trains on.
const EVALUATED: c_int = 1;
/// Room for results; one metric is configured.
const METRICS_MAX: usize = 16;

functions! {
    /// LightGBM's functions.
    Functions {
        last_error: LastError = c"LGBM_GetLastError",
        dataset_from_rows: unsafe extern "C" fn(
            *const c_void, c_int, i32, i32, c_int, *const c_char, Handle, *mut Handle
        ) -> c_int = c"LGBM_DatasetCreateFromMat",
        set_field: unsafe extern "C" fn(Handle, *const c_char, *const c_void, c_int, c_int) -> c_int
            = c"LGBM_DatasetSetField",
        create: unsafe extern "C" fn(Handle, *const c_char, *mut Handle) -> c_int = c"LGBM_BoosterCreate",
        add_evaluated: unsafe extern "C" fn(Handle, Handle) -> c_int = c"LGBM_BoosterAddValidData",
        set_logger: unsafe extern "C" fn(unsafe extern "C" fn(*const c_char)) -> c_int
            = c"LGBM_RegisterLogCallback",
        update: unsafe extern "C" fn(Handle, *mut c_int) -> c_int = c"LGBM_BoosterUpdateOneIter",
        evaluate: unsafe extern "C" fn(Handle, c_int, *mut c_int, *mut f64) -> c_int
            = c"LGBM_BoosterGetEval",
        save: unsafe extern "C" fn(Handle, c_int, c_int, c_int, i64, *mut i64, *mut c_char) -> c_int
            = c"LGBM_BoosterSaveModelToString",
        predict: unsafe extern "C" fn(
            Handle, *const c_void, c_int, i32, i32, c_int, c_int, c_int, c_int, *const c_char, *mut i64,
            *mut f64
        ) -> c_int = c"LGBM_BoosterPredictForMat",
        free_booster: Free = c"LGBM_BoosterFree",
        free_dataset: Free = c"LGBM_DatasetFree",
    }
}

/// A booster with its rows.
pub(super) struct LightGbm {
    functions: Functions,
    /// Null until they are made.
    train: Handle,
    evaluated: Handle,
    booster: Handle,
}

/// Takes the engine's log lines, which nothing reads: its warnings show in the log loss.
unsafe extern "C" fn drop_line(_: *const c_char) {}

impl LightGbm {
    pub(super) fn open(
        options: &TrainerOptions,
        rows: &[f32],
        labels: &[f32],
    ) -> Result<LightGbm, TrainingError> {
        let folder = options.folder.join("lightgbm/lib");
        let openmp = [Path::new("libgomp.so.1"), &folder.join("libgomp.so.1")];
        let loaded = Loaded::open(&folder.join("lib_lightgbm.so"), &openmp)?;
        let params: Vec<String> =
            options.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let params = c_text(&params.join(" "))?;
        let functions = Functions::of(&loaded)?;
        let mut lightgbm =
            LightGbm { functions, train: null_mut(), evaluated: null_mut(), booster: null_mut() };
        let n_features = options.n_features;
        let (train, evaluated) = rows.split_at(options.train_rows * n_features);
        let (train_labels, evaluated_labels) = labels.split_at(options.train_rows);
        lightgbm.train = lightgbm.dataset(train, train_labels, n_features, &params, null_mut())?;
        lightgbm.evaluated =
            lightgbm.dataset(evaluated, evaluated_labels, n_features, &params, lightgbm.train)?;
        let create = lightgbm.functions.create;
        // SAFETY: the dataset is open and the C string outlives the call, which fills the handle.
        let status = unsafe { create(lightgbm.train, params.as_ptr(), &raw mut lightgbm.booster) };
        lightgbm.checked(status)?;
        // SAFETY: both are open until `lightgbm` is dropped.
        let status = unsafe { (lightgbm.functions.add_evaluated)(lightgbm.booster, lightgbm.evaluated) };
        lightgbm.checked(status)?;
        Ok(lightgbm)
    }

    fn checked(&self, status: c_int) -> Result<(), TrainingError> {
        // SAFETY: the function is LightGBM's own and returns a C string.
        unsafe { checked(status, self.functions.last_error) }
    }

    /// `reference`: the dataset with the same bins, null for none.
    fn dataset(
        &self,
        rows: &[f32],
        labels: &[f32],
        n_features: usize,
        params: &CStr,
        reference: Handle,
    ) -> Result<Handle, TrainingError> {
        let many = || TrainingError::TooManyRows(labels.len());
        let count = i32::try_from(labels.len()).map_err(|_| many())?;
        let features = i32::try_from(n_features).map_err(|_| many())?;
        let mut dataset = null_mut();
        let data = rows.as_ptr().cast();
        let make = self.functions.dataset_from_rows;
        // SAFETY: `data` has `count` rows of `features` numbers and outlives the call, as does the C string; the
        // reference is open or null.
        let status = unsafe {
            make(data, FLOAT32, count, features, ROW_MAJOR, params.as_ptr(), reference, &raw mut dataset)
        };
        self.checked(status)?;
        let (name, data) = (c"label".as_ptr(), labels.as_ptr().cast());
        // SAFETY: the dataset was made above; `data` has `count` numbers, which the call copies.
        let status = unsafe { (self.functions.set_field)(dataset, name, data, count, FLOAT32) };
        self.checked(status)?;
        Ok(dataset)
    }

    /// Grows one tree.
    pub(super) fn round(&self) -> Result<Round, TrainingError> {
        let (mut finished, mut count, mut results) = (0, 0, [0.0; METRICS_MAX]);
        // SAFETY: `drop_line` is of the type that the call takes. It belongs to a thread, so it is set in each.
        let status = unsafe { (self.functions.set_logger)(drop_line) };
        self.checked(status)?;
        // SAFETY: the booster is open until `self` is dropped; the call fills the number.
        let status = unsafe { (self.functions.update)(self.booster, &raw mut finished) };
        self.checked(status)?;
        let evaluate = self.functions.evaluate;
        // SAFETY: the call writes one number per metric; one is configured, and there is room for more.
        let status = unsafe { evaluate(self.booster, EVALUATED, &raw mut count, results.as_mut_ptr()) };
        self.checked(status)?;
        Ok(Round { loss: results[0], finished: finished != 0 })
    }

    pub(super) fn trees(&self) -> Result<Trees, TrainingError> {
        let mut bytes = Vec::new();
        let len = self.save(&mut bytes)?;
        bytes.resize(len + 1, 0);
        let len = self.save(&mut bytes)?;
        // Without the NUL at the end.
        bytes.truncate(len.saturating_sub(1));
        from_lightgbm(&String::from_utf8_lossy(&bytes)).map_err(TrainingError::Model)
    }

    /// Writes the model's text and a NUL into `out`, as far as there is room; returns the length of both.
    fn save(&self, out: &mut [u8]) -> Result<usize, TrainingError> {
        let mut len = 0;
        let (room, start) = (out.len() as i64, out.as_mut_ptr().cast());
        let save = self.functions.save;
        // SAFETY: `start` has `room` bytes, and the call writes no more; it fills `len`.
        let status =
            unsafe { save(self.booster, FIRST_ROUND, ALL_ROUNDS, IMPORTANCE, room, &raw mut len, start) };
        self.checked(status)?;
        Ok(usize::try_from(len).unwrap_or(0))
    }

    /// Probabilities for float32 `[rows, n_features]` by the first `rounds` rounds.
    pub(super) fn predict(
        &self,
        rows: &[f32],
        n_features: usize,
        rounds: c_int,
    ) -> Result<Vec<f32>, TrainingError> {
        let number = |count: usize| i32::try_from(count).map_err(|_| TrainingError::TooManyAsked);
        let count = rows.len() / n_features;
        let mut answers = vec![0.0_f64; count];
        let mut len = 0_i64;
        let (rows_count, columns) = (number(count)?, number(n_features)?);
        // SAFETY: `rows` has that many rows and columns and outlives the call, which writes one answer per row.
        let status = unsafe {
            (self.functions.predict)(
                self.booster,
                rows.as_ptr().cast(),
                FLOAT32,
                rows_count,
                columns,
                ROW_MAJOR,
                PROBABILITIES,
                FIRST_ROUND,
                rounds,
                c"num_threads=1".as_ptr(),
                &raw mut len,
                answers.as_mut_ptr(),
            )
        };
        self.checked(status)?;
        Ok(answers.iter().map(|answer| *answer as f32).collect())
    }
}

impl Drop for LightGbm {
    fn drop(&mut self) {
        if !self.booster.is_null() {
            // SAFETY: it is open, and nothing uses it after this.
            unsafe { (self.functions.free_booster)(self.booster) };
        }
        for dataset in [self.evaluated, self.train].into_iter().filter(|dataset| !dataset.is_null()) {
            // SAFETY: it is open, its booster is freed, and nothing uses it after this.
            unsafe { (self.functions.free_dataset)(dataset) };
        }
    }
}
