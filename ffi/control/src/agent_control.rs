//! The agent's side: commands from the log, a socket and a signal; policy to the hot thread by atomics.

use std::fmt::Display;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ed25519_dalek::{SigningKey, VerifyingKey};
use topic_log::clock::{now_ms, now_ns};
use topic_log::disk;
use wire::control::{Action, Command};
use wire::hex::{bytes_of_hex, to_hex};
use wire::jobs::{AgentReport, Receipt};
use wire::prost::Message;

use super::agent_signer::Voice;
use super::command::{self, COMMAND_BYTES_MAX, Signed};
use super::desired_state::SignedState;
use super::error::{ControlError, Refusal};
use super::keys;
use super::latch;
use super::live_policy::{KILL_SIGNAL, Live};
use super::names::{Module, module_name};
use super::replay_window::Mark;
use super::state::{ControlState, StateFile, StoredPolicy};

/// How long a receipt waits for the first event under the new policy.
const EVENT_WAIT: Duration = Duration::from_secs(2);
/// Like [`EVENT_WAIT`], for a kill: it must be answered within 100 ms.
const KILL_WAIT: Duration = Duration::from_millis(40);
/// Connections served at once; more wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 16;
const SOCKET_TIMEOUT: Duration = Duration::from_secs(5);

struct Inner {
    state: ControlState,
    file: StateFile,
}

/// One agent's control: every command is applied here, once, whichever way it comes.
pub struct Control {
    /// What the hot thread reads.
    pub live: Arc<Live>,
    module: Module,
    instance: String,
    data_dir: PathBuf,
    trusted: Vec<VerifyingKey>,
    voice: Voice,
    inner: Mutex<Inner>,
}

impl Control {
    /// Reads the module's state; `sign_sk_hex` is an additional key whose commands are obeyed.
    ///
    /// # Errors
    /// The state or a key cannot be used.
    pub fn open(
        data_dir: &Path,
        module: Module,
        instance: &str,
        sign_sk_hex: Option<&str>,
    ) -> Result<Control, ControlError> {
        let own = keys::load(data_dir, keys::CONTROL_KEY)?;
        let shared = sign_sk_hex.and_then(keys::from_hex);
        let trusted = trusted_keys(&own, shared.as_ref());
        let key = keys::load_or_create(data_dir, keys::AGENT_KEY)?;
        let instance = format!("{}-{instance}", module_name(module));
        let by = shared.as_ref().unwrap_or(&own);
        let voice = Voice::new(key, by, &instance);
        let (file, state) = StateFile::open(&data_dir.join("agents"), module_name(module))?;
        // Best effort: on a full or unwritable disk, a kill reports what it could not store.
        let _ = latch::reserve(data_dir, module_name(module));
        let live = Arc::new(Live::default());
        live.set(&state.policy.policy(), false);
        let inner = Mutex::new(Inner { state, file });
        let control =
            Control { live, module, instance, data_dir: data_dir.to_path_buf(), trusted, voice, inner };
        if control.newly_latched().is_some() {
            // If it cannot be stored, the next start finds the latch itself again.
            let _ = control.latch(&mut control.inner());
        }
        Ok(control)
    }

    /// The request of a kill put on disk while this agent did not answer or run, unless already in force.
    fn newly_latched(&self) -> Option<String> {
        let latched = latch::read(&self.data_dir, module_name(self.module));
        let inner = self.inner();
        let request_id = match latched {
            Ok(latched) => latched.filter(|latched| latched.count > inner.state.lifted)?.request_id,
            // A damaged latch counts as a kill, since its content cannot be guessed. A temporary error is
            // retried at the next check.
            Err(error) if latch::is_damaged(&error) => String::new(),
            Err(_) => return None,
        };
        (!inner.state.policy.killed).then_some(request_id)
    }

    /// Kills, even if the disk fails.
    fn latch(&self, inner: &mut Inner) -> std::io::Result<()> {
        inner.state.policy.killed = true;
        inner.state.kill_sequence = inner.state.kill_sequence.max(now_ms() * 1_000);
        self.live.set(&inner.state.policy.policy(), false);
        let Inner { state, file } = inner;
        file.write(state)
    }

