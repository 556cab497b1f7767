import assert from "node:assert/strict";
import { Attempts } from "./attempts.ts";
import { RecentMap } from "./recent_map.ts";
import { TokenBuckets } from "./token_bucket.ts";

Deno.test("RecentMap forgets what was set longest ago, and no more than it must", () => {
  const map = new RecentMap<string, number>(3);
  for (const [at, key] of ["a", "b", "c"].entries()) map.set(key, at);
  assert.deepEqual([map.size, map.get("a")], [3, 0]);
  map.set("a", 9);
  map.set("d", 4);
  assert.deepEqual(["a", "b", "c", "d"].map((key) => map.get(key)), [9, undefined, 2, 4]);
  map.delete("c");
  map.set("e", 5);
  assert.deepEqual([map.size, ...["a", "c", "d", "e"].map((key) => map.get(key))], [3, 9, undefined, 4, 5]);
});

Deno.test("what is remembered of strangers is bounded: the one that was quiet longest has a new beginning", () => {
  const [buckets, attempts] = [new TokenBuckets(1, 1, () => 0), new Attempts(1, 1_000, () => 0)];
  const [asks, tries] = [(who: string) => buckets.take(who) === 0, (who: string) => attempts.take(who)];
  for (const take of [asks, tries]) {
    assert.deepEqual([take("first"), take("first"), take("second")], [true, false, true]);
    for (let n = 0; n < 9_998; n++) take(`stranger ${n}`);
    assert.deepEqual([take("first"), take("second")], [false, false], "10,000 are remembered");
    take("one more");
    take("and one more");
    assert.deepEqual([take("first"), take("second")], [false, false], "who was heard of since stays");
    assert.equal(take("stranger 0"), true);
  }
  assert.equal(attempts.size, 10_000);
});
