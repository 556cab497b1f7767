//! Obeying a command: each once, whichever way it comes, and a kill before anything that it could wait for.

use std::sync::atomic::Ordering::SeqCst;

use engine::policy::Policy;
use topic_log::clock::now_ms;
use wire::control::{Action, Command};
use wire::jobs::Receipt;

use super::agent_control::{AgentControl, Stored, event_wait, receipt_hex, receipt_of_hex};
use super::command::{self, Applied};
use super::error::{ControlError, Refusal};
use super::replay_window::CommandId;
use super::signed::{AHEAD_MS_MAX, Signed};
use super::state::{ControlState, StoredPolicy};

/// A command on its way through its checks.
struct Attempt<'a> {
    signed: &'a Signed,
    request_id: String,
    /// Whether one of the trusted keys signed it.
    proven: bool,
    /// Whether it is a kill from a sender who may kill.
    kill: bool,
    /// Whether it came from the same user through the socket.
    local: bool,
}

/// What a command changes.
struct Change {
    policy: Policy,
    /// Whether pool state must be dropped.
    restart: bool,
    /// The latch's count that an un-kill lifts.
    lifted: Option<u64>,
    command: Command,
}

impl AgentControl {
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
        let mut stored = self.stored();
        let request_id = parsed.as_ref().map_or_else(|_| String::new(), |command| command.request_id.clone());
        let attempt = Attempt { signed, request_id, proven, kill, local };
        if let Some(receipt) = self.answer_again(&stored, &attempt) {
            return Some(receipt);
        }
        let checked = if kill { parsed } else { check(&stored.state, signed, verified) };
        let change = checked.map_err(ControlError::from).and_then(|command| self.change(&stored, command));
        let obeyed = change.and_then(|change| {
            let receipt = self.store_change(&mut stored, &attempt, &change)?;
            Ok((receipt, change))
        });
        let (receipt, change) = match obeyed {
            Ok(obeyed) => obeyed,
            Err(reason) => return Some(self.refuse(&stored, signed, &attempt.request_id, &reason)),
        };
        let version = self.live.set(&change.policy, change.restart);
        // Other commands must not wait for the events that this one waits for.
        drop(stored);
        Some(self.complete(receipt, version, change.policy.killed, kill))
    }

    /// The answer to a request that was answered before, unless it must take effect once more.
    fn answer_again(&self, stored: &Stored, attempt: &Attempt<'_>) -> Option<Receipt> {
        let Attempt { signed, request_id, .. } = attempt;
        if request_id.is_empty() {
            return None;
        }
        let answered = stored.state.answers.iter().find(|known| known.request_id == *request_id)?;
        let receipt = receipt_of_hex(&answered.receipt_hex)?;
        let answer = match resent(&stored.state, attempt, &receipt) {
            Resent::Answered => self.signer.with_certificate(receipt),
            Resent::Lifted => self.refuse(stored, signed, request_id, &Refusal::Lifted),
            Resent::Kills => return None,
        };
        self.live.killed.store(stored.state.policy.killed, SeqCst);
        Some(answer)
    }

    /// What `command` changes.
    fn change(&self, stored: &Stored, command: Command) -> Result<Change, ControlError> {
        let Applied { policy, restart } = command::apply(&stored.state.policy.policy(), &command)?;
        let lifted = if command::is_unkill(&command) { Some(self.latched_count()?) } else { None };
        Ok(Change { policy, restart, lifted, command })
    }

    /// Stores a change with the command's receipt. A kill is in force even if the disk fails; nothing else is.
    fn store_change(
        &self,
        stored: &mut Stored,
        attempt: &Attempt<'_>,
        change: &Change,
    ) -> Result<Receipt, ControlError> {
        let Attempt { signed, request_id, proven, kill, .. } = attempt;
        let before = stored.state.clone();
        stored.state.policy = StoredPolicy::from(&change.policy);
        stored.state.obeyed(signed, &change.command, *proven);
        stored.state.lifted = change.lifted.unwrap_or(stored.state.lifted);
        let mut receipt = self.receipt(&stored.state.policy, signed, request_id, String::new(), true);
        stored.state.answered(request_id, receipt_hex(&receipt));
        if let Err(error) = stored.write() {
            let why = ControlError::StateNotKept(error);
            if !kill {
                stored.state = before;
                return Err(why);
            }
            receipt.reason = format!("killed, but {why}: it will not outlive a restart");
        }
        Ok(receipt)
    }

    /// Completes the receipt of an obeyed command with the first event under its policy.
    fn complete(&self, mut receipt: Receipt, version: u64, killed: bool, kill: bool) -> Receipt {
        receipt.first_event_ns = self.live.wait_for_event(version, event_wait(killed));
        if kill && !self.live.wait_until_quiet() {
            receipt.applied = false;
            receipt.reason =
                "it makes no more decisions, but its last write has not ended: kill it again".to_owned();
        }
        self.signer.sign(&mut receipt);
        let mut stored = self.stored();
        let answer = stored.state.answers.iter_mut().find(|known| known.request_id == receipt.request_id);
        if let Some(answer) = answer {
            answer.receipt_hex = receipt_hex(&receipt);
        }
        receipt
    }
}

