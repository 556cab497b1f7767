//! An agent's status, for its status file and for other hosts.

use std::sync::atomic::Ordering::Relaxed;

use control::agent_control::AgentControl;
use control::names::module_name;
use engine::decision::Kind;
use serde_json::{Value, json};
use topic_log::clock::now_ns;
use wire::control::Module;
use wire::hex::to_hex;

use super::funnel::Stages;
use super::model_slots::Models;
use super::shared::{Shared, Summary, locked};
use crate::counters_json::{add_tips, missed, why_not};

/// Counters and the policy and models in force, as JSON; `state` is `running`, `done` or `failed`.
pub(super) fn status(
    shared: &Shared,
    control: &AgentControl,
    models: &Models,
    instance: &str,
    module: Module,
) -> Value {
    let summary = locked(&shared.summary);
    let mut status = in_force(shared, &summary, control, models);
    status["module"] = json!(module_name(module));
    status["instance"] = json!(instance);
    if let (Some(status), Value::Object(counters)) = (status.as_object_mut(), counters(shared, &summary)) {
        status.extend(counters);
    }
    add_tips(&mut status, &summary.tips);
    status
}

/// The state of the agent, with the policy and the models in force.
fn in_force(shared: &Shared, summary: &Summary, control: &AgentControl, models: &Models) -> Value {
    let state = match (&summary.error, shared.finished.load(Relaxed)) {
        (Some(_), _) => "failed",
        (None, true) => "done",
        (None, false) => "running",
    };
    let policy = control.policy();
    let refused =
        models.refused().map(|refusal| json!({ "version": refusal.version, "reason": refusal.reason }));
    json!({
        "state": state,
        "error": summary.error,
        "trouble": *locked(&shared.publish_error),
        "warnings": summary.warnings,
        // The only mode of this version; results are never shown without these two.
        "mode": "paper",
        "source": { "class": shared.source_class, "name": shared.source_name },
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
        "model_refused": refused,
    })
}

/// What the agent has read, found and published.
fn counters(shared: &Shared, summary: &Summary) -> Value {
    let (source, counts) = (&summary.source, &summary.counts);
    let stages = Stages {
        counts: *counts,
        published: shared.opportunities.load(Relaxed),
        landed: shared.landed.load(Relaxed),
    };
    json!({
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
        "arbitrage": shared.decisions.get(Kind::Arbitrage),
        "sandwich": shared.decisions.get(Kind::Sandwich),
        "wide_sandwich": shared.decisions.get(Kind::WideSandwich),
        "open_arbitrage": shared.decisions.get(Kind::OpenArbitrage),
        "open_sandwich": shared.decisions.get(Kind::OpenSandwich),
        "candidates": counts.candidates,
        "passed": counts.passed,
        "why_not": why_not(&counts.why_not),
        "observed_withheld": counts.observed_withheld,
        "funnel": shared.funnel.window_json(stages),
        "published": shared.published.load(Relaxed),
        "already_logged": shared.already_logged.load(Relaxed),
        "evidence": shared.evidence.load(Relaxed),
        "outcomes": shared.outcomes.load(Relaxed),
        "unpublished": shared.unpublished.load(Relaxed),
        "dropped": shared.dropped.load(Relaxed),
        "outcomes_untold": shared.unpublished_outcomes.load(Relaxed),
    })
}
