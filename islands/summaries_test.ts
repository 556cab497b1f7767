import assert from "node:assert/strict";
import { longer, most, pnlTime, sum, together } from "./summaries.ts";

const series = (t: number[], pnl: (number | null)[]) => ({
  t,
  hotpath_p50: pnl,
  hotpath_p99: pnl,
  send_p99: pnl,
  p_land: pnl,
  pnl,
});

Deno.test("F12: a line of both modules pairs their seconds, and leaves a silent one out", () => {
  const arbitrage = series([10, 11, 12], [1, 2, 3]);
  const mev = series([11, 12, 20], [10, 20, 30]);
  assert.deepEqual(together([arbitrage, mev], ({ pnl }) => pnl, sum), {
    t: [10, 11, 12, 20],
    values: [1, 12, 23, 30],
  });
  assert.deepEqual(together([arbitrage, mev], ({ pnl }) => pnl, most).values, [1, 10, 20, 30]);
  assert.deepEqual(together([], ({ pnl }) => pnl, sum), { t: [], values: [] });
});

Deno.test("a second of which no module knows is unknown, not zero", () => {
  const broken = series([10, 19, 20], [1, null, 2]);
  assert.deepEqual(together([broken], ({ pnl }) => pnl, sum).values, [1, null, 2]);
  assert.deepEqual(together([broken], ({ pnl }) => pnl, most).values, [1, null, 2]);
});

Deno.test("the PnL is of the time that its agents have run, exactly, and of no more than an hour", () => {
  const agents = (...spans: (number | null)[]) => spans.map((up_s) => ({ state: "running" as const, up_s }));
  assert.equal(pnlTime(agents(42, 43)), "of the last 42 s");
  assert.equal(pnlTime(agents(660)), "of the last 11 min");
  assert.equal(pnlTime(agents(3_599)), "of the last 59 min");
  assert.equal(pnlTime(agents(3_600, 90_000)), "of the last hour");
  assert.equal(pnlTime(agents(90, 90_000)), "of the last 1 min to 1 h, by agent");
  assert.equal(pnlTime([...agents(700), { state: "done", up_s: 5 }]), "of the last 11 min");
});

Deno.test("without an agent that says how long it has run, the time of the PnL is unknown", () => {
  assert.equal(pnlTime([]), "of an unknown period");
  assert.equal(
    pnlTime([{ state: "running", up_s: null }, { state: "running", up_s: 42 }]),
    "of an unknown period",
  );
});

Deno.test("F23: a series grows by its newest seconds, takes late samples, and forgets what is older than ten minutes", () => {
  const known = series([400, 401, 402, 403], [1, 2, null, 4]);
  const next = longer(known, 401, series([402, 403, 404], [3, 4, 5]));
  assert.deepEqual([next.t, next.pnl], [[400, 401, 402, 403, 404], [1, 2, 3, 4, 5]]);
  assert.deepEqual(longer(next, 399, series([], [])).t, []);
  assert.deepEqual(longer(next, 404, series([], [])), next);
  assert.deepEqual(longer(next, 404, series([1_003], [6])).t, [404, 1_003]);
});
