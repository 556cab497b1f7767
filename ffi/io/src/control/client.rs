//! The sender's side: a command is made, numbered and signed under one lock, brought to the agents by their
//! sockets, and put on the log. Without a running agent it is applied to the module's state on disk.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::control::{Command, Module};
use wire::jobs::{AgentReport, Receipt};
use wire::prost::Message;

use super::command::Signed;
use super::server::{Control, action_name, action_of, module_name, module_of, socket_path, trusted_keys};
use super::voice::Believed;
use super::{keys, now_ms, wanted};
use crate::disk;
use crate::log::format::{Batch, Record};
use crate::log::{Durability, Log, TopicOptions};

/// The commands' topic.
pub const COMMANDS_TOPIC: &str = "control-commands-proto";
const MIRROR_TOPIC: &str = "control-commands";

/// What to send.
#[derive(Deserialize)]
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
    /// Names the request; made when empty.
    #[serde(default)]
    pub request_id: String,
    /// Another key to sign with.
    pub sign_sk_hex: Option<String>,
    /// Milliseconds to wait for the receipt.
    pub wait_ms: u64,
    /// Whether the state on disk is changed when no agent runs here: not on a host that never has one.
    #[serde(default = "yes")]
    pub disk: bool,
}

fn yes() -> bool {
    true
}

/// What came of it.
#[derive(Serialize)]
pub struct Sent {
    /// Names the request.
    pub request_id: String,
    /// Unix milliseconds at which it was signed.
    pub at_ms: u64,
    /// `socket`: the agent answered. `disk`: no agent runs, its state was changed. `signal`: the agent was
    /// signalled, it answers on the log. `none`: nobody has it but the log.
    pub path: &'static str,
    /// The agent's answer.
    pub receipt: Option<Value>,
    /// Why the log does not have it.
    pub log_error: Option<String>,
    /// Why no agent answered.
    pub agent_error: Option<String>,
}

/// The receipt as JSON; `genuine` says whether an agent of this installation signed it.
#[must_use]
pub fn receipt_json(receipt: &Receipt, genuine: bool) -> Value {
    json!({
        "request_id": receipt.request_id,
        "instance": receipt.instance,
        "module": receipt.module,
        "applied": receipt.applied,
        "reason": receipt.reason,
        "sequence": receipt.sequence.to_string(),
        "policy_hash": keys::to_hex(&receipt.policy_hash),
        "applied_ns": receipt.applied_ns.to_string(),
        "first_event_ns": receipt.first_event_ns.to_string(),
        "genuine": genuine,
    })
}

/// Sends one command to one module.
///
/// # Errors
/// One line: it could not even be made (no key, unknown module or action).
pub fn send(options: &SendOptions) -> Result<Sent, String> {
    let module = module_of(&options.module)
        .ok_or_else(|| format!("Cannot control {}: need arbitrage or mev", options.module))?;
    let action = action_of(&options.action).ok_or_else(|| {
        format!(
            "Cannot control: no action `{}`, need start, stop, restart, throttle, policy or kill",
            options.action
        )
    })?;
    let data_dir = &options.data_dir;
    let request_id = if options.request_id.is_empty() {
        random_id().map_err(|error| error.to_string())?
    } else {
        options.request_id.clone()
    };
    let now_ms = now_ms();
    let command = Command {
        ts: now_ms / 1_000,
        module: module.into(),
        action: action.into(),
        args: options.args.clone(),
        request_id: request_id.clone(),
        issuer: options.issuer.clone(),
        schema_version: "ctrl-v1".to_owned(),
    };
    let kill = super::command::is_kill(&command);
    let lock = lock(data_dir);
    let sequence = next_sequence(lock.as_ref().ok(), now_ms);
    let key = match options.sign_sk_hex.as_deref().and_then(keys::from_hex) {
        Some(key) => Ok(key),
        None => keys::load_or_create(data_dir, keys::CONTROL_KEY),
    };
    let signed = match &key {
        Ok(key) => Signed::new(&command, key, sequence, now_ms),
        // A kill goes out without a signature rather than not at all.
        Err(_) if kill => unsigned(&command, now_ms),
        Err(error) => return Err(error.clone()),
    };
    if let (Err(error), false) = (&lock, kill) {
        return Err(error.clone());
    }
    let mut sent =
        Sent { request_id, at_ms: now_ms, path: "none", receipt: None, log_error: None, agent_error: None };
    deliver(options, module, &signed, kill, &mut sent);
    let told = match &key {
        Ok(key) => wanted::tell(data_dir, module, &command, key, [sequence, now_ms]),
        Err(_) => Ok(()),
    };
    sent.log_error =
        append(data_dir, module, &signed, &command).and(told.map_err(|error| error.to_string())).err();
    drop(lock);
    Ok(sent)
}

