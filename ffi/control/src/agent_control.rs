//! The agent's side: commands from the log, a socket and a signal; policy to the decision loop by atomics.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ed25519_dalek::{SigningKey, VerifyingKey};
use topic_log::clock::{now_ms, now_ns};
use topic_log::disk;
use wire::hex::{bytes_of_hex, to_hex};
use wire::jobs::{AgentReport, Receipt};
use wire::prost::Message;

use super::agent_signer::AgentSigner;
use super::error::ControlError;
use super::keys;
use super::latch;
use super::live_policy::{KILL_SIGNAL, LivePolicy};
use super::names::{Module, module_name};
use super::signed::Signed;
use super::state::{ControlState, StateFile, StoredPolicy};

/// How long a receipt waits for the first event under the new policy.
const EVENT_WAIT: Duration = Duration::from_secs(2);
/// Like [`EVENT_WAIT`], for a kill: it must be answered within 100 ms.
const KILL_WAIT: Duration = Duration::from_millis(40);

/// The state, and the file that it is stored in.
pub(super) struct Stored {
    pub(super) state: ControlState,
    file: StateFile,
}

impl Stored {
    /// Writes the state to disk.
    pub(super) fn write(&mut self) -> std::io::Result<()> {
        self.file.write(&self.state)
    }
}

/// One agent's control: every command is applied here, once, whichever way it comes.
pub struct AgentControl {
    /// What the decision loop reads.
    pub live: Arc<LivePolicy>,
    pub(super) module: Module,
    instance: String,
    data_dir: PathBuf,
    pub(super) trusted: Vec<VerifyingKey>,
    pub(super) signer: AgentSigner,
    stored: Mutex<Stored>,
}

impl AgentControl {
    /// Reads the module's state; `sign_sk_hex` is an additional key whose commands are obeyed.
    ///
    /// # Errors
    /// The state or a key cannot be used.
    pub fn open(
        data_dir: &Path,
        module: Module,
        instance: &str,
        sign_sk_hex: Option<&str>,
    ) -> Result<AgentControl, ControlError> {
        let own = keys::load(data_dir, keys::CONTROL_KEY)?;
        let shared = sign_sk_hex.and_then(keys::from_hex);
        let trusted = trusted_keys(&own, shared.as_ref());
        let key = keys::load_or_create(data_dir, keys::AGENT_KEY)?;
        let instance = format!("{}-{instance}", module_name(module));
        let by = shared.as_ref().unwrap_or(&own);
        let signer = AgentSigner::new(key, by, &instance);
        let (file, state) = StateFile::open(&data_dir.join("agents"), module_name(module))?;
        // Best effort: on a full or unwritable disk, a kill reports what it could not store.
        let _ = latch::reserve(data_dir, module_name(module));
        let live = Arc::new(LivePolicy::default());
        live.set(&state.policy.policy(), false);
        let stored = Mutex::new(Stored { state, file });
        let control = AgentControl {
            live,
            module,
            instance,
            data_dir: data_dir.to_path_buf(),
            trusted,
            signer,
            stored,
        };
        if control.newly_latched().is_some() {
            // If it cannot be stored, the next start finds the latch itself again.
            let _ = control.latch(&mut control.stored());
        }
        Ok(control)
    }

    /// The request of a kill put on disk while this agent did not answer or run, unless already in force.
    fn newly_latched(&self) -> Option<String> {
        let latched = latch::read(&self.data_dir, module_name(self.module));
        let stored = self.stored();
        let request_id = match latched {
            Ok(latched) => latched.filter(|latched| latched.count > stored.state.lifted)?.request_id,
            // A damaged latch counts as a kill, since its content cannot be guessed. A temporary error is
            // retried at the next check.
            Err(error) if latch::is_damaged(&error) => String::new(),
            Err(_) => return None,
        };
        (!stored.state.policy.killed).then_some(request_id)
    }

    /// Kills, even if the disk fails.
    fn latch(&self, stored: &mut Stored) -> std::io::Result<()> {
        stored.state.policy.killed = true;
        stored.state.kill_sequence = stored.state.kill_sequence.max(now_ms() * 1_000);
        self.live.set(&stored.state.policy.policy(), false);
        stored.write()
    }

