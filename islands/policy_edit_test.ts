import assert from "node:assert/strict";
import { changed, check, conflicts, edit, type FieldName, inForce, lamportsText } from "./policy_edit.ts";

Deno.test("check() says field, value and range in words", () => {
  const rows: [FieldName, string, number | number[] | string][] = [
    ["ev_min", "0.01", 0.01],
    ["ev_min", " 1e-3 ", 0.001],
    ["ev_min", "0,01", "ev_min: need a number of SOL from 0 to 10, got `0,01`"],
    ["ev_min", "", "ev_min: need a number of SOL from 0 to 10, got ``"],
    ["ev_min", "11", "ev_min: need a number of SOL from 0 to 10, got `11`"],
    ["ev_min", "0x10", "ev_min: need a number of SOL from 0 to 10, got `0x10`"],
    ["throttle_pct", "100", 100],
    ["throttle_pct", "12.5", "throttle_pct: need a whole number of percent from 0 to 100, got `12.5`"],
    ["throttle_pct", "-1", "throttle_pct: need a whole number of percent from 0 to 100, got `-1`"],
    ["score_min", "1.01", "score_min: need a number from 0 to 1, got `1.01`"],
    ["tip_ladder", "0.5, 0.9", [0.5, 0.9]],
    ["tip_ladder", "", "tip_ladder: need 1 to 8 numbers between 0 and 1 with commas between them, got ``"],
    [
      "tip_ladder",
      "0.5,,0.9",
      "tip_ladder: need 1 to 8 numbers between 0 and 1 with commas between them, got `0.5,,0.9`",
    ],
    ["tip_ladder", "0.85, 0.70", "tip_ladder must rise: 0.85 is followed by 0.7"],
    ["tip_ladder", "1", "tip_ladder: need 1 to 8 numbers between 0 and 1 with commas between them, got `1`"],
  ];
  for (const [name, text, expected] of rows) {
    const found = check(name, text);
    assert.deepEqual("value" in found ? found.value : found.wrong, expected, `${name} ${text}`);
  }
  assert.deepEqual([lamportsText("0.001"), lamportsText("0,1")], ["= 1,000,000 lamports", ""]);
});

Deno.test("an edit keeps what it began from, and a change by another user is a conflict", () => {
  const now = { ev_min: "0.001", throttle_pct: "0", score_min: "0", tip_ladder: "0.5, 0.9" };
  let edits = edit({}, "ev_min", "0.00", now.ev_min);
  edits = edit(edits, "ev_min", "0.003", now.ev_min);
  assert.deepEqual([changed(edits, now), conflicts(edits, now)], [["ev_min"], []]);
  const theirs = { ...now, ev_min: "0.002" };
  assert.deepEqual(conflicts(edits, theirs), ["ev_min"]);
  // Typing more does not resolve the conflict.
  assert.deepEqual(conflicts(edit(edits, "ev_min", "0.004", theirs.ev_min), theirs), ["ev_min"]);
  // No conflict if their value equals mine, or if another field changed.
  assert.deepEqual(conflicts(edits, { ...now, ev_min: "0.003" }), []);
  assert.deepEqual(conflicts(edits, { ...now, throttle_pct: "5" }), []);
  assert.deepEqual(changed(edit({}, "tip_ladder", "0.5,0.90", now.tip_ladder), now), [], "the same numbers");
});

Deno.test("inForce() is what was answered until the agents say something new", () => {
  const old = { ev_min: "0.001", throttle_pct: "0", score_min: "0", tip_ladder: "0.5, 0.9" };
  const settled = { ev_min: { text: "0.002", old: "0.001" } };
  assert.equal(inForce(old, settled).ev_min, "0.002");
  assert.equal(inForce({ ...old, ev_min: "0.002" }, settled).ev_min, "0.002");
  assert.equal(inForce({ ...old, ev_min: "0.003" }, settled).ev_min, "0.003", "another user changed it");
  assert.deepEqual(inForce({ ...old, score_min: "0.1" }, settled).score_min, "0.1");
});
