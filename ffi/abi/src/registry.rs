//! The model registry for JavaScript: registers trained models, and answers all later requests about them.

use std::path::{Path, PathBuf};

use control::keys::{self, SigningKey, VerifyingKey};
use control::names::{Module, module_of};
use engine::features;
use model::artefact::{self, GOLDEN_ROWS};
use models::registry::{self, ModelSlot};
use models::{Trust, load, watch};
use serde_json::{Value, json};

use crate::model::{TRAINED, floats, held, invalid};
use crate::{Failure, Status, answer_text, bad_handle, guard, text};

/// Options for registering a trained model, or a file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    data_dir: PathBuf,
    module: String,
    sign_sk_hex: Option<String>,
    /// Fields for the manifest and the artefact's metadata.
    about: Value,
    /// A third party's shared object instead of a trained model.
    file: Option<PathBuf>,
    /// Whether it may have its own code.
    #[serde(default)]
    foreign: bool,
}

impl Registration {
    fn key(&self) -> Result<SigningKey, Failure> {
        signing_key(&self.data_dir, self.sign_sk_hex.as_deref())
    }
}

fn signing_key(data_dir: &Path, given: Option<&str>) -> Result<SigningKey, Failure> {
    match given.and_then(keys::from_hex) {
        Some(key) => Ok(key),
        None => Ok(keys::load(data_dir, keys::CONTROL_KEY)?),
    }
}

/// Makes the artefact of a trained model with golden rows (float32 `[rows, features]`) and registers it, or
/// registers a file; writes `{version, bytes}`. `options`: `Registration` as JSON.
/// On a thread of its own.
///
/// # Safety
/// Buffers valid for their lengths, `out` for `out_len` writes, unshared until the call returns.
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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let options: Registration = serde_json::from_str(text(options, options_len)?)
                .map_err(|error| invalid(format!("Cannot register a model: {error}")))?;
            let module = module_of(&options.module)
                .ok_or_else(|| invalid(format!("Cannot register a model of {}", options.module)))?;
            let artefact = if let Some(file) = &options.file {
                let bytes = read_artefact(file)?;
                load::verify_bytes(&bytes, module, options.foreign)
                    .map_err(|why| invalid(format!("Cannot register {}: {why}", file.display())))?;
                bytes
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
                registry::register(&options.data_dir, module, &artefact, &options.about, &options.key()?)?;
            answer_text(out, &json!({ "version": version, "bytes": artefact.len() }).to_string())
        })
    }
}

fn read_artefact(file: &Path) -> Result<Vec<u8>, Failure> {
    let read = std::fs::metadata(file).and_then(|metadata| {
        if metadata.len() > artefact::FILE_BYTES_MAX as u64 {
            return Err(std::io::Error::other("it is too large"));
        }
        std::fs::read(file)
    });
    read.map_err(|error| Failure(Status::Io, format!("Cannot read {}: {error}", file.display())))
}

/// A request to the registry.
#[derive(serde::Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
enum Ask {
    /// All versions with their manifests, and which are live, pinned and in shadow.
    List,
    /// Whether a version could be used.
    Verify { version: String },
    /// Sets or removes the version of a link.
    Point { link: String, version: Option<String>, request_id: String },
    /// The existing and selected versions, without reading the files.
    State,
    /// Installs a version of another host from files that were copied here.
    Install { version: String, artefact: PathBuf, manifest: String, signature: String },
    /// Signs a desired model for other hosts.
    Sign { text: String },
    /// Whether a key that is trusted here signed a desired model.
    Check { text: String, signature: String },
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RegistryCall {
    data_dir: PathBuf,
    /// Whether models with their own code may be used here.
    #[serde(default)]
    foreign: bool,
    module: String,
    sign_sk_hex: Option<String>,
    ask: Ask,
}

/// Queries or changes the registry (`RegistryCall` as JSON); writes the answer as JSON.
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
    // SAFETY: by the contract above, the buffers are valid for their lengths and unshared.
    unsafe {
        guard(out, out_len, |out| {
            let call: RegistryCall = serde_json::from_str(text(options, options_len)?)
                .map_err(|error| invalid(format!("Cannot ask the model registry: {error}")))?;
            let answer = answer(&call)?;
            answer_text(out, &answer.to_string())
        })
    }
}

