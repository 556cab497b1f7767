//! What is sent, the result, and which agents' answers are trusted.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use topic_log::disk;
use wire::control::Module;
use wire::hex::to_hex;
use wire::jobs::Receipt;

use super::agent_control::AgentControl;
use super::agent_signer::TrustStore;
use super::error::ControlError;
use super::keys;
use super::names::module_name;
use super::signed::Signed;

/// What to send.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendOptions {
    /// The installation.
    pub data_dir: PathBuf,
    /// Its name, part of the agents' names.
    pub instance: String,
    /// `arbitrage`, `mev`.
    pub module: String,
    /// `start`, `stop`, `restart`, `throttle`, `policy`, `kill`.
    pub action: String,
    /// Numbers as text.
    pub args: HashMap<String, String>,
    /// The authenticated subject.
    pub issuer: String,
    /// The issuer's rights: `admin`, `control`.
    #[serde(default)]
    pub role: String,
    /// Identifies the request; generated if empty.
    #[serde(default)]
    pub request_id: String,
    /// Another key to sign with.
    pub sign_sk_hex: Option<String>,
    /// Milliseconds to wait for the receipt; a kill has its own limits.
    pub wait_ms: u64,
    /// Milliseconds to wait for the log after that.
    #[serde(default = "log_wait_ms")]
    pub log_wait_ms: u64,
    /// Whether the state on disk is changed when no agent runs here; not on a host that never runs one.
    #[serde(default = "yes")]
    pub disk: bool,
}

fn log_wait_ms() -> u64 {
    5_000
}

fn yes() -> bool {
    true
}

/// The result.
#[derive(Serialize)]
pub struct Sent {
    /// Identifies the request.
    pub request_id: String,
    /// Unix milliseconds at which it was signed.
    pub at_ms: u64,
    /// `socket`: the agent answered. `disk`: no agent runs, its state was changed. `signal`: the agent got
    /// the kill by signal or latch and answers on the log. `none`: only the log has it.
    pub path: &'static str,
    /// For a kill: no agent of the module decides here any more. For another command: an agent or the log has
    /// it.
    pub taken: bool,
    /// The agent's answer.
    pub receipt: Option<Value>,
    /// Why the log does not have the command.
    pub log_error: Option<String>,
    /// Why no agent answered; for a kill that was taken, a note about it.
    pub agent_error: Option<String>,
}

impl Sent {
    /// A command that neither an agent nor the log has yet.
    pub(super) fn new(request_id: String, at_ms: u64) -> Sent {
        Sent {
            request_id,
            at_ms,
            path: "none",
            taken: false,
            receipt: None,
            log_error: None,
            agent_error: None,
        }
    }
}

/// The receipt as JSON, as `proto/receipt.ts` writes it too; `genuine` says whether an agent of this installation signed it.
#[must_use]
pub fn receipt_json(receipt: &Receipt, genuine: bool) -> Value {
    json!({
        "request_id": receipt.request_id,
        "instance": receipt.instance,
        "module": receipt.module,
        "applied": receipt.applied,
        "reason": receipt.reason,
        "sequence": receipt.sequence.to_string(),
        "policy_hash": to_hex(&receipt.policy_hash),
        "applied_ns": receipt.applied_ns.to_string(),
        "first_event_ns": receipt.first_event_ns.to_string(),
        "genuine": genuine,
    })
}

pub(super) fn unknown_agent_state(module: Module, error: &std::io::Error) -> String {
    format!("it is not known whether the {} agent runs: {}", module_name(module), disk::why(error))
}

/// Applies a command to the state on disk while no agent runs.
pub(super) fn apply_offline(
    options: &SendOptions,
    module: Module,
    signed: &Signed,
) -> Result<Receipt, ControlError> {
    let control =
        AgentControl::open(&options.data_dir, module, &options.instance, options.sign_sk_hex.as_deref())?;
    // No events are handled here, so there is none to wait for.
    control.live.handled(u64::MAX, 0);
    control.obey(signed, true).ok_or(ControlError::OtherModule)
}

/// Stores an agent's answer.
pub(super) fn record_receipt(options: &SendOptions, sent: &mut Sent, receipt: &Receipt) {
    let genuine = trust_store(&options.data_dir, options.sign_sk_hex.as_deref())
        .is_ok_and(|trust_store| trust_store.receipt(receipt));
    (sent.path, sent.receipt, sent.agent_error) = ("socket", Some(receipt_json(receipt, genuine)), None);
    sent.taken = receipt.applied;
}

/// The keys whose receipts and reports are trusted on the host of a data folder.
///
/// # Errors
/// A key of the host cannot be used.
pub(super) fn trust_store(data_dir: &Path, sign_sk_hex: Option<&str>) -> Result<TrustStore, ControlError> {
    let own = keys::load_if_there(data_dir, keys::AGENT_KEY)?.map(|key| key.verifying_key());
    // Without its own control key, a host trusts others only by the shared key; this host's agents sign with
    // their own.
    let control = keys::load(data_dir, keys::CONTROL_KEY).ok();
    let shared = sign_sk_hex.and_then(keys::from_hex);
    let trusted = control.iter().chain(&shared).map(SigningKey::verifying_key).collect();
    // Without the host's name, no key is accepted for this host without a certificate.
    let instance = std::fs::read_to_string(data_dir.join("instance")).unwrap_or_default().trim().to_owned();
    Ok(TrustStore { own, instance, trusted })
}
