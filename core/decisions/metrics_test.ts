import assert from "node:assert/strict";
import { realtime } from "../../proto/wire.ts";
import type { Log } from "../log/log.ts";
import { MetricsView } from "./metrics.ts";

const NOW = 1_700_000_000_000;
const SECOND = NOW / 1000;

const sample = (instance: string, p99: number, landedPct: number, pnl: number, module = "mev") =>
  realtime.Envelope.encode({
    metrics: {
      instance,
      module,
      hotpathP50: p99 / 2,
      hotpathP99: p99,
      sendP99: p99 * 2,
      landedPct,
      pnl_1h: pnl,
    },
  }).finish();

function view(...samples: readonly (readonly [second: number, bytes: Uint8Array])[]) {
  const metrics = new MetricsView(undefined as unknown as Log);
  for (const [second, bytes] of samples) metrics.take(bytes, (SECOND + second) * 1000 + 300, NOW);
  return metrics;
}

Deno.test("one agent's samples are shown as they were published", () => {
  const { series, age_s, ...newest } = view([-1, sample("a", 2, 0.5, 1)], [0, sample("a", 4, 0.25, 3)])
    .summary("mev", NOW + 2_000);
  assert.deepEqual(newest, { hotpath_p50: 2, hotpath_p99: 4, send_p99: 8, landed_pct: 0.25, pnl_1h: 3 });
  assert.deepEqual(series.t, [SECOND - 1, SECOND]);
  assert.deepEqual([series.hotpath_p99, series.pnl, age_s], [[2, 4], [1, 3], 2]);
});

Deno.test("agents of several hosts are one: the slowest latency, the mean share, the sum of what they earned", () => {
  const metrics = view([0, sample("a", 2, 0.5, 1)], [0, sample("b", 6, 0.1, -4)], [
    0,
    sample("c", 9, 1, 100, "arbitrage"),
  ]);
  const { hotpath_p99, landed_pct, pnl_1h } = metrics.summary("mev", NOW);
  assert.deepEqual([hotpath_p99, landed_pct, pnl_1h], [6, 0.3, -3]);
  assert.equal(metrics.summary("arbitrage", NOW).pnl_1h, 100);
});

Deno.test("an agent that missed a second still counts in it; one that is silent does not", () => {
  const metrics = view(
    [-3, sample("a", 2, 0, 1)],
    [-3, sample("b", 6, 0, 10)],
    [-2, sample("a", 2, 0, 1)],
    [-1, sample("a", 2, 0, 1)],
    [0, sample("a", 2, 0, 1)],
  );
  assert.deepEqual(metrics.summary("mev", NOW).series.pnl, [11, 11, 11, 1]);
});

Deno.test("records of several partitions may come in any order", () => {
  const samples = [[-1, sample("a", 2, 0, 1)], [0, sample("a", 3, 0, 2)], [
    -1,
    sample("b", 1, 0, 5),
  ]] as const;
  const summaries = [[0, 1, 2], [2, 1, 0], [1, 2, 0]].map((order) =>
    view(...order.map((at) => samples[at]!)).summary("mev", NOW)
  );
  assert.deepEqual(summaries[0]!.series.pnl, [6, 7]);
  for (const summary of summaries) assert.deepEqual(summary, summaries[0]);
});

Deno.test("what is not of this time, of no module, or no record at all is left out", () => {
  const metrics = view([61, sample("a", 2, 0, 1)], [0, sample("a", 2, 0, 1, "other")], [
    0,
    new Uint8Array([255]),
  ]);
  assert.equal(metrics.summary("mev", NOW).age_s, null);
  assert.deepEqual(metrics.instances("mev", 60_000, NOW), []);
});

Deno.test("a landed share without an outcome is unknown, not zero, and weighs nothing in the mean", () => {
  const unknown = view([0, sample("a", 2, NaN, 1)]).summary("mev", NOW);
  assert.deepEqual([unknown.landed_pct, unknown.series.p_land], [null, [null]]);
  assert.equal(view([0, sample("a", 2, 0, 1)]).summary("mev", NOW).landed_pct, 0);
  const both = view([0, sample("a", 2, NaN, 1)], [0, sample("b", 2, 0.5, 1)]).summary("mev", NOW);
  assert.equal(both.landed_pct, 0.5);
});

Deno.test("where seconds are missing the lines are broken; one that came late breaks none", () => {
  const { series } = view(
    [-20, sample("a", 2, 0.5, 1)],
    [-18, sample("a", 2, 0.5, 1)],
    [0, sample("a", 4, 0.5, 3)],
  ).summary("mev", NOW);
  assert.deepEqual(series.t, [SECOND - 20, SECOND - 18, SECOND - 1, SECOND]);
  assert.deepEqual([series.hotpath_p99, series.pnl], [[2, 2, null, 4], [1, 1, null, 3]]);
});
