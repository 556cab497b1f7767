import assert from "node:assert/strict";
import { decidingText, isOver, type PolicyState } from "./control.ts";

const policy: PolicyState = {
  running: true,
  killed: false,
  throttle_pct: 0,
  ev_min: 0,
  score_min: 0,
  tip_ladder: [],
};

for (
  const [more, killed, word] of [
    [{}, false, "running"],
    [{ throttle_pct: 99 }, false, "running"],
    [{ throttle_pct: 100 }, false, "skips everything"],
    [{ running: false, throttle_pct: 100 }, false, "stopped"],
    [{ running: false, killed: true }, false, "killed"],
    [{}, true, "killed"],
  ] as const
) {
  Deno.test(`decidingWord() of ${JSON.stringify(more)}, killed ${killed}: ${word}`, () =>
    assert.equal(decidingText({ policy: { ...policy, ...more }, killed }), word));
}

Deno.test("isOver(): only an agent whose captured files have ended in order", () => {
  const file = { class: "file", name: "file" } as const;
  assert.equal(isOver({ state: "done", source: file }), true);
  assert.equal(isOver({ state: "failed", source: file }), false);
  assert.equal(isOver({ state: "running", source: file }), false);
  assert.equal(isOver({ state: "done", source: { class: "sim", name: "sim" } }), false);
  assert.equal(isOver({ state: "done", source: null }), false);
});
