//! An agent's persistent state: its policy, the kill latch, and which commands it has obeyed. Two slots of a
//! file that is made at full size once and then only overwritten in place, so that a full disk cannot stop a
//! kill.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use engine::policy::{Policy, TipLadder};
use engine::trade_limits::TradeLimits;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use topic_log::disk;
use topic_log::stderr::{Level, log_line_at};

use super::error::ControlError;
use super::replay_window::ReplayWindow;
use super::stored_gates::StoredGates;

const SLOT_BYTES: usize = 32 << 10;
const MAGIC: &[u8; 8] = b"LGNDCTL\n";
/// Magic, counter, length, CRC.
const HEADER: usize = 24;
/// Maximum number of answered requests remembered, newest last.
const ANSWERS_MAX: usize = 32;
/// Maximum bytes of these; the rest of a slot is for everything else.
const ANSWERS_BYTES_MAX: usize = 10 << 10;

/// The policy in the form that is stored, hashed and shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredPolicy {
    /// Like [`Policy::running`].
    pub running: bool,
    /// Like [`Policy::killed`].
    pub killed: bool,
    /// 0..=100.
    pub throttle_pct: u8,
    /// SOL.
    pub ev_min: f64,
    /// 0..1.
    pub score_min: f64,
    /// Quantiles.
    pub tip_ladder: Vec<f64>,
    /// Restrictions on what is traded; disabled ones are left out.
    #[serde(flatten)]
    pub gates: StoredGates,
}

impl From<&Policy> for StoredPolicy {
    fn from(policy: &Policy) -> Self {
        StoredPolicy {
            running: policy.running,
            killed: policy.killed,
            throttle_pct: policy.throttle_pct,
            ev_min: policy.ev_min_sol,
            score_min: policy.score_min,
            tip_ladder: policy.tip_ladder.rungs().to_vec(),
            gates: StoredGates::from(&*policy.trade_limits),
        }
    }
}

impl StoredPolicy {
    /// The policy in the engine's form; an invalid ladder becomes the default one, and invalid gates let
    /// nothing pass.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let defaults = Policy::default();
        Policy {
            running: self.running,
            killed: self.killed,
            throttle_pct: self.throttle_pct.min(100),
            ev_min_sol: self.ev_min,
            score_min: self.score_min,
            tip_ladder: TipLadder::new(&self.tip_ladder).unwrap_or(defaults.tip_ladder),
            trade_limits: Arc::new(self.gates.gates().unwrap_or_else(|_| TradeLimits::closed())),
            ..defaults
        }
    }

    /// SHA-256 of its JSON: receipts state it as what is in force.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(serde_json::to_vec(self).unwrap_or_default()).into()
    }
}

/// The whole persistent state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ControlState {
    /// In force.
    pub policy: StoredPolicy,
    /// Sequence number of the newest desired state that this agent has passed, by key.
    pub sequences: BTreeMap<String, u64>,
    /// Which commands were obeyed.
    #[serde(default)]
    pub window: ReplayWindow,
    /// Sequence number of the newest kill or un-kill: no older desired state lifts it.
    #[serde(default)]
    pub kill_sequence: u64,
    /// The latch's count that the latest un-kill lifted.
    #[serde(default)]
    pub lifted: u64,
    /// Next offset of the commands' topic.
    pub offset: u64,
    /// Request ids with their receipts in hex, oldest first.
    pub answers: Vec<Answer>,
}

/// The answer to a request; stored as a pair.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "(String, String)", into = "(String, String)")]
pub struct Answer {
    /// Of the request.
    pub request_id: String,
    /// The receipt's bytes.
    pub receipt_hex: String,
}

impl From<(String, String)> for Answer {
    fn from((request_id, receipt_hex): (String, String)) -> Self {
        Answer { request_id, receipt_hex }
    }
}

impl From<Answer> for (String, String) {
    fn from(answer: Answer) -> Self {
        (answer.request_id, answer.receipt_hex)
    }
}

impl Default for ControlState {
    fn default() -> Self {
        ControlState {
            policy: StoredPolicy::from(&Policy::default()),
            sequences: BTreeMap::new(),
            window: ReplayWindow::default(),
            kill_sequence: 0,
            lifted: 0,
            offset: 0,
            answers: Vec::new(),
        }
    }
}

impl ControlState {
    /// Whether a request already has its answer.
    #[must_use]
    pub fn has_answered(&self, request_id: &str) -> bool {
        self.answers.iter().any(|known| known.request_id == request_id)
    }

    /// Stores the latest answer to a request; the oldest ones are evicted.
    pub fn answered(&mut self, request_id: &str, receipt_hex: String) {
        self.answers.retain(|known| known.request_id != request_id || known.request_id.is_empty());
        self.answers.push(Answer { request_id: request_id.to_owned(), receipt_hex });
        let bytes = |answers: &[Answer]| -> usize {
            answers.iter().map(|answer| answer.request_id.len() + answer.receipt_hex.len()).sum()
        };
        while self.answers.len() > ANSWERS_MAX || bytes(&self.answers) > ANSWERS_BYTES_MAX {
            self.answers.remove(0);
        }
    }
}

/// The file of one module's state.
pub struct StateFile {
    file: File,
    counter: u64,
}

