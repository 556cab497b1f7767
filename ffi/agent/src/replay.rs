//! `legend replay`: runs captured data through the same code as an agent and prints one NDJSON line per event.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use engine::decision::{Decision, LandedLeg};
use engine::engine::{Engine, Event};
use engine::envelope;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sources::accounts;
use sources::block::TimedFrame;
use sources::source::Source;
use sources::unpack::read_text;
use wire::control::Module;
use wire::hex::to_hex;

use crate::counters_json::{add_tips, missed, why_not};
use crate::error::AgentError;
use crate::publisher::replay_producer;
use crate::tips::{self, TipAccount};

mod topics;

use topics::Topics;
pub use topics::WriteTo;

/// Options of `legend replay`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayOptions {
    /// As `--source`: files, or a simulated chain.
    pub sources: Vec<String>,
    /// Number of blocks of a simulated chain.
    pub blocks: Option<u64>,
    /// Names of the leaders by slot.
    pub leaders: Option<PathBuf>,
    /// Multiple of the captured speed; 0 = as fast as possible.
    #[serde(default)]
    pub speed: f64,
    /// Pool state before the first slot.
    pub accounts: Option<PathBuf>,
    /// Slot of a single block that does not state it.
    pub slot: Option<u64>,
    /// Where records are written; `None`: not at all.
    pub write_to: Option<WriteTo>,
    /// Tip accounts in addition to the built-in ones.
    #[serde(default)]
    pub tips: Vec<TipAccount>,
}

/// Default number of blocks of a simulated chain.
const SIM_BLOCKS: u64 = 150;
/// Longest pause between two blocks of a paced replay: longer gaps in a capture are shortened to it.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Maximum size of a list of leaders: an epoch has 432,000 slots.
const LEADERS_BYTES_MAX: usize = 64 << 20;

#[derive(serde::Deserialize)]
struct Leader {
    slot: u64,
    leader: String,
}

/// `[{slot, leader}]`.
fn leaders(path: &Path) -> Result<HashMap<u64, String>, AgentError> {
    let list: Vec<Leader> = serde_json::from_str(&read_text(path, LEADERS_BYTES_MAX)?)
        .map_err(|source| AgentError::Leaders { path: path.to_path_buf(), source })?;
    Ok(list.into_iter().map(|row| (row.slot, row.leader)).collect())
}

/// Pulls lines from a replay, one file at a time.
pub struct ReplayStream {
    source: Source,
    topics: Option<Topics>,
    leaders: HashMap<u64, String>,
    speed: f64,
    paced_ns: u64,
    engine: Engine,
    decisions: Vec<Decision>,
    lines: String,
    at: usize,
    /// Sequence numbers of the printed Envelopes.
    arbitrage_seq: u64,
    mev_seq: u64,
    hash: Sha256,
    events: u64,
    now_ns: u64,
    ended: bool,
}

impl ReplayStream {
    /// Opens the files, loads the snapshot, and locks the data folder that it writes to.
    ///
    /// # Errors
    /// One line that names the file or the folder at fault.
    pub fn open(options: &ReplayOptions) -> Result<ReplayStream, AgentError> {
        let source =
            Source::open(&options.sources, options.slot, false, options.blocks.or(Some(SIM_BLOCKS)))?;
        let leaders = options.leaders.as_deref().map(leaders).transpose()?.unwrap_or_default();
        let mut engine = Engine::default();
        engine.set_tip_accounts(tips::accounts(&options.tips)?);
        if let Some(known) = source.accounts() {
            engine.load(&accounts::borrowed(&known));
        }
        if let Some(path) = &options.accounts {
            engine.load(&accounts::borrowed(&accounts::read(path)?));
        }
        // Last: a replay that cannot begin must not change anything.
        let topics = options.write_to.as_ref().map(Topics::open).transpose()?;
        Ok(ReplayStream {
            source,
            topics,
            leaders,
            speed: options.speed,
            paced_ns: 0,
            engine,
            decisions: Vec::new(),
            lines: String::new(),
            at: 0,
            arbitrage_seq: 0,
            mev_seq: 0,
            hash: Sha256::new(),
            events: 0,
            now_ns: 0,
            ended: false,
        })
    }

