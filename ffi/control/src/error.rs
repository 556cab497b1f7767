//! Errors of control. Their texts appear to operators, in receipts and in the audit.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::time::Duration;

use engine::trade_limits::{LIQUIDITY_MAX_SOL, LIST_MAX};
use thiserror::Error;
use topic_log::{LogError, disk};
use wire::prost::DecodeError;

/// Why a command, or a desired state, must not be obeyed.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Refusal {
    /// It is unsigned.
    #[error("it is not signed")]
    NotSigned,
    /// Signed by this key, which is not trusted here.
    #[error("key {0} is not trusted here")]
    KeyNotTrusted(String),
    /// The content differs from what was signed.
    #[error("its signature does not match: it was altered")]
    Altered,
    /// It expired this many milliseconds ago.
    #[error("it is stale: it expired {0} ms ago")]
    Stale(u64),
    /// Signed in the future, or valid for longer than a command may be.
    #[error("it is from the future")]
    Future,
    /// Not a `control.Command`.
    #[error("its bytes are not a command")]
    NoCommand(#[source] DecodeError),
    /// Of another schema.
    #[error("its schema is `{0}`, need `ctrl-v1`")]
    Schema(String),
    /// It was already obeyed.
    #[error("it is a replay: its sequence was used before")]
    Replay,
    /// More than this many senders, the maximum that is remembered.
    #[error("{0} senders have sent commands in the last half minute, try again later")]
    TooManySenders(usize),
    /// A kill that an un-kill has lifted.
    #[error("this kill has been lifted since it was sent: send a new one")]
    Lifted,
    /// An argument that the action does not have.
    #[error("it has no argument `{0}`")]
    Argument(String),
    /// A killed module does not run.
    #[error("the module is killed, lift the kill first (`legend unkill`)")]
    Killed,
    /// A kill that neither kills nor lifts.
    #[error("kill is `{0}`, need true or false")]
    Kill(String),
    /// This role may not lift a kill.
    #[error("only an admin may lift a kill")]
    NeedsAdmin,
    /// A throttle without an amount.
    #[error("throttle_pct is missing")]
    NoThrottle,
    /// A throttle of something unknown.
    #[error("throttle_pct is `{0}`, need 0..100")]
    Throttle(String),
    /// Not a number, or outside the range.
    #[error("{name} is `{text}`, need {low}..{high}")]
    OutOfRange {
        /// Of the argument.
        name: &'static str,
        /// What was given.
        text: String,
        /// The minimum.
        low: f64,
        /// The maximum.
        high: f64,
    },
    /// Not a ladder of tips.
    #[error("tip_ladder is `{0}`, need 1..8 rising numbers above 0 and below 1")]
    TipLadder(String),
    /// Not a number.
    #[error("liquidity_min is `{0}`, need a number of SOL")]
    LiquidityNumber(String),
    /// Outside the range of amounts that can exist.
    #[error("liquidity_min is `{0}`, need 0..{LIQUIDITY_MAX_SOL} SOL")]
    Liquidity(f64),
    /// Neither of the two words.
    #[error("unknown is `{0}`, need refuse or pass")]
    Unknown(String),
    /// Not a mint risk.
    #[error("mint_refuse has `{0}`, need any of freeze, delegate, hook and fee")]
    MintRisk(String),
    /// More addresses than a list may hold.
    #[error("{name} has {len} addresses, need at most {LIST_MAX}")]
    ListTooLong {
        /// Of the list.
        name: &'static str,
        /// How many were given.
        len: usize,
    },
    /// Not an address.
    #[error("{name} has `{text}`, need addresses in base58")]
    Address {
        /// Of the list.
        name: &'static str,
        /// What was given.
        text: String,
    },
}

