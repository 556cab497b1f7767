//! A running agent: its threads, and its end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use control::agent_control::AgentControl;
use control::live_policy::kill_on_signal;
use control::names::module_of;
use control::socket_server::listen;
use models::watch::Watcher;
use sources::accounts;
use sources::source::Source;
use sources::topic::TopicSource;
use topic_log::LogError;
use wire::control::Module;

use super::control_loop::{ControlLoop, Receipts};
use super::decision_loop::{DecisionLoop, Parts};
use super::error::AgentError;
use super::lock::lock_agent;
use super::model_slots::{Models, Reporter};
use super::publisher_thread::{Metrics, PublisherThread};
use super::reports::Reports;
use super::shared::{Shared, locked};
use super::status::status;
use super::tidy_thread::TidyThread;
use crate::options::AgentOptions;
use crate::publisher::Publisher;
use crate::tips;

/// Capacity of the queue between the decision loop and the publisher, in batches of decisions.
const QUEUE_MAX: usize = 4096;

/// A running agent; dropping it stops its threads and waits for them.
pub struct Agent {
    parts: AgentParts,
    thread: Option<JoinHandle<()>>,
}

/// What the threads of an agent share.
#[derive(Clone)]
struct AgentParts {
    shared: Arc<Shared>,
    control: Arc<AgentControl>,
    models: Arc<Models>,
    module: Module,
    /// Module and instance.
    name: Arc<str>,
}

impl AgentParts {
    /// Counters as JSON.
    fn status(&self) -> serde_json::Value {
        status(&self.shared, &self.control, &self.models, &self.name, self.module)
    }
}

/// The threads that the decision loop ends with.
struct Threads {
    publisher: JoinHandle<Result<(), LogError>>,
    models: JoinHandle<()>,
    control: JoinHandle<()>,
    tidy: JoinHandle<()>,
}

impl Agent {
    /// Starts the threads, after everything that can fail immediately was tried.
    ///
    /// # Errors
    /// The source or the data folder cannot be used, or another agent runs in it.
    pub fn start(options: &AgentOptions) -> Result<Agent, AgentError> {
        let module = module_of(&options.module).ok_or_else(|| AgentError::Module(options.module.clone()))?;
        let lock = lock_agent(&options.data_dir, module)?;
        let source = open_source(options)?;
        let known = match &options.accounts {
            Some(path) => accounts::read(path)?,
            None => Vec::new(),
        };
        let tip_accounts = tips::accounts(&options.tips)?;
        let publisher = Publisher::open(
            &options.data_dir,
            module,
            &options.instance,
            options.topic.as_deref(),
            source.is_live(),
            options.limits.into(),
        )?;
        let parts = AgentParts::open(options, module, &source)?;
        let AgentParts { shared, control, models, .. } = &parts;
        let receipts = Receipts::open(&options.data_dir, options.limits.into())?;
        listen_for_commands(options, control, &receipts)?;
        let tidy = TidyThread::open(&options.data_dir, publisher.names(), options.limits.into())?;
        let name = parts.name.to_string();
        let reporter = Reporter::open(&options.data_dir, name, Arc::clone(&receipts), options.limits.into())?;
        let reports = if options.cluster { Some(Reports::open(&options.data_dir)?) } else { None };
        // Before the first event: a restarted agent continues with its model.
        let watcher = models.open(&options.data_dir, options.foreign_models, control, &reporter);
        let (work_in, work_out) = sync_channel(QUEUE_MAX);
        let metrics = Metrics::new(shared, module, &options.instance);
        let live = Arc::clone(&control.live);
        let publisher = PublisherThread::new(
            Arc::clone(shared),
            Arc::clone(&live),
            publisher,
            work_out,
            metrics,
            source.is_live(),
        );
        let decisions = DecisionLoop::new(Parts {
            live_model: Arc::clone(&models.live),
            shadow_model: Arc::clone(&models.shadow),
            shared: Arc::clone(shared),
            live,
            module,
            known,
            tip_accounts,
            work: work_in,
            speed: options.speed,
        });
        let threads = Threads {
            publisher: spawn("publisher", move || publisher.run())?,
            models: parts.spawn_models(watcher, reporter)?,
            control: parts.spawn_control_loop(options, receipts, reports)?,
            tidy: spawn("log-tidy", {
                let shared = Arc::clone(shared);
                move || tidy.run(&shared)
            })?,
        };
        let thread = spawn("agent", {
            let shared = Arc::clone(shared);
            move || {
                run_to_end(decisions, source, threads, &shared);
                drop(lock);
            }
        })?;
        Ok(Agent { parts, thread: Some(thread) })
    }

