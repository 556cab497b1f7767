import assert from "node:assert/strict";
import { long, realtime } from "../proto/wire.ts";
import { readBatch } from "./envelope.ts";

const { Type, Tier } = realtime.Envelope;

/** One of every type, and one row of a quote that is not SOL. */
const ITEMS = [
  {
    schemaVersion: "rt-v1",
    type: Type.ARB,
    decisionId: new Uint8Array([0xab, 1, 0xff]),
    producerId: "p",
    seq: long(7),
    eventNs: long(1_700_000_000_123_456_789n),
    kind: realtime.Kind.OPEN_ARBITRAGE,
    module: realtime.Module.MODULE_ARBITRAGE,
    arb: {
      version: "v",
      slot: long(463918204),
      txSignature: "",
      netSol: -0.25,
      classification: "open_3hop",
      pLandEst: 0.5,
      tipLadder: [0.1, 0.2],
      raw: new Uint8Array(300),
    },
  },
  {
    type: Type.MEV,
    kind: realtime.Kind.SANDWICH,
    tier: Tier.A,
    module: realtime.Module.MODULE_MEV,
    mev: { slot: long(5), attacker: "who", netSol: 1.5, type: "raydium_cpmm_sandwich", pLandEst: 1 },
  },
  // Of a quote that is not SOL: the writer omits the field.
  { type: Type.MEV, kind: realtime.Kind.SANDWICH, tier: Tier.A, mev: { version: "v", pLandEst: 1 } },
  {
    type: Type.OUTCOME,
    decisionId: new Uint8Array([1]),
    outcome: { landed: true, reason: "paper: x", tipLamports: long(9) },
  },
  {
    type: Type.METRICS,
    metrics: {
      hotpathP50: 0.001,
      hotpathP99: 0.002,
      sendP99: 3,
      landedPct: 0.5,
      pnl_1h: -1,
      module: "mev",
      paper: true,
    },
  },
  { type: Type.TRAINING, training: { jobId: "j", state: "running", progress: 0.5 } },
];

/** Expected result of the first two. */
const ROWS = [
  {
    id: "ab01ff",
    module: "arbitrage",
    kind: "open_arbitrage",
    tier: "",
    slot: 463918204,
    at: 1_700_000_000_123,
    net: -0.25,
    pLand: 0.5,
    what: "open_3hop",
    who: "",
  },
  {
    id: "",
    module: "mev",
    kind: "sandwich",
    tier: "A",
    slot: 5,
    at: 0,
    net: 1.5,
    pLand: null,
    what: "raydium_cpmm_sandwich",
    who: "who",
  },
];

Deno.test("readBatch() reads what the general library writes, and skips what it does not know", () => {
  const bytes = realtime.Batch.encode({
    items: ITEMS,
    epoch: long(99),
    from: long(10),
    to: long(15),
    dropped: long(3),
  }).finish();
  const { rows, outcomes, metrics, ...rest } = readBatch(bytes);
  assert.deepEqual(rest, { epoch: "99", to: "15", dropped: 3, items: 6, unreadable: 0 });
  assert.equal(rows.pop()!.net, null, "not known, not zero");
  assert.deepEqual(rows, ROWS);
  assert.deepEqual(outcomes, [{ id: "01", landed: true, reason: "paper: x" }]);
  assert.equal(metrics[0]!.pnl_1h, -1);
  for (let length = 1; length < bytes.length; length++) {
    try {
      readBatch(bytes.subarray(0, length));
    } catch (error) {
      assert.ok(error instanceof RangeError, `cut at ${length}`);
    }
  }
});

Deno.test("readBatch() counts an item that is not an Envelope and reads those beside it", () => {
  const row = (slot: number) =>
    realtime.Envelope.encode({ type: Type.MEV, mev: { version: "v", slot: long(slot) } }).finish();
  for (
    const foreign of [
      [0xff, 0xff, 0xff],
      [0x0a, 0x7f],
      [0x1f],
      [0x5a, 0x02, 0x10],
      [0x0d, 0x00],
      Array.from({ length: 12 }, () => 0x80),
    ]
  ) {
    const items = [row(1), new Uint8Array(foreign), row(2)];
    const bytes = items.flatMap((item) => [0x0a, item.length, ...item]);
    const batch = readBatch(new Uint8Array([...bytes, 0x20, 3]));
    assert.deepEqual(
      [batch.rows.map(({ slot }) => slot), batch.unreadable, batch.items, batch.to],
      [[1, 2], 1, 3, "3"],
      String(foreign),
    );
  }
});
