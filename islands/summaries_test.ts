import assert from "node:assert/strict";
import { most, sum, together } from "./summaries.ts";

const series = (t: number[], pnl: number[]) => ({
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
