//! A decision as an Envelope (`proto/realtime.proto`) and as evidence (JSON).

use serde_json::{Value, json};
use wire::prost::Message;
use wire::realtime::envelope::{Payload, Type};
use wire::realtime::{ArbOpportunity, Envelope, MevOpportunity, Module};

use crate::decision::{Decision, Kind, LandedLeg, Tier, VictimLoss};
use crate::pubkey::Signature;

const LAMPORTS_PER_SOL: f64 = 1e9;
/// What a rule change must change, so that old evidence can be told apart.
const RULE: &str = "observed-1";

/// Encodes the Envelope of a published decision.
///
/// `producer_id` and `seq` (from 1, no holes) are the producer's on its topic.
#[must_use]
pub fn encode(decision: &Decision, producer_id: &str, seq: u64) -> Vec<u8> {
    let net_sol = decision.net_lamports.map_or(0.0, |lamports| lamports as f64 / LAMPORTS_PER_SOL);
    let arbitrage = decision.kind == Kind::Arbitrage;
    let payload = if arbitrage {
        Payload::Arb(ArbOpportunity {
            version: "sota-arb-1.1".to_owned(),
            slot: decision.slot,
            tx_signature: decision.fronts.first().map(|leg| leg.signature.to_string()).unwrap_or_default(),
            net_sol,
            classification: classification(decision),
            p_land_est: 1.0,
            ..ArbOpportunity::default()
        })
    } else {
        Payload::Mev(MevOpportunity {
            version: "sota-mev-1.1".to_owned(),
            slot: decision.slot,
            attacker: decision.attackers.first().map(ToString::to_string).unwrap_or_default(),
            net_sol,
            r#type: classification(decision),
            p_land_est: 1.0,
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

/// `atomic_<N>hop` or `<dex id>_sandwich`.
#[must_use]
pub fn classification(decision: &Decision) -> String {
    if decision.kind == Kind::Arbitrage {
        format!("atomic_{}hop", decision.fronts.len())
    } else {
        format!("{}_sandwich", decision.dex_id())
    }
}

/// Everything the decision rests on, so that a person or a script can redo it.
#[must_use]
pub fn evidence(decision: &Decision) -> Value {
    let kind = match decision.kind {
        Kind::Sandwich => "sandwich",
        Kind::WideSandwich => "wide_sandwich",
        _ => "arbitrage",
    };
    let tier = match decision.tier {
        Tier::None => Value::Null,
        Tier::A => json!("A"),
        Tier::B => json!("B"),
        Tier::C => json!("C"),
    };
    let legs = |legs: &[LandedLeg]| legs.iter().map(leg).collect::<Vec<_>>();
    let texts = |keys: &[crate::pubkey::Pubkey]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "decision_id": decision.id().iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        "rule": RULE,
        "kind": kind,
        "tier": tier,
        "gate": "observed",
        "classification": classification(decision),
        "slot": decision.slot,
        "event_ns": decision.event_ns.to_string(),
        "attackers": texts(&decision.attackers),
        "quote_mint": decision.quote_mint.to_string(),
        "net_lamports": decision.net_lamports.map(|lamports| lamports.to_string()),
        "net_raw": decision.net_raw.to_string(),
        "net_mint": decision.quote_mint.to_string(),
        "fee_lamports": decision.fee_lamports.to_string(),
        if decision.kind == Kind::Arbitrage { "cycle" } else { "front" }: legs(&decision.fronts),
        "victims": legs(&decision.victims),
        "victim_losses": decision.victim_losses.iter().map(loss).collect::<Vec<_>>(),
        "links": signatures(&decision.links),
        "tips": signatures(&decision.tips),
        "failed": signatures(&decision.failed),
        "tip_lamports": decision.tip_lamports.to_string(),
        "back": legs(&decision.backs),
    })
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
        "dex": leg.dex.id,
        "pool": leg.pool.to_string(),
        "trader": leg.trader.to_string(),
        "in_mint": leg.in_mint.to_string(),
        "in_amount": leg.in_amount.to_string(),
        "out_mint": leg.out_mint.to_string(),
        "out_amount": leg.out_amount.to_string(),
    })
}
