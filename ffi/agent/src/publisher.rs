//! Publishes decisions to the log: Envelopes with sequence numbers, each with its evidence, nothing twice.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use control::names::module_name;
use engine::decision::Decision;
use engine::envelope;
use engine::strategy::paper::Outcome;
use topic_log::format::{self, Batch, Record, StoredRecord};
use topic_log::{Durability, Gate, Log, LogError, Read, Topic, TopicOptions};
use wire::control::Module;
use wire::prost::Message;
use wire::realtime::{Envelope, MetricsUpdate};
use wire::topics;

const OUTCOMES_TOPIC: &str = topics::BUNDLE_OUTCOMES_PROTO;
const METRICS_TOPIC: &str = topics::METRICS_PROTO;
const EVIDENCE_TOPIC: &str = topics::DECISION_EVIDENCE;

/// How many records back a start searches for what is already logged. A source that repeats itself further
/// back than this many events would be logged again.
const KNOWN_MAX: u64 = 1_000_000;
/// Like [`KNOWN_MAX`], for a source that never repeats itself: enough to find the last sequence number.
const KNOWN_MAX_LIVE: u64 = 10_000;

/// The producer of a module's replay on its Envelopes (docs/CONTRACT.md, "Events").
#[must_use]
pub fn replay_producer(module: Module) -> &'static str {
    match module {
        Module::Arbitrage => "replay-arbitrage",
        Module::Mev => "replay-mev",
    }
}

/// What was put on the log, or withheld from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Envelopes newly on the log.
    pub envelopes: u64,
    /// How many of them are opportunities; the others are observed facts.
    pub opportunities: u64,
    /// Evidence newly on the log.
    pub evidence: u64,
    /// Outcomes newly on the log.
    pub outcomes: u64,
}

/// Writes one module's decisions and their outcomes to their topics, in order, each once.
pub struct Publisher {
    names: Vec<String>,
    decisions: OutputTopic,
    outcomes: OutputTopic,
    metrics: OutputTopic,
    evidence: OutputTopic,
    /// Opportunities among the pending Envelopes.
    opportunities: u64,
}

/// One topic, and what is already on it.
struct OutputTopic {
    topic: Topic,
    producer_id: String,
    last_seq: u64,
    /// The last sequence number on the log; higher ones belong to the pending batch.
    stored_seq: u64,
    known: HashSet<[u8; 16]>,
    /// Holds the last sequence number in case retention removes its record; `None` for a replay, which
    /// starts from nothing.
    sequence_file: Option<PathBuf>,
    batch: Batch,
}

impl Publisher {
    /// Opens the topics in `data_dir` and reads what they hold. `topic`: another topic for the decisions.
    /// `live`: the source never repeats itself.
    ///
    /// # Errors
    /// The log cannot be opened or read.
    pub fn open(
        data_dir: &Path,
        module: Module,
        instance: &str,
        topic: Option<&str>,
        live: bool,
        options: TopicOptions,
    ) -> Result<Publisher, LogError> {
        let log = Log::open(&data_dir.join("log"))?;
        let producer_id =
            log.identity_for_writing()?.producer(&format!("{}-{instance}", module_name(module)));
        let known_max = if live { KNOWN_MAX_LIVE } else { KNOWN_MAX };
        let folder = data_dir.join("agents");
        let open = |topic: &str| {
            let sequence_file = folder.join(format!("{topic}.{producer_id}.seq"));
            OutputTopic::open(log.topic(topic, options, true)?, &producer_id, Some(sequence_file), known_max)
        };
        Publisher::with(module, topic, open)
    }

    /// Like [`Publisher::open`] for a replay into an empty log: its sequences begin at 1, and no earlier
    /// records are searched.
    ///
    /// # Errors
    /// The log cannot be opened.
    pub fn of_replay(
        log: &Log,
        module: Module,
        topic: Option<&str>,
        options: TopicOptions,
    ) -> Result<Publisher, LogError> {
        let producer_id = replay_producer(module);
        Publisher::with(module, topic, |topic| {
            OutputTopic::open(log.topic(topic, options, true)?, producer_id, None, 0)
        })
    }

