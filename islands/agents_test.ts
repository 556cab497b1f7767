import assert from "node:assert/strict";
import type { PolicyState } from "../core/control/control.ts";
import { drift, termText } from "./agents.ts";

const PLAIN: PolicyState = {
  running: true,
  killed: false,
  throttle_pct: 0,
  ev_min: 0.0008,
  score_min: 0.5,
  tip_ladder: [0.5, 0.7],
};
const OFF: PolicyState = {
  ...PLAIN,
  pools_deny: [],
  mints_allow: [],
  mints_deny: [],
  liquidity_min: 0,
  mint_refuse: [],
  unknown: "refuse",
};

Deno.test("drift() names what differs, and a gate that is off is the same whether it is left out or said", () => {
  const rows: [wanted: PolicyState, applied: PolicyState, terms: string[]][] = [
    [OFF, PLAIN, []],
    [PLAIN, OFF, []],
    [{ ...OFF, throttle_pct: 25 }, PLAIN, ["throttle_pct"]],
    [{ ...OFF, pools_deny: ["a"] }, PLAIN, ["pools_deny"]],
    [PLAIN, { ...OFF, liquidity_min: 5, unknown: "pass" }, ["liquidity_min", "unknown"]],
    [{ ...OFF, mints_deny: ["a", "b"] }, { ...PLAIN, mints_deny: ["a"] }, ["mints_deny"]],
  ];
  for (const [expected, applied, terms] of rows) assert.deepEqual(drift(expected, applied), terms);
  assert.equal(termText(PLAIN, "pools_deny"), "none");
  assert.equal(termText({ ...PLAIN, pools_deny: ["a", "b"] }, "pools_deny"), "a,b");
});
