import assert from "node:assert/strict";
import type { ModelState } from "./models.ts";
import { type DesiredModel, isNewer, localDesired, reconcile } from "./desired_models.ts";

const [A, B] = ["a".repeat(12), "b".repeat(12)];
const desired = (version: string, at_ms: number, request_id = ""): DesiredModel => ({
  module: "mev",
  link: "latest",
  version,
  request_id,
  at_ms,
});
const NOW = 1_000;

Deno.test("decide follows the newest desired model, and publishes what was changed here", () => {
  const cases: [
    string,
    DesiredModel,
    DesiredModel | undefined,
    DesiredModel | undefined,
    string,
    DesiredModel?,
  ][] = [
    ["a new host has nothing to say", desired("", 0), undefined, undefined, "nothing"],
    ["a first deployment is published", desired(A, 10), undefined, undefined, "publish", desired(A, 10)],
    ["as desired", desired(A, 12), desired(A, 10), desired(A, 10), "nothing"],
    ["as desired, not yet noted", desired(A, 12), desired(A, 10), undefined, "agree", desired(A, 10)],
    ["a desired model for a new host", desired("", 0), desired(A, 10), undefined, "apply", desired(A, 10)],
    ["a newer desired model", desired(A, 12), desired(B, 20), desired(A, 10), "apply", desired(B, 20)],
    [
      "a desired model newer than the previous one, obeyed later",
      desired(A, 12),
      desired(B, 11),
      desired(A, 10),
      "apply",
    ],
    ["changed here since", desired(B, 20), desired(A, 10), desired(A, 10), "publish", desired(B, 20)],
    [
      "changed here before a newer desired model arrived",
      desired(B, 20),
      desired(A, 30),
      desired(A, 10),
      "apply",
      desired(A, 30),
    ],
    ["deployed once more", desired(A, 20, "r2"), desired(A, 10, "r1"), desired(A, 10, "r1"), "publish"],
    [
      "changed here by a clock that is slow",
      desired(B, 5),
      desired(A, 10),
      desired(A, 10),
      "publish",
      desired(B, 11),
    ],
    ["taken away here", desired("", 0), desired(A, 10), desired(A, 10), "publish", desired("", NOW)],
    [
      "taken away here, and desired again",
      desired("", 0),
      desired(B, 20),
      desired(A, 10),
      "apply",
      desired(B, 20),
    ],
    ["none is desired", desired(A, 12), desired("", 20), desired(A, 10), "apply", desired("", 20)],
  ]; // deno-fmt-ignore-line
  for (const [name, local, newest, agreed, what, desired] of cases) {
    const decision = reconcile(local, newest, agreed, NOW);
    assert.equal(decision.do, what, name);
    if (desired && decision.do !== "nothing") assert.deepEqual(decision.desired, desired, name);
  }
});

Deno.test("isNewer is one order on all hosts, also for one millisecond", () => {
  assert.ok(isNewer(desired(A, 1), undefined));
  assert.ok(isNewer(desired(A, 2), desired(B, 1)) && !isNewer(desired(B, 1), desired(A, 2)));
  assert.ok(isNewer(desired(B, 1), desired(A, 1)) && !isNewer(desired(A, 1), desired(B, 1)));
  assert.ok(!isNewer(desired(A, 1), desired(A, 1)));
});

Deno.test("localDesired() takes the request of a deployment, and of nothing else", () => {
  const link = { version: A, at_ms: 7, broken: null };
  const state: ModelState = { versions: [A], latest: link, shadow: link, pin: link, request_id: "r" };
  assert.deepEqual(localDesired("mev", "latest", state), desired(A, 7, "r"));
  assert.equal(localDesired("mev", "shadow", state).request_id, "");
});
