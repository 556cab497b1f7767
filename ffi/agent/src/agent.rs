//! A running agent: its options, its threads, and its end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use control::agent_control::{Control, listen};
use control::live_policy::kill_on_signal;
use control::names::module_of;
use kafka::KafkaOptions;
use sources::accounts;
use sources::any::Source;
use sources::topic::TopicSource;
use topic_log::limits::Limits;
use wire::control::Module;

use super::control_loop::{Receipts, watch};
use super::decision_loop::Hot;
use super::error::AgentError;
use super::lock::lock_agent;
use super::model_slots::{Models, Teller};
use super::publisher_thread::{Metrics, publish_all};
use super::reports::Reports;
use super::shared::{Shared, locked};
use super::status::status;
use super::tidy_thread::Tidying;
use crate::publisher::Publisher;
use crate::tips::{self, TipAccount};

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

/// Capacity of the queue between the hot thread and the publisher, in batches of decisions.
const QUEUE_MAX: usize = 4096;

/// A running agent; dropping it stops its threads and waits for them.
pub struct Agent {
    shared: Arc<Shared>,
    control: Arc<Control>,
    models: Arc<Models>,
    instance: String,
    module: Module,
    thread: Option<JoinHandle<()>>,
}

impl Agent {
    /// Starts the threads, after everything that can fail immediately was tried.
    ///
    /// # Errors
    /// The source or the data folder cannot be used, or another agent runs in it.
    pub fn start(options: &AgentOptions) -> Result<Agent, AgentError> {
        let module = module_of(&options.module).ok_or_else(|| AgentError::Module(options.module.clone()))?;
        let lock = lock_agent(&options.data_dir, module)?;
        let source = if options.sources == ["kafka"] {
            Source::Topic(Box::new(TopicSource::new(&options.data_dir, options.kafka.clone())))
        } else {
            Source::open(&options.sources, options.slot, true, None)?
        };
        let known = match &options.accounts {
            Some(path) => accounts::read(path)?,
            None => Vec::new(),
        };
        let tip_accounts = tips::accounts(&options.tips)?;
        let data_dir = &options.data_dir;
        let publisher = Publisher::open(
            data_dir,
            module,
            &options.instance,
            options.topic.as_deref(),
            source.is_live(),
            options.limits.into(),
        )?;
        let control = Control::open(data_dir, module, &options.instance, options.sign_sk_hex.as_deref())?;
        let shared = Shared { source: source.named(&options.sources), ..Shared::default() };
        let (control, shared) = (Arc::new(control), Arc::new(shared));
        kill_on_signal();
        let live_source = source.is_live();
        let (work_in, work_out) = sync_channel(QUEUE_MAX);
        let receipts = Receipts::open(data_dir, options.limits.into())?;
        let answered = Arc::clone(&receipts);
        let folder = data_dir.join("agents");
        listen(&control, &folder, move |receipt| answered.append(&receipt))
            .map_err(|source| AgentError::Socket { folder, source })?;
        let tidying = Tidying::open(data_dir, publisher.names(), options.limits.into())?;
        let publishing = spawn("publisher", {
            let (shared, live) = (Arc::clone(&shared), Arc::clone(&control.live));
            let metrics = Metrics::new(&shared, module, &options.instance);
            move || publish_all(&shared, &live, publisher, &work_out, metrics, live_source)
        })?;
        let teller = Teller::open(
            data_dir,
            format!("{}-{}", options.module, options.instance),
            Arc::clone(&receipts),
            options.limits.into(),
        )?;
        let models = Arc::new(Models::default());
        // Before the first event: a restarted agent continues with its model.
        let watcher = models.open(data_dir, options.foreign_models, &control, &teller);
        let keeping = spawn("models", {
            let (shared, control, models) = (Arc::clone(&shared), Arc::clone(&control), Arc::clone(&models));
            move || models.keep(watcher, &shared, &control, &teller)
        })?;
        let watching = spawn("control-log", {
            let (shared, control, models) = (Arc::clone(&shared), Arc::clone(&control), Arc::clone(&models));
            let status_path = data_dir.join("agents").join(format!("{}.status.json", options.module));
            let instance = format!("{}-{}", options.module, options.instance);
            let reports = if options.cluster { Some(Reports::open(data_dir)?) } else { None };
            move || {
                let status = || status(&shared, &control, &models, &instance, module);
                let versions = || [models.live.version(), models.shadow.version()];
                watch(&shared, &control, &receipts, &status_path, reports, versions, status);
            }
        })?;
        let hot = Hot {
            models: [Arc::clone(&models.live), Arc::clone(&models.shadow)],
            shared: Arc::clone(&shared),
            live: Arc::clone(&control.live),
            module,
            known,
            tip_accounts,
            work: work_in,
            speed: options.speed,
            version: u64::MAX,
            told: u64::MAX,
            decisions: Vec::new(),
            paced_from: None,
            said: [false; 3],
        };
        let tidying = spawn("log-tidy", {
            let shared = Arc::clone(&shared);
            move || tidying.run(&shared)
        })?;
        let thread = spawn("agent", {
            let shared = Arc::clone(&shared);
            move || {
                let mut hot = hot;
                let ran = catch_unwind(AssertUnwindSafe(|| hot.run(source)));
                let panicked = ran.err().map(|_| AgentError::Panicked("agent"));
                // The publisher ends once no sender is left.
                drop(hot);
                // Nor does it wait for disk space any more.
                shared.stop.store(true, Relaxed);
                let published = publishing.join();
                let published = published.map_or_else(
                    |_| Some(AgentError::Panicked("publisher")),
                    |ended| Some(ended.err()?.into()),
                );
                locked(&shared.summary).error = panicked.or(published).map(|error| error.to_string());
                shared.finished.store(true, Relaxed);
                let _ = watching.join();
                let _ = keeping.join();
                let _ = tidying.join();
                drop(lock);
            }
        })?;
        let instance = format!("{}-{}", options.module, options.instance);
        Ok(Agent { shared, control, models, instance, module, thread: Some(thread) })
    }

    /// Asks the threads to end after the current event.
    pub fn stop(&self) {
        self.shared.stop.store(true, Relaxed);
    }

    /// Counters as JSON; `state` is `running`, `done` or `failed`.
    #[must_use]
    pub fn status(&self) -> String {
        status(&self.shared, &self.control, &self.models, &self.instance, self.module).to_string()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed when it happened; there is nothing left to save here.
            let _ = thread.join();
        }
    }
}

fn spawn<T: Send + 'static>(
    name: &'static str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, AgentError> {
    let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    spawned.map_err(|source| AgentError::Thread { name, source })
}
