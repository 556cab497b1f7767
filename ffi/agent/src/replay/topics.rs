//! The output of a replay: the topics of a data folder with an empty log.

use std::fs::File;
use std::path::PathBuf;
use std::slice::from_ref;

use engine::decision::Decision;
use engine::strategy::paper::Outcome;
use topic_log::limits::Limits;
use topic_log::{Log, LogError, TopicOptions};
use wire::control::Module;

use crate::error::AgentError;
use crate::lock::lock_agent;
use crate::publisher::{Published, Publisher};

/// Where a replay writes the same records as agents that read the same source.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteTo {
    /// Folder that holds `log/` and `agents/`.
    pub data_dir: PathBuf,
    /// Another topic for the decisions.
    pub topic: Option<String>,
    /// Limits of these topics.
    pub limits: Limits,
}

/// The topics, and the folder's locks: no agent can start during a replay.
pub(super) struct Topics {
    arbitrage: Publisher,
    mev: Publisher,
    _locks: [File; 2],
}

impl Topics {
    /// Locks the folder. A replay's sequences begin at 1, so none of its topics may hold a record yet.
    ///
    /// # Errors
    /// An agent or another replay runs there, its log is not empty, or it cannot be written.
    pub(super) fn open(to: &WriteTo) -> Result<Topics, AgentError> {
        let modules = [Module::Arbitrage, Module::Mev];
        let [first, second] = modules.map(|module| lock_agent(&to.data_dir, module));
        let locks = [first?, second?];
        let options = TopicOptions::from(to.limits);
        let log = Log::open(&to.data_dir.join("log"))?;
        for topic in log.topics()? {
            let records = log.topic(&topic, options, false)?.end();
            if records > 0 {
                return Err(AgentError::NotEmpty { data_dir: to.data_dir.clone(), topic, records });
            }
        }
        let open = |module| Publisher::of_replay(&log, module, to.topic.as_deref(), options);
        Ok(Topics { arbitrage: open(Module::Arbitrage)?, mev: open(Module::Mev)?, _locks: locks })
    }

    /// Writes the final ones of `decisions`, and `outcomes`; durable on return.
    ///
    /// # Errors
    /// The log refused: some of the records are missing.
    pub(super) fn write(&mut self, decisions: &[Decision], outcomes: &[Outcome]) -> Result<(), LogError> {
        for decision in decisions.iter().filter(|decision| !decision.provisional) {
            self.of(decision.is_arbitrage()).queue(from_ref(decision), &[])?;
        }
        for outcome in outcomes {
            self.of(outcome.arbitrage).queue(&[], from_ref(outcome))?;
        }
        for publisher in [&mut self.arbitrage, &mut self.mev] {
            publisher.flush(None, &mut Published::default())?;
        }
        Ok(())
    }

    fn of(&mut self, arbitrage: bool) -> &mut Publisher {
        if arbitrage { &mut self.arbitrage } else { &mut self.mev }
    }
}
