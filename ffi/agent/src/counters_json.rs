//! The engine's counters as JSON, as agents, replays and decode runs report them.

use engine::dex;
use engine::gate::{TERMS, WhyNot};
use engine::missed::Missed;
use engine::tips::TipsReport;
use serde_json::{Value, json};

/// Maximum rows of [`Missed`] that are shown; the total next to them covers all.
const MISSED_ROWS_MAX: usize = 16;

/// What looked like a swap but yielded no leg, most frequent first, as JSON.
#[must_use]
pub fn missed(missed: &Missed) -> Value {
    let rows = missed.rows().into_iter().take(MISSED_ROWS_MAX).map(|row| {
        json!({
            "program": row.program.to_string(),
            "dex": dex::by_program(&row.program.0).map(|dex| dex.id),
            "tag": row.tag.to_string(),
            "count": row.count,
            "example": row.example.to_string(),
        })
    });
    rows.collect()
}

/// Adds to a summary the payments to landing services, and the accounts that look like one.
pub fn add_tips(summary: &mut Value, tips: &TipsReport) {
    let services = tips.services.iter().map(|row| {
        json!({ "service": *row.service, "payments": row.payments, "lamports": row.lamports.to_string() })
    });
    let candidates = tips.shown.iter().map(|row| {
        json!({
            "account": row.account.to_string(),
            "payers": row.payers,
            "payments": row.payments,
            "lamports": row.lamports.to_string(),
        })
    });
    summary["tip_services"] = services.collect();
    summary["tip_candidates"] = json!(tips.candidates);
    summary["tip_candidate_accounts"] = candidates.collect();
}

/// Refusals by term, as JSON.
#[must_use]
pub fn why_not(counts: &WhyNot) -> Value {
    TERMS
        .iter()
        .map(|term| (term.name().to_owned(), json!(counts.0[*term as usize])))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
