import assert from "node:assert/strict";
import type { SinkStatus } from "./sink_status.ts";
import { WriteRate } from "./write_rate.ts";

const status = (atMs: number, rows: number): SinkStatus => ({
  at_ms: atMs,
  trouble: null,
  topics: [{ rows, records: rows } as SinkStatus["topics"][number]],
});

Deno.test("WriteRate is rows over the time between two statuses, and unknown without them", () => {
  let [said, now]: [SinkStatus | null, number] = [null, 0];
  const rate = new WriteRate(() => said, () => now);
  const look = (atMs: number, rows: number) => {
    [said, now] = [status(atMs, rows), atMs];
    rate.look();
  };
  rate.look();
  assert.equal(rate.perSecond(), null, "no sink");
  look(1_000, 500);
  assert.equal(rate.perSecond(), null, "one status has no rate");
  look(3_000, 700);
  assert.equal(rate.perSecond(), 100);
  now = 60_000;
  assert.equal(rate.perSecond(), null, "the sink is silent");
  look(61_000, 10);
  assert.equal(rate.perSecond(), null, "the sink has started again and counts from zero");
  look(63_000, 30);
  assert.equal(rate.perSecond(), 10);
  for (let at = 65_000; at <= 200_000; at += 1_000) look(at, 30 + at);
  assert.equal(rate.perSecond(), 1_000, "only the last minute counts");
});

Deno.test("WriteRate does not fail over a status that cannot be read", () => {
  const rate = new WriteRate(() => {
    throw new SyntaxError("damaged");
  });
  rate.look();
  assert.equal(rate.perSecond(), null);
});