    /// Asks the threads to end after the current event.
    pub fn stop(&self) {
        self.parts.shared.stop.store(true, Relaxed);
    }

    /// Counters as JSON; `state` is `running`, `done` or `failed`.
    #[must_use]
    pub fn status(&self) -> String {
        self.parts.status().to_string()
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

impl AgentParts {
    fn open(options: &AgentOptions, module: Module, source: &Source) -> Result<AgentParts, AgentError> {
        let control =
            AgentControl::open(&options.data_dir, module, &options.instance, options.sign_sk_hex.as_deref())?;
        let (source_class, source_name) = source.named(&options.sources);
        Ok(AgentParts {
            shared: Arc::new(Shared { source_class, source_name, ..Shared::default() }),
            control: Arc::new(control),
            models: Arc::default(),
            module,
            name: format!("{}-{}", options.module, options.instance).into(),
        })
    }

    fn spawn_models(&self, watcher: Watcher, reporter: Reporter) -> Result<JoinHandle<()>, AgentError> {
        let parts = self.clone();
        spawn("models", move || parts.models.keep(watcher, &parts.shared, &parts.control, &reporter))
    }

    fn spawn_control_loop(
        &self,
        options: &AgentOptions,
        receipts: Arc<Receipts>,
        reports: Option<Reports>,
    ) -> Result<JoinHandle<()>, AgentError> {
        let parts = self.clone();
        let data_dir = options.data_dir.clone();
        let status_path = data_dir.join("agents").join(format!("{}.status.json", options.module));
        spawn("control-log", move || {
            let status = || parts.status();
            let versions = || [parts.models.live.version(), parts.models.shadow.version()];
            let (shared, control) = (&*parts.shared, &*parts.control);
            let mut control_loop =
                ControlLoop { shared, control, receipts: &receipts, reports, versions, status };
            control_loop.run(&data_dir, &status_path);
        })
    }
}

/// The topic of a cluster or of this host, files, or a simulated chain.
fn open_source(options: &AgentOptions) -> Result<Source, AgentError> {
    if options.sources == ["kafka"] {
        let topic = TopicSource::new(&options.data_dir, options.kafka.clone());
        return Ok(Source::Topic(Box::new(topic)));
    }
    Ok(Source::open(&options.sources, options.slot, true, None)?)
}

/// From here on a kill works, by the signal and by the socket.
fn listen_for_commands(
    options: &AgentOptions,
    control: &Arc<AgentControl>,
    receipts: &Arc<Receipts>,
) -> Result<(), AgentError> {
    kill_on_signal();
    let receipts = Arc::clone(receipts);
    let folder = options.data_dir.join("agents");
    listen(control, &folder, move |receipt| receipts.append(&receipt))
        .map_err(|source| AgentError::Socket { folder, source })
}

/// Decides until the source ends or the agent is stopped, then ends the other threads.
fn run_to_end(mut decisions: DecisionLoop, source: Source, threads: Threads, shared: &Shared) {
    let ran = catch_unwind(AssertUnwindSafe(|| decisions.run(source)));
    let panicked = ran.err().map(|_| AgentError::Panicked("agent"));
    // The publisher ends once no sender is left.
    drop(decisions);
    // The publisher no longer waits for disk space either.
    shared.stop.store(true, Relaxed);
    let published = threads.publisher.join();
    let published =
        published.map_or_else(|_| Some(AgentError::Panicked("publisher")), |ended| Some(ended.err()?.into()));
    locked(&shared.summary).error = panicked.or(published).map(|error| error.to_string());
    shared.finished.store(true, Relaxed);
    let _ = threads.control.join();
    let _ = threads.models.join();
    let _ = threads.tidy.join();
}

fn spawn<T: Send + 'static>(
    name: &'static str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, AgentError> {
    let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    spawned.map_err(|source| AgentError::Thread { name, source })
}
