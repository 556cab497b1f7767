import assert from "node:assert/strict";
import { briefly, type DecisionRow } from "../core/decisions/decisions.ts";
import type { Decision } from "./client.gen.ts";
import { netText, rowOf } from "./evidence.ts";

const BASE: Decision = {
  decision_id: "ab",
  rule: "r",
  kind: "sandwich",
  tier: "C",
  gate: "observed",
  classification: "c",
  slot: 7,
  event_ns: "1700000000123456789",
  published: true,
  outcome: null,
};
const MINT = "FGXPdSJXbfgYcYbZ4kHwLq1CGzFc1pNfgBLYhkSqibUc";

Deno.test("a net that is not known in SOL is not a number: the other mint's amount is shown with its unit", () => {
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
  const refused: Decision = {
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

Deno.test("F23: a row is made of the brief decision as of the whole one", () => {
  const leg = { signature: "sig", pool: "p", dex: "d", in_amount: "1", out_amount: "2" };
  const whole = [
    { ...BASE, attackers: ["one", "two"], net_lamports: null, net_raw: "-5", net_mint: MINT },
    { ...BASE, kind: "arbitrage", tier: "", cycle: [leg, leg], net_lamports: "-7", fee_lamports: "5000" },
    {
      ...BASE,
      kind: "open_arbitrage",
      gate: "ev_min",
      trigger: "t",
      gate_terms: [
        { term: "killed", passes: true, value: false, limit: false },
        { term: "ev_min", passes: false, value: 1, limit: 2 },
      ],
      ev: { edge_lamports: "9", tip_lamports: "3", landed_fee_lamports: "1", p_land: 0.25, ev_sol: 1 },
      outcome: { landed: true, simulated: true, reason: "paper" },
      hops: [{ dex: "d" }],
    },
  ] as unknown as (Decision & DecisionRow)[];
  for (const one of whole) {
    const brief = briefly(one);
    assert.deepEqual(rowOf(brief as unknown as Decision), rowOf(one));
    for (const name of ["hops", "fee_lamports"]) assert.equal(name in brief, false);
    assert.ok(JSON.stringify(brief).length <= JSON.stringify(one).length);
  }
});
