//! Models for JavaScript: from a trainer's bytes to a registered artefact, judgements, the registry.

use std::path::PathBuf;

use engine::features;
use io::control::keys;
use io::control::server::{Module, module_of};
use io::models::registry::{self, Link};
use io::models::{load, watch};
use io::trainer::{BoosterTrainer, TrainerOptions};
use model::artefact::{self, GOLDEN_ROWS};
use model::judge::{self, Judgement};
use model::network::Trainer;
use model::{Calibration, Evaluator, Form};
use serde_json::{Value, json};

use crate::handles::Handles;
use crate::{Failure, Status, answer_text, bad_handle, bytes, guard, text};

/// A trained model before it is an artefact.
struct Trained {
    form: Form,
    calibration: Calibration,
}

static TRAINED: Handles<std::sync::Mutex<Trained>> = Handles::new();
static TRAINERS: Handles<std::sync::Mutex<Trainer>> = Handles::new();
static BOOSTERS: Handles<std::sync::Mutex<BoosterTrainer>> = Handles::new();

fn invalid(line: impl Into<String>) -> Failure {
    Failure(Status::Invalid, line.into())
}

fn held<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// float32 numbers of a caller's buffer.
///
/// # Safety
/// `from` valid for `len` bytes of reads.
unsafe fn floats(from: *const u8, len: u32) -> Result<Vec<f32>, Failure> {
    // SAFETY: passed on.
    let bytes = unsafe { bytes(from, len) }?;
    Ok(bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect())
}

/// Names, count of the default set and schema hashes of a module's features, as JSON.
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
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let module = text(module, module_len)?;
            let arbitrage = module_of(module).map(|module| module == Module::Arbitrage).ok_or_else(|| {
                invalid(format!("Cannot tell the features of {module}: need arbitrage or mev"))
            })?;
            let names = features::names(arbitrage);
            let hash = |count: usize| format!("{:016x}", features::schema_hash(arbitrage, count));
            let told = json!({
                "names": names,
                "default": features::DEFAULT,
                "schema": { "default": hash(features::DEFAULT), "extended": hash(names.len()) },
            });
            answer_text(out, &told.to_string())
        })
    }
}

/// Opens XGBoost or LightGBM (`io::trainer::TrainerOptions` as JSON) over float32 rows and labels; returns a handle.
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
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |_| {
            let options: TrainerOptions = serde_json::from_str(text(options, options_len)?)
                .map_err(|error| invalid(format!("Cannot train: {error}")))?;
            let (rows, labels) = (floats(rows, rows_len)?, floats(labels, labels_len)?);
            let trainer = BoosterTrainer::open(options, rows, labels).map_err(invalid)?;
            Ok(BOOSTERS.insert(std::sync::Mutex::new(trainer)))
        })
    }
}

/// Grows one tree; writes `[log loss of the watched rows, finished]`. Blocks.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_trainer_round(trainer: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let trainer = BOOSTERS.get(trainer).ok_or_else(|| bad_handle("the trainer"))?;
            let (loss, finished) = held(&trainer).round().map_err(invalid)?;
            answer_text(out, &json!([loss, finished]).to_string())
        })
    }
}

/// What was grown in the first `rounds` rounds, as a trained model's handle. Blocks.
///
/// # Safety
/// As [`legend_trainer_round`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_trainer_model(trainer: u32, rounds: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |_| {
            let trainer = BOOSTERS.get(trainer).ok_or_else(|| bad_handle("the trainer"))?;
            let form = Form::Trees(held(&trainer).trees(rounds as usize).map_err(invalid)?);
            Ok(TRAINED.insert(std::sync::Mutex::new(Trained { form, calibration: Calibration::default() })))
        })
    }
}

/// The engine's own probabilities for rows, by its first `rounds` rounds; float32 into `out`, returns the bytes. Blocks.
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
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let trainer = BOOSTERS.get(trainer).ok_or_else(|| bad_handle("the trainer"))?;
            let answers =
                held(&trainer).predict(floats(rows, rows_len)?, rounds as usize).map_err(invalid)?;
            write_floats(&answers, out)
        })
    }
}