    /// The latch's count, which an un-kill lifts; a damaged latch is first made again.
    pub(super) fn latched_count(&self) -> Result<u64, ControlError> {
        let name = module_name(self.module);
        let read = || latch::read(&self.data_dir, name);
        let latched = read().or_else(|_| latch::set(&self.data_dir, name, "").and_then(|()| read()));
        Ok(latched.map_err(ControlError::LatchNotRead)?.map_or(0, |latched| latched.count))
    }

    pub(super) fn stored(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The policy in force, in the form that is shown.
    #[must_use]
    pub fn policy(&self) -> StoredPolicy {
        self.stored().state.policy.clone()
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
        let mut stored = self.stored();
        if stored.state.has_answered(request_id) {
            return None;
        }
        let receipt = self.receipt(&stored.state.policy, &Signed::default(), request_id, reason, applied);
        stored.state.answered(request_id, receipt_hex(&receipt));
        // If it cannot be stored, the request is answered once more after a restart.
        let _ = stored.write();
        Some(receipt)
    }

    /// Whether this request already has its receipt.
    #[must_use]
    pub fn has_answered(&self, request_id: &str) -> bool {
        self.stored().state.has_answered(request_id)
    }

    /// Next offset of the commands' topic; 0 = never read.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.stored().state.offset
    }

    /// Stores how far the commands' topic was read. Best effort: what is read twice is answered twice.
    pub fn set_offset(&self, offset: u64) {
        let mut stored = self.stored();
        stored.state.offset = offset;
        // If it cannot be stored, commands are read again after a restart and recognised by their answers.
        let _ = stored.write();
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
        let mut stored = self.stored();
        let on_disk = self.latch(&mut stored);
        // From here on the policy's flag holds the kill, so that an un-kill can lift it.
        KILL_SIGNAL.store(false, SeqCst);
        let by = if signalled { "killed by signal" } else { "killed by its latch on disk" };
        let reason = on_disk
            .err()
            .map_or_else(|| by.to_owned(), |error| format!("{by}, but not kept: {}", disk::why(&error)));
        let request_id = latched.filter(|id| !id.is_empty()).unwrap_or_else(|| "signal".to_owned());
        let receipt = self.receipt(&stored.state.policy, &Signed::default(), &request_id, reason, true);
        if request_id != "signal" {
            // The same kill may still come by socket or log: it is then answered and has no further effect.
            stored.state.answered(&request_id, receipt_hex(&receipt));
        }
        Some(receipt)
    }

    /// The signed receipt of a command that is not obeyed.
    pub(super) fn refuse(
        &self,
        stored: &Stored,
        signed: &Signed,
        request_id: &str,
        why: &dyn Display,
    ) -> Receipt {
        self.receipt(&stored.state.policy, signed, request_id, why.to_string(), false)
    }

    /// A signed receipt without an event yet.
    pub(super) fn receipt(
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
        self.signer.sign(&mut receipt);
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
        self.signer.sign_report(&mut report);
        report
    }
}

/// Keys trusted for commands, models and agents: the host's own, and the one that all hosts share.
#[must_use]
fn trusted_keys(own: &SigningKey, shared: Option<&SigningKey>) -> Vec<VerifyingKey> {
    [Some(own), shared].into_iter().flatten().map(SigningKey::verifying_key).collect()
}

/// How long the receipt of a policy waits for its first event.
pub(super) fn event_wait(killed: bool) -> Duration {
    if killed { KILL_WAIT } else { EVENT_WAIT }
}

/// A receipt as it is stored, without the certificate, which can be added again.
pub(super) fn receipt_hex(receipt: &Receipt) -> String {
    to_hex(&Receipt { certificate: String::new(), ..receipt.clone() }.encode_to_vec())
}

/// A receipt that was stored by [`receipt_hex`].
pub(super) fn receipt_of_hex(hex: &str) -> Option<Receipt> {
    Receipt::decode(&bytes_of_hex(hex)?[..]).ok()
}
