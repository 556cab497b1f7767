//! The thread that loads and swaps the agent's models. It reports each deployment as an event on the log, a
//! receipt for the sender of the request, and a log line.

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use control::agent_control::AgentControl;
use control::names::module_name;
use models::watch::{ModelReport, Watcher};
use models::{ModelCell, Trust};
use topic_log::clock::now_ns;
use topic_log::format::{Batch, Record};
use topic_log::stderr::log_line;
use topic_log::{Durability, Log, LogError, Topic, TopicOptions};
use wire::control::Module;
use wire::jobs::ModelEvent;
use wire::prost::Message;

use super::control_loop::Receipts;
use super::shared::{Shared, locked};

const EVENTS_TOPIC: &str = wire::topics::MODEL_EVENTS_PROTO;

/// The two models of an agent, and the latest refusal.
#[derive(Default)]
pub(super) struct Models {
    /// The model that decides.
    pub(super) live: Arc<ModelCell>,
    /// The model that is evaluated too, without deciding.
    pub(super) shadow: Arc<ModelCell>,
    refused: Mutex<Option<RefusedModel>>,
}

/// A version that cannot be used.
#[derive(Clone)]
pub(super) struct RefusedModel {
    pub(super) version: String,
    pub(super) reason: String,
}

impl Models {
    /// The latest refusal, unless a later result replaced it.
    pub(super) fn refused(&self) -> Option<RefusedModel> {
        locked(&self.refused).clone()
    }

    /// Loads what is deployed now; the watcher continues from there.
    pub(super) fn open(
        &self,
        data_dir: &Path,
        foreign: bool,
        control: &AgentControl,
        reporter: &Reporter,
    ) -> Watcher {
        let (live, shadow) = (Arc::clone(&self.live), Arc::clone(&self.shadow));
        let trust = Trust { keys: control.trusted().to_vec(), foreign };
        Watcher::new(data_dir, control.module(), trust, live, shadow, |change| {
            reporter.report(self, control, &change);
        })
    }

    /// Watches until the agent has finished.
    pub(super) fn keep(
        &self,
        watcher: Watcher,
        shared: &Shared,
        control: &AgentControl,
        reporter: &Reporter,
    ) {
        watcher.run(|| shared.finished.load(Relaxed), |change| reporter.report(self, control, &change));
    }
}

/// Where results are reported.
pub(super) struct Reporter {
    receipts: Arc<Receipts>,
    events: Mutex<Topic>,
    instance: String,
}

impl Reporter {
    pub(super) fn open(
        data_dir: &Path,
        instance: String,
        receipts: Arc<Receipts>,
        options: TopicOptions,
    ) -> Result<Reporter, LogError> {
        let log = Log::open(&data_dir.join("log"))?;
        let events = log.topic(EVENTS_TOPIC, options, true)?;
        Ok(Reporter { receipts, events: Mutex::new(events), instance })
    }

    fn report(&self, models: &Models, control: &AgentControl, change: &ModelReport) {
        let module = control.module();
        match change.state {
            "refused" => {
                log_line(&refusal(module, change));
                *locked(&models.refused) =
                    Some(RefusedModel { version: change.version.clone(), reason: change.reason.clone() });
            }
            "live" => *locked(&models.refused) = None,
            _ => {}
        }
        let event = ModelEvent {
            module: module_name(module).to_owned(),
            version: change.version.clone(),
            state: change.state.to_owned(),
            reason: change.reason.clone(),
            instance: self.instance.clone(),
            at_ns: now_ns(),
        };
        let mut batch = Batch::default();
        let record = Record {
            key: Some(event.module.as_bytes()),
            value: Some(&event.encode_to_vec()),
            headers: &[],
            timestamp_ms: i64::try_from(event.at_ns / 1_000_000).unwrap_or(i64::MAX),
        };
        let written =
            batch.push(&record).and_then(|()| locked(&self.events).append(&mut batch, Durability::Group));
        if let Err(error) = written {
            log_line(&format!(
                "Cannot record in the log that model {} is {}: {error}",
                change.version, change.state
            ));
        }
        if !change.request_id.is_empty() && matches!(change.state, "live" | "refused") {
            let applied = change.state == "live";
            let reason = if applied { String::new() } else { refusal(module, change) };
            if let Some(receipt) = control.answer_model(&change.request_id, applied, reason) {
                self.receipts.append(&receipt);
            }
        }
    }
}

fn refusal(module: Module, change: &ModelReport) -> String {
    let name = if change.version.is_empty() { "what is deployed" } else { &change.version };
    format!(
        "Cannot use {name} for {}: {}; the model before it stays in use",
        module_name(module),
        change.reason
    )
}
