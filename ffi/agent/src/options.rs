//! Options of an agent.

use std::path::PathBuf;

use kafka::KafkaOptions;
use topic_log::limits::Limits;

use crate::tips::TipAccount;

/// Options of `legend run agent`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentOptions {
    /// `arbitrage` or `mev`.
    pub module: String,
    /// As `--source`.
    pub sources: Vec<String>,
    /// Multiple of the source's own speed; 0 = as fast as possible, which files always are.
    pub speed: f64,
    /// Folder that holds `log/` and `agents/`.
    pub data_dir: PathBuf,
    /// This installation's name, part of the producer ids.
    pub instance: String,
    /// Slot of a single block that does not state it.
    pub slot: Option<u64>,
    /// Pool state before the first slot.
    pub accounts: Option<PathBuf>,
    /// The cluster that `--source kafka` reads from; without it, this host's log.
    pub kafka: Option<KafkaOptions>,
    /// Another topic for the decisions.
    pub topic: Option<String>,
    /// An additional key whose commands are obeyed.
    pub sign_sk_hex: Option<String>,
    /// Whether there are other hosts, to which this agent reports.
    #[serde(default)]
    pub cluster: bool,
    /// Whether models with their own code may be loaded.
    #[serde(default)]
    pub foreign_models: bool,
    /// Limits of the topics it writes.
    pub limits: Limits,
    /// Tip accounts in addition to the built-in ones.
    #[serde(default)]
    pub tips: Vec<TipAccount>,
}