    /// The latch's count that an un-kill lifts; a damaged latch is first made again.
    fn lifted(&self) -> Result<u64, ControlError> {
        let name = module_name(self.module);
        let read = || latch::read(&self.data_dir, name);
        let latched = read().or_else(|_| latch::set(&self.data_dir, name, "").and_then(|()| read()));
        Ok(latched.map_err(ControlError::LatchNotRead)?.map_or(0, |latched| latched.count))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The policy in force, in the form that is shown.
    #[must_use]
    pub fn policy(&self) -> StoredPolicy {
        self.inner().state.policy.clone()
    }

    /// The module whose commands it obeys.
    #[must_use]
    pub fn module(&self) -> Module {
        self.module
    }

    /// Keys whose commands and models are trusted.
    #[must_use]
    pub fn trusted(&self) -> &[VerifyingKey] {
        &self.trusted
    }

    /// The receipt of a deployment, given once; `None` if it was already given.
    #[must_use]
    pub fn answer_model(&self, request_id: &str, applied: bool, reason: String) -> Option<Receipt> {
        let mut inner = self.inner();
        if inner.state.answers.iter().any(|(known, _)| known == request_id) {
            return None;
        }
        let policy = inner.state.policy.clone();
        let mut receipt = Receipt {
            schema_version: "rcpt-v1".to_owned(),
            request_id: request_id.to_owned(),
            instance: self.instance.clone(),
            module: module_name(self.module).to_owned(),
            applied,
            reason,
            sequence: 0,
            policy_hash: policy.hash().to_vec(),
            applied_ns: now_ns(),
            first_event_ns: 0,
            ..Receipt::default()
        };
        self.voice.sign(&mut receipt);
        inner.state.answered(request_id, kept(&receipt));
        let Inner { state, file } = &mut *inner;
        // If it cannot be stored, the request is answered once more after a restart.
        let _ = file.write(state);
        Some(receipt)
    }

    /// Whether this request already has its receipt.
    #[must_use]
    pub fn has_answered(&self, request_id: &str) -> bool {
        self.inner().state.answers.iter().any(|(known, _)| known == request_id)
    }

    /// Next offset of the commands' topic; 0 = never read.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.inner().state.offset
    }

    /// Stores how far the commands' topic was read. Best effort: what is read twice is answered twice.
    pub fn set_offset(&self, offset: u64) {
        let mut inner = self.inner();
        inner.state.offset = offset;
        let Inner { state, file } = &mut *inner;
        // If it cannot be stored, commands are read again after a restart and recognised by their answers.
        let _ = file.write(state);
    }

    /// Obeys or refuses one command; returns the receipt, or `None` if it is for another module. `local`: it
    /// came from the same user through the socket, who may kill without a signature.
    #[must_use]
    pub fn obey(&self, signed: &Signed, local: bool) -> Option<Receipt> {
        let parsed = signed.command();
        if parsed.as_ref().is_ok_and(|command| command.module() != self.module) {
            return None;
        }
        let verified = signed.verify(&self.trusted, now_ms());
        let proven = verified.is_ok();
        let kill = parsed.as_ref().is_ok_and(command::is_kill) && (local || proven);
        if kill {
            // Before anything that could block: the latch on disk and the receipt come later.
            self.live.killed.store(true, SeqCst);
        }
        let mut inner = self.inner();
        let request_id = parsed.as_ref().map_or_else(|_| String::new(), |command| command.request_id.clone());
        let answered =
            inner.state.answers.iter().find(|(known, _)| *known == request_id && !known.is_empty());
        if let Some(receipt) = answered.and_then(|(_, hex)| from_hex(hex)) {
            match again(&inner.state, signed, kill, local, &receipt) {
                Again::Answered => {
                    self.live.killed.store(inner.state.policy.killed, SeqCst);
                    return Some(self.voice.with_certificate(receipt));
                }
                Again::Lifted => {
                    self.live.killed.store(inner.state.policy.killed, SeqCst);
                    return Some(self.refuse(&mut inner, signed, &request_id, &Refusal::Lifted));
                }
                Again::Kills => {}
            }
        }
        let checked = if kill { parsed } else { check(&inner.state, signed, verified) };
        let applied = checked.map_err(ControlError::from).and_then(|command| {
            let next = command::apply(&inner.state.policy.policy(), &command)?;
            let lifted = if command::is_unkill(&command) { Some(self.lifted()?) } else { None };
            Ok((next, lifted, command))
        });
        let ((policy, restart), lifted, command) = match applied {
            Ok(next) => next,
            Err(reason) => return Some(self.refuse(&mut inner, signed, &request_id, &reason)),
        };
        let before = inner.state.clone();
        inner.state.policy = StoredPolicy::from(&policy);
        inner.state.obeyed(signed, &command, proven);
        inner.state.lifted = lifted.unwrap_or(inner.state.lifted);
        let mut receipt = self.receipt(&inner.state.policy, signed, &request_id, String::new(), true);
        inner.state.answered(&request_id, kept(&receipt));
        let Inner { state, file } = &mut *inner;
        if let Err(error) = file.write(state) {
            let why = ControlError::StateNotKept(error);
            if !kill {
                inner.state = before;
                return Some(self.refuse(&mut inner, signed, &request_id, &why));
            }
            receipt.reason = format!("killed, but {why}: it will not outlive a restart");
        }
        let version = self.live.set(&policy, restart);
        // Other commands must not wait for the events that this one waits for.
        drop(inner);
        let limit = if policy.killed { KILL_WAIT } else { EVENT_WAIT };
        receipt.first_event_ns = self.live.wait_for_event(version, limit);
        if kill && !self.live.wait_until_quiet() {
            receipt.applied = false;
            receipt.reason =
                "it decides nothing more, but its last write has not ended: kill it again".to_owned();
        }
        self.voice.sign(&mut receipt);
        if let Some((_, hex)) = self.inner().state.answers.iter_mut().find(|(known, _)| *known == request_id)
        {
            *hex = kept(&receipt);
        }
        Some(receipt)
    }