/// Forgets a trainer. Blocks while a round is under way.
#[unsafe(no_mangle)]
pub extern "C" fn legend_trainer_close(trainer: u32) {
    drop(BOOSTERS.remove(trainer));
}

/// How much the log loss of labelled rows grows when one feature after the other is shuffled; a JSON list.
///
/// # Safety
/// As [`legend_network_epoch`].
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
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let model = TRAINED.get(model).ok_or_else(|| bad_handle("the model"))?;
            let model = held(&model);
            let tables = model::tables::Tables::build(&model.form, model.calibration)
                .map_err(|why| invalid(format!("Cannot use the trained model: {why}")))?;
            let (rows, labels) = (floats(rows, rows_len)?, floats(labels, labels_len)?);
            let told = judge::importance(&Evaluator::new(tables), &rows, &labels);
            answer_text(out, &json!(told).to_string())
        })
    }
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
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |_| {
            let rows = floats(rows, rows_len)?;
            if n_features == 0 || n_features > 64 || rows.len() % n_features as usize != 0 {
                return Err(invalid(format!("Cannot train a network of {n_features} features, need 1..64")));
            }
            Ok(TRAINERS.insert(std::sync::Mutex::new(Trainer::new(
                &rows,
                n_features,
                learning_rate,
                seed.into(),
            ))))
        })
    }
}

/// Goes once over the rows; writes the mean log loss as text. Blocks.
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
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let trainer = TRAINERS.get(trainer).ok_or_else(|| bad_handle("the network"))?;
            let loss = held(&trainer).epoch(&floats(rows, rows_len)?, &floats(labels, labels_len)?, weight);
            answer_text(out, &loss.to_string())
        })
    }
}

/// The network as it is now, as a trained model's handle; its trainer stays open.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_network_model(trainer: u32, out: *mut u8, out_len: u32) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |_| {
            let trainer = TRAINERS.get(trainer).ok_or_else(|| bad_handle("the network"))?;
            let form = Form::Network(held(&trainer).network().clone());
            Ok(TRAINED.insert(std::sync::Mutex::new(Trained { form, calibration: Calibration::default() })))
        })
    }
}

/// Forgets a network's trainer.
#[unsafe(no_mangle)]
pub extern "C" fn legend_network_close(trainer: u32) {
    drop(TRAINERS.remove(trainer));
}

/// Sets the calibration by Platt's method on rows that were not trained on; writes slope and offset as JSON.
///
/// # Safety
/// As [`legend_network_epoch`].
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
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let model = TRAINED.get(model).ok_or_else(|| bad_handle("the model"))?;
            let mut model = held(&model);
            let (rows, labels) = (floats(rows, rows_len)?, floats(labels, labels_len)?);
            let features = model.form.n_features() as usize;
            let margins: Vec<f32> =
                rows.chunks_exact(features).map(|row| model.form.margin(row) as f32).collect();
            model.calibration = judge::platt(&labels, &margins);
            let Calibration { slope, offset } = model.calibration;
            answer_text(out, &json!({ "slope": slope, "offset": offset }).to_string())
        })
    }
}

/// Probabilities for rows, float32 into `out`; returns the bytes.
///
/// # Safety
/// As [`legend_network_epoch`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_model_predict(
    model: u32,
    rows: *const u8,
    rows_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let model = TRAINED.get(model).ok_or_else(|| bad_handle("the model"))?;
            let model = held(&model);
            let rows = floats(rows, rows_len)?;
            let tables = model::tables::Tables::build(&model.form, model.calibration)
                .map_err(|why| invalid(format!("Cannot use the trained model: {why}")))?;
            predictions(&Evaluator::new(tables), &rows, out)
        })
    }
}

fn predictions(evaluator: &Evaluator, rows: &[f32], out: &mut [u8]) -> crate::Answer {
    let features = evaluator.n_features();
    let mut answers = vec![0.0; rows.len() / features];
    evaluator.predict_batch(rows, features, &mut answers);
    write_floats(&answers, out)
}