fn deliver(options: &SendOptions, module: Module, signed: &Signed, kill: bool, sent: &mut Sent) {
    let data_dir = &options.data_dir;
    match by_socket(data_dir, module, signed, Duration::from_millis(options.wait_ms)) {
        Ok(receipt) => {
            let believed = believed(data_dir, options.sign_sk_hex.as_deref());
            let genuine = believed.is_ok_and(|believed| believed.receipt(&receipt));
            (sent.path, sent.receipt) = ("socket", Some(receipt_json(&receipt, genuine)));
        }
        Err(error) => {
            sent.agent_error = Some(error);
            if !options.disk {
                return;
            }
            match agent_lock(data_dir, module) {
                // Nobody runs, and nobody can start while we hold its lock.
                Ok(_held) => {
                    match Control::open(data_dir, module, &options.instance, options.sign_sk_hex.as_deref()) {
                        Ok(control) => {
                            if let Some(receipt) = control.obey_offline(signed) {
                                (sent.path, sent.receipt) = ("disk", Some(receipt_json(&receipt, true)));
                            }
                        }
                        Err(error) => sent.agent_error = Some(error),
                    }
                }
                Err(Some(pid)) if kill && signal(pid) => sent.path = "signal",
                Err(_) => {}
            }
        }
    }
}

/// Whose word counts on the host of a data folder.
///
/// # Errors
/// One line: a key of the host cannot be used.
fn believed(data_dir: &Path, sign_sk_hex: Option<&str>) -> Result<Believed, String> {
    let control = keys::load_or_create(data_dir, keys::CONTROL_KEY)?;
    let own = keys::load_or_create(data_dir, keys::AGENT_KEY)?.verifying_key();
    let trusted = trusted_keys(&control, sign_sk_hex.and_then(keys::from_hex).as_ref());
    Ok(Believed { own, trusted })
}

/// What an agent said that is to be checked.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// A receipt of a command.
    Receipt,
    /// A report of itself.
    Report,
}

/// Whether an agent of this installation, on whatever host, signed the bytes of a record.
///
/// # Errors
/// One line: a key of the host cannot be used.
pub fn is_signed(
    said: Said,
    bytes: &[u8],
    data_dir: &Path,
    sign_sk_hex: Option<&str>,
) -> Result<bool, String> {
    let believed = believed(data_dir, sign_sk_hex)?;
    Ok(match said {
        Said::Receipt => Receipt::decode(bytes).is_ok_and(|receipt| believed.receipt(&receipt)),
        Said::Report => AgentReport::decode(bytes).is_ok_and(|report| believed.report(&report)),
    })
}

