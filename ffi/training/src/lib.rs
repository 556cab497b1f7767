//! XGBoost and LightGBM through their C APIs, one round at a time, so that the caller can show progress and
//! stop. Sources: xgboost/c_api.h of 3.2, LightGBM/c_api.h of 4.7.

mod error;

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use model::Trees;
use model::trainers::{from_lightgbm, from_xgboost};

pub use error::TrainingError;

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

/// One training, on its own thread: the engines bind their threads, buffers and random numbers to the calling
/// thread, and calls from JavaScript come from any thread.
pub struct BoosterTrainer {
    asks: Option<Sender<Ask>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
}

enum Ask {
    Rounds(u32),
    Trees,
    /// The engine's own probabilities for rows, by its first rounds; the number is how many.
    Predict(Vec<f32>, c_int),
}

enum Answer {
    Opened(Result<(), TrainingError>),
    Rounds(Result<Grown, TrainingError>),
    Trees(Result<Trees, TrainingError>),
    Predict(Result<Vec<f32>, TrainingError>),
}

enum Engine {
    Xgb(Xgb),
    Lgbm(Lgbm),
}

impl Engine {
    fn open(options: &TrainerOptions, rows: &[f32], labels: &[f32]) -> Result<Engine, TrainingError> {
        match options.kind.as_str() {
            "xgb" => Ok(Engine::Xgb(Xgb::open(options, rows, labels)?)),
            "lgbm" => Ok(Engine::Lgbm(Lgbm::open(options, rows, labels)?)),
            other => Err(TrainingError::Kind(other.to_owned())),
        }
    }

    fn round(&self, round: c_int) -> Result<(f64, bool), TrainingError> {
        match self {
            Engine::Xgb(xgb) => xgb.round(round).map(|loss| (loss, false)),
            Engine::Lgbm(lgbm) => lgbm.round(),
        }
    }

    fn trees(&self) -> Result<Trees, TrainingError> {
        match self {
            Engine::Xgb(xgb) => xgb.trees(),
            Engine::Lgbm(lgbm) => lgbm.trees(),
        }
    }

    fn predict(&self, rows: &[f32], n_features: usize, rounds: c_int) -> Result<Vec<f32>, TrainingError> {
        match self {
            Engine::Xgb(xgb) => xgb.predict(rows, n_features, rounds),
            Engine::Lgbm(lgbm) => lgbm.predict(rows, n_features, rounds),
        }
    }
}

/// Minimum training time between progress reports: for short trees, a report per tree would cost more than
/// growing the tree.
const TURN: Duration = Duration::from_millis(50);

/// Log loss of each round, and whether no more trees can be grown.
pub type Grown = (Vec<f64>, bool);

fn rounds(engine: &Engine, grown: &mut c_int, max: u32) -> Result<Grown, TrainingError> {
    let (begin, mut losses) = (Instant::now(), Vec::new());
    while losses.len() < max as usize {
        let (loss, finished) = engine.round(*grown)?;
        *grown += 1;
        losses.push(loss);
        if finished {
            return Ok((losses, true));
        }
        if begin.elapsed() > TURN {
            break;
        }
    }
    Ok((losses, false))
}