    /// Copies up to `out.len()` bytes of lines; 0 = the end. The last line is the summary.
    ///
    /// # Errors
    /// A file cannot be read; the next call continues with the next file. Or the log accepts no more records,
    /// which ends the replay: the next call returns the end.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, AgentError> {
        while self.at == self.lines.len() {
            self.lines.clear();
            self.at = 0;
            if self.ended {
                return Ok(0);
            }
            self.read_file()?;
        }
        let rest = &self.lines.as_bytes()[self.at..];
        let len = rest.len().min(out.len());
        out[..len].copy_from_slice(&rest[..len]);
        self.at += len;
        Ok(len)
    }

    fn read_file(&mut self) -> Result<(), AgentError> {
        let (engine, decisions, now_ns) = (&mut self.engine, &mut self.decisions, &mut self.now_ns);
        let (speed, paced_ns) = (self.speed, &mut self.paced_ns);
        let more = self.source.read(|block| {
            if speed > 0.0 && *paced_ns > 0 {
                let pause_ns = block.time_ns.saturating_sub(*paced_ns) as f64 / speed;
                std::thread::sleep(Duration::from_nanos(pause_ns as u64).min(PAUSE_MAX));
            }
            *paced_ns = block.time_ns;
            for TimedFrame { received_ns, frame } in block.frames() {
                engine.on_event(&Event::Transaction(frame), received_ns, decisions);
            }
            *now_ns = block.time_ns;
            if block.whole {
                engine.on_event(&Event::SlotEnd(block.slot), *now_ns, decisions);
            }
            true
        })?;
        if !more {
            self.engine.on_event(&Event::End, self.now_ns, &mut self.decisions);
        }
        let decisions = std::mem::take(&mut self.decisions);
        let outcomes: Vec<_> = self.engine.take_outcomes().collect();
        if let Some(topics) = &mut self.topics
            && let Err(error) = topics.write(&decisions, &outcomes)
        {
            self.ended = true;
            return Err(AgentError::ReplayEnds(error));
        }
        // A printed line means that its records are on disk.
        for decision in &decisions {
            self.write(decision);
        }
        if !more {
            self.write_summary();
            self.ended = true;
        }
        Ok(())
    }

    fn write(&mut self, decision: &Decision) {
        let envelope = if decision.is_published() {
            let (module, sequence) = if decision.is_arbitrage() {
                (Module::Arbitrage, &mut self.arbitrage_seq)
            } else {
                (Module::Mev, &mut self.mev_seq)
            };
            *sequence += 1;
            let bytes = envelope::encode(decision, replay_producer(module), *sequence);
            self.hash.update(&bytes);
            base64::engine::general_purpose::STANDARD.encode(bytes)
        } else {
            String::new()
        };
        self.events += u64::from(!decision.provisional);
        let mut line = line(decision, &envelope);
        if let Some(leader) = self.leaders.get(&decision.slot) {
            line["leader"] = json!(leader);
        }
        self.lines.push_str(&line.to_string());
        self.lines.push('\n');
    }

    fn write_summary(&mut self) {
        let sha256 = to_hex(&self.hash.finalize_reset());
        let counts = self.engine.counts();
        let mut summary = json!({
            "summary": true,
            "sha256": sha256,
            "transactions": counts.transactions,
            "events": self.events,
            "failed": counts.failed,
            "votes": counts.votes,
            "malformed": counts.malformed + self.source.counts().malformed,
            "unknown_version": self.source.counts().unknown_version,
            "repeated": counts.repeated,
            "unremembered": counts.unremembered,
            "legs": counts.decode.legs,
            "unresolved_swaps": counts.decode.unresolved + counts.decode.malformed,
            "missed_swaps": self.engine.missed().total(),
            "missed_by_program": missed(self.engine.missed()),
            "pending": counts.pending,
            "candidates": counts.candidates,
            "passed": counts.passed,
            "why_not": why_not(&counts.why_not),
        });
        add_tips(&mut summary, &self.engine.tips_report());
        self.lines.push_str(&summary.to_string());
        self.lines.push('\n');
    }
}

/// One event as `legend replay --json` prints it (docs/CONTRACT.md, "Command line").
fn line(decision: &Decision, envelope: &str) -> Value {
    let (arbitrage, open) = (decision.is_arbitrage(), decision.open.as_deref());
    // One transaction may hold several legs: each signature appears once.
    let signatures = |legs: &[LandedLeg]| {
        let mut list: Vec<String> = legs.iter().map(|leg| leg.signature.to_string()).collect();
        list.dedup();
        list
    };
    let texts = |list: &[engine::pubkey::Signature]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (front, victims, back) =
        (signatures(&decision.fronts), signatures(&decision.victims), signatures(&decision.backs));
    let (links, tips, failed) = (texts(&decision.links), texts(&decision.tips), texts(&decision.failed));
    let trigger: Vec<String> = open.map(|open| open.trigger.to_string()).into_iter().collect();
    let all: Vec<&String> =
        [&front, &victims, &back, &links, &tips, &failed, &trigger].into_iter().flatten().collect();
    let landed = decision.fronts.iter().map(|leg| leg.leg.pool);
    let planned = open.map_or(&[][..], |open| &open.hops).iter().map(|hop| hop.pool);
    let mut pools: Vec<String> = landed.chain(planned).map(|pool| pool.to_string()).collect();
    pools.dedup();
    let hops = open.map_or(decision.fronts.len(), |open| open.hops.len());
    let mut value = envelope::evidence(decision);
    let number = |value: &Value| value.clone();
    json!({
        "type": if arbitrage { "arb_opportunity" } else { "mev_opportunity" },
        "kind": number(&value["kind"]),
        "tier": number(&value["tier"]),
        "provisional": decision.provisional,
        "decision_id": number(&value["decision_id"]),
        "slot": decision.slot,
        "dex": decision.dex_id(),
        "pool": decision.pool().to_string(),
        "pools": pools,
        "attackers": decision.attackers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "front": if arbitrage { Vec::new() } else { front.clone() },
        "victims": victims,
        "back": back,
        "links": links,
        "tips": tips,
        "failed": failed,
        "signatures": all,
        "net_lamports": number(&value["net_lamports"]),
        "net_raw": number(&value["net_raw"]),
        "net_mint": number(&value["net_mint"]),
        "gross_raw": number(&value["gross_raw"]),
        "moved_out_lamports": number(&value["moved_out_lamports"]),
        "funded_lamports": number(&value["funded_lamports"]),
        "tip_lamports": decision.tip_lamports.to_string(),
        "tips_by_service": envelope::tips_by_service(decision),
        "fee_lamports": decision.fee_lamports.to_string(),
        "victim_losses": if open.is_some() { json!([]) } else { value["victim_losses"].take() },
        "hops": if arbitrage { hops } else { 0 },
        "score": open.map(|open| open.terms.score),
        "p_land_est": open.map_or_else(|| json!(1), |open| json!(open.p_land)),
        "ev_sol": open.map(|open| open.terms.ev_sol),
        "gate": number(&value["gate"]),
        "envelope": envelope,
    })
}
