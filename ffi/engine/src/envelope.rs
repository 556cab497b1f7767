//! A decision as an Envelope (`proto/realtime.proto`) and as evidence (JSON).

use serde_json::{Value, json};
use wire::hex::to_hex;
use wire::names;
use wire::prost::Message;
use wire::realtime::envelope::{Payload, Type};
use wire::realtime::{ArbOpportunity, BundleOutcome, Envelope, MetricsUpdate, MevOpportunity, Module};

use crate::decision::{Decision, Hop, Kind, LandedLeg, Open, Tier, VictimLoss};
use crate::gate::{TERMS, Term};
use crate::mint_risks::Risks;
use crate::pubkey::Signature;
use crate::strategy::paper::Outcome;

/// Version of the rules. A change of a rule must change it, so that old evidence can be recognised.
const RULE: &str = "observed-2";
/// Like [`RULE`], for opportunities.
const OPEN_RULE: &str = "open-1";
/// The estimate that gave the score and `p_land`.
const BASELINE: &str = "baseline-1";

/// Encodes the Envelope of a published decision.
///
/// `producer_id` and `seq` (from 1, no holes) are the producer's on its topic.
#[must_use]
pub fn encode(decision: &Decision, producer_id: &str, seq: u64) -> Vec<u8> {
    let net_sol = decision.net_sol();
    let arbitrage = decision.is_arbitrage();
    let open = decision.open.as_deref();
    let p_land_est = open.map_or(1.0, |open| open.p_land);
    let tip_ladder = open.map_or_else(Vec::new, |open| open.policy.tip_ladder.rungs().to_vec());
    let payload = if arbitrage {
        Payload::Arb(ArbOpportunity {
            version: "sota-arb-1.1".to_owned(),
            slot: decision.slot,
            tx_signature: decision.fronts.first().map(|leg| leg.signature.to_string()).unwrap_or_default(),
            net_sol,
            classification: classification(decision),
            p_land_est,
            tip_ladder,
            ..ArbOpportunity::default()
        })
    } else {
        Payload::Mev(MevOpportunity {
            version: "sota-mev-1.1".to_owned(),
            slot: decision.slot,
            attacker: decision.attackers.first().map(ToString::to_string).unwrap_or_default(),
            net_sol,
            r#type: classification(decision),
            p_land_est,
            tip_ladder,
            ..MevOpportunity::default()
        })
    };
    let envelope = Envelope {
        schema_version: "rt-v1".to_owned(),
        r#type: if arbitrage { Type::Arb } else { Type::Mev }.into(),
        decision_id: decision.id().to_vec(),
        producer_id: producer_id.to_owned(),
        seq,
        event_ns: decision.event_ns,
        kind: decision.kind.into(),
        tier: decision.tier.into(),
        module: if arbitrage { Module::Arbitrage } else { Module::Mev }.into(),
        payload: Some(payload),
    };
    envelope.encode_to_vec()
}

/// `atomic_<N>hop`, `open_<N>hop` or `<dex id>_sandwich`.
#[must_use]
pub fn classification(decision: &Decision) -> String {
    match (decision.is_arbitrage(), &decision.open) {
        (true, Some(open)) => format!("open_{}hop", open.hops.len()),
        (true, None) => format!("atomic_{}hop", decision.fronts.len()),
        (false, _) => format!("{}_sandwich", decision.dex_id()),
    }
}

/// Encodes the Envelope of what became of an opportunity, simulated: `seq` as in [`encode`].
#[must_use]
pub fn encode_outcome(outcome: &Outcome, producer_id: &str, seq: u64) -> Vec<u8> {
    let module = if outcome.arbitrage { Module::Arbitrage } else { Module::Mev };
    let envelope = Envelope {
        schema_version: "rt-v1".to_owned(),
        r#type: Type::Outcome.into(),
        decision_id: outcome.decision_id.to_vec(),
        producer_id: producer_id.to_owned(),
        seq,
        event_ns: outcome.event_ns,
        kind: if outcome.arbitrage { Kind::OpenArbitrage } else { Kind::OpenSandwich }.into(),
        tier: Tier::None.into(),
        module: module.into(),
        payload: Some(Payload::Outcome(BundleOutcome {
            bundle_id: outcome.bundle_id(),
            landed: outcome.landed,
            tip_lamports: outcome.tip_lamports,
            path: "Jito".to_owned(),
            leader: String::new(),
            simulated: true,
            reason: outcome.reason.text(),
            module: names::envelope_module(module).to_owned(),
            slot: outcome.slot,
        })),
    };
    envelope.encode_to_vec()
}

