//! Errors of an agent, a replay or a decode run.

use std::io;
use std::path::PathBuf;

use control::ControlError;
use sources::error::SourceError;
use thiserror::Error;
use topic_log::{LogError, disk};

/// Errors of an agent, a replay or a decode run.
#[derive(Debug, Error)]
pub enum AgentError {
    /// A process runs in the data folder.
    #[error("Cannot start: another legend runs in {}, stop it or use another --data-dir", .0.display())]
    Held(PathBuf),
    /// The folder for a replay has records of something else.
    #[error(
        "Cannot replay into {}: {records} records were already written to its topic {topic}, need a separate data folder for each replay",
        .data_dir.display()
    )]
    NotEmpty {
        /// The data folder.
        data_dir: PathBuf,
        /// The first topic that is not empty.
        topic: String,
        /// How many records it holds or has held.
        records: u64,
    },
    /// A module's lock cannot be taken.
    #[error("Cannot use {}: {}", .path.display(), disk::why(.source))]
    Lock {
        /// Of the file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// No module has this name.
    #[error("Cannot run agent {0}: need arbitrage or mev")]
    Module(String),
    /// A tip account that is not an address.
    #[error("Cannot use tip account {0}: need base58 of 32 bytes")]
    TipAccount(String),
    /// A line of a batch of quotes.
    #[error(
        "Cannot quote line {line}: {source}, need {{pool, accounts_file, input_mint, amount_in, slot, unix_ts}}"
    )]
    Batch {
        /// Its number, from 1.
        line: usize,
        /// The parser's reason.
        source: serde_json::Error,
    },
    /// Lines of a batch of quotes have an error for an answer that is not a refusal of the program.
    #[error("Cannot quote {0} of the lines: their answers say why")]
    Unanswered(u64),
    /// A replay's list of leaders cannot be parsed.
    #[error("Cannot read leaders from {}: {source}, need [{{slot, leader}}]", .path.display())]
    Leaders {
        /// Of the file.
        path: PathBuf,
        /// The parser's reason.
        source: serde_json::Error,
    },
    /// The socket for commands cannot be made.
    #[error("Cannot listen in {}: {}", .folder.display(), disk::why(.source))]
    Socket {
        /// The socket's folder.
        folder: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The system cannot start a thread.
    #[error("Cannot start the thread {name}: {source}")]
    Thread {
        /// The thread's name.
        name: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// A thread of the agent panicked; the text names it.
    #[error("Cannot continue: the {0} panicked, a bug; see the lines above")]
    Panicked(&'static str),
    /// The log accepts no more records of a replay.
    #[error("{0}; the replay ends here")]
    ReplayEnds(#[source] LogError),
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The log failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The agent's control failed.
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl AgentError {
    /// Whether the data folder is unavailable: a process runs there, or its content is in the way.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self, AgentError::Held(_) | AgentError::NotEmpty { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_of_an_agent_has_its_line_and_only_a_folder_in_use_is_held() {
        let (path, json) = (|| PathBuf::from("/data"), serde_json::from_str::<u8>("x").expect_err("no JSON"));
        let leaders = format!("Cannot read leaders from /data: {json}, need [{{slot, leader}}]");
        let source = || io::Error::from_raw_os_error(28);
        for (error, line, is_held) in [
            (
                AgentError::Held(path()),
                "Cannot start: another legend runs in /data, stop it or use another --data-dir",
                true,
            ),
            (
                AgentError::NotEmpty { data_dir: path(), topic: "t".to_owned(), records: 2 },
                "Cannot replay into /data: 2 records were already written to its topic t, need a separate data folder for each replay",
                true,
            ),
            (
                AgentError::Lock { path: path(), source: source() },
                "Cannot use /data: the disk is full, free some space",
                false,
            ),
            (AgentError::Module("x".to_owned()), "Cannot run agent x: need arbitrage or mev", false),
            (
                AgentError::TipAccount("x".to_owned()),
                "Cannot use tip account x: need base58 of 32 bytes",
                false,
            ),
            (AgentError::Leaders { path: path(), source: json }, &leaders, false),
            (
                AgentError::Socket { folder: path(), source: source() },
                "Cannot listen in /data: the disk is full, free some space",
                false,
            ),
            (
                AgentError::Thread { name: "models", source: source() },
                "Cannot start the thread models: No space left on device (os error 28)",
                false,
            ),
            (
                AgentError::Panicked("publisher"),
                "Cannot continue: the publisher panicked, a bug; see the lines above",
                false,
            ),
            (
                AgentError::ReplayEnds(LogError::EmptyBatch),
                "Cannot append: the batch is empty, need a record; the replay ends here",
                false,
            ),
            (SourceError::Missing(path()).into(), "Cannot read /data: it does not exist", false),
        ] {
            assert_eq!((error.to_string().as_str(), error.is_held()), (line, is_held));
        }
    }
}
