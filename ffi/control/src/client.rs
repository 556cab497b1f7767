//! The sender's side: a command is built, numbered and signed, sent to the agent over its socket, and
//! appended to the log. Without a running agent it is applied to the module's state on disk. A kill takes
//! paths of its own.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use serde::Deserialize;
use serde_json::json;
use topic_log::clock::now_ms;
use topic_log::disk;
use topic_log::format::{Batch, Record};
use topic_log::{Durability, Log, TopicOptions};
use wire::control::{Command, Module};
use wire::hex::to_hex;
use wire::jobs::{AgentReport, Receipt};
use wire::prost::Message;

use super::agent_process::{Holder, holder, is_frozen};
pub use super::delivery::{SendOptions, Sent, receipt_json};
use super::delivery::{apply_offline, record_receipt, trust_store, unknown_agent_state};
use super::error::ControlError;
use super::kill::kill_here;
use super::names::{action_name, action_of, module_name, module_of};
use super::signed::Signed;
use super::socket_client::request_receipt;
use super::{desired_state, keys};

/// The commands' topic.
pub const COMMANDS_TOPIC: &str = wire::topics::CONTROL_COMMANDS_PROTO;
const MIRROR_TOPIC: &str = wire::topics::CONTROL_COMMANDS;

/// This process's name as a sender.
static SENDER: OnceLock<String> = OnceLock::new();
/// The latest sequence number of this process.
static SEQUENCE: AtomicU64 = AtomicU64::new(0);
/// Commands that still wait for the log.
static PENDING_APPENDS: AtomicUsize = AtomicUsize::new(0);
/// Maximum number of such commands.
const PENDING_APPENDS_MAX: usize = 64;
/// How long to wait for another command of this host, so that desired states stay in order.
const LOCK_WAIT: Duration = Duration::from_secs(8);

/// Sends one command to one module. A kill never waits for a file, lock or log that another process may hold.
///
/// # Errors
/// The command could not even be built (no key, unknown module or action).
pub fn send(options: &SendOptions) -> Result<Sent, ControlError> {
    let module = module_of(&options.module).ok_or_else(|| ControlError::Module(options.module.clone()))?;
    let action = action_of(&options.action).ok_or_else(|| ControlError::Action(options.action.clone()))?;
    let request_id = if options.request_id.is_empty() { random_id()? } else { options.request_id.clone() };
    let mut command = Command {
        ts: 0,
        module: module.into(),
        action: action.into(),
        args: options.args.clone(),
        request_id: request_id.clone(),
        issuer: options.issuer.clone(),
        schema_version: "ctrl-v1".to_owned(),
        role: options.role.clone(),
        sender: sender()?,
    };
    let kill = super::command::is_kill(&command);
    // Commands are numbered and signed in the order in which they are sent; a kill does not wait for others.
    let lock = if kill { None } else { Some(lock(&options.data_dir, LOCK_WAIT)?) };
    let now_ms = now_ms();
    command.ts = now_ms / 1_000;
    let key = match options.sign_sk_hex.as_deref().and_then(keys::from_hex) {
        Some(key) => Ok(key),
        None => keys::load(&options.data_dir, keys::CONTROL_KEY),
    };
    let (signed, key) = match key {
        Ok(key) => (Signed::new(&command, &key, next_sequence(now_ms), now_ms), Some(key)),
        // An unsigned kill is better than none.
        Err(_) if kill => (unsigned(&command, now_ms), None),
        Err(error) => return Err(error),
    };
    let mut sent = Sent::new(request_id, now_ms);
    let wait = Duration::from_millis(options.log_wait_ms);
    let record = LogRecord { data_dir: options.data_dir.clone(), module, signed, command, key };
    if kill {
        // Meanwhile, other hosts learn of it from the log.
        let on_log = record.clone().start();
        kill_here(options, module, &record.signed, &mut sent);
        sent.log_error = wait_until_logged(on_log, wait).err().map(|error| error.to_string());
    } else {
        send_here(options, module, &record.signed, &mut sent);
        sent.log_error = wait_until_logged(record.start(), wait).err().map(|error| error.to_string());
        drop(lock);
        sent.taken = sent.receipt.is_some() || sent.log_error.is_none();
    }
    Ok(sent)
}