/// Errors of control.
#[derive(Debug, Error)]
pub enum ControlError {
    /// The command must not be obeyed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The log failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A file in the data folder.
    #[error("Cannot use {}: {}", .path.display(), disk::why(.source))]
    File {
        /// Of the file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Both copies of a state are unreadable.
    #[error(
        "Cannot use {}: it is damaged, and whether the module was killed is unknown; remove it to start with defaults",
        .0.display()
    )]
    StateDamaged(PathBuf),
    /// The state in force could not be written to disk.
    #[error("the state cannot be stored: {}", disk::why(.0))]
    StateNotKept(#[source] io::Error),
    /// The kill latch could not be read.
    #[error("the kill latch cannot be read: {}", disk::why(.0))]
    LatchNotRead(#[source] io::Error),
    /// The kill latch could not be set.
    #[error("the kill latch cannot be written: {}", disk::why(.0))]
    LatchNotWritten(#[source] io::Error),
    /// The key is gone, and no new one is made.
    #[error(
        "Cannot use the key {}: it is gone; restore it from a backup: a new key does not validate what this one signed",
        .0.display()
    )]
    KeyGone(PathBuf),
    /// A key's file cannot be read or made.
    #[error("Cannot use the key {}: {}", .path.display(), disk::why(.source))]
    KeyFile {
        /// Of the file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A key that others could have read.
    #[error("Cannot use the key {}: others can read it (mode {mode:o}), need 0600", .path.display())]
    KeyIsOpen {
        /// Of the file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A file that does not hold a key.
    #[error("Cannot use the key {}: it is damaged, need 64 hex digits; restore it from a backup", .0.display())]
    KeyDamaged(PathBuf),
    /// No module has this name.
    #[error("Cannot control {0}: need arbitrage or mev")]
    Module(String),
    /// No action has this name.
    #[error("Cannot control: no action `{0}`, need start, stop, restart, throttle, policy or kill")]
    Action(String),
    /// The system gives no random bytes.
    #[error("Cannot control: {}", disk::why(.0))]
    Random(#[source] io::Error),
    /// Another command holds the lock that keeps commands in order.
    #[error("Cannot send: another command has held {} for {} s", .path.display(), .waited.as_secs())]
    Locked {
        /// Of the lock.
        path: PathBuf,
        /// How long this command waited.
        waited: Duration,
    },
    /// This many commands, the maximum, already wait for the log.
    #[error("{0} commands before it still wait for the log")]
    TooManyWait(usize),
    /// The system cannot start a thread.
    #[error("Cannot start a thread for the log: {0}")]
    Thread(#[source] io::Error),
    /// The log did not answer within this time; the append continues in its thread.
    #[error("the log did not accept it in {} ms", .0.as_millis())]
    LogIsSlow(Duration),
    /// The agent did not answer.
    #[error("{}", no_answer(.module, .source, *.waited))]
    NoAnswer {
        /// Whose agent.
        module: &'static str,
        /// The connection's error.
        source: io::Error,
        /// How long the sender waited.
        waited: Duration,
    },
    /// The command is for another module than the one that received it.
    #[error("the command is for another module")]
    OtherModule,
}

/// Why an agent did not answer, worded for people.
fn no_answer(name: &str, error: &io::Error, waited: Duration) -> String {
    match error.kind() {
        ErrorKind::NotFound => format!("no {name} agent runs here"),
        ErrorKind::TimedOut => format!("the {name} agent has not answered in {} ms", waited.as_millis()),
        // The socket's queue is full: many connections wait, and the agent accepted none.
        ErrorKind::WouldBlock => format!("the {name} agent accepts no connections"),
        ErrorKind::ConnectionRefused => format!("no {name} agent listens"),
        ErrorKind::PermissionDenied => {
            format!("the {name} agent belongs to another user: run this as that user or as root")
        }
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            format!("the {name} agent has closed the connection")
        }
        _ => format!("the {name} agent does not answer: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use wire::control::Command;
    use wire::prost::Message;

    use super::*;

    #[test]
    fn the_texts_of_refusals_in_receipts_stay_the_same() {
        let (text, name) = (|| "x".to_owned(), "mints_deny");
        let no_command = Command::decode(&b"\xff"[..]).expect_err("no command");
        for (refusal, line) in [
            (Refusal::NotSigned, "it is not signed"),
            (Refusal::KeyNotTrusted(text()), "key x is not trusted here"),
            (Refusal::Altered, "its signature does not match: it was altered"),
            (Refusal::Stale(7), "it is stale: it expired 7 ms ago"),
            (Refusal::Future, "it is from the future"),
            (Refusal::NoCommand(no_command), "its bytes are not a command"),
            (Refusal::Schema(text()), "its schema is `x`, need `ctrl-v1`"),
            (Refusal::Replay, "it is a replay: its sequence was used before"),
            (
                Refusal::TooManySenders(64),
                "64 senders have sent commands in the last half minute, try again later",
            ),
            (Refusal::Lifted, "this kill has been lifted since it was sent: send a new one"),
            (Refusal::Argument(text()), "it has no argument `x`"),
            (Refusal::Killed, "the module is killed, lift the kill first (`legend unkill`)"),
            (Refusal::Kill(text()), "kill is `x`, need true or false"),
            (Refusal::NeedsAdmin, "only an admin may lift a kill"),
            (Refusal::NoThrottle, "throttle_pct is missing"),
            (Refusal::Throttle(text()), "throttle_pct is `x`, need 0..100"),
            (
                Refusal::OutOfRange { name: "ev_min", text: text(), low: 0.0, high: 10.0 },
                "ev_min is `x`, need 0..10",
            ),
            (Refusal::TipLadder(text()), "tip_ladder is `x`, need 1..8 rising numbers above 0 and below 1"),
            (Refusal::LiquidityNumber(text()), "liquidity_min is `x`, need a number of SOL"),
            (Refusal::Liquidity(-1.5), "liquidity_min is `-1.5`, need 0..1000000000 SOL"),
            (Refusal::Unknown(text()), "unknown is `x`, need refuse or pass"),
            (Refusal::MintRisk(text()), "mint_refuse has `x`, need any of freeze, delegate, hook and fee"),
            (Refusal::ListTooLong { name, len: 33 }, "mints_deny has 33 addresses, need at most 32"),
            (Refusal::Address { name, text: text() }, "mints_deny has `x`, need addresses in base58"),
        ] {
            assert_eq!(refusal.to_string(), line);
            assert_eq!(ControlError::from(refusal).to_string(), line);
        }
    }

    #[test]
    fn each_error_of_control_has_its_line() {
        let full = || io::Error::from_raw_os_error(libc::ENOSPC);
        let path = || PathBuf::from("/data/file");
        let wait = Duration::from_secs(8);
        for (error, line) in [
            (
                ControlError::File { path: path(), source: full() },
                "Cannot use /data/file: the disk is full, free some space",
            ),
            (
                ControlError::StateDamaged(path()),
                "Cannot use /data/file: it is damaged, and whether the module was killed is unknown; remove it to start with defaults",
            ),
            (
                ControlError::StateNotKept(full()),
                "the state cannot be stored: the disk is full, free some space",
            ),
            (
                ControlError::LatchNotRead(full()),
                "the kill latch cannot be read: the disk is full, free some space",
            ),
            (
                ControlError::LatchNotWritten(full()),
                "the kill latch cannot be written: the disk is full, free some space",
            ),
            (
                ControlError::KeyGone(path()),
                "Cannot use the key /data/file: it is gone; restore it from a backup: a new key does not validate what this one signed",
            ),
            (
                ControlError::KeyFile { path: path(), source: full() },
                "Cannot use the key /data/file: the disk is full, free some space",
            ),
            (
                ControlError::KeyIsOpen { path: path(), mode: 0o644 },
                "Cannot use the key /data/file: others can read it (mode 644), need 0600",
            ),
            (
                ControlError::KeyDamaged(path()),
                "Cannot use the key /data/file: it is damaged, need 64 hex digits; restore it from a backup",
            ),
            (ControlError::Module("x".to_owned()), "Cannot control x: need arbitrage or mev"),
            (
                ControlError::Action("x".to_owned()),
                "Cannot control: no action `x`, need start, stop, restart, throttle, policy or kill",
            ),
            (ControlError::Random(full()), "Cannot control: the disk is full, free some space"),
            (
                ControlError::Locked { path: path(), waited: wait },
                "Cannot send: another command has held /data/file for 8 s",
            ),
            (ControlError::TooManyWait(64), "64 commands before it still wait for the log"),
            (
                ControlError::Thread(io::Error::from_raw_os_error(libc::EAGAIN)),
                "Cannot start a thread for the log: Resource temporarily unavailable (os error 11)",
            ),
            (ControlError::LogIsSlow(wait), "the log did not accept it in 8000 ms"),
            (ControlError::OtherModule, "the command is for another module"),
        ] {
            assert_eq!(error.to_string(), line);
        }
    }

    #[test]
    fn the_error_of_an_agent_that_has_not_answered_names_the_state_of_the_connection() {
        for (kind, line) in [
            (ErrorKind::NotFound, "no mev agent runs here"),
            (ErrorKind::TimedOut, "the mev agent has not answered in 400 ms"),
            (ErrorKind::WouldBlock, "the mev agent accepts no connections"),
            (ErrorKind::ConnectionRefused, "no mev agent listens"),
            (
                ErrorKind::PermissionDenied,
                "the mev agent belongs to another user: run this as that user or as root",
            ),
            (ErrorKind::UnexpectedEof, "the mev agent has closed the connection"),
            (ErrorKind::ConnectionReset, "the mev agent has closed the connection"),
            (ErrorKind::BrokenPipe, "the mev agent has closed the connection"),
            (ErrorKind::InvalidData, "the mev agent does not answer: invalid data"),
        ] {
            let (source, waited) = (kind.into(), Duration::from_millis(400));
            assert_eq!(ControlError::NoAnswer { module: "mev", source, waited }.to_string(), line);
        }
    }
}
