//! The values of a row, in the order of the table's columns.

use wire::names;
use wire::realtime::Envelope;
use wire::realtime::envelope::Payload;

use super::native::Row;

/// The columns that the tables of Envelopes have in common.
pub(super) fn common_columns(row: &mut Row<'_>, envelope: &Envelope, partition: u16, offset: u64) {
    row.time(i64::try_from(envelope.event_ns / 1_000_000).unwrap_or(i64::MAX));
    // FixedString(16): shorter ids of other producers are padded, longer ones cut.
    let mut id = [0; 16];
    let len = envelope.decision_id.len().min(16);
    id[..len].copy_from_slice(&envelope.decision_id[..len]);
    row.id(&id);
    row.text(&envelope.producer_id);
    row.u64(envelope.seq);
    row.u64(envelope.event_ns);
    row.text(names::kind(envelope.kind()));
    row.text(names::tier(envelope.tier()));
    row.text(names::envelope_module(envelope.module()));
    row.u16(partition);
    row.u64(offset);
}

/// The columns of the payload's own table.
pub(super) fn payload_columns(row: &mut Row<'_>, payload: &Payload) {
    match payload {
        Payload::Arb(arb) => {
            row.text(&arb.version);
            row.u64(arb.slot);
            row.text(&arb.tx_signature);
            row.f64(arb.net_sol);
            row.text(&arb.classification);
            row.f64(arb.p_land_est);
            row.ladder(&arb.tip_ladder);
            row.text(&arb.bundle_id);
        }
        Payload::Mev(mev) => {
            row.text(&mev.version);
            row.u64(mev.slot);
            row.text(&mev.attacker);
            row.f64(mev.net_sol);
            row.text(&mev.r#type);
            row.f64(mev.p_land_est);
            row.ladder(&mev.tip_ladder);
            row.text(&mev.bundle_id);
        }
        Payload::Outcome(outcome) => {
            row.text(&outcome.bundle_id);
            row.bool(outcome.landed);
            row.u64(outcome.tip_lamports);
            row.text(&outcome.path);
            row.text(&outcome.leader);
            row.bool(outcome.simulated);
            row.text(&outcome.reason);
            row.text(&outcome.module);
            row.u64(outcome.slot);
        }
        Payload::Metrics(metrics) => {
            for value in [
                metrics.hotpath_p50,
                metrics.hotpath_p99,
                metrics.send_p99,
                metrics.landed_pct,
                metrics.pnl_1h,
            ] {
                row.f64(value);
            }
            row.text(&metrics.module);
            row.text(&metrics.instance);
            row.bool(metrics.paper);
        }
        Payload::Training(_) | Payload::Dataset(_) => {}
    }
}
