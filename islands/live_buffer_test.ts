import assert from "node:assert/strict";
import type { LiveRow } from "./envelope.ts";
import { LiveBuffer, ROWS_MAX, stepFrom } from "./live_buffer.ts";

const row = (id: string, at: number, landed?: boolean): LiveRow => ({
  id,
  module: "mev",
  kind: "open_sandwich",
  tier: "",
  slot: at,
  at,
  net: null,
  pLand: null,
  what: "",
  who: "",
  ...(landed === undefined ? {} : { landed }),
});
const ids = (items: readonly { id: string }[]) => items.map(({ id }) => id).join(" ");

Deno.test("LiveBuffer puts asked rows where they belong, and knows what became of them", () => {
  const buffer = new LiveBuffer();
  buffer.backlog([row("c", 3), row("b", 2, true), row("a", 1, false)]);
  assert.equal(ids(buffer.waiting), "c b a", "nothing is shown before it is flushed");
  buffer.flush();
  buffer.take([row("e", 5), row("f", 6)], { gap: 2, id: "gap" });
  assert.equal(ids(buffer.waiting), "f e gap");
  // A second fetch: rows that the stream missed are inserted, none is duplicated, late results are stored.
  buffer.backlog([row("f", 6, true), row("d", 4), row("c", 3, true), row("bb", 2.5)]);
  assert.equal(ids(buffer.items), "c bb b a");
  assert.equal(ids(buffer.waiting), "f e gap d");
  buffer.take([row("f", 6)], null);
  buffer.flush();
  assert.equal(ids(buffer.items), "f e gap d c bb b a");
  assert.deepEqual(["a", "b", "c", "d", "f"].map((id) => buffer.landed(id)), [
    false,
    true,
    true,
    undefined,
    true,
  ]);
  buffer.hear([{ id: "d", landed: false }]);
  assert.equal(buffer.landed("d"), false);
});

Deno.test("LiveBuffer keeps its limit and counts what left", () => {
  const buffer = new LiveBuffer();
  const rows = Array.from({ length: ROWS_MAX + 7 }, (_, at) => row(String(at), at));
  buffer.take(rows, null);
  buffer.flush();
  buffer.take([row("one more", ROWS_MAX + 8)], null);
  buffer.flush();
  assert.deepEqual([buffer.items.length, buffer.left, buffer.received], [ROWS_MAX, 8, ROWS_MAX + 8]);
  assert.equal(buffer.items[0]!.id, "one more");
});

Deno.test("stepFrom passes over gaps and stays within the ends", () => {
  const gap = { gap: 1, id: "g" };
  const items = [gap, row("a", 3), gap, gap, row("b", 2), row("c", 1), gap];
  const cases = [[1, 1, 4], [4, -1, 1], [1, -1, 1], [5, 1, 5], [1, 100, 5], [5, -100, 1], [4, 1, 5]];
  for (const [from, by, to] of cases) assert.equal(stepFrom(items, from!, by!), to, `${from} ${by}`);
  assert.equal(stepFrom([gap], 0, 1), -1);
  assert.equal(stepFrom([], 0, 1), -1);
});