    /// Adopts a wanted state as a whole if it is newer than what this agent has obeyed; the receipt answers
    /// the request that made it. `None`: nothing to adopt.
    #[must_use]
    pub fn adopt(&self, wanted: &SignedState) -> Option<Receipt> {
        let signed = &wanted.signed;
        let is_old = |inner: &Inner| {
            inner.state.sequences.get(&signed.key_id).is_some_and(|&newest| signed.sequence <= newest)
        };
        if is_old(&self.inner()) {
            return None;
        }
        let proven = wanted.verify(&self.trusted);
        let mut inner = self.inner();
        if is_old(&inner) {
            return None;
        }
        if let Err(reason) = proven {
            let reason = format!("the wanted state is not adopted: {reason}");
            return Some(self.refuse(&mut inner, signed, &wanted.request_id, &reason));
        }
        let before = inner.state.clone();
        inner.state.sequences.insert(signed.key_id.clone(), signed.sequence);
        if inner.state.answers.iter().any(|(known, _)| *known == wanted.request_id) {
            // Its command was already obeyed here. If this write fails, the next pass finds the same again.
            let Inner { state, file } = &mut *inner;
            let _ = file.write(state);
            return None;
        }
        let newer_kill = wanted.kill_sequence > inner.state.kill_sequence;
        // Only an un-kill newer than the kill in force lifts it; a kill counts whatever its number.
        let killed = wanted.policy.killed || (inner.state.policy.killed && !newer_kill);
        let lifts = inner.state.policy.killed && !killed;
        let lifted = if lifts { self.lifted() } else { Ok(inner.state.lifted) };
        let policy = StoredPolicy { killed, ..wanted.policy.clone() };
        inner.state.policy = policy.clone();
        inner.state.kill_sequence = inner.state.kill_sequence.max(wanted.kill_sequence);
        let reason = "the wanted state was adopted".to_owned();
        let mut receipt = self.receipt(&policy, signed, &wanted.request_id, reason, true);
        inner.state.answered(&wanted.request_id, kept(&receipt));
        let on_disk = lifted.and_then(|lifted| {
            inner.state.lifted = lifted;
            let Inner { state, file } = &mut *inner;
            file.write(state).map_err(ControlError::StateNotKept)
        });
        if let Err(reason) = on_disk {
            inner.state = before;
            return Some(self.refuse(&mut inner, signed, &wanted.request_id, &reason));
        }
        let version = self.live.set(&policy.policy(), false);
        drop(inner);
        let limit = if killed { KILL_WAIT } else { EVENT_WAIT };
        receipt.first_event_ns = self.live.wait_for_event(version, limit);
        self.voice.sign(&mut receipt);
        Some(receipt)
    }

    /// The answer to a kill by signal or by the latch on disk, given once.
    #[must_use]
    pub fn take_kill(&self) -> Option<Receipt> {
        let signalled = KILL_SIGNAL.load(SeqCst);
        let latched = self.newly_latched();
        if !signalled && latched.is_none() {
            return None;
        }
        self.live.killed.store(true, SeqCst);
        // The state on disk reports that the kill is complete, so writes in progress must have ended.
        self.live.wait_until_quiet();
        let mut inner = self.inner();
        let on_disk = self.latch(&mut inner);
        // From here on the policy's flag holds the kill, so that an un-kill can lift it.
        KILL_SIGNAL.store(false, SeqCst);
        let by = if signalled { "killed by signal" } else { "killed by its latch on disk" };
        let reason = on_disk
            .err()
            .map_or_else(|| by.to_owned(), |error| format!("{by}, but not kept: {}", disk::why(&error)));
        let request_id = latched.filter(|id| !id.is_empty()).unwrap_or_else(|| "signal".to_owned());
        let mut receipt = self.receipt(&inner.state.policy, &Signed::default(), &request_id, reason, true);
        self.voice.sign(&mut receipt);
        if request_id != "signal" {
            // The same kill may still come by socket or log: it is then answered and has no further effect.
            inner.state.answered(&request_id, kept(&receipt));
        }
        Some(receipt)
    }