/// Encodes the Envelope of an agent's metrics, which belongs to no decision.
#[must_use]
pub fn encode_metrics(metrics: MetricsUpdate, event_ns: u64, producer_id: &str, seq: u64) -> Vec<u8> {
    let module = if metrics.module == names::envelope_module(Module::Arbitrage) {
        Module::Arbitrage
    } else {
        Module::Mev
    };
    let envelope = Envelope {
        schema_version: "rt-v1".to_owned(),
        r#type: Type::Metrics.into(),
        producer_id: producer_id.to_owned(),
        seq,
        event_ns,
        module: module.into(),
        payload: Some(Payload::Metrics(metrics)),
        ..Envelope::default()
    };
    envelope.encode_to_vec()
}

/// `passes`, the value and the limit of each term of the gate.
fn gate_terms(open: &Open) -> Value {
    let (terms, policy) = (&open.terms, &open.policy);
    let (trade, limits) = (&terms.trade, &policy.trade_limits);
    let limit = |term: Term| match term {
        Term::Killed => (json!(policy.killed), json!(false)),
        Term::Stopped => (json!(!policy.running), json!(false)),
        Term::Throttled => (json!(policy.throttle_pct), json!("share skipped by hash, %")),
        Term::ScoreMin => (json!(terms.score), json!(policy.score_min)),
        Term::EvPositive => (json!(terms.ev_sol), json!(0)),
        Term::EvMin => (json!(terms.ev_sol), json!(policy.ev_min_sol)),
        Term::FeeShare => (json!(terms.fee_share), json!(policy.max_fee_share)),
        Term::Slippage => (json!(terms.slippage_bps), json!(policy.max_slippage_bps)),
        Term::StateAge => (json!(terms.state_age_slots), json!(policy.max_state_age_slots)),
        Term::PoolsDeny => (json!(trade.pool_denied), json!(false)),
        Term::MintsDeny => (json!(trade.mint_denied), json!(false)),
        Term::MintsAllow => (json!(trade.mint_not_allowed), json!(false)),
        // Unknown is null.
        Term::LiquidityMin => (json!(trade.liquidity_sol), json!(limits.liquidity_min_sol)),
        Term::LiquidityUnknown => (json!(trade.liquidity_sol.is_none()), json!(limits.pass_unknown)),
        Term::MintFreeze => (json!(trade.risks.has(Risks::FREEZE)), json!(false)),
        Term::MintDelegate => (json!(trade.risks.has(Risks::DELEGATE)), json!(false)),
        Term::MintHook => (json!(trade.risks.has(Risks::HOOK)), json!(false)),
        Term::MintFee => (json!(trade.risks.has(Risks::FEE)), json!(false)),
        Term::MintUnknown => (json!(trade.mint_unknown), json!(limits.pass_unknown)),
    };
    let row = |term: Term| {
        let (value, limit) = limit(term);
        json!({ "term": term.name(), "value": value, "limit": limit, "passes": !open.refusals.has(term) })
    };
    TERMS.into_iter().filter(|term| term.is_asked(policy)).map(row).collect()
}

/// A model's row by name; a feature that is not known is null.
fn features(decision: &Decision) -> Value {
    let Some(row) = &decision.features else { return Value::Null };
    let names = crate::features::names(decision.is_arbitrage());
    names.iter().zip(row.values()).map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
}

fn hop(hop: &Hop) -> Value {
    json!({
        "dex": hop.dex.id,
        "pool": hop.pool.to_string(),
        "in_mint": hop.in_mint.to_string(),
        "in_amount": hop.in_amount.to_string(),
        "out_mint": hop.out_mint.to_string(),
        "out_amount": hop.out_amount.to_string(),
        "reserve_in": hop.reserves[0].to_string(),
        "reserve_out": hop.reserves[1].to_string(),
    })
}