fn write_floats(answers: &[f32], out: &mut [u8]) -> crate::Answer {
    let bytes = 4 * answers.len();
    if out.len() < bytes {
        return Err(invalid(format!("Cannot predict into {} bytes, need {bytes}", out.len())));
    }
    for (to, answer) in out.chunks_exact_mut(4).zip(answers) {
        to.copy_from_slice(&answer.to_le_bytes());
    }
    Ok(bytes as i32)
}

/// Forgets a trained model.
#[unsafe(no_mangle)]
pub extern "C" fn legend_model_close(model: u32) {
    drop(TRAINED.remove(model));
}

/// What becomes of a trained model, or of a file.
#[derive(serde::Deserialize)]
struct Registration {
    data_dir: PathBuf,
    module: String,
    sign_sk_hex: Option<String>,
    /// Into the manifest and the artefact's metadata.
    about: Value,
    /// Another's shared object instead of a trained model.
    file: Option<PathBuf>,
}

impl Registration {
    fn key(&self) -> Result<keys::SigningKey, Failure> {
        signing_key(&self.data_dir, self.sign_sk_hex.as_deref())
    }
}

fn signing_key(data_dir: &std::path::Path, given: Option<&str>) -> Result<keys::SigningKey, Failure> {
    match given.and_then(keys::from_hex) {
        Some(key) => Ok(key),
        None => keys::load_or_create(data_dir, keys::CONTROL_KEY).map_err(|line| Failure(Status::Io, line)),
    }
}

/// Makes the artefact of a trained model with golden rows (float32 `[rows, features]`) and registers it, or
/// registers a file; writes `{version, bytes}`. `options`: `Registration` as JSON.
///
/// # Safety
/// As [`legend_network_epoch`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_model_register(
    model: u32,
    options: *const u8,
    options_len: u32,
    golden: *const u8,
    golden_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let options: Registration = serde_json::from_str(text(options, options_len)?)
                .map_err(|error| invalid(format!("Cannot register a model: {error}")))?;
            let module = module_of(&options.module)
                .ok_or_else(|| invalid(format!("Cannot register a model of {}", options.module)))?;
            let artefact = if let Some(file) = &options.file {
                let len = std::fs::metadata(file).map(|metadata| metadata.len());
                let read = len.and_then(|len| {
                    if len > artefact::FILE_BYTES_MAX as u64 {
                        return Err(std::io::Error::other("it is too large"));
                    }
                    std::fs::read(file)
                });
                read.map_err(|error| Failure(Status::Io, format!("Cannot read {}: {error}", file.display())))?
            } else {
                let model = TRAINED.get(model).ok_or_else(|| bad_handle("the model"))?;
                let model = held(&model);
                let features = model.form.n_features() as usize;
                let schema = features::schema_hash(module == Module::Arbitrage, features);
                let mut rows = floats(golden, golden_len)?;
                rows.truncate(GOLDEN_ROWS * features);
                artefact::write(&model.form, model.calibration, schema, &rows, &options.about.to_string())
                    .map_err(|why| invalid(format!("Cannot make an artefact: {why}")))?
            };
            let version =
                registry::register(&options.data_dir, module, &artefact, &options.about, &options.key()?)
                    .map_err(|line| Failure(Status::Io, line))?;
            answer_text(out, &json!({ "version": version, "bytes": artefact.len() }).to_string())
        })
    }
}

/// What is asked of the registry.
#[derive(serde::Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
enum Ask {
    /// All versions with their manifests and what is live, pinned, in shadow.
    List,
    /// Whether a version could be used.
    Verify { version: String },
    /// Point a symlink.
    Point { link: String, version: Option<String>, request_id: String },
    /// Set or lift a pin.
    Pin { version: Option<String> },
}

#[derive(serde::Deserialize)]
struct RegistryCall {
    data_dir: PathBuf,
    module: String,
    sign_sk_hex: Option<String>,
    #[serde(flatten)]
    ask: Ask,
}

/// Asks or changes the registry (`RegistryCall` as JSON); writes the answer as JSON.
///
/// # Safety
/// `options` valid for `options_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_registry(
    options: *const u8,
    options_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let call: RegistryCall = serde_json::from_str(text(options, options_len)?)
                .map_err(|error| invalid(format!("Cannot ask the model registry: {error}")))?;
            let answer = answer(&call)?;
            answer_text(out, &answer.to_string())
        })
    }
}