    fn refuse(&self, inner: &mut Inner, signed: &Signed, request_id: &str, why: &dyn Display) -> Receipt {
        let mut receipt = self.receipt(&inner.state.policy, signed, request_id, why.to_string(), false);
        self.voice.sign(&mut receipt);
        receipt
    }

    fn receipt(
        &self,
        policy: &StoredPolicy,
        signed: &Signed,
        request_id: &str,
        reason: String,
        applied: bool,
    ) -> Receipt {
        let mut receipt = Receipt {
            schema_version: "rcpt-v1".to_owned(),
            request_id: request_id.to_owned(),
            instance: self.instance.clone(),
            module: module_name(self.module).to_owned(),
            applied,
            reason,
            sequence: signed.sequence,
            policy_hash: policy.hash().to_vec(),
            applied_ns: now_ns(),
            first_event_ns: 0,
            ..Receipt::default()
        };
        self.voice.sign(&mut receipt);
        receipt
    }

    /// This agent's report to other hosts; `status_json` is the status as its own host has it.
    #[must_use]
    pub fn report(&self, status_json: Vec<u8>) -> AgentReport {
        let mut report = AgentReport {
            instance: self.instance.clone(),
            module: module_name(self.module).to_owned(),
            at_ns: now_ns(),
            status_json,
            ..AgentReport::default()
        };
        self.voice.sign_report(&mut report);
        report
    }
}

/// The command, if it is proven and was not obeyed before.
fn check(
    state: &ControlState,
    signed: &Signed,
    verified: Result<Command, Refusal>,
) -> Result<Command, Refusal> {
    let command = verified?;
    state.window.check(mark(signed, &command), now_ms(), command::AHEAD_MS_MAX)?;
    Ok(command)
}

fn mark(signed: &Signed, command: &Command) -> Mark {
    Mark::new(&signed.key_id, &command.sender, signed.sequence, signed.expires_ms)
}

impl ControlState {
    /// Records a command that is obeyed; only a command proven by a signature enters the window.
    fn obeyed(&mut self, signed: &Signed, command: &Command, proven: bool) {
        if proven {
            self.window.remember(mark(signed, command), now_ms(), command::AHEAD_MS_MAX);
            let newest = self.sequences.entry(signed.key_id.clone()).or_default();
            *newest = signed.sequence.max(*newest);
        }
        if command.action() == Action::Kill {
            let sequence = if proven { signed.sequence } else { now_ms() * 1_000 };
            self.kill_sequence = self.kill_sequence.max(sequence);
        }
    }
}

/// Keys trusted for commands, models and agents: the host's own, and the one that all hosts share.
#[must_use]
fn trusted_keys(own: &SigningKey, shared: Option<&SigningKey>) -> Vec<VerifyingKey> {
    [Some(own), shared].into_iter().flatten().map(SigningKey::verifying_key).collect()
}

/// Classification of a command whose request was already answered.
enum Again {
    /// The same command: its receipt still holds.
    Answered,
    /// A kill that was made before the un-kill that lifted it.
    Lifted,
    /// A kill that was sent again: its earlier receipt does not hold now, so it must take effect.
    Kills,
}

/// A kill's receipt says "applied" only while the kill holds. Sent again after an un-kill, it kills again;
/// copies of the first one that the log delivers later are older than the un-kill and do not.
fn again(state: &ControlState, signed: &Signed, kill: bool, local: bool, receipt: &Receipt) -> Again {
    if !kill || (state.policy.killed && receipt.applied) {
        return Again::Answered;
    }
    // A kill without a key has no sequence number: its time says how new it is.
    let sequence = if signed.sequence == 0 { signed.at_ms.saturating_mul(1_000) } else { signed.sequence };
    if state.policy.killed || sequence > state.kill_sequence {
        Again::Kills
    } else if local {
        Again::Lifted
    } else {
        Again::Answered
    }
}