impl BoosterTrainer {
    /// `rows`: float32 `[labels.len(), n_features]`; the engine copies them.
    ///
    /// # Errors
    /// One line: the engine cannot be loaded, or refuses rows or parameters.
    pub fn open(
        options: TrainerOptions,
        rows: Vec<f32>,
        labels: Vec<f32>,
    ) -> Result<BoosterTrainer, TrainingError> {
        let TrainerOptions { n_features, train_rows, .. } = options;
        if n_features == 0
            || rows.len() != labels.len() * n_features
            || train_rows == 0
            || train_rows >= labels.len()
        {
            let (numbers, labels) = (rows.len(), labels.len());
            return Err(TrainingError::Shape { numbers, labels, n_features, train_rows });
        }
        let (asks, asked) = channel();
        let (answer, answers) = channel();
        let thread = std::thread::Builder::new().name("trainer".to_owned()).spawn(move || {
            let engine = match Engine::open(&options, &rows, &labels) {
                Ok(engine) => engine,
                Err(line) => {
                    // The caller may be gone; there is no other receiver.
                    let _ = answer.send(Answer::Opened(Err(line)));
                    return;
                }
            };
            drop((rows, labels));
            let mut grown = 0;
            let mut open = answer.send(Answer::Opened(Ok(()))).is_ok();
            while open && let Ok(ask) = asked.recv() {
                let told = match ask {
                    Ask::Rounds(max) => Answer::Rounds(rounds(&engine, &mut grown, max)),
                    Ask::Trees => Answer::Trees(engine.trees()),
                    Ask::Predict(rows, rounds) => Answer::Predict(engine.predict(&rows, n_features, rounds)),
                };
                open = answer.send(told).is_ok();
            }
        });
        let thread = thread.map_err(TrainingError::Thread)?;
        let trainer = BoosterTrainer { asks: Some(asks), answers, thread: Some(thread) };
        match trainer.answers.recv() {
            Ok(Answer::Opened(opened)) => opened.map(|()| trainer),
            _ => Err(TrainingError::Ended),
        }
    }

    fn ask(&self, ask: Ask) -> Result<Answer, TrainingError> {
        let asks = self.asks.as_ref().ok_or(TrainingError::Ended)?;
        asks.send(ask).map_err(|_| TrainingError::Ended)?;
        self.answers.recv().map_err(|_| TrainingError::Ended)
    }

    /// Grows at most `max` more trees, for about [`TURN`]: returns the log loss of the evaluated rows after
    /// each, and whether no more can be grown.
    ///
    /// # Errors
    /// The engine's own error line.
    pub fn rounds(&mut self, max: u32) -> Result<Grown, TrainingError> {
        match self.ask(Ask::Rounds(max))? {
            Answer::Rounds(told) => told,
            _ => Err(TrainingError::Ended),
        }
    }

    /// The trees of the first `rounds` rounds.
    ///
    /// # Errors
    /// The engine's own error line, or its model is not as expected.
    pub fn trees(&self, rounds: usize) -> Result<Trees, TrainingError> {
        match self.ask(Ask::Trees)? {
            Answer::Trees(trees) => trees.map(|mut trees| {
                trees.trees.truncate(rounds);
                trees
            }),
            _ => Err(TrainingError::Ended),
        }
    }
}

impl BoosterTrainer {
    /// The engine's own probabilities for float32 `[rows, n_features]`, by the trees of the first `rounds`
    /// rounds: the reference for an artefact.
    ///
    /// # Errors
    /// The engine's own error line.
    pub fn predict(&self, rows: Vec<f32>, rounds: usize) -> Result<Vec<f32>, TrainingError> {
        let rounds = c_int::try_from(rounds).map_err(|_| TrainingError::TooManyRounds)?;
        match self.ask(Ask::Predict(rows, rounds))? {
            Answer::Predict(answers) => answers,
            _ => Err(TrainingError::Ended),
        }
    }
}

impl Drop for BoosterTrainer {
    fn drop(&mut self) {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was already printed when it happened.
            let _ = thread.join();
        }
    }
}

/// A loaded engine; it is never unloaded, because its threads never end.
struct Loaded(ManuallyDrop<Library>);

impl Loaded {
    fn open(path: &Path, before: &[&Path]) -> Result<Loaded, TrainingError> {
        let load = |path: &Path| {
            // SAFETY: the file is part of this executable, so its constructors may run here.
            let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
            library.map(ManuallyDrop::new)
        };
        for path in before {
            // The system's own library serves as well; if one is really missing, the next load reports it.
            let _ = load(path);
        }
        load(path).map(Loaded).map_err(TrainingError::Load)
    }

