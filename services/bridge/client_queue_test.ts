import assert from "node:assert/strict";
import { type BridgeMessage, ClientQueue } from "./client_queue.ts";

const message = (from: number, count: number, size: number): BridgeMessage => ({
  bytes: new Uint8Array(size),
  size,
  from: BigInt(from),
  to: BigInt(from + count),
  count,
});

Deno.test("ClientQueue keeps order and its bound, drops the oldest and counts them", () => {
  const queue = new ClientQueue(100);
  for (let n = 0; n < 10; n++) queue.push(message(5 * n, 5, 30));
  assert.equal(queue.bytes, 90);
  assert.deepEqual(queue.next(), { gap: { from: 0n, to: 35n, count: 35 } });
  const rest = [queue.next(), queue.next(), queue.next(), queue.next()];
  assert.deepEqual(rest.map((one) => one && "message" in one && one.message.from), [
    35n,
    40n,
    45n,
    undefined,
  ]);
  assert.equal(queue.dropped, 35n);
});

Deno.test("ClientQueue drops a frame that is too large by itself, and joins gaps", () => {
  const queue = new ClientQueue(100);
  queue.miss({ from: 0n, to: 3n, count: 3 });
  queue.push(message(3, 2, 101));
  assert.deepEqual([queue.bytes, queue.dropped], [0, 5n], "at once, not when the next one comes");
  queue.push(message(5, 1, 100));
  assert.equal(queue.bytes, 100, "what just fits stays");
  assert.deepEqual(queue.next(), { gap: { from: 0n, to: 5n, count: 5 } });
  assert.equal((queue.next() as { message: BridgeMessage }).message.from, 5n);
  assert.equal(queue.bytes, 0);
});

Deno.test("ClientQueue: sent and dropped are all records that were pushed, whatever the order", () => {
  let state = 7;
  const random = (end: number) => (state = (state * 48_271) % 2_147_483_647) % end;
  const queue = new ClientQueue(500);
  let [pushed, sent, reported] = [0, 0, 0];
  const take = () => {
    const next = queue.next();
    if (next && "gap" in next) reported += next.gap.count;
    if (next && "message" in next) sent += next.message.count;
    return next !== undefined;
  };
  for (let n = 0; n < 5_000; n++) {
    const count = 1 + random(20);
    queue.push(message(pushed, count, 1 + random(300)));
    pushed += count;
    assert.ok(queue.bytes <= 500);
    if (random(3) === 0) take();
  }
  while (take());
  assert.equal(sent + reported, pushed);
  assert.equal(Number(queue.dropped), reported);
});