/// A receipt as it is stored, without the certificate, which can be added again.
fn kept(receipt: &Receipt) -> String {
    to_hex(&Receipt { certificate: String::new(), ..receipt.clone() }.encode_to_vec())
}

fn from_hex(hex: &str) -> Option<Receipt> {
    Receipt::decode(&bytes_of_hex(hex)?[..]).ok()
}

/// The path of a socket in `folder`. A path longer than 108 bytes cannot be bound, so it is reached through
/// the folder's descriptor, which must stay open as long as the path is used.
pub(super) fn socket_path(folder: &File, module: Module) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}/{}.sock", folder.as_raw_fd(), module_name(module)))
}

/// Listens for commands of the same user on `agents/<module>.sock`; calls `answered` with each receipt.
///
/// # Errors
/// The socket cannot be made.
pub fn listen(
    control: &Arc<Control>,
    folder: &Path,
    answered: impl Fn(Receipt) + Send + Sync + 'static,
) -> std::io::Result<()> {
    let open = File::open(folder)?;
    let path = socket_path(&open, control.module);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let (control, answered, busy) = (Arc::clone(control), Arc::new(answered), Arc::new(AtomicUsize::new(0)));
    let accept = move || {
        let _folder = open;
        for stream in listener.incoming() {
            let Ok(stream) = stream else {
                std::thread::sleep(Duration::from_millis(10));
                continue;
            };
            while busy.load(SeqCst) >= CONNECTIONS_MAX {
                std::thread::sleep(Duration::from_millis(1));
            }
            busy.fetch_add(1, SeqCst);
            let (control, answered, busy) = (Arc::clone(&control), Arc::clone(&answered), Arc::clone(&busy));
            let _ = std::thread::Builder::new().name("control".to_owned()).spawn(move || {
                // A client that disconnects or sends invalid bytes sees only a closed socket.
                if let Ok(Some(receipt)) = answer(&control, stream) {
                    answered(receipt);
                }
                busy.fetch_sub(1, SeqCst);
            });
        }
    };
    std::thread::Builder::new().name("control-socket".to_owned()).spawn(accept).map(drop)
}

fn answer(control: &Control, mut stream: UnixStream) -> std::io::Result<Option<Receipt>> {
    stream.set_read_timeout(Some(SOCKET_TIMEOUT))?;
    stream.set_write_timeout(Some(SOCKET_TIMEOUT))?;
    let peer = rustix::net::sockopt::socket_peercred(stream.as_fd())?;
    let own = rustix::process::geteuid();
    if peer.uid != own && !peer.uid.is_root() {
        return Ok(None);
    }
    let mut len = [0; 4];
    stream.read_exact(&mut len)?;
    let len = u32::from_le_bytes(len) as usize;
    if len > COMMAND_BYTES_MAX {
        return Ok(None);
    }
    let mut body = vec![0; len];
    stream.read_exact(&mut body)?;
    let receipt = Signed::from_frame(&body).and_then(|signed| control.obey(&signed, true));
    let bytes = receipt.as_ref().map(Message::encode_to_vec).unwrap_or_default();
    stream.write_all(&(bytes.len() as u32).to_le_bytes())?;
    stream.write_all(&bytes)?;
    Ok(receipt)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_kill_is_in_force_before_anything_that_it_could_wait_for() {
        let data_dir = std::env::temp_dir().join(format!("legend-server-{}", std::process::id()));
        std::fs::create_dir_all(data_dir.join("agents")).expect("a folder");
        keys::load_or_create(&data_dir, keys::CONTROL_KEY).expect("a key");
        let control = Control::open(&data_dir, Module::Mev, "one", None).expect("opens");
        control.live.handled(u64::MAX, 0);
        let command = Command {
            module: Module::Mev.into(),
            action: Action::Kill.into(),
            request_id: "kill".to_owned(),
            schema_version: "ctrl-v1".to_owned(),
            ..Command::default()
        };
        let signed = Signed { bytes: command.encode_to_vec(), ..Signed::default() };
        std::thread::scope(|scope| {
            // Another command is being written to a disk that does not respond.
            let busy = control.inner();
            let killed = scope.spawn(|| control.obey(&signed, true));
            let begin = Instant::now();
            while !control.live.is_killed() && begin.elapsed() < Duration::from_secs(20) {
                std::thread::sleep(Duration::from_millis(1));
            }
            let in_force = control.live.is_killed();
            assert!(!killed.is_finished(), "its receipt waits");
            drop(busy);
            assert!(killed.join().expect("no panic").expect("its module").applied);
            assert!(in_force, "it waited");
        });
        std::fs::remove_dir_all(data_dir).expect("removed");
    }
}
