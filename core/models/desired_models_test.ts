import assert from "node:assert/strict";
import type { ModelState } from "./models.ts";
import { decide, isNewer, localWish, type Wish } from "./desired_models.ts";

const [A, B] = ["a".repeat(12), "b".repeat(12)];
const wish = (version: string, at_ms: number, request_id = ""): Wish => ({
  module: "mev",
  link: "latest",
  version,
  request_id,
  at_ms,
});
const NOW = 1_000;

Deno.test("decide follows the newest wish, and tells what was changed here", () => {
  const cases: [string, Wish, Wish | undefined, Wish | undefined, string, Wish?][] = [
    ["a new host has nothing to say", wish("", 0), undefined, undefined, "nothing"],
    ["a first deployment is told", wish(A, 10), undefined, undefined, "tell", wish(A, 10)],
    ["as wished", wish(A, 12), wish(A, 10), wish(A, 10), "nothing"],
    ["as wished, not yet noted", wish(A, 12), wish(A, 10), undefined, "agree", wish(A, 10)],
    ["a wish for a new host", wish("", 0), wish(A, 10), undefined, "obey", wish(A, 10)],
    ["a newer wish", wish(A, 12), wish(B, 20), wish(A, 10), "obey", wish(B, 20)],
    ["a newer wish than the time of obeying the one before", wish(A, 12), wish(B, 11), wish(A, 10), "obey"],
    ["changed here since", wish(B, 20), wish(A, 10), wish(A, 10), "tell", wish(B, 20)],
    ["changed here before a newer wish came", wish(B, 20), wish(A, 30), wish(A, 10), "obey", wish(A, 30)],
    ["deployed once more", wish(A, 20, "r2"), wish(A, 10, "r1"), wish(A, 10, "r1"), "tell"],
    ["changed here by a clock that is behind", wish(B, 5), wish(A, 10), wish(A, 10), "tell", wish(B, 11)],
    ["taken away here", wish("", 0), wish(A, 10), wish(A, 10), "tell", wish("", NOW)],
    ["taken away here, and wished anew", wish("", 0), wish(B, 20), wish(A, 10), "obey", wish(B, 20)],
    ["a wish for none", wish(A, 12), wish("", 20), wish(A, 10), "obey", wish("", 20)],
  ]; // deno-fmt-ignore-line
  for (const [name, local, newest, agreed, what, told] of cases) {
    const decision = decide(local, newest, agreed, NOW);
    assert.equal(decision.do, what, name);
    if (told && decision.do !== "nothing") assert.deepEqual(decision.wish, told, name);
  }
});

Deno.test("isNewer is one order on all hosts, also for one millisecond", () => {
  assert.ok(isNewer(wish(A, 1), undefined));
  assert.ok(isNewer(wish(A, 2), wish(B, 1)) && !isNewer(wish(B, 1), wish(A, 2)));
  assert.ok(isNewer(wish(B, 1), wish(A, 1)) && !isNewer(wish(A, 1), wish(B, 1)));
  assert.ok(!isNewer(wish(A, 1), wish(A, 1)));
});

Deno.test("localWish takes the request of a deployment, and of nothing else", () => {
  const link = { version: A, at_ms: 7, broken: null };
  const state: ModelState = { versions: [A], latest: link, shadow: link, pin: link, request_id: "r" };
  assert.deepEqual(localWish("mev", "latest", state), wish(A, 7, "r"));
  assert.equal(localWish("mev", "shadow", state).request_id, "");
});