    /// # Safety
    /// `T` is the function's type as its header declares it.
    unsafe fn function<T: Copy>(&self, name: &CStr) -> Result<T, TrainingError> {
        // SAFETY: the caller guarantees the type; `None` is a symbol at address 0.
        let symbol = unsafe { self.0.get::<Option<T>>(name) };
        let function = symbol.ok().and_then(|symbol| *symbol);
        function.ok_or_else(|| TrainingError::NoFunction(name.to_owned()))
    }
}

type Handle = *mut c_void;
type LastError = unsafe extern "C" fn() -> *const c_char;

fn text(text: &str) -> Result<CString, TrainingError> {
    CString::new(text).map_err(TrainingError::Nul)
}

/// Converts a status to the engine's own line about its last error.
///
/// # Safety
/// `last` returns a C string.
unsafe fn checked(code: c_int, last: LastError) -> Result<(), TrainingError> {
    if code == 0 {
        return Ok(());
    }
    // SAFETY: the caller guarantees that `last` returns a C string, which is copied before the next call.
    let line = unsafe { CStr::from_ptr(last()) }.to_string_lossy();
    let line = line.lines().find(|line| !line.trim().is_empty()).unwrap_or("it says not why");
    Err(TrainingError::Engine(line.trim().to_owned()))
}

struct Xgb {
    loaded: Loaded,
    last: LastError,
    train: Handle,
    watched: Handle,
    booster: Handle,
}

type XgbFromDense = unsafe extern "C" fn(*const c_char, *const c_char, *mut Handle) -> c_int;
type XgbSetInfo = unsafe extern "C" fn(Handle, *const c_char, *const c_char) -> c_int;
type XgbCreate = unsafe extern "C" fn(*const Handle, u64, *mut Handle) -> c_int;
type XgbSetParam = unsafe extern "C" fn(Handle, *const c_char, *const c_char) -> c_int;
type XgbUpdate = unsafe extern "C" fn(Handle, c_int, Handle) -> c_int;
type XgbEval =
    unsafe extern "C" fn(Handle, c_int, *mut Handle, *mut *const c_char, u64, *mut *const c_char) -> c_int;
type XgbSave = unsafe extern "C" fn(Handle, *const c_char, *mut u64, *mut *const c_char) -> c_int;
type XgbPredict = unsafe extern "C" fn(
    Handle,
    *const c_char,
    *const c_char,
    Handle,
    *mut *const u64,
    *mut u64,
    *mut *const f32,
) -> c_int;
type Free = unsafe extern "C" fn(Handle) -> c_int;

impl Xgb {
    fn open(options: &TrainerOptions, rows: &[f32], labels: &[f32]) -> Result<Xgb, TrainingError> {
        let loaded = Loaded::open(&options.folder.join("xgboost/lib/libxgboost.so"), &[])?;
        // SAFETY: the types are those of c_api.h; every pointer passed lives until its call returns.
        unsafe {
            let last: LastError = loaded.function(c"XGBGetLastError")?;
            let mut xgb = Xgb { loaded, last, train: null_mut(), watched: null_mut(), booster: null_mut() };
            let at = options.train_rows * options.n_features;
            xgb.train = xgb.matrix(&rows[..at], &labels[..options.train_rows], options)?;
            xgb.watched = xgb.matrix(&rows[at..], &labels[options.train_rows..], options)?;
            let create: XgbCreate = xgb.loaded.function(c"XGBoosterCreate")?;
            let matrices = [xgb.train, xgb.watched];
            checked(create(matrices.as_ptr(), 2, &raw mut xgb.booster), last)?;
            let set: XgbSetParam = xgb.loaded.function(c"XGBoosterSetParam")?;
            for (name, value) in &options.params {
                checked(set(xgb.booster, text(name)?.as_ptr(), text(value)?.as_ptr()), last)?;
            }
            Ok(xgb)
        }
    }

