//! An agent's status, for its status file and for other hosts.

use std::sync::atomic::Ordering::Relaxed;

use control::agent_control::Control;
use control::names::module_name;
use engine::decision::Kind;
use serde_json::{Value, json};
use topic_log::clock::now_ns;
use wire::control::Module;
use wire::hex::to_hex;

use super::funnel::Stages;
use super::model_slots::Models;
use super::shared::{Shared, locked};
use crate::counters_json::{missed, tell_tips, why_not};

/// Counters and the policy and models in force, as JSON; `state` is `running`, `done` or `failed`.
pub(super) fn status(
    shared: &Shared,
    control: &Control,
    models: &Models,
    instance: &str,
    module: Module,
) -> Value {
    let finished = shared.finished.load(Relaxed);
    let summary = locked(&shared.summary);
    let state = match (&summary.error, finished) {
        (Some(_), _) => "failed",
        (None, true) => "done",
        (None, false) => "running",
    };
    let event = |kind: Kind| shared.events[kind as usize].load(Relaxed);
    let (source, counts) = (&summary.source, &summary.counts);
    let policy = control.policy();
    let stages = Stages {
        counts: *counts,
        published: shared.opportunities.load(Relaxed),
        landed: shared.landed.load(Relaxed),
    };
    let mut told = json!({
        "state": state,
        "error": summary.error,
        "trouble": *locked(&shared.trouble),
        "warnings": summary.warnings,
        "module": module_name(module),
        // The only mode of this version; results are never shown without these two.
        "mode": "paper",
        "source": { "class": shared.source.0, "name": shared.source.1 },
        "instance": instance,
        "pid": std::process::id(),
        "at_ns": now_ns().to_string(),
        "up_s": shared.started.elapsed().as_secs(),
        "slot": shared.slot.load(Relaxed),
        "event_ns": shared.event_ns.load(Relaxed).to_string(),
        "policy": policy,
        "policy_hash": to_hex(&policy.hash()),
        "killed": control.live.is_killed(),
        "model": models.live.version().as_deref(),
        "shadow_model": models.shadow.version().as_deref(),
        "model_refused": models.refused().map(|(version, reason)| json!({ "version": version, "reason": reason })),
    });
    // In two steps: a single one would be too long for the macro.
    let counted = json!({
        "files": source.files,
        "blocks": source.blocks,
        "transactions": counts.transactions,
        "failed": counts.failed,
        "votes": counts.votes,
        "pending": counts.pending,
        "malformed": source.malformed + counts.malformed,
        "unknown_version": source.unknown_version,
        "legs": counts.decode.legs,
        "repeated": counts.repeated,
        "unremembered": counts.unremembered,
        "unresolved_swaps": counts.decode.unresolved + counts.decode.malformed,
        "missed_swaps": summary.missed.total(),
        "missed_by_program": missed(&summary.missed),
        "arbitrage": event(Kind::Arbitrage),
        "sandwich": event(Kind::Sandwich),
        "wide_sandwich": event(Kind::WideSandwich),
        "open_arbitrage": event(Kind::OpenArbitrage),
        "open_sandwich": event(Kind::OpenSandwich),
        "candidates": counts.candidates,
        "passed": counts.passed,
        "why_not": why_not(&counts.why_not),
        "observed_withheld": counts.observed_withheld,
        "funnel": shared.funnel.tell(stages),
        "published": shared.published.load(Relaxed),
        "already_logged": shared.already_logged.load(Relaxed),
        "evidence": shared.evidence.load(Relaxed),
        "outcomes": shared.outcomes.load(Relaxed),
        "unpublished": shared.unpublished.load(Relaxed),
        "dropped": shared.dropped.load(Relaxed),
        "outcomes_untold": shared.outcomes_untold.load(Relaxed),
    });
    if let (Some(told), Value::Object(counted)) = (told.as_object_mut(), counted) {
        told.extend(counted);
    }
    tell_tips(&mut told, &summary.tips);
    told
}
