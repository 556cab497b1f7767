//! `legend replay`: captured data through the agents' own path, one NDJSON line an event.

use std::path::PathBuf;

use base64::Engine as _;
use engine::decision::{Decision, Kind, LandedLeg};
use engine::engine::{Engine, Event};
use engine::envelope;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::accounts;
use crate::source::file::{FileSource, SourceError};

/// What `legend replay` asks for.
#[derive(serde::Deserialize)]
pub struct ReplayOptions {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Pool state before the first slot.
    pub accounts: Option<PathBuf>,
    /// Slot of a single block that does not say it.
    pub slot: Option<u64>,
}

/// Pulls lines out of a replay, a file at a time.
pub struct ReplayStream {
    source: FileSource,
    engine: Engine,
    decisions: Vec<Decision>,
    lines: String,
    at: usize,
    sequences: [u64; 2],
    hash: Sha256,
    events: u64,
    now_ns: u64,
    ended: bool,
}

impl ReplayStream {
    /// Opens the files and takes in the snapshot.
    ///
    /// # Errors
    /// One line that names the file at fault.
    pub fn open(options: &ReplayOptions) -> Result<ReplayStream, SourceError> {
        let source = FileSource::open(&options.paths, options.slot)?;
        let mut engine = Engine::default();
        if let Some(path) = &options.accounts {
            engine.load(&accounts::borrowed(&accounts::read(path)?));
        }
        Ok(ReplayStream {
            source,
            engine,
            decisions: Vec::new(),
            lines: String::new(),
            at: 0,
            sequences: [0; 2],
            hash: Sha256::new(),
            events: 0,
            now_ns: 0,
            ended: false,
        })
    }

    /// Copies up to `out.len()` bytes of lines; 0 = the end. The last line is the summary.
    ///
    /// # Errors
    /// A file cannot be read; calling again goes on with the next.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, SourceError> {
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

    fn read_file(&mut self) -> Result<(), SourceError> {
        let (engine, decisions, now_ns) = (&mut self.engine, &mut self.decisions, &mut self.now_ns);
        let more = self.source.read_file(|block| {
            for (received_ns, frame) in block.frames() {
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
        for decision in std::mem::take(&mut self.decisions) {
            self.write(&decision);
        }
        if !more {
            self.write_summary();
            self.ended = true;
        }
        Ok(())
    }

    fn write(&mut self, decision: &Decision) {
        let envelope = if decision.is_published() {
            let arbitrage = decision.kind == Kind::Arbitrage;
            let (producer_id, sequence) = if arbitrage {
                ("replay-arbitrage", &mut self.sequences[0])
            } else {
                ("replay-mev", &mut self.sequences[1])
            };
            *sequence += 1;
            let bytes = envelope::encode(decision, producer_id, *sequence);
            self.hash.update(&bytes);
            base64::engine::general_purpose::STANDARD.encode(bytes)
        } else {
            String::new()
        };
        self.events += 1;
        self.lines.push_str(&line(decision, &envelope).to_string());
        self.lines.push('\n');
    }

    fn write_summary(&mut self) {
        let sha256 = self.hash.finalize_reset().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let counts = self.engine.counts();
        let summary = json!({
            "summary": true,
            "sha256": sha256,
            "transactions": counts.transactions,
            "events": self.events,
            "failed": counts.failed,
            "votes": counts.votes,
            "malformed": counts.malformed + self.source.counts().malformed,
            "unknown_version": self.source.counts().unknown_version,
            "legs": counts.decode.legs,
        });
        self.lines.push_str(&summary.to_string());
        self.lines.push('\n');
    }
}

/// One event as SPEC 12 has it.
fn line(decision: &Decision, envelope: &str) -> Value {
    let arbitrage = decision.kind == Kind::Arbitrage;
    // One transaction may hold several legs: each is named once.
    let signatures = |legs: &[LandedLeg]| {
        let mut list: Vec<String> = legs.iter().map(|leg| leg.signature.to_string()).collect();
        list.dedup();
        list
    };
    let texts = |list: &[engine::pubkey::Signature]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (front, victims, back) =
        (signatures(&decision.fronts), signatures(&decision.victims), signatures(&decision.backs));
    let (links, tips, failed) = (texts(&decision.links), texts(&decision.tips), texts(&decision.failed));
    let all: Vec<&String> = [&front, &victims, &back, &links, &tips, &failed].into_iter().flatten().collect();
    let mut pools: Vec<String> = decision.fronts.iter().map(|leg| leg.leg.pool.to_string()).collect();
    pools.dedup();
    let mut value = envelope::evidence(decision);
    let number = |value: &Value| value.clone();
    json!({
        "type": if arbitrage { "arb_opportunity" } else { "mev_opportunity" },
        "kind": number(&value["kind"]),
        "tier": number(&value["tier"]),
        "provisional": false,
        "decision_id": number(&value["decision_id"]),
        "slot": decision.slot,
        "dex": decision.dex_id(),
        "pool": decision.pool().to_string(),
        "pools": pools,
        "attackers": number(&value["attackers"]),
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
        "tip_lamports": decision.tip_lamports.to_string(),
        "fee_lamports": decision.fee_lamports.to_string(),
        "victim_losses": value["victim_losses"].take(),
        "hops": if arbitrage { decision.fronts.len() } else { 0 },
        "score": Value::Null,
        "p_land_est": 1,
        "ev_sol": Value::Null,
        "gate": "observed",
        "envelope": envelope,
    })
}
