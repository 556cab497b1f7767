import assert from "node:assert/strict";
import { most, pnlTime, sum, together } from "./summaries.ts";

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

Deno.test("the PnL is called the last hour's of no agent: its counter begins with the agent", () => {
  assert.equal(pnlTime([600, 42]), "since the start, 42 s");
  assert.equal(pnlTime([180, 240]), "since the start, 3 min");
  assert.equal(pnlTime([600, 600]), "since the start, at most 1 h");
  assert.equal(pnlTime([]), "since the start, at most 1 h");
});