/// Evidence of an opportunity: a script can redo the sizes, the tip, EV and the gate from it.
fn open_evidence(decision: &Decision, open: &Open) -> Value {
    let lamports = |value: u64| value.to_string();
    json!({
        "decision_id": to_hex(&decision.id()),
        "rule": OPEN_RULE,
        "kind": names::kind(decision.kind),
        "tier": Value::Null,
        "gate": open.refusals.name(),
        "classification": classification(decision),
        "slot": decision.slot,
        "event_ns": decision.event_ns.to_string(),
        "trigger": open.trigger.to_string(),
        "hops": open.hops.iter().map(hop).collect::<Vec<_>>(),
        "target": open.target.map(|target| json!({
            "amount_in": lamports(target.amount_in),
            "min_out": lamports(target.min_out),
            "out_planned": lamports(target.out_planned),
            "out_alone": lamports(target.out_alone),
        })),
        "model": open.model.as_deref().unwrap_or(BASELINE),
        "score": open.terms.score,
        "shadow": open.shadow.as_ref().map(|answer| json!({ "model": *answer.version, "score": answer.score })),
        "features": features(decision),
        "ev": {
            "p_land": open.p_land,
            "edge_lamports": open.edge_lamports.to_string(),
            "tip_lamports": lamports(open.tip_lamports),
            "landed_fee_lamports": lamports(open.landed_fee_lamports),
            "fail_cost_lamports": lamports(open.fail_cost_lamports),
            "ev_sol": open.terms.ev_sol,
        },
        "landing": {
            "tip_quantile": open.landing.tip_quantile,
            "contention": open.landing.contention,
            "bundle_len": open.landing.bundle_len,
        },
        "gate_terms": gate_terms(open),
        "tip_ladder": open.policy.tip_ladder.rungs(),
    })
}

/// Everything the decision rests on, so that a person or a script can redo it.
#[must_use]
pub fn evidence(decision: &Decision) -> Value {
    if let Some(open) = &decision.open {
        return open_evidence(decision, open);
    }
    let kind = names::kind(decision.kind);
    let tier = match decision.tier {
        Tier::None => Value::Null,
        Tier::A => json!("A"),
        Tier::B => json!("B"),
        Tier::C => json!("C"),
    };
    let legs = |legs: &[LandedLeg]| legs.iter().map(leg).collect::<Vec<_>>();
    let texts = |keys: &[crate::pubkey::Pubkey]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "decision_id": to_hex(&decision.id()),
        "rule": RULE,
        "kind": kind,
        "tier": tier,
        "gate": "observed",
        "classification": classification(decision),
        "slot": decision.slot,
        "event_ns": decision.event_ns.to_string(),
        "features": features(decision),
        "attackers": texts(&decision.attackers),
        "quote_mint": decision.quote_mint.to_string(),
        "net_lamports": decision.net_lamports.map(|lamports| lamports.to_string()),
        "net_raw": decision.net_raw.to_string(),
        "net_mint": decision.quote_mint.to_string(),
        "gross_raw": decision.gross_raw.to_string(),
        "moved_out_lamports": decision.moved_out_lamports.to_string(),
        "funded_lamports": decision.funded_lamports.to_string(),
        "fee_lamports": decision.fee_lamports.to_string(),
        if decision.kind == Kind::Arbitrage { "cycle" } else { "front" }: legs(&decision.fronts),
        "victims": legs(&decision.victims),
        "victim_losses": decision.victim_losses.iter().map(loss).collect::<Vec<_>>(),
        "links": signatures(&decision.links),
        "tips": signatures(&decision.tips),
        "failed": signatures(&decision.failed),
        "tip_lamports": decision.tip_lamports.to_string(),
        "tips_by_service": tips_by_service(decision),
        "back": legs(&decision.backs),
    })
}

/// `{service: lamports}` of what landed.
#[must_use]
pub fn tips_by_service(decision: &Decision) -> Value {
    let rows = decision.tips_by_service.iter();
    rows.map(|tip| (tip.service.to_string(), json!(tip.lamports.to_string())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn signatures(list: &[Signature]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

/// `{signature, mint, out_actual, out_without, loss}`; a loss below 0 is a victim that gained.
fn loss(loss: &VictimLoss) -> Value {
    json!({
        "signature": loss.signature.to_string(),
        "mint": loss.mint.to_string(),
        "out_actual": loss.out_actual.to_string(),
        "out_without": loss.out_without.to_string(),
        "loss": (i128::from(loss.out_without) - i128::from(loss.out_actual)).to_string(),
    })
}

fn leg(landed: &LandedLeg) -> Value {
    let leg = &landed.leg;
    let ix = if leg.inner == 0 { leg.top.to_string() } else { format!("{}.{}", leg.top, leg.inner) };
    json!({
        "slot": landed.slot,
        "index": landed.index,
        "signature": landed.signature.to_string(),
        "ix": ix,
        "dex": leg.dex_name(),
        "pool": leg.pool.to_string(),
        "trader": leg.trader.to_string(),
        "in_mint": leg.in_mint.to_string(),
        "in_amount": leg.in_amount.to_string(),
        "out_mint": leg.out_mint.to_string(),
        "out_amount": leg.out_amount.to_string(),
    })
}
