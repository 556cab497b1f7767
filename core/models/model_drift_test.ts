import assert from "node:assert/strict";
import type { AgentStatus } from "../control/control.ts";
import { desiredModel, modelDrift, runningModels } from "./model_drift.ts";

const NOW = 1_794_873_600_000;
const status = (more: Partial<AgentStatus>) =>
  ({
    module: "mev",
    instance: "mev-here",
    state: "running",
    at_ns: String(BigInt(NOW - 900) * 1_000_000n),
    model: null,
    shadow_model: null,
    model_refused: null,
    ...more,
  }) as AgentStatus;

Deno.test("operator 16: a deployed version that the agent refused is drift, with the reason", () => {
  const refused = { version: "cb30d69b2424", reason: "it is not a shared object" };
  const running = runningModels([status({ model: "aaaaaaaaaaaa", model_refused: refused })], "mev", NOW);
  const list = { module: "mev" as const, latest: "cb30d69b2424", pinned: null };
  assert.equal(desiredModel(list), "cb30d69b2424");
  assert.deepEqual(modelDrift(list, running), [
    "mev-here runs aaaaaaaaaaaa, but mev should run cb30d69b2424: it is not a shared object",
  ]);
  assert.deepEqual(modelDrift({ ...list, latest: "aaaaaaaaaaaa" }, running), []);
  assert.deepEqual(modelDrift({ ...list, pinned: "aaaaaaaaaaaa" }, running), []);
  assert.equal(modelDrift({ ...list, latest: null }, running).length, 1, "the baseline is wanted");
});

Deno.test("an agent that ended, is silent or is of the other module says nothing of what runs", () => {
  for (
    const more of [
      { state: "done" as const },
      { module: "arbitrage" as const },
      { at_ns: String(BigInt(NOW - 60_000) * 1_000_000n) },
    ]
  ) {
    assert.deepEqual(runningModels([status(more)], "mev", NOW), [], JSON.stringify(more));
  }
  assert.deepEqual(runningModels([status({})], "mev", NOW).map(({ runs }) => runs), ["baseline"]);
});