/// A slot among the commands that wait for the log.
struct PendingSlot(&'static AtomicUsize);

impl PendingSlot {
    fn take(taken: &'static AtomicUsize) -> Option<PendingSlot> {
        let slot = PendingSlot(taken);
        (taken.fetch_add(1, SeqCst) < PENDING_APPENDS_MAX).then_some(slot)
    }
}

impl Drop for PendingSlot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Delivers the result of appending a command to the log.
type OnLog = Receiver<Result<(), ControlError>>;

/// A command for the log.
#[derive(Clone)]
struct LogRecord {
    data_dir: PathBuf,
    module: Module,
    signed: Signed,
    command: Command,
    key: Option<SigningKey>,
}

impl LogRecord {
    /// Appends the command in a separate thread, so that a process that holds the log's locks does not block the
    /// sender.
    fn start(self) -> Result<OnLog, ControlError> {
        let slot =
            PendingSlot::take(&PENDING_APPENDS).ok_or(ControlError::TooManyWait(PENDING_APPENDS_MAX))?;
        let (result, on_log) = channel();
        let write = move || {
            let is_kill = super::command::is_kill(&self.command);
            let append = || append(&self.data_dir, self.module, &self.signed, &self.command);
            // A kill is sent to other hosts before the lock is waited for.
            let early = is_kill.then(append);
            let state = self.key.as_ref().map_or(Ok(()), |key| {
                // A kill arrives here without the lock. Only this thread waits for the lock's holder.
                let _lock = if is_kill { Some(lock(&self.data_dir, LOCK_WAIT)?) } else { None };
                desired_state::publish(&self.data_dir, self.module, &self.command, &self.signed, key)?;
                Ok(())
            });
            let appended = early.unwrap_or_else(append);
            drop(slot);
            // A caller that did not wait has already reported it.
            let _ = result.send(appended.and(state));
        };
        let spawned = std::thread::Builder::new().name("control-record".to_owned()).spawn(write);
        spawned.map_err(ControlError::Thread)?;
        Ok(on_log)
    }
}

/// Whether the log has the command, waiting at most `wait`.
fn wait_until_logged(on_log: Result<OnLog, ControlError>, wait: Duration) -> Result<(), ControlError> {
    on_log?.recv_timeout(wait).unwrap_or(Err(ControlError::LogIsSlow(wait)))
}

/// Sends a command other than a kill to the agent of this host, or applies it to its state on disk.
fn send_here(options: &SendOptions, module: Module, signed: &Signed, sent: &mut Sent) {
    let wait = Duration::from_millis(options.wait_ms.max(1));
    match request_receipt(&options.data_dir, module, signed, wait) {
        Ok(receipt) => record_receipt(options, sent, &receipt),
        Err(error) => {
            sent.agent_error = Some(error.to_string());
            if !options.disk {
                return;
            }
            match holder(&options.data_dir, module) {
                Holder::ThisProcess(_held) => match apply_offline(options, module, signed) {
                    Ok(receipt) => {
                        (sent.path, sent.receipt) = ("disk", Some(receipt_json(&receipt, true)));
                    }
                    Err(error) => sent.agent_error = Some(error.to_string()),
                },
                Holder::Agent(Some(pid)) if is_frozen(pid) => {
                    sent.agent_error = Some(format!("the {} agent is frozen", module_name(module)));
                }
                Holder::Agent(_) => {}
                Holder::Unknown(error) => sent.agent_error = Some(unknown_agent_state(module, &error)),
            }
        }
    }
}

/// A kind of agent record to check.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordKind {
    /// A receipt of a command.
    Receipt,
    /// An agent's report about itself.
    Report,
}

/// Whether an agent of this installation, on any host, signed the bytes of a record.
///
/// # Errors
/// A key of the host cannot be used.
pub fn is_signed(
    kind: RecordKind,
    bytes: &[u8],
    data_dir: &Path,
    sign_sk_hex: Option<&str>,
) -> Result<bool, ControlError> {
    let trust_store = trust_store(data_dir, sign_sk_hex)?;
    Ok(match kind {
        RecordKind::Receipt => Receipt::decode(bytes).is_ok_and(|receipt| trust_store.receipt(&receipt)),
        RecordKind::Report => AgentReport::decode(bytes).is_ok_and(|report| trust_store.report(&report)),
    })
}

