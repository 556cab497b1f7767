//! Adopting a module's desired state.

use wire::jobs::Receipt;

use super::agent_control::{AgentControl, Stored, event_wait, receipt_hex};
use super::desired_state::SignedState;
use super::error::ControlError;
use super::state::StoredPolicy;

impl AgentControl {
    /// Adopts a desired state as a whole if it is newer than what this agent has obeyed; the receipt answers
    /// the request that made it. `None`: nothing to adopt.
    #[must_use]
    pub fn adopt(&self, desired: &SignedState) -> Option<Receipt> {
        let signed = &desired.signed;
        let is_old = |stored: &Stored| {
            stored.state.sequences.get(&signed.key_id).is_some_and(|&newest| signed.sequence <= newest)
        };
        if is_old(&self.stored()) {
            return None;
        }
        let proven = desired.verify(&self.trusted);
        let mut stored = self.stored();
        if is_old(&stored) {
            return None;
        }
        if let Err(reason) = proven {
            let reason = format!("the desired state is not adopted: {reason}");
            return Some(self.refuse(&stored, signed, &desired.request_id, &reason));
        }
        let before = stored.state.clone();
        stored.state.sequences.insert(signed.key_id.clone(), signed.sequence);
        if stored.state.has_answered(&desired.request_id) {
            // The command of this state was already obeyed here. If this write fails, the next pass finds the same again.
            let _ = stored.write();
            return None;
        }
        let newer_kill = desired.kill_sequence > stored.state.kill_sequence;
        // Only an un-kill newer than the kill in force lifts it; a kill counts whatever its number.
        let killed = desired.policy.killed || (stored.state.policy.killed && !newer_kill);
        let lifts = stored.state.policy.killed && !killed;
        let lifted = if lifts { self.latched_count() } else { Ok(stored.state.lifted) };
        let policy = StoredPolicy { killed, ..desired.policy.clone() };
        stored.state.policy = policy.clone();
        stored.state.kill_sequence = stored.state.kill_sequence.max(desired.kill_sequence);
        let reason = "the desired state was adopted".to_owned();
        let mut receipt = self.receipt(&policy, signed, &desired.request_id, reason, true);
        stored.state.answered(&desired.request_id, receipt_hex(&receipt));
        let on_disk = lifted.and_then(|lifted| {
            stored.state.lifted = lifted;
            stored.write().map_err(ControlError::StateNotKept)
        });
        if let Err(reason) = on_disk {
            stored.state = before;
            return Some(self.refuse(&stored, signed, &desired.request_id, &reason));
        }
        let version = self.live.set(&policy.policy(), false);
        drop(stored);
        receipt.first_event_ns = self.live.wait_for_event(version, event_wait(killed));
        self.signer.sign(&mut receipt);
        Some(receipt)
    }
}
