//! The agent of `legend run`: a thread that takes a source through the engine into the log.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use engine::decision::{Decision, Kind};
use engine::engine::{Engine, Event};

use crate::accounts;
use crate::log::TopicOptions;
use crate::publish::Publisher;
use crate::source::file::{FileSource, SourceCounts};

/// What `legend run` asks for.
#[derive(serde::Deserialize)]
pub struct AgentOptions {
    /// Files and folders of the file source.
    pub paths: Vec<PathBuf>,
    /// Folder that holds `log/` and `agents/`.
    pub data_dir: PathBuf,
    /// This installation's name, part of the producer ids.
    pub instance: String,
    /// Slot of a single block that does not say it.
    pub slot: Option<u64>,
    /// Pool state before the first slot.
    pub accounts: Option<PathBuf>,
    /// Limits of the topics it writes.
    pub limits: Limits,
}

/// `log.*` of the configuration.
#[derive(serde::Deserialize, Clone, Copy)]
pub struct Limits {
    /// Size of one segment file.
    pub segment_bytes: u64,
    /// Bytes kept of a topic.
    pub retention_bytes: u64,
    /// Milliseconds that records are kept.
    pub retention_ms: u64,
}

impl From<Limits> for TopicOptions {
    fn from(limits: Limits) -> Self {
        TopicOptions {
            segment_bytes: limits.segment_bytes,
            retention_bytes: limits.retention_bytes,
            retention_age: Duration::from_millis(limits.retention_ms),
        }
    }
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    finished: AtomicBool,
    events: [AtomicU64; 4],
    published: AtomicU64,
    already_logged: AtomicU64,
    evidence: AtomicU64,
    summary: Mutex<Summary>,
}

#[derive(Default)]
struct Summary {
    source: SourceCounts,
    counts: engine::engine::Counts,
    warnings: Vec<String>,
    error: Option<String>,
}

/// A running agent; dropping it stops the thread and waits for it.
pub struct Agent {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Agent {
    /// Starts the thread after everything that can fail at once was tried.
    ///
    /// # Errors
    /// One line: the source or the data folder cannot be used, or another agent runs in it.
    pub fn start(options: &AgentOptions) -> Result<Agent, String> {
        let lock = lock_agent(&options.data_dir)?;
        let source = FileSource::open(&options.paths, options.slot).map_err(|error| error.to_string())?;
        let mut engine = Engine::default();
        if let Some(path) = &options.accounts {
            let known = accounts::read(path).map_err(|error| error.to_string())?;
            engine.load(&accounts::borrowed(&known));
        }
        let publisher = Publisher::open(&options.data_dir, &options.instance, options.limits.into())
            .map_err(|error| error.to_string())?;
        let shared = Arc::new(Shared::default());
        let in_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("agent".to_owned()).spawn(move || {
            let ran = catch_unwind(AssertUnwindSafe(|| run(&in_thread, source, engine, publisher)));
            let panicked = || Err("Cannot go on: the agent panicked, a bug; see the lines above".to_owned());
            let error = ran.unwrap_or_else(|_| panicked()).err();
            in_thread.summary.lock().unwrap_or_else(PoisonError::into_inner).error = error;
            in_thread.finished.store(true, Relaxed);
            drop(lock);
        });
        let thread = thread.map_err(|error| format!("Cannot start the agent's thread: {error}"))?;
        Ok(Agent { shared, thread: Some(thread) })
    }

    /// Asks the thread to end after the block in hand.
    pub fn stop(&self) {
        self.shared.stop.store(true, Relaxed);
    }