fn answer(call: &RegistryCall) -> Result<Value, Failure> {
    let (data_dir, sign) = (&call.data_dir, call.sign_sk_hex.as_deref());
    let module = module_of(&call.module)
        .ok_or_else(|| invalid(format!("Cannot look up models of {}: need arbitrage or mev", call.module)))?;
    let missing = |line: String| Failure(Status::NotFound, line);
    match &call.ask {
        Ask::List => {
            let mut trusted = vec![signing_key(data_dir, None)?.verifying_key()];
            trusted.extend(sign.and_then(keys::from_hex).map(|key| key.verifying_key()));
            let wanted = |link| registry::wanted(data_dir, module, link).ok().flatten();
            let one = |version: String| match registry::manifest(data_dir, module, &version, &trusted) {
                Ok(manifest) => manifest,
                Err(why) => json!({ "version": version, "module": call.module, "refused": why }),
            };
            let history = std::fs::read_to_string(watch::history_path(data_dir, module)).unwrap_or_default();
            Ok(json!({
                "module": call.module,
                "latest": wanted(Link::Latest),
                "shadow": wanted(Link::Shadow),
                "pinned": registry::pinned(data_dir, module),
                "models": registry::versions(data_dir, module).into_iter().map(one).collect::<Vec<_>>(),
                "history": history.lines().rev().take(100).filter_map(|line| {
                    let (at, version) = line.split_once(' ')?;
                    Some(json!({ "at_ms": at.parse::<u64>().ok()?, "version": version }))
                }).collect::<Vec<_>>(),
            }))
        }
        Ask::Verify { version } => {
            let mut trusted = vec![signing_key(data_dir, None)?.verifying_key()];
            trusted.extend(sign.and_then(keys::from_hex).map(|key| key.verifying_key()));
            if !registry::is_version(version) {
                return Err(missing(format!("Cannot verify {version}: a version is 12 hex digits")));
            }
            match load::load(data_dir, module, version, &trusted) {
                Ok(loaded) => {
                    Ok(json!({ "version": version, "usable": true, "foreign": loaded.is_foreign() }))
                }
                Err(why) => Ok(json!({ "version": version, "usable": false, "reason": why })),
            }
        }
        Ask::Point { link, version, request_id } => {
            let link = match link.as_str() {
                "latest" => Link::Latest,
                "shadow" => Link::Shadow,
                other => return Err(invalid(format!("Cannot point {other}: need latest or shadow"))),
            };
            registry::point(data_dir, module, link, version.as_deref(), request_id).map_err(missing)?;
            Ok(json!({ "version": version }))
        }
        Ask::Pin { version } => {
            registry::pin(data_dir, module, version.as_deref()).map_err(missing)?;
            Ok(json!({ "pinned": version }))
        }
    }
}

/// Judges probabilities against labels (float32 each); writes the judgement as JSON.
///
/// # Safety
/// As [`legend_network_epoch`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_judge(
    labels: *const u8,
    labels_len: u32,
    probabilities: *const u8,
    probabilities_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let told = judge::judge(&floats(labels, labels_len)?, &floats(probabilities, probabilities_len)?);
            let Judgement { rows, positives, auc, pr_auc, log_loss, brier, calibration_error, curve } = told;
            let told = json!({
                "rows": rows, "positives": positives, "auc": auc, "pr_auc": pr_auc, "log_loss": log_loss,
                "brier": brier, "calibration_error": calibration_error, "curve": curve,
            });
            answer_text(out, &told.to_string())
        })
    }
}

/// Opens a registered version with tables; returns a trained model's handle for predictions.
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
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |out| {
            let path = text(path, path_len)?;
            let bytes = std::fs::read(path)
                .map_err(|error| Failure(Status::Io, format!("Cannot read {path}: {error}")))?;
            let artefact =
                artefact::read(&bytes).map_err(|why| invalid(format!("Cannot use {path}: {why}")))?;
            let tables =
                artefact.tables.ok_or_else(|| invalid(format!("Cannot use {path}: it has no tables")))?;
            predictions(&Evaluator::new(tables), &floats(rows, rows_len)?, out)
        })
    }
}
