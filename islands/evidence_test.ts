import assert from "node:assert/strict";
import type { Evidence } from "../core/evidence.ts";
import { netText, rowOf } from "./evidence.ts";

const BASE: Evidence = {
  decision_id: "ab",
  rule: "r",
  kind: "sandwich",
  tier: "C",
  gate: "observed",
  classification: "c",
  slot: 7,
  event_ns: "1700000000123456789",
};
const MINT = "FGXPdSJXbfgYcYbZ4kHwLq1CGzFc1pNfgBLYhkSqibUc";

Deno.test("a net that is not known in SOL is no number: the other mint's amount is said with its unit", () => {
  const other = { ...BASE, net_lamports: null, net_raw: "-1152864", net_mint: MINT };
  assert.equal(rowOf(other).net, null);
  assert.deepEqual(rowOf(other).other, { amount: "-1152864", mint: MINT });
  assert.equal(netText(other), "−1,152,864 base units of FGXP…ibUc");
  assert.equal(netText({ ...other, net_raw: "1152864" }), "+1,152,864 base units of FGXP…ibUc");
  const { net_lamports: _, ...older } = { ...BASE, net_lamports: null };
  assert.deepEqual([rowOf(older).net, rowOf(older).other, netText(older)], [null, undefined, "–"]);
  const known = { ...BASE, net_lamports: "0", net_raw: "0", net_mint: MINT };
  assert.deepEqual([rowOf(known).net, rowOf(known).other], [0, undefined], "zero is a number");
  assert.equal(rowOf({ ...BASE, net_lamports: "-1500000000" }).net, -1.5);
});

Deno.test("a row has its outcome and every term that refused it", () => {
  const terms = [["killed", true], ["score_min", false], ["ev_min", false]] as const;
  const refused: Evidence = {
    ...BASE,
    kind: "open_sandwich",
    gate: "score_min",
    gate_terms: terms.map(([term, passes]) => ({ term, passes, value: 0, limit: 0 })),
  };
  assert.deepEqual(rowOf(refused).refused, ["score_min", "ev_min"]);
  assert.equal(rowOf(BASE).refused, undefined);
  const outcome = { landed: false, simulated: true, reason: "paper" };
  assert.equal(rowOf({ ...BASE, gate: "pass", outcome }).landed, false);
  assert.equal(rowOf({ ...BASE, gate: "pass", outcome: null }).landed, undefined);
});
