//! The model registry for JavaScript: registers trained models, and answers all later requests about them.

use std::path::{Path, PathBuf};

use control::keys::{self, SigningKey, VerifyingKey};
use control::names::{Module, module_of};
use engine::features;
use model::artefact::{self, GOLDEN_ROWS};
use models::registry::{self, ModelSlot};
use models::{Trust, load, watch};
use serde_json::{Value, json};

use crate::buffers::{answer_text, call};
use crate::failure::{Failure, Status};
use crate::handles::locked;
use crate::model::TRAINED;

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
    call!(out[out_len], options[options_len], golden[golden_len], |out| {
        let options: Registration = options.json("Cannot register a model")?;
        let module = module_of(&options.module)
            .ok_or_else(|| Failure::invalid(format!("Cannot register a model of {}", options.module)))?;
        let artefact = if let Some(file) = &options.file {
            let bytes = read_artefact(file)?;
            load::verify_bytes(&bytes, module, options.foreign)
                .map_err(|why| Failure::invalid(format!("Cannot register {}: {why}", file.display())))?;
            bytes
        } else {
            let model = TRAINED.get(model)?;
            let model = locked(&model);
            let features = model.form.n_features() as usize;
            let schema = features::schema_hash(module == Module::Arbitrage, features);
            let mut rows = golden.floats()?;
            rows.truncate(GOLDEN_ROWS * features);
            artefact::write(&model.form, model.calibration, schema, &rows, &options.about.to_string())
                .map_err(|why| Failure::invalid(format!("Cannot make an artefact: {why}")))?
        };
        let version =
            registry::register(&options.data_dir, module, &artefact, &options.about, &options.key()?)?;
        answer_text(out, &json!({ "version": version, "bytes": artefact.len() }).to_string())
    })
}

fn read_artefact(file: &Path) -> Result<Vec<u8>, Failure> {
    let read = std::fs::metadata(file).and_then(|metadata| {
        if metadata.len() > artefact::FILE_BYTES_MAX as u64 {
            return Err(std::io::Error::other("it is too large"));
        }
        std::fs::read(file)
    });
    read.map_err(|error| Failure::io(format!("Cannot read {}: {error}", file.display())))
}

/// A request to the registry.
#[derive(serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum RegistryRequest {
    /// All versions with their manifests, and which are live, pinned and in shadow.
    List,
    /// Whether a version could be used.
    Verify { version: String },
    /// Selects the version of a slot, or none.
    Select { slot: String, version: Option<String>, request_id: String },
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
    request: RegistryRequest,
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
    call!(out[out_len], options[options_len], |out| {
        let call: RegistryCall = options.json("Cannot use the model registry")?;
        answer_text(out, &call.answer()?.to_string())
    })
}

/// How many deployments the list shows.
const HISTORY_MAX: usize = 100;

impl RegistryCall {
    fn answer(&self) -> Result<Value, Failure> {
        let module = module_of(&self.module).ok_or_else(|| {
            Failure::invalid(format!("Cannot look up models of {}: need arbitrage or mev", self.module))
        })?;
        match &self.request {
            RegistryRequest::List => self.list(module),
            RegistryRequest::Verify { version } => self.verify(module, version),
            RegistryRequest::Select { slot, version, request_id } => {
                let slot = match slot.as_str() {
                    "latest" => ModelSlot::Latest,
                    "shadow" => ModelSlot::Shadow,
                    "pin" => ModelSlot::Pin,
                    other => {
                        let line = format!("Cannot select the {other} model: need latest, shadow or pin");
                        return Err(Failure::invalid(line));
                    }
                };
                registry::select(&self.data_dir, module, slot, version.as_deref(), request_id)?;
                Ok(json!({ "version": version }))
            }
            RegistryRequest::State => Ok(self.state(module)),
            RegistryRequest::Install { version, artefact, manifest, signature } => {
                let bytes = read_artefact(artefact)?;
                let signed = (manifest.as_bytes(), signature.as_str());
                registry::install(&self.data_dir, module, version, &bytes, signed, &self.trusted()?)?;
                Ok(json!({ "version": version }))
            }
            RegistryRequest::Sign { text } => {
                let key = signing_key(&self.data_dir, self.sign_sk_hex.as_deref())?;
                Ok(json!({ "signature": registry::sign_desired(text, &key) }))
            }
            RegistryRequest::Check { text, signature } => {
                let refused = registry::check_desired(text, signature, &self.trusted()?).err();
                Ok(json!({ "refused": refused.map(|why| why.to_string()) }))
            }
        }
    }

    fn list(&self, module: Module) -> Result<Value, Failure> {
        let (data_dir, trusted) = (&self.data_dir, self.trusted()?);
        let deployed = |slot| registry::version_to_run(data_dir, module, slot).ok().flatten();
        let one = |version: String| match registry::manifest(data_dir, module, &version, &trusted) {
            Ok(manifest) => manifest,
            Err(why) => json!({ "version": version, "module": self.module, "refused": why.to_string() }),
        };
        let history = std::fs::read_to_string(watch::history_path(data_dir, module)).unwrap_or_default();
        let deployment = |line: &str| {
            let (at_ms, version) = line.split_once(' ')?;
            Some(json!({ "at_ms": at_ms.parse::<u64>().ok()?, "version": version }))
        };
        Ok(json!({
            "module": self.module,
            "latest": deployed(ModelSlot::Latest),
            "shadow": deployed(ModelSlot::Shadow),
            "pinned": registry::selected(data_dir, module, ModelSlot::Pin).ok().flatten(),
            "models": registry::versions(data_dir, module).into_iter().map(one).collect::<Vec<_>>(),
            "history": history.lines().rev().take(HISTORY_MAX).filter_map(deployment).collect::<Vec<_>>(),
        }))
    }

    fn verify(&self, module: Module, version: &str) -> Result<Value, Failure> {
        let trust = Trust { keys: self.trusted()?, foreign: self.foreign };
        if !registry::is_version(version) {
            let line = format!("Cannot verify {version}: a version is 12 hex digits");
            return Err(Failure::new(Status::NotFound, line));
        }
        Ok(match load::verify(&self.data_dir, module, version, &trust) {
            Ok(foreign) => json!({ "version": version, "usable": true, "foreign": foreign }),
            Err(why) => json!({ "version": version, "usable": false, "reason": why.to_string() }),
        })
    }

    fn state(&self, module: Module) -> Value {
        let data_dir = &self.data_dir;
        let state = |slot| {
            let selected = registry::selected(data_dir, module, slot);
            json!({
                "version": selected.as_ref().ok(),
                "at_ms": registry::selected_ms(data_dir, module, slot),
                "broken": selected.as_ref().err().map(ToString::to_string),
            })
        };
        let latest = registry::selected(data_dir, module, ModelSlot::Latest)
            .map(|version| version.unwrap_or_else(|| registry::BASELINE.to_owned()));
        let request_id = latest.map(|version| registry::request(data_dir, module, &version));
        json!({
            "versions": registry::versions(data_dir, module),
            "latest": state(ModelSlot::Latest),
            "shadow": state(ModelSlot::Shadow),
            "pin": state(ModelSlot::Pin),
            "request_id": request_id.unwrap_or_default(),
        })
    }

    /// This installation's own key, and the one that hosts share.
    fn trusted(&self) -> Result<Vec<VerifyingKey>, Failure> {
        let mut keys = vec![signing_key(&self.data_dir, None)?.verifying_key()];
        let shared = self.sign_sk_hex.as_deref().and_then(keys::from_hex);
        keys.extend(shared.map(|key| key.verifying_key()));
        Ok(keys)
    }
}