    fn with(
        module: Module,
        topic: Option<&str>,
        open: impl Fn(&str) -> Result<OutputTopic, LogError>,
    ) -> Result<Publisher, LogError> {
        let usual = match module {
            Module::Arbitrage => topics::ARBITRAGE_DECISIONS_PROTO,
            Module::Mev => topics::SANDWICH_DECISIONS_PROTO,
        };
        let decisions = topic.unwrap_or(usual);
        Ok(Publisher {
            names: [decisions, OUTCOMES_TOPIC, METRICS_TOPIC, EVIDENCE_TOPIC].map(str::to_owned).into(),
            decisions: open(decisions)?,
            outcomes: open(OUTCOMES_TOPIC)?,
            metrics: open(METRICS_TOPIC)?,
            evidence: open(EVIDENCE_TOPIC)?,
            opportunities: 0,
        })
    }

    /// The topics that it writes to.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Queues what is new for [`Publisher::flush`]; returns how many decisions were already logged.
    ///
    /// # Errors
    /// A record exceeds a limit of the log.
    pub fn queue(&mut self, decisions: &[Decision], outcomes: &[Outcome]) -> Result<u64, LogError> {
        let mut already_logged = 0;
        for decision in decisions {
            let id = decision.id();
            if self.evidence.known.insert(id) {
                let json = envelope::evidence(decision).to_string();
                self.evidence.push(&id, json.as_bytes())?;
            }
        }
        for decision in decisions.iter().filter(|decision| decision.is_published()) {
            let output = &mut self.decisions;
            if !output.known.insert(decision.id()) {
                already_logged += 1;
                continue;
            }
            let bytes = envelope::encode(decision, &output.producer_id, output.last_seq + 1);
            output.push(decision.pool().to_string().as_bytes(), &bytes)?;
            output.last_seq += 1;
            self.opportunities += u64::from(decision.open.is_some());
        }
        for outcome in outcomes {
            let output = &mut self.outcomes;
            if output.known.insert(outcome.decision_id) {
                let bytes = envelope::encode_outcome(outcome, &output.producer_id, output.last_seq + 1);
                output.push(outcome.bundle_id().as_bytes(), &bytes)?;
                output.last_seq += 1;
            }
        }
        Ok(already_logged)
    }

    /// Appends what is pending, one group per topic, durable on return, while `gate` is open (`None`: it
    /// always is); adds to `done` what is on the log.
    ///
    /// # Errors
    /// The log refused; nothing of the refused topic was written. After `NoSpace` and `Closed` the rest stays
    /// pending.
    pub fn flush(&mut self, gate: Option<&dyn Gate>, done: &mut Published) -> Result<(), LogError> {
        // Evidence first: the log never has an Envelope without it.
        done.evidence += self.evidence.flush(gate)?;
        done.envelopes += self.decisions.flush(gate)?;
        done.opportunities += std::mem::take(&mut self.opportunities);
        done.outcomes += self.outcomes.flush(gate)?;
        Ok(())
    }

    /// Drops what is pending, with its sequence numbers; returns the counts.
    pub fn discard(&mut self) -> Published {
        Published {
            evidence: self.evidence.discard(),
            envelopes: self.decisions.discard(),
            opportunities: std::mem::take(&mut self.opportunities),
            outcomes: self.outcomes.discard(),
        }
    }