fn by_socket(data_dir: &Path, module: Module, signed: &Signed, wait: Duration) -> Result<Receipt, String> {
    let talk = || -> std::io::Result<Vec<u8>> {
        let folder = File::open(data_dir.join("agents"))?;
        let mut stream = UnixStream::connect(socket_path(&folder, module))?;
        stream.set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
        stream.set_write_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(&signed.to_frame())?;
        let mut len = [0; 4];
        stream.read_exact(&mut len)?;
        let mut bytes = vec![0; (u32::from_le_bytes(len) as usize).min(super::command::COMMAND_BYTES_MAX)];
        stream.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    let bytes =
        talk().map_err(|error| format!("the {} agent does not answer: {error}", module_name(module)))?;
    let receipt = Receipt::decode(&bytes[..]).ok().filter(|receipt| !receipt.instance.is_empty());
    receipt.ok_or_else(|| format!("the {} agent refused the connection", module_name(module)))
}

/// The file that one agent of a module holds locked; its text is the agent's process id.
#[must_use]
pub fn agent_lock_path(data_dir: &Path, module: Module) -> PathBuf {
    data_dir.join("agents").join(format!("{}.lock", module_name(module)))
}

/// The lock, when no agent holds it; else the holder's process id, when it can be read.
fn agent_lock(data_dir: &Path, module: Module) -> Result<File, Option<i32>> {
    let path = agent_lock_path(data_dir, module);
    let _ = std::fs::create_dir_all(data_dir.join("agents"));
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    let mut file = open.map_err(|_| None)?;
    if file.try_lock().is_ok() {
        return Ok(file);
    }
    let mut text = String::new();
    let _ = file.read_to_string(&mut text);
    Err(text.trim().parse().ok())
}

fn signal(pid: i32) -> bool {
    // SAFETY: kill(2) takes any number; the id is of the process that holds the lock.
    pid > 1 && unsafe { libc::kill(pid, libc::SIGUSR2) } == 0
}

/// One sender at a time, so that sequences stand on the log in their order.
fn lock(data_dir: &Path) -> Result<File, String> {
    let folder = data_dir.join("control");
    let path = folder.join("sequence");
    let cannot = |error: std::io::Error| format!("Cannot use {}: {}", path.display(), disk::why(&error));
    std::fs::create_dir_all(&folder).map_err(cannot)?;
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(cannot)?;
    file.lock().map_err(cannot)?;
    Ok(file)
}

/// Microseconds of the clock, or one more than the last: it rises even if the clock does not, and even if
/// the disk is full.
fn next_sequence(file: Option<&File>, now_ms: u64) -> u64 {
    let mut last = [0; 8];
    let read = file.is_some_and(|file| file.read_exact_at(&mut last, 0).is_ok());
    let last = if read { u64::from_le_bytes(last) } else { 0 };
    let next = (last + 1).max(now_ms * 1_000);
    if let Some(file) = file {
        // Best effort: the clock goes on anyway.
        let _ = file.write_all_at(&next.to_le_bytes(), 0);
    }
    next
}

fn unsigned(command: &Command, at_ms: u64) -> Signed {
    Signed {
        bytes: command.encode_to_vec(),
        signature: Vec::new(),
        key_id: String::new(),
        sequence: 0,
        at_ms,
        expires_ms: at_ms + super::command::EXPIRY_MS,
    }
}

/// The record, and its JSON mirror, which nobody obeys.
fn append(data_dir: &Path, module: Module, signed: &Signed, command: &Command) -> Result<(), String> {
    let log = Log::open(&data_dir.join("log")).map_err(|error| error.to_string())?;
    let timestamp_ms = i64::try_from(signed.at_ms).unwrap_or(i64::MAX);
    let put = |topic: &str, value: &[u8], headers: &[(&str, &[u8])]| {
        let topic = log.topic(topic, TopicOptions::default(), true)?;
        let mut batch = Batch::default();
        let key = Some(module_name(module).as_bytes());
        batch.push(&Record { key, value: Some(value), headers, timestamp_ms })?;
        topic.append(&mut batch, Durability::Group).map(drop)
    };
    let headers = signed.headers();
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, &value[..])).collect();
    put(COMMANDS_TOPIC, &signed.bytes, &headers).map_err(|error| error.to_string())?;
    let mirror = json!({
        "ts": command.ts,
        "module": module_name(module),
        "action": action_name(command.action()),
        "args": command.args,
        "request_id": command.request_id,
        "issuer": command.issuer,
    });
    put(MIRROR_TOPIC, mirror.to_string().as_bytes(), &[]).map_err(|error| error.to_string())
}

fn random_id() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(keys::to_hex(&bytes))
}

impl Control {
    /// As [`Control::obey`] while no agent runs: nobody handles an event, so nobody waits for one.
    fn obey_offline(&self, signed: &Signed) -> Option<Receipt> {
        self.live.handled(u64::MAX, 0);
        self.obey(signed, true)
    }
}