impl StateFile {
    /// Opens the file, made with room for both slots if missing, and reads the newest whole slot.
    ///
    /// # Errors
    /// One line: it cannot be made, or both slots are damaged (whether the module was killed is then unknown,
    /// and must not be guessed).
    pub fn open(folder: &Path, module: &str) -> Result<(StateFile, ControlState), ControlError> {
        let path = folder.join(format!("{module}.state"));
        let cannot = |source| ControlError::File { path: path.clone(), source };
        disk::make_folder(folder).map_err(cannot)?;
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if folder.join(format!("{module}.status.json")).exists() {
                    log_line_at(
                        Level::Error,
                        &format!(
                            "{} is gone: it is made again with defaults, then the newest desired state is taken from the log",
                            path.display()
                        ),
                    );
                }
                return StateFile::create(&path);
            }
            Err(error) => return Err(cannot(error)),
        };
        let slots = [0, 1].map(|slot| read_slot(&file, slot));
        // A fresh file has one written slot; the other one is zeros.
        if slots.iter().any(Option::is_none) && [0, 1].into_iter().any(|slot| is_damaged(&file, slot)) {
            log_line_at(
                Level::Error,
                &format!(
                    "{}: one of its two copies is damaged, the other one is in force; the next change of the policy writes it again",
                    path.display()
                ),
            );
        }
        let newest = slots.into_iter().flatten().max_by_key(|slot| slot.counter);
        let Some(Slot { counter, state }) = newest else {
            return Err(ControlError::StateDamaged(path));
        };
        Ok((StateFile { file, counter }, state))
    }

    /// Gets its name only once complete: whenever its maker is killed, no unreadable file remains. Only one
    /// process at a time makes it, the one that holds the module's lock.
    fn create(path: &Path) -> Result<(StateFile, ControlState), ControlError> {
        let temporary = path.with_extension("state-new");
        let state = ControlState::default();
        let made = || {
            let mut options = OpenOptions::new();
            let file =
                options.read(true).write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
            // Real blocks, not a hole: overwriting them needs no new space.
            file.write_all_at(&vec![0; 2 * SLOT_BYTES], 0)?;
            let mut state_file = StateFile { file, counter: 0 };
            state_file.write(&state)?;
            state_file.file.sync_all()?;
            std::fs::rename(&temporary, path)?;
            if let Some(folder) = path.parent() {
                File::open(folder)?.sync_all()?;
            }
            Ok(state_file)
        };
        let state_file = made().map_err(|source: std::io::Error| {
            // A leftover would take up room on a full disk.
            let _ = std::fs::remove_file(&temporary);
            ControlError::File { path: path.to_path_buf(), source }
        })?;
        Ok((state_file, state))
    }

    /// Writes `state` to disk over the older slot, so that a torn write leaves the newer one.
    ///
    /// # Errors
    /// The disk refuses, or the next start could not read the state.
    pub fn write(&mut self, state: &ControlState) -> std::io::Result<()> {
        let body = serde_json::to_vec(state)?;
        serde_json::from_slice::<ControlState>(&body)?;
        if body.len() > SLOT_BYTES - HEADER {
            return Err(std::io::Error::new(ErrorKind::FileTooLarge, "the state does not fit its slot"));
        }
        let counter = self.counter + 1;
        let mut slot = Vec::with_capacity(HEADER + body.len());
        slot.extend_from_slice(MAGIC);
        slot.extend_from_slice(&counter.to_le_bytes());
        slot.extend_from_slice(&(body.len() as u32).to_le_bytes());
        slot.extend_from_slice(
            &crc32c::crc32c_append(crc32c::crc32c(&counter.to_le_bytes()), &body).to_le_bytes(),
        );
        slot.extend_from_slice(&body);
        self.file.write_all_at(&slot, (counter % 2) * SLOT_BYTES as u64)?;
        self.file.sync_data()?;
        self.counter = counter;
        Ok(())
    }
}

/// Whether the state on disk, as another process left it, is a kill; `None`: unknown.
#[must_use]
pub fn is_killed_on_disk(folder: &Path, module: &str) -> Option<bool> {
    let file = File::open(folder.join(format!("{module}.state"))).ok()?;
    let slots = [0, 1].map(|slot| read_slot(&file, slot));
    let newest = slots.into_iter().flatten().max_by_key(|slot| slot.counter);
    newest.map(|slot| slot.state.policy.killed)
}

/// Whether a slot holds bytes that are not a state.
fn is_damaged(file: &File, slot: u64) -> bool {
    let mut bytes = vec![0; SLOT_BYTES];
    let read = file.read_exact_at(&mut bytes, slot * SLOT_BYTES as u64);
    read_slot(file, slot).is_none() && (read.is_err() || bytes.iter().any(|byte| *byte != 0))
}

/// One of the two copies of a state; the one with the larger counter is newer.
struct Slot {
    counter: u64,
    state: ControlState,
}

fn read_slot(file: &File, slot: u64) -> Option<Slot> {
    let mut bytes = vec![0; SLOT_BYTES];
    file.read_exact_at(&mut bytes, slot * SLOT_BYTES as u64).ok()?;
    let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let counter = u64::from_le_bytes(bytes.get(8..16)?.try_into().ok()?);
    let (len, crc) = (number(16)? as usize, number(20)?);
    let body = bytes.get(HEADER..HEADER.checked_add(len)?)?;
    let sound = bytes.starts_with(MAGIC)
        && crc == crc32c::crc32c_append(crc32c::crc32c(&counter.to_le_bytes()), body);
    sound.then(|| Some(Slot { counter, state: serde_json::from_slice(body).ok()? }))?
}

#[cfg(test)]
mod tests;