/// The clock in microseconds, or the last number plus one: rises with every command of this process.
fn next_sequence(now_ms: u64) -> u64 {
    let floor = now_ms * 1_000;
    let next = |last: u64| Some(floor.max(last + 1));
    SEQUENCE.fetch_update(SeqCst, SeqCst, next).map_or(floor, |last| floor.max(last + 1))
}

/// The random name of this process, which makes its sequence numbers its own.
fn sender() -> Result<String, ControlError> {
    if let Some(name) = SENDER.get() {
        return Ok(name.clone());
    }
    let name = random_id()?;
    Ok(SENDER.get_or_init(|| name).clone())
}

/// Allows one sender at a time for commands other than kills, so that their desired states stay in order.
fn lock(data_dir: &Path, wait: Duration) -> Result<File, ControlError> {
    let folder = data_dir.join("control");
    let path = folder.join("lock");
    let cannot = |source| ControlError::File { path: path.clone(), source };
    disk::make_folder(&folder).map_err(cannot)?;
    let open =
        || OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    // Nothing is written to the file: a process that may only read it, or has no room to make it, can still
    // lock it.
    let file = open().or_else(|_| File::open(&path)).or_else(|_| File::open(&folder)).map_err(cannot)?;
    let begin = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(std::fs::TryLockError::WouldBlock) if begin.elapsed() < wait => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(ControlError::Locked { path, waited: wait });
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(cannot(error)),
        }
    }
}

fn unsigned(command: &Command, at_ms: u64) -> Signed {
    Signed {
        bytes: command.encode_to_vec(),
        at_ms,
        expires_ms: at_ms + super::signed::EXPIRY_MS,
        ..Signed::default()
    }
}

/// Appends the record, and its JSON mirror, which agents never obey.
fn append(data_dir: &Path, module: Module, signed: &Signed, command: &Command) -> Result<(), ControlError> {
    let log = Log::open(&data_dir.join("log"))?;
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
    put(COMMANDS_TOPIC, &signed.bytes, &headers)?;
    let mirror = json!({
        "ts": command.ts,
        "module": module_name(module),
        "action": action_name(command.action()),
        "args": command.args,
        "request_id": command.request_id,
        "issuer": command.issuer,
    });
    Ok(put(MIRROR_TOPIC, mirror.to_string().as_bytes(), &[])?)
}

fn random_id() -> Result<String, ControlError> {
    let mut bytes = [0; 16];
    let read = File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut bytes));
    read.map_err(ControlError::Random)?;
    Ok(to_hex(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_four_commands_may_wait_for_the_log_and_no_more() {
        static TAKEN: AtomicUsize = AtomicUsize::new(0);
        let mut slots: Vec<PendingSlot> = (0..64).map_while(|_| PendingSlot::take(&TAKEN)).collect();
        assert_eq!(slots.len(), 64);
        assert!(PendingSlot::take(&TAKEN).is_none() && PendingSlot::take(&TAKEN).is_none());
        slots.pop();
        slots.extend(PendingSlot::take(&TAKEN));
        assert_eq!(slots.len(), 64, "one has gone, so one may come");
        assert!(PendingSlot::take(&TAKEN).is_none());
    }

    #[test]
    fn one_command_at_a_time_holds_the_lock_and_the_refusal_names_it() {
        let folder = std::env::temp_dir().join(format!("legend-sender-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let held = lock(&folder, Duration::from_secs(60)).expect("it is free");
        let path = folder.join("control/lock");
        let file = File::open(&path).expect("it is made");
        assert!(matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)), "it is this one");
        let refused = lock(&folder, Duration::ZERO).expect_err("another one has it");
        assert_eq!(
            refused.to_string(),
            format!("Cannot send: another command has held {} for 0 s", path.display())
        );
        drop(held);
        drop(lock(&folder, Duration::ZERO).expect("it is over"));
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
