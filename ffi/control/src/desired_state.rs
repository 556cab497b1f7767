//! The state in which each module should run, on `control-state-proto`. Every command is folded into the
//! previous state and signed, so that an agent that was down learns the outcome, not the history.

use std::path::Path;

use ed25519_dalek::{SigningKey, VerifyingKey};
use engine::policy::{Policy, TipLadder};
use topic_log::format::{self, Batch, Record, StoredRecord};
use topic_log::{Durability, Log, LogError, Read, Topic, TopicOptions};
use wire::control::{Action, Command, Module};
use wire::jobs::ControlState as DesiredState;
use wire::prost::Message;

use super::command::{self, Applied};
use super::error::Refusal;
use super::names::module_name;
use super::signed::{Signed, Validity};
use super::state::StoredPolicy;
use super::stored_gates::{StoredGates, Unknown};

/// The state's topic.
pub const STATE_TOPIC: &str = wire::topics::CONTROL_STATE_PROTO;
const DOMAIN: &str = "legend ctrl-state-v1";

/// A state with its proof of origin.
pub struct SignedState {
    /// The desired policy.
    pub policy: StoredPolicy,
    /// The request that led to it.
    pub request_id: String,
    /// Sequence number of the newest kill or un-kill in it.
    pub kill_sequence: u64,
    /// Its signature; its sequence number is higher than that of every state its maker knew.
    pub signed: Signed,
}

impl SignedState {
    /// From a record of the topic; `None` for another module's state, or bytes that are not a state.
    #[must_use]
    pub fn from_record(record: &StoredRecord<'_>, module: Module) -> Option<SignedState> {
        let signed = Signed::from_record(record);
        let desired = DesiredState::decode(&signed.bytes[..]).ok()?;
        if desired.module != module_name(module) || desired.sequence != signed.sequence {
            return None;
        }
        let policy = StoredPolicy {
            running: desired.running,
            killed: desired.killed,
            throttle_pct: u8::try_from(desired.throttle_pct).ok().filter(|&pct| pct <= 100)?,
            ev_min: Some(desired.ev_min_sol).filter(|value| (0.0..=10.0).contains(value))?,
            score_min: Some(desired.score_min).filter(|value| (0.0..=1.0).contains(value))?,
            tip_ladder: TipLadder::new(&desired.tip_ladder)?.rungs().to_vec(),
            gates: StoredGates {
                pools_deny: desired.pools_deny,
                mints_allow: desired.mints_allow,
                mints_deny: desired.mints_deny,
                liquidity_min: desired.liquidity_min_sol,
                mint_refuse: desired.mint_refuse,
                unknown: if desired.pass_unknown { Unknown::Pass } else { Unknown::Refuse },
            },
        };
        policy.gates.gates().ok()?;
        let DesiredState { request_id, kill_sequence, .. } = desired;
        Some(SignedState { policy, request_id, kill_sequence, signed })
    }

    /// Whether one of `trusted` signed it.
    ///
    /// # Errors
    /// Why it must not be adopted.
    pub fn verify(&self, trusted: &[VerifyingKey]) -> Result<(), Refusal> {
        self.signed.verify_signature(DOMAIN, trusted)
    }
}

/// Opens the topic in a data folder. Records do not expire by age: a module's newest state holds until the
/// next.
///
/// # Errors
/// The log cannot be opened.
pub fn open(data_dir: &Path) -> Result<Topic, LogError> {
    let options = TopicOptions { retention_age: std::time::Duration::MAX, ..TopicOptions::default() };
    Log::open(&data_dir.join("log"))?.topic(STATE_TOPIC, options, true)
}

/// What a search for a module's newest state found.
pub struct Found {
    /// The state, if there is one.
    pub state: Option<SignedState>,
    /// Where the topic ends.
    pub next_offset: u64,
}

/// The newest state of a module at or after `offset`.
///
/// # Errors
/// The topic cannot be read.
pub fn newest(topic: &Topic, module: Module, offset: u64) -> Result<Found, LogError> {
    let (mut reader, mut out, mut found) = (topic.reader(offset), Vec::new(), None);
    loop {
        out.clear();
        match reader.read(&mut out, 1 << 18)? {
            Read::Gap(_) => continue,
            Read::Records(0) => return Ok(Found { state: found, next_offset: reader.offset() }),
            Read::Records(_) => {}
        }
        let mut at = 0;
        while at < out.len() {
            let len = format::u32_at(&out, at) as usize;
            let state = StoredRecord::parse(&out[at..at + len])
                .and_then(|record| SignedState::from_record(&record, module));
            found = state.or(found);
            at += len;
        }
    }
}

/// Folds `command`, sent as `signed`, into the desired state, and appends the result to the log. A command
/// that cannot be obeyed (a start of a killed module) changes nothing.
///
/// # Errors
/// The log refuses.
pub fn publish(
    data_dir: &Path,
    module: Module,
    command: &Command,
    signed: &Signed,
    key: &SigningKey,
) -> Result<(), LogError> {
    let topic = open(data_dir)?;
    // An unproven state must not be signed again.
    let before =
        newest(&topic, module, 0)?.state.filter(|state| state.verify(&[key.verifying_key()]).is_ok());
    let policy = before.as_ref().map_or_else(Policy::default, |state| state.policy.policy());
    let Ok(Applied { policy, .. }) = command::apply(&policy, command) else { return Ok(()) };
    // Higher than all numbers known here, regardless of other hosts' clocks or of earlier values of this
    // one's.
    let known = before.as_ref().map_or(0, |state| state.signed.sequence);
    let sequence = signed.sequence.max(known.saturating_add(1));
    let known_kill = before.as_ref().map_or(0, |state| state.kill_sequence);
    let kill_sequence = if command.action() == Action::Kill { sequence } else { known_kill };
    let gates = StoredGates::from(&*policy.trade_limits);
    let desired = DesiredState {
        module: module_name(module).to_owned(),
        running: policy.running,
        killed: policy.killed,
        throttle_pct: u32::from(policy.throttle_pct),
        ev_min_sol: policy.ev_min_sol,
        tip_ladder: policy.tip_ladder.rungs().to_vec(),
        score_min: policy.score_min,
        sequence,
        request_id: command.request_id.clone(),
        kill_sequence,
        pools_deny: gates.pools_deny,
        mints_allow: gates.mints_allow,
        mints_deny: gates.mints_deny,
        liquidity_min_sol: gates.liquidity_min,
        mint_refuse: gates.mint_refuse,
        pass_unknown: gates.unknown == Unknown::Pass,
    };
    let validity = Validity { at_ms: signed.at_ms, expires_ms: u64::MAX };
    let signed = Signed::over(DOMAIN, desired.encode_to_vec(), key, sequence, validity);
    let headers = signed.headers();
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, &value[..])).collect();
    let mut batch = Batch::default();
    batch.push(&Record {
        key: Some(module_name(module).as_bytes()),
        value: Some(&signed.bytes),
        headers: &headers,
        timestamp_ms: i64::try_from(signed.at_ms).unwrap_or(i64::MAX),
    })?;
    topic.append(&mut batch, Durability::Group).map(drop)
}