    /// Counters as JSON; `state` is `running`, `done` or `failed`.
    #[must_use]
    pub fn status(&self) -> String {
        let shared = &self.shared;
        let finished = shared.finished.load(Relaxed);
        let summary = shared.summary.lock().unwrap_or_else(PoisonError::into_inner);
        let state = match (&summary.error, finished) {
            (Some(_), _) => "failed",
            (None, true) => "done",
            (None, false) => "running",
        };
        let event = |kind: Kind| shared.events[slot_of(kind)].load(Relaxed);
        let (source, counts) = (&summary.source, &summary.counts);
        serde_json::json!({
            "state": state,
            "error": summary.error,
            "warnings": summary.warnings,
            "files": source.files,
            "blocks": source.blocks,
            "transactions": counts.transactions,
            "failed": counts.failed,
            "votes": counts.votes,
            "malformed": source.malformed + counts.malformed,
            "unknown_version": source.unknown_version,
            "legs": counts.decode.legs,
            "unresolved_swaps": counts.decode.unresolved + counts.decode.malformed,
            "arbitrage": event(Kind::Arbitrage),
            "sandwich": event(Kind::Sandwich),
            "wide_sandwich": event(Kind::WideSandwich),
            "published": shared.published.load(Relaxed),
            "already_logged": shared.already_logged.load(Relaxed),
            "evidence": shared.evidence.load(Relaxed),
        })
        .to_string()
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

fn slot_of(kind: Kind) -> usize {
    match kind {
        Kind::Arbitrage => 0,
        Kind::Sandwich => 1,
        Kind::WideSandwich => 2,
        _ => 3,
    }
}

/// Counts the decisions, puts what is new of them on the log, and empties the list.
fn publish(shared: &Shared, publisher: &mut Publisher, decisions: &mut Vec<Decision>) -> Result<(), String> {
    for decision in decisions.iter() {
        shared.events[slot_of(decision.kind)].fetch_add(1, Relaxed);
    }
    let done = publisher.publish(decisions).map_err(|error| error.to_string())?;
    shared.published.fetch_add(done.envelopes, Relaxed);
    shared.already_logged.fetch_add(done.already_logged, Relaxed);
    shared.evidence.fetch_add(done.evidence, Relaxed);
    decisions.clear();
    Ok(())
}

fn run(
    shared: &Shared,
    mut source: FileSource,
    mut engine: Engine,
    mut publisher: Publisher,
) -> Result<(), String> {
    let mut decisions: Vec<Decision> = Vec::new();
    let mut now_ns = 0;
    loop {
        let mut failed = None;
        let read = source.read_file(|block| {
            for (received_ns, frame) in block.frames() {
                engine.on_event(&Event::Transaction(frame), received_ns, &mut decisions);
            }
            now_ns = block.time_ns;
            if block.whole {
                engine.on_event(&Event::SlotEnd(block.slot), now_ns, &mut decisions);
            }
            failed = publish(shared, &mut publisher, &mut decisions).err();
            failed.is_none() && !shared.stop.load(Relaxed)
        });
        let mut summary = shared.summary.lock().unwrap_or_else(PoisonError::into_inner);
        (summary.source, summary.counts) = (source.counts(), engine.counts());
        if let Some(error) = failed {
            return Err(error);
        }
        match read {
            Ok(false) if !shared.stop.load(Relaxed) => {
                // Attacks that were open when the input ended are judged, then published like the others.
                engine.on_event(&Event::End, now_ns, &mut decisions);
                drop(summary);
                publish(shared, &mut publisher, &mut decisions)?;
                return Ok(());
            }
            Ok(true) if !shared.stop.load(Relaxed) => {}
            Ok(_) => return Ok(()),
            // One bad file does not end the run: the others hold good blocks.
            Err(error) => summary.warnings.push(error.to_string()),
        }
    }
}

/// One agent per data folder: two would number their records alike.
fn lock_agent(data_dir: &Path) -> Result<File, String> {
    let folder = data_dir.join("agents");
    let path = folder.join("agent.lock");
    let cannot = |error: std::io::Error| format!("Cannot use {}: {error}", path.display());
    std::fs::create_dir_all(&folder).map_err(cannot)?;
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(format!(
            "Cannot start: another legend runs in {}, stop it or use another --data-dir",
            data_dir.display()
        )),
        Err(std::fs::TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
            Err(cannot(error))
        }
        Err(std::fs::TryLockError::Error(error)) => Err(cannot(error)),
    }
}
