//! The thread that loads and swaps the agent's models. It reports each deployment as an event on the log, a
//! receipt for the sender of the request, and a log line.

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use control::agent_control::Control;
use control::names::module_name;
use models::watch::{Told, Watcher};
use models::{Slot, Trust};
use topic_log::clock::now_ns;
use topic_log::format::{Batch, Record};
use topic_log::stderr::say;
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
    pub(super) live: Arc<Slot>,
    /// The model that is evaluated too, without deciding.
    pub(super) shadow: Arc<Slot>,
    /// The latest refusal: version and reason.
    refused: Mutex<Option<(String, String)>>,
}

impl Models {
    /// The latest refusal, unless a later result replaced it.
    pub(super) fn refused(&self) -> Option<(String, String)> {
        locked(&self.refused).clone()
    }

    /// Loads what is deployed now; the watcher continues from there.
    pub(super) fn open(&self, data_dir: &Path, foreign: bool, control: &Control, teller: &Teller) -> Watcher {
        let (live, shadow) = (Arc::clone(&self.live), Arc::clone(&self.shadow));
        let trust = Trust { keys: control.trusted().to_vec(), foreign };
        Watcher::new(data_dir, control.module(), trust, live, shadow, |told| {
            teller.tell(self, control, &told);
        })
    }

    /// Watches until the agent has finished.
    pub(super) fn keep(&self, watcher: Watcher, shared: &Shared, control: &Control, teller: &Teller) {
        watcher.run(|| shared.finished.load(Relaxed), |told| teller.tell(self, control, &told));
    }
}

/// Where results are reported.
pub(super) struct Teller {
    receipts: Arc<Receipts>,
    events: Mutex<Topic>,
    instance: String,
}

impl Teller {
    pub(super) fn open(
        data_dir: &Path,
        instance: String,
        receipts: Arc<Receipts>,
        options: TopicOptions,
    ) -> Result<Teller, LogError> {
        let log = Log::open(&data_dir.join("log"))?;
        let events = log.topic(EVENTS_TOPIC, options, true)?;
        Ok(Teller { receipts, events: Mutex::new(events), instance })
    }

    fn tell(&self, models: &Models, control: &Control, told: &Told) {
        let module = control.module();
        match told.state {
            "refused" => {
                say(&refusal(module, told));
                *locked(&models.refused) = Some((told.version.clone(), told.reason.clone()));
            }
            "live" => *locked(&models.refused) = None,
            _ => {}
        }
        let event = ModelEvent {
            module: module_name(module).to_owned(),
            version: told.version.clone(),
            state: told.state.to_owned(),
            reason: told.reason.clone(),
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
            say(&format!("Cannot tell on the log that model {} is {}: {error}", told.version, told.state));
        }
        if !told.request_id.is_empty() && matches!(told.state, "live" | "refused") {
            let applied = told.state == "live";
            let reason = if applied { String::new() } else { refusal(module, told) };
            if let Some(receipt) = control.answer_model(&told.request_id, applied, reason) {
                self.receipts.append(&receipt);
            }
        }
    }
}

fn refusal(module: Module, told: &Told) -> String {
    let name = if told.version.is_empty() { "what is deployed" } else { &told.version };
    format!("Cannot use {name} for {}: {}; what ran before runs on", module_name(module), told.reason)
}
