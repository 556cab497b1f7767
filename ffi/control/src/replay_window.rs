//! The replay window: each signed command is obeyed once, however often and by whichever way it arrives.
//!
//! A sender is one process: its name is random and made at its first command, so no file, clock or other host
//! can make its numbers wrong. A command is a replay if its number was used, or if it is lower than all
//! remembered numbers of a sender that has used many. Expired commands are refused by their time, so only the
//! newest senders are kept.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::Refusal;

/// Maximum number of senders remembered. A command line is a new sender for each command, an API one for as
/// long as it runs.
const SENDERS_MAX: usize = 64;
/// Numbers remembered per sender: its commands may overtake each other by this many.
const NUMBERS_MAX: usize = 8;

/// What is remembered of one sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sender {
    /// First 8 bytes of a hash over key and name.
    id: u64,
    /// When its last command expires, in Unix milliseconds.
    until_ms: u64,
    /// Numbers used, ascending.
    used: Vec<u64>,
}

/// The replay window of one agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayWindow(Vec<Sender>);

/// Identifies a command among all commands of its key.
#[derive(Clone, Copy)]
pub struct CommandId {
    id: u64,
    number: u64,
    expires_ms: u64,
}

impl CommandId {
    /// The command of a command numbered by `sender` and signed by `key_id`.
    #[must_use]
    pub fn new(key_id: &str, sender: &str, number: u64, expires_ms: u64) -> CommandId {
        let mut hash = Sha256::new();
        hash.update((key_id.len() as u64).to_le_bytes());
        hash.update(key_id);
        hash.update(sender);
        let id = hash.finalize().first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        CommandId { id, number, expires_ms }
    }
}

impl ReplayWindow {
    /// Whether a command may be obeyed.
    ///
    /// # Errors
    /// Why not: it was already obeyed, or more senders than can be remembered were active within the last
    /// half minute.
    pub fn check(&self, command: CommandId, now_ms: u64, ahead_ms_max: u64) -> Result<(), Refusal> {
        let Some(sender) = self.0.iter().find(|sender| sender.id == command.id) else {
            return match self.room(now_ms, ahead_ms_max) {
                Some(_) => Ok(()),
                None => Err(Refusal::TooManySenders(SENDERS_MAX)),
            };
        };
        let below_all =
            sender.used.len() == NUMBERS_MAX && sender.used.first().is_some_and(|&low| command.number < low);
        if below_all || sender.used.contains(&command.number) {
            return Err(Refusal::Replay);
        }
        Ok(())
    }

    /// Records a command that is obeyed.
    pub fn remember(&mut self, command: CommandId, now_ms: u64, ahead_ms_max: u64) {
        if let Some(sender) = self.0.iter_mut().find(|sender| sender.id == command.id) {
            if let Err(at) = sender.used.binary_search(&command.number) {
                sender.used.insert(at, command.number);
            }
            if sender.used.len() > NUMBERS_MAX {
                sender.used.remove(0);
            }
            sender.until_ms = sender.until_ms.max(command.expires_ms);
            return;
        }
        if self.0.len() >= SENDERS_MAX {
            // A kill is obeyed even without room for it: the oldest sender is then evicted.
            let at = self.room(now_ms, ahead_ms_max).unwrap_or(0);
            self.0.remove(at);
        }
        self.0.push(Sender { id: command.id, until_ms: command.expires_ms, used: vec![command.number] });
    }

    /// The slot for a new sender: one past the end, or that of a sender whose commands would all be refused
    /// now.
    fn room(&self, now_ms: u64, ahead_ms_max: u64) -> Option<usize> {
        if self.0.len() < SENDERS_MAX {
            return Some(self.0.len());
        }
        // After the clock was set back, commands from ahead of it are also refused by their time.
        let over = |sender: &&Sender| sender.until_ms < now_ms || sender.until_ms > now_ms + ahead_ms_max;
        let oldest = self.0.iter().filter(over).min_by_key(|sender| sender.until_ms)?.id;
        self.0.iter().position(|sender| sender.id == oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AHEAD: u64 = 35_000;

    fn command(sender: &str, number: u64, expires_ms: u64) -> CommandId {
        CommandId::new("key", sender, number, expires_ms)
    }

    #[test]
    fn each_command_counts_once_and_a_sender_may_overtake_itself() {
        let mut window = ReplayWindow::default();
        for number in [5, 3, 4, 9] {
            assert!(window.check(command("a", number, 100), 50, AHEAD).is_ok(), "{number}");
            window.remember(command("a", number, 100), 50, AHEAD);
        }
        for number in [3, 4, 5, 9] {
            assert!(
                window
                    .check(command("a", number, 100), 50, AHEAD)
                    .expect_err("refuses")
                    .to_string()
                    .contains("replay")
            );
        }
        // The same number from another sender, or under another key, is another command.
        assert!(window.check(command("b", 5, 100), 50, AHEAD).is_ok());
        assert!(window.check(CommandId::new("other", "a", 5, 100), 50, AHEAD).is_ok());
        for number in 10..20 {
            window.remember(command("a", number, 100), 50, AHEAD);
        }
        for number in [0, 3, 9, 11] {
            assert!(
                window.check(command("a", number, 100), 50, AHEAD).is_err(),
                "{number} is below all that are known"
            );
        }
    }

    #[test]
    fn a_sender_whose_clock_ran_ahead_blocks_no_other() {
        let mut window = ReplayWindow::default();
        let hour = 3_600_000;
        for n in 0..200 {
            let ahead = command(&format!("ahead {n}"), u64::MAX - n, 2 * hour + n);
            window.remember(ahead, 2 * hour, AHEAD);
        }
        for n in 0..200 {
            let now = command(&format!("now {n}"), n, hour + n * 1_000);
            assert!(window.check(now, hour + n * 1_000, AHEAD).is_ok(), "{n}");
            window.remember(now, hour + n * 1_000, AHEAD);
            assert!(window.check(now, hour + n * 1_000, AHEAD).is_err(), "{n} is known");
        }
        assert!(window.0.len() <= SENDERS_MAX);
    }

    #[test]
    fn more_senders_than_are_remembered_are_refused() {
        let mut window = ReplayWindow::default();
        for n in 0..SENDERS_MAX as u64 {
            window.remember(command(&n.to_string(), 1, 1_000 + n), 1_000, AHEAD);
        }
        assert!(
            window
                .check(command("one more", 1, 1_000), 1_000, AHEAD)
                .expect_err("refuses")
                .to_string()
                .contains("try again")
        );
        assert!(
            window
                .check(command("0", 1, 1_000), 1_000, AHEAD)
                .expect_err("refuses")
                .to_string()
                .contains("replay")
        );
        assert!(
            window.check(command("one more", 1, 1_100), 1_100, AHEAD).is_ok(),
            "the old ones have expired"
        );
    }
}
