import assert from "node:assert/strict";
import type { AgentSource, Funnel } from "../control/control.ts";
import { funnelOf, isSimulated, sourceLine, sourceOf } from "./funnel.ts";

const sim: AgentSource = { class: "sim", name: "simulated chain, seed 7" };
const file: AgentSource = { class: "file", name: "captured slot_1.json" };

const funnel = (more: Partial<Funnel>): Funnel => ({
  window_s: 600,
  seen: 0,
  fresh: 0,
  weighed: 0,
  passed: 0,
  published: 0,
  landed: 0,
  refused_first: {},
  refused_any: {},
  ...more,
});

Deno.test("F5: a simulated source is named in every total, even with other sources", () => {
  assert.deepEqual(sourceOf([{ source: sim }, { source: sim }]), { class: "sim", name: sim.name });
  assert.deepEqual(sourceOf([{ source: file }, { source: sim }]), {
    class: "mixed",
    name: "captured slot_1.json, simulated chain, seed 7",
  });
  assert.equal(isSimulated([{ source: file }, { source: sim }]), true);
  assert.equal(isSimulated([{ source: file }]), false);
  assert.match(sourceLine([{ source: sim }]), /^simulated chain, seed 7: .*nothing about a market$/);
  assert.equal(sourceOf([{ source: null }]), null);
  assert.equal(sourceLine([{ source: null }]), "unknown source");
});

Deno.test("F10: the funnels of several agents add up, stage by stage and term by term", () => {
  const one = funnel({ window_s: 30, seen: 10, fresh: 8, weighed: 7, passed: 2, published: 2, landed: 1 });
  one.refused_first = { ev_min: 5, state_age: 3 };
  const other = funnel({ seen: 4, passed: 1, refused_first: { ev_min: 1, score_min: 2 } });
  const sum = funnelOf([{ funnel: one }, { funnel: null }, { funnel: other }])!;
  assert.deepEqual([sum.seen, sum.passed, sum.landed, sum.window_s], [14, 3, 1, 600]);
  assert.deepEqual(sum.refused_first, { ev_min: 6, state_age: 3, score_min: 2 });
  const refused = Object.values(sum.refused_first).reduce((total, count) => total + count, 0);
  assert.equal(refused, sum.seen - sum.passed);
  assert.equal(funnelOf([{ funnel: null }]), null);
});