/// This installation's own key, and the one that hosts share.
fn trusted(data_dir: &Path, shared: Option<&str>) -> Result<Vec<VerifyingKey>, Failure> {
    let mut keys = vec![signing_key(data_dir, None)?.verifying_key()];
    keys.extend(shared.and_then(keys::from_hex).map(|key| key.verifying_key()));
    Ok(keys)
}

fn missing(why: String) -> Failure {
    Failure(Status::NotFound, why)
}

fn answer(call: &RegistryCall) -> Result<Value, Failure> {
    let (data_dir, sign) = (&call.data_dir, call.sign_sk_hex.as_deref());
    let module = module_of(&call.module)
        .ok_or_else(|| invalid(format!("Cannot look up models of {}: need arbitrage or mev", call.module)))?;
    match &call.ask {
        Ask::List => {
            let trusted = trusted(data_dir, sign)?;
            let wanted = |link| registry::version_to_run(data_dir, module, link).ok().flatten();
            let one = |version: String| match registry::manifest(data_dir, module, &version, &trusted) {
                Ok(manifest) => manifest,
                Err(why) => json!({ "version": version, "module": call.module, "refused": why.to_string() }),
            };
            let history = std::fs::read_to_string(watch::history_path(data_dir, module)).unwrap_or_default();
            Ok(json!({
                "module": call.module,
                "latest": wanted(ModelSlot::Latest),
                "shadow": wanted(ModelSlot::Shadow),
                "pinned": registry::selected(data_dir, module, ModelSlot::Pin).ok().flatten(),
                "models": registry::versions(data_dir, module).into_iter().map(one).collect::<Vec<_>>(),
                "history": history.lines().rev().take(100).filter_map(|line| {
                    let (at, version) = line.split_once(' ')?;
                    Some(json!({ "at_ms": at.parse::<u64>().ok()?, "version": version }))
                }).collect::<Vec<_>>(),
            }))
        }
        Ask::Verify { version } => {
            let trust = Trust { keys: trusted(data_dir, sign)?, foreign: call.foreign };
            if !registry::is_version(version) {
                return Err(missing(format!("Cannot verify {version}: a version is 12 hex digits")));
            }
            match load::verify(data_dir, module, version, &trust) {
                Ok(foreign) => Ok(json!({ "version": version, "usable": true, "foreign": foreign })),
                Err(why) => Ok(json!({ "version": version, "usable": false, "reason": why.to_string() })),
            }
        }
        Ask::Point { link, version, request_id } => {
            let link = match link.as_str() {
                "latest" => ModelSlot::Latest,
                "shadow" => ModelSlot::Shadow,
                "pin" => ModelSlot::Pin,
                other => return Err(invalid(format!("Cannot point {other}: need latest, shadow or pin"))),
            };
            registry::select(data_dir, module, link, version.as_deref(), request_id)?;
            Ok(json!({ "version": version }))
        }
        Ask::State => {
            let link = |link| {
                let pointed = registry::selected(data_dir, module, link);
                json!({
                    "version": pointed.as_ref().ok(),
                    "at_ms": registry::selected_ms(data_dir, module, link),
                    "broken": pointed.as_ref().err().map(ToString::to_string),
                })
            };
            Ok(json!({
                "versions": registry::versions(data_dir, module),
                "latest": link(ModelSlot::Latest),
                "shadow": link(ModelSlot::Shadow),
                "pin": link(ModelSlot::Pin),
                "request_id": registry::selected(data_dir, module, ModelSlot::Latest)
                    .map(|version| version.unwrap_or_else(|| registry::BASELINE.to_owned()))
                    .map_or_else(|_| String::new(), |version| registry::request(data_dir, module, &version)),
            }))
        }
        Ask::Install { version, artefact, manifest, signature } => {
            let trusted = trusted(data_dir, sign)?;
            let bytes = read_artefact(artefact)?;
            let signed = (manifest.as_bytes(), signature.as_str());
            registry::install(data_dir, module, version, &bytes, signed, &trusted)?;
            Ok(json!({ "version": version }))
        }
        Ask::Sign { text } => {
            let signature = registry::sign_desired(text, &signing_key(data_dir, sign)?);
            Ok(json!({ "signature": signature }))
        }
        Ask::Check { text, signature } => {
            let refused = registry::check_desired(text, signature, &trusted(data_dir, sign)?);
            Ok(json!({ "refused": refused.err().map(|why| why.to_string()) }))
        }
    }
}
