import assert from "node:assert/strict";
import type { SinkStatus } from "./sink_status.ts";
import { WriteRate } from "./write_rate.ts";

const status = (atMs: number, rows: number): SinkStatus => ({
  at_ms: atMs,
  trouble: null,
  topics: [{ rows, records: rows } as SinkStatus["topics"][number]],
});

Deno.test("WriteRate is rows over the time between two statuses, and unknown without them", () => {
  let [logged, now]: [SinkStatus | null, number] = [null, 0];
  const rate = new WriteRate(() => logged, () => now);
  const poll = (atMs: number, rows: number) => {
    [logged, now] = [status(atMs, rows), atMs];
    rate.poll();
  };
  rate.poll();
  assert.equal(rate.perSecond(), null, "no sink");
  poll(1_000, 500);
  assert.equal(rate.perSecond(), null, "one status has no rate");
  poll(3_000, 700);
  assert.equal(rate.perSecond(), 100);
  now = 60_000;
  assert.equal(rate.perSecond(), null, "the sink is silent");
  poll(61_000, 10);
  assert.equal(rate.perSecond(), null, "the sink has started again and counts from zero");
  poll(63_000, 30);
  assert.equal(rate.perSecond(), 10);
  for (let at = 65_000; at <= 200_000; at += 1_000) poll(at, 30 + at);
  assert.equal(rate.perSecond(), 1_000, "only the last minute counts");
});

Deno.test("WriteRate does not fail over a status that cannot be read", () => {
  const rate = new WriteRate(() => {
    throw new SyntaxError("damaged");
  });
  rate.poll();
  assert.equal(rate.perSecond(), null);
});