/// The command, if it was verified and was not obeyed before.
fn check(
    state: &ControlState,
    signed: &Signed,
    verified: Result<Command, Refusal>,
) -> Result<Command, Refusal> {
    let command = verified?;
    state.window.check(command_id(signed, &command), now_ms(), AHEAD_MS_MAX)?;
    Ok(command)
}

fn command_id(signed: &Signed, command: &Command) -> CommandId {
    CommandId::new(&signed.key_id, &command.sender, signed.sequence, signed.expires_ms)
}

impl ControlState {
    /// Records a command that is obeyed; only a command proven by a signature enters the window.
    fn obeyed(&mut self, signed: &Signed, command: &Command, proven: bool) {
        if proven {
            self.window.remember(command_id(signed, command), now_ms(), AHEAD_MS_MAX);
            let newest = self.sequences.entry(signed.key_id.clone()).or_default();
            *newest = signed.sequence.max(*newest);
        }
        if command.action() == Action::Kill {
            let sequence = if proven { signed.sequence } else { now_ms() * 1_000 };
            self.kill_sequence = self.kill_sequence.max(sequence);
        }
    }
}

/// Classification of a command whose request was already answered.
enum Resent {
    /// The same command: its receipt still holds.
    Answered,
    /// A kill that was made before the un-kill that lifted it.
    Lifted,
    /// A kill that was sent again: its earlier receipt does not hold now, so it must take effect.
    Kills,
}

/// A kill's receipt says "applied" only while the kill holds. Sent again after an un-kill, it kills again;
/// copies of the first one that the log delivers later are older than the un-kill and do not.
fn resent(state: &ControlState, attempt: &Attempt<'_>, receipt: &Receipt) -> Resent {
    let signed = attempt.signed;
    if !attempt.kill || (state.policy.killed && receipt.applied) {
        return Resent::Answered;
    }
    // A kill without a key has no sequence number: its time says how new it is.
    let sequence = if signed.sequence == 0 { signed.at_ms.saturating_mul(1_000) } else { signed.sequence };
    if state.policy.killed || sequence > state.kill_sequence {
        Resent::Kills
    } else if attempt.local {
        Resent::Lifted
    } else {
        Resent::Answered
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use wire::prost::Message;

    use super::*;
    use crate::keys;
    use crate::names::Module;

    #[test]
    fn a_kill_is_in_force_before_anything_that_it_could_wait_for() {
        let data_dir = std::env::temp_dir().join(format!("legend-obey-{}", std::process::id()));
        std::fs::create_dir_all(data_dir.join("agents")).expect("a folder");
        keys::load_or_create(&data_dir, keys::CONTROL_KEY).expect("a key");
        let control = AgentControl::open(&data_dir, Module::Mev, "one", None).expect("opens");
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
            let busy = control.stored();
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