    /// # Safety
    /// The library is XGBoost's.
    unsafe fn matrix(
        &self,
        rows: &[f32],
        labels: &[f32],
        options: &TrainerOptions,
    ) -> Result<Handle, TrainingError> {
        let threads =
            options.params.iter().find(|(name, _)| name == "nthread").map_or("1", |(_, value)| value);
        let config =
            text(&format!(r#"{{"missing":NaN,"nthread":{}}}"#, threads.parse::<u32>().unwrap_or(1)))?;
        let mut matrix = null_mut();
        // SAFETY: the types are those of c_api.h; the arrays outlive the calls that read them.
        unsafe {
            let dense: XgbFromDense = self.loaded.function(c"XGDMatrixCreateFromDense")?;
            let shape = format!("{},{}", labels.len(), options.n_features);
            checked(dense(array(rows, &shape)?.as_ptr(), config.as_ptr(), &raw mut matrix), self.last)?;
            let info: XgbSetInfo = self.loaded.function(c"XGDMatrixSetInfoFromInterface")?;
            let labels = array(labels, &labels.len().to_string())?;
            checked(info(matrix, c"label".as_ptr(), labels.as_ptr()), self.last)?;
        }
        Ok(matrix)
    }

    fn round(&self, round: c_int) -> Result<f64, TrainingError> {
        // SAFETY: types as in c_api.h; the handles are open, and `told` is read before the next call.
        let told = unsafe {
            let update: XgbUpdate = self.loaded.function(c"XGBoosterUpdateOneIter")?;
            checked(update(self.booster, round, self.train), self.last)?;
            let eval: XgbEval = self.loaded.function(c"XGBoosterEvalOneIter")?;
            let (mut matrices, mut names, mut told) =
                ([self.watched], [c"watched".as_ptr()], std::ptr::null());
            let code = eval(self.booster, round, matrices.as_mut_ptr(), names.as_mut_ptr(), 1, &raw mut told);
            checked(code, self.last)?;
            CStr::from_ptr(told).to_string_lossy().into_owned()
        };
        let loss = told.rsplit(':').next().and_then(|number| number.trim().parse().ok());
        loss.ok_or(TrainingError::NoLoss(told))
    }

    fn trees(&self) -> Result<Trees, TrainingError> {
        let (mut len, mut bytes) = (0, std::ptr::null());
        // SAFETY: types as in c_api.h; the bytes stay valid until the next call, and are read before.
        let model = unsafe {
            let save: XgbSave = self.loaded.function(c"XGBoosterSaveModelToBuffer")?;
            let config = text(r#"{"format":"json"}"#)?;
            checked(save(self.booster, config.as_ptr(), &raw mut len, &raw mut bytes), self.last)?;
            std::slice::from_raw_parts(bytes.cast::<u8>(), usize::try_from(len).unwrap_or(0))
        };
        from_xgboost(model).map_err(TrainingError::Model)
    }
}

impl Xgb {
    fn predict(&self, rows: &[f32], n_features: usize, rounds: c_int) -> Result<Vec<f32>, TrainingError> {
        let count = rows.len() / n_features;
        let values = array(rows, &format!("{count},{n_features}"))?;
        let config = text(&format!(
            r#"{{"type":0,"training":false,"iteration_begin":0,"iteration_end":{rounds},"strict_shape":false,"missing":NaN,"cache_id":0}}"#
        ))?;
        let (mut shape, mut dim, mut answers) = (std::ptr::null(), 0, std::ptr::null());
        // SAFETY: types as in c_api.h; the answers stay valid until the next call, and are copied before.
        unsafe {
            let predict: XgbPredict = self.loaded.function(c"XGBoosterPredictFromDense")?;
            let code = predict(
                self.booster,
                values.as_ptr(),
                config.as_ptr(),
                null_mut(),
                &raw mut shape,
                &raw mut dim,
                &raw mut answers,
            );
            checked(code, self.last)?;
            Ok(std::slice::from_raw_parts(answers, count).to_vec())
        }
    }
}

/// Describes numbers in XGBoost's array interface; they must outlive the call.
fn array(numbers: &[f32], shape: &str) -> Result<CString, TrainingError> {
    text(&format!(
        r#"{{"data":[{},true],"shape":[{shape}],"typestr":"<f4","version":3}}"#,
        numbers.as_ptr() as usize
    ))
}

impl Drop for Xgb {
    fn drop(&mut self) {
        // SAFETY: the types are those of c_api.h; each non-null handle is freed once.
        unsafe {
            if let Ok(free) = self.loaded.function::<Free>(c"XGBoosterFree")
                && !self.booster.is_null()
            {
                free(self.booster);
            }
            if let Ok(free) = self.loaded.function::<Free>(c"XGDMatrixFree") {
                for matrix in [self.train, self.watched].into_iter().filter(|matrix| !matrix.is_null()) {
                    free(matrix);
                }
            }
        }
    }
}

unsafe extern "C" fn say_nothing(_: *const c_char) {}

struct Lgbm {
    loaded: Loaded,
    last: LastError,
    train: Handle,
    watched: Handle,
    booster: Handle,
}

type LgbmFromMat =
    unsafe extern "C" fn(*const c_void, c_int, i32, i32, c_int, *const c_char, Handle, *mut Handle) -> c_int;
type LgbmSetField = unsafe extern "C" fn(Handle, *const c_char, *const c_void, c_int, c_int) -> c_int;
type LgbmCreate = unsafe extern "C" fn(Handle, *const c_char, *mut Handle) -> c_int;
type LgbmAddValid = unsafe extern "C" fn(Handle, Handle) -> c_int;
type LgbmPredict = unsafe extern "C" fn(
    Handle,
    *const c_void,
    c_int,
    i32,
    i32,
    c_int,
    c_int,
    c_int,
    c_int,
    *const c_char,
    *mut i64,
    *mut f64,
) -> c_int;
type LgbmLogCallback = unsafe extern "C" fn(unsafe extern "C" fn(*const c_char)) -> c_int;
type LgbmUpdate = unsafe extern "C" fn(Handle, *mut c_int) -> c_int;
type LgbmGetEval = unsafe extern "C" fn(Handle, c_int, *mut c_int, *mut f64) -> c_int;
type LgbmSave = unsafe extern "C" fn(Handle, c_int, c_int, c_int, i64, *mut i64, *mut c_char) -> c_int;

impl Lgbm {
    fn open(options: &TrainerOptions, rows: &[f32], labels: &[f32]) -> Result<Lgbm, TrainingError> {
        let folder = &options.folder;
        let path = folder.join("lightgbm/lib/lib_lightgbm.so");
        let loaded =
            Loaded::open(&path, &[Path::new("libgomp.so.1"), &folder.join("lightgbm/lib/libgomp.so.1")])?;
        let words: Vec<String> =
            options.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let params = text(&words.join(" "))?;
        // SAFETY: the types are those of c_api.h; every pointer passed lives until its call returns.
        unsafe {
            let last: LastError = loaded.function(c"LGBM_GetLastError")?;
            let mut lgbm = Lgbm { loaded, last, train: null_mut(), watched: null_mut(), booster: null_mut() };
            let at = options.train_rows * options.n_features;
            let (train, watched) = labels.split_at(options.train_rows);
            lgbm.train = lgbm.dataset(&rows[..at], train, options.n_features, &params, null_mut())?;
            lgbm.watched = lgbm.dataset(&rows[at..], watched, options.n_features, &params, lgbm.train)?;
            let create: LgbmCreate = lgbm.loaded.function(c"LGBM_BoosterCreate")?;
            checked(create(lgbm.train, params.as_ptr(), &raw mut lgbm.booster), last)?;
            let add: LgbmAddValid = lgbm.loaded.function(c"LGBM_BoosterAddValidData")?;
            checked(add(lgbm.booster, lgbm.watched), last)?;
            Ok(lgbm)
        }
    }

    /// # Safety
    /// The library is LightGBM's.
    unsafe fn dataset(
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
        // SAFETY: the types are those of c_api.h; the arrays outlive the calls. 0 = float32, 1 = row-major.
        unsafe {
            let make: LgbmFromMat = self.loaded.function(c"LGBM_DatasetCreateFromMat")?;
            let data = rows.as_ptr().cast();
            let made = make(data, 0, count, features, 1, params.as_ptr(), reference, &raw mut dataset);
            checked(made, self.last)?;
            let set: LgbmSetField = self.loaded.function(c"LGBM_DatasetSetField")?;
            checked(set(dataset, c"label".as_ptr(), labels.as_ptr().cast(), count, 0), self.last)?;
        }
        Ok(dataset)
    }

    fn round(&self) -> Result<(f64, bool), TrainingError> {
        let (mut finished, mut count, mut results) = (0, 0, [0.0; 16]);
        // SAFETY: types as in c_api.h; one metric is configured, and `results` has room for sixteen.
        unsafe {
            // Its warnings show in the log loss; the log callback belongs to a thread, so it is set in each.
            let quiet: LgbmLogCallback = self.loaded.function(c"LGBM_RegisterLogCallback")?;
            checked(quiet(say_nothing), self.last)?;
            let update: LgbmUpdate = self.loaded.function(c"LGBM_BoosterUpdateOneIter")?;
            checked(update(self.booster, &raw mut finished), self.last)?;
            let eval: LgbmGetEval = self.loaded.function(c"LGBM_BoosterGetEval")?;
            checked(eval(self.booster, 1, &raw mut count, results.as_mut_ptr()), self.last)?;
        }
        Ok((results[0], finished != 0))
    }

    fn trees(&self) -> Result<Trees, TrainingError> {
        let mut len = 0;
        // SAFETY: the types are those of c_api.h; the buffer has the length that is passed.
        let text = unsafe {
            let save: LgbmSave = self.loaded.function(c"LGBM_BoosterSaveModelToString")?;
            checked(save(self.booster, 0, -1, 0, 0, &raw mut len, null_mut()), self.last)?;
            let mut bytes = vec![0_u8; usize::try_from(len).unwrap_or(0) + 1];
            let room = bytes.len() as i64;
            checked(save(self.booster, 0, -1, 0, room, &raw mut len, bytes.as_mut_ptr().cast()), self.last)?;
            bytes.truncate(usize::try_from(len).unwrap_or(0).saturating_sub(1));
            String::from_utf8_lossy(&bytes).into_owned()
        };
        from_lightgbm(&text).map_err(TrainingError::Model)
    }
}

impl Lgbm {
    fn predict(&self, rows: &[f32], n_features: usize, rounds: c_int) -> Result<Vec<f32>, TrainingError> {
        let count = rows.len() / n_features;
        let wrong = || TrainingError::TooManyAsked;
        let (rows_count, columns) =
            (i32::try_from(count).map_err(|_| wrong())?, i32::try_from(n_features).map_err(|_| wrong())?);
        let mut answers = vec![0.0_f64; count];
        let mut len = 0_i64;
        // SAFETY: the types are those of c_api.h; there is room for one answer per row. 0 = float32, 1 =
        // row-major, 0 = a transformed score, from round 0.
        unsafe {
            let predict: LgbmPredict = self.loaded.function(c"LGBM_BoosterPredictForMat")?;
            let code = predict(
                self.booster,
                rows.as_ptr().cast(),
                0,
                rows_count,
                columns,
                1,
                0,
                0,
                rounds,
                c"num_threads=1".as_ptr(),
                &raw mut len,
                answers.as_mut_ptr(),
            );
            checked(code, self.last)?;
        }
        Ok(answers.iter().map(|answer| *answer as f32).collect())
    }
}

impl Drop for Lgbm {
    fn drop(&mut self) {
        // SAFETY: the types are those of c_api.h; each non-null handle is freed once.
        unsafe {
            if let Ok(free) = self.loaded.function::<Free>(c"LGBM_BoosterFree")
                && !self.booster.is_null()
            {
                free(self.booster);
            }
            if let Ok(free) = self.loaded.function::<Free>(c"LGBM_DatasetFree") {
                for dataset in [self.watched, self.train].into_iter().filter(|dataset| !dataset.is_null()) {
                    free(dataset);
                }
            }
        }
    }
}
