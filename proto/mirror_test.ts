import assert from "node:assert/strict";
import { bytesToMirror, fromMirror, toMirror } from "./mirror.ts";
import { long, realtime } from "./wire.ts";

const { Type, Tier } = realtime.Envelope;
const common = {
  schemaVersion: "rt-v1",
  decisionId: new Uint8Array(16).fill(0xab),
  producerId: "mev-0a1b2c3d",
  seq: long("18446744073709551615"),
  eventNs: long("1790615194000000001"),
};
const opportunity = {
  version: "v",
  slot: long(285_000_037),
  netSol: -0.25,
  pLandEst: 0.5,
  tipLadder: [0.5, 0.95],
  bundleId: "b",
};
const ROWS: [string, ConstructorParameters<typeof realtime.Envelope>[0]][] = [
  ["arb_opportunity", {
    type: Type.ARB,
    kind: 3,
    module: 1,
    arb: new realtime.ArbOpportunity({ ...opportunity, txSignature: "s", classification: "atomic_2hop" }),
  }],
  ["mev_opportunity", {
    type: Type.MEV,
    kind: 2,
    tier: Tier.A,
    module: 2,
    mev: new realtime.MevOpportunity({
      ...opportunity,
      attacker: "a",
      type: "pump_fun_sandwich",
      raw: new Uint8Array([1, 2, 255]),
    }),
  }],
  ["bundle_outcome", {
    type: Type.OUTCOME,
    outcome: new realtime.BundleOutcome({
      bundleId: "b",
      landed: true,
      tipLamports: long(1_000_000),
      path: "Jito",
      leader: "L",
      simulated: true,
      reason: "r",
      module: "mev",
      slot: long(9),
    }),
  }],
  ["metrics_update", {
    type: Type.METRICS,
    metrics: new realtime.MetricsUpdate({
      hotpathP50: 0.001,
      hotpathP99: 0.01,
      sendP99: 2,
      landedPct: 0.5,
      pnl_1h: -1.5,
      module: "arbitrage",
      instance: "i",
      paper: true,
    }),
  }],
  ["training_status", {
    type: Type.TRAINING,
    training: new realtime.TrainingStatus({ jobId: "j", state: "running", progress: 0.5, message: "m" }),
  }],
  ["dataset_status", {
    type: Type.DATASET,
    dataset: new realtime.DatasetStatus({ jobId: "j", state: "done", progress: 1, message: "" }),
  }],
];

for (const [type, properties] of ROWS) {
  Deno.test(`toMirror and fromMirror keep every field of ${type}`, () => {
    const bytes = realtime.Envelope.encode(new realtime.Envelope({ ...common, ...properties })).finish();
    const line = bytesToMirror(bytes);
    assert.equal(line.type, type);
    // Through text, as it travels.
    const back = fromMirror(JSON.parse(JSON.stringify(line)));
    assert.deepEqual([...realtime.Envelope.encode(back).finish()], [...bytes]);
  });
}

Deno.test("toMirror writes 64-bit numbers as the contract says", () => {
  const envelope = new realtime.Envelope({ ...common, ...ROWS[2]![1] });
  const { data } = toMirror(envelope);
  assert.equal(data.seq, "18446744073709551615");
  assert.equal(data.event_ns, "1790615194000000001");
  assert.equal(data.tip_lamports, 1_000_000);
  assert.equal(data.slot, 9);
});

Deno.test("toMirror names a payload of a newer version unknown and keeps its place", () => {
  const line = toMirror(new realtime.Envelope({ ...common, type: 99 as realtime.Envelope.Type }));
  assert.equal(line.type, "unknown");
  assert.equal(line.data.envelope_type, 99);
  assert.equal(line.data.producer_id, "mev-0a1b2c3d");
});

Deno.test("fromMirror refuses an unknown line type", () => {
  assert.throws(() => fromMirror({ type: "gossip", data: {} }), TypeError);
});