    /// Appends one record of metrics; if the log refuses it, it is dropped.
    ///
    /// # Errors
    /// The log refused.
    pub fn metrics(&mut self, metrics: MetricsUpdate, event_ns: u64) -> Result<(), LogError> {
        let output = &mut self.metrics;
        let instance = metrics.instance.clone();
        let bytes = envelope::encode_metrics(metrics, event_ns, &output.producer_id, output.last_seq + 1);
        output.push(instance.as_bytes(), &bytes)?;
        output.last_seq += 1;
        let flushed = output.flush(None);
        output.discard();
        flushed.map(|_| ())
    }
}

impl OutputTopic {
    fn open(
        topic: Topic,
        producer_id: &str,
        sequence_file: Option<PathBuf>,
        known_max: u64,
    ) -> Result<OutputTopic, LogError> {
        // The file states the last number before an offset; numbers after that offset are found on the log.
        let text = sequence_file.as_ref().and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
        let mut numbers = text.split_whitespace().map_while(|number| number.parse::<u64>().ok());
        let last_seq = numbers.next().unwrap_or(0);
        let known_from = numbers.next().unwrap_or(u64::MAX);
        let mut output = OutputTopic {
            topic,
            producer_id: producer_id.to_owned(),
            last_seq,
            stored_seq: 0,
            known: HashSet::new(),
            sequence_file,
            batch: Batch::default(),
        };
        output.load_known(known_max, known_from)?;
        output.stored_seq = output.last_seq;
        Ok(output)
    }

    /// Reads the newest records back, and all from `known_from` on, however much others have written since:
    /// known decisions, and the last sequence number used.
    fn load_known(&mut self, known_max: u64, known_from: u64) -> Result<(), LogError> {
        let from = self.topic.end().saturating_sub(known_max).min(known_from).max(self.topic.start());
        let (mut reader, mut out) = (self.topic.reader(from), Vec::new());
        loop {
            out.clear();
            match reader.read(&mut out, 1 << 20)? {
                Read::Gap(_) => continue,
                Read::Records(0) => return Ok(()),
                Read::Records(_) => {}
            }
            let mut at = 0;
            while at < out.len() {
                let len = format::u32_at(&out, at) as usize;
                if let Some(record) = StoredRecord::parse(&out[at..at + len]) {
                    if let Some(id) = record.key.and_then(|key| key.try_into().ok()) {
                        self.known.insert(id);
                    } else if let Some(envelope) = record.value.and_then(|value| Envelope::decode(value).ok())
                    {
                        self.known.extend(<[u8; 16]>::try_from(&envelope.decision_id[..]));
                        if envelope.producer_id == self.producer_id {
                            self.last_seq = self.last_seq.max(envelope.seq);
                        }
                    }
                }
                at += len;
            }
        }
    }

    fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), LogError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let timestamp_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        self.batch.push(&Record { key: Some(key), value: Some(value), headers: &[], timestamp_ms })
    }

    /// Appends what is pending; returns how many records that was.
    fn flush(&mut self, gate: Option<&dyn Gate>) -> Result<u64, LogError> {
        let records = self.batch.records();
        if records == 0 {
            return Ok(0);
        }
        // Before the append: wherever a kill interrupts it, the numbers after this offset are found on the
        // log.
        self.store_sequence();
        self.topic.append_through(gate, &mut self.batch, Durability::Group)?;
        self.batch.clear();
        self.stored_seq = self.last_seq;
        // After it: the number is known even when retention has removed its record.
        self.store_sequence();
        Ok(records)
    }

    fn discard(&mut self) -> u64 {
        let records = self.batch.records();
        self.batch.clear();
        self.last_seq = self.stored_seq;
        records
    }

    /// Stores the last number on the log and where the log ended then. Best effort: an older file only means
    /// more to read. By rename: a kill must not leave it empty.
    fn store_sequence(&self) {
        let Some(path) = &self.sequence_file else { return };
        if self.last_seq > 0 {
            let temporary = path.with_extension("new");
            let content = format!("{} {}", self.stored_seq, self.topic.end());
            let _ = fs::write(&temporary, content).and_then(|()| fs::rename(&temporary, path));
        }
    }
}
