/** The queue over a log whose state the test sets: what it waits for, what it refuses, what it writes. */
import assert from "node:assert/strict";
import { JOB_KINDS } from "../../workers/kinds.ts";
import { scrape } from "../../workers/kinds/scrape.ts";
import { AppError } from "../platform/errors.ts";
import type { Log, LogRecord, StoredRecord } from "../log/log.ts";
import { JobQueue, jobView } from "./queue.ts";

const ARGS = scrape.asked.parse({ start: "2026-11-01", end: "2026-11-02", output: "x" });
const named = (output: string) => ({ ...ARGS, output });
const code = (expected: string) => (error: unknown) => error instanceof AppError && error.code === expected;

/** A queue whose records are in the book as soon as they are appended. */
function withProjection() {
  const records: LogRecord[] = [];
  const queue: JobQueue = new JobQueue({} as Log, {
    topic: () =>
      Promise.resolve({
        append: (list: LogRecord[]) => {
          for (const record of list) {
            records.push(record);
            queue.projection.apply(
              { key: null, headers: [], timestampMs: 0n, ...record } as unknown as StoredRecord,
            );
          }
          return Promise.resolve();
        },
        [Symbol.dispose]: () => {},
      }),
  } as unknown as Log, JOB_KINDS);
  return { queue, records };
}

/** A queue whose topic has these partitions, and which has read up to here. */
function withPartitions(partitions: readonly { start: bigint; end: bigint }[]): JobQueue {
  return new JobQueue(
    {
      topic: () =>
        Promise.resolve({ info: () => Promise.resolve({ partitions }), [Symbol.dispose]: () => {} }),
    } as unknown as Log,
    {} as Log,
    JOB_KINDS,
  );
}

Deno.test("sync() waits for what is on the log, and for nothing that retention has emptied", async () => {
  await withPartitions([]).sync(0);
  await withPartitions([{ start: 0n, end: 0n }, { start: 7n, end: 7n }]).sync(0);
  for (const partitions of [[{ start: 0n, end: 1n }], [{ start: 7n, end: 7n }, { start: 3n, end: 4n }]]) {
    await assert.rejects(
      withPartitions(partitions).sync(0),
      /Cannot read the jobs: their topic does not answer in time/,
    );
  }
});

Deno.test("sync() lets the reader work while it waits for it", async () => {
  let isRead = false;
  const waited = withPartitions([{
    start: 0n,
    // The queue has read nothing: it lags until the partition counts as empty.
    get end() {
      return isRead ? 0n : 1n;
    },
  }]).sync();
  setTimeout(() => (isRead = true));
  await waited;
});

Deno.test("submit() gives a job like one that is not over that one's id, and puts nothing on the log", async () => {
  const { queue, records } = withProjection();
  const id = await queue.submit("scrape", ARGS, { issuer: "ann" });
  assert.equal(await queue.submit("scrape", ARGS, { issuer: "bob", first: () => assert.fail("no act") }), id);
  assert.equal(records.length, 1);
  const { kind, args, issuer, attemptsMax, state } = queue.projection.get(id)!;
  assert.deepEqual([kind, args, issuer, attemptsMax, state], ["scrape", ARGS, "ann", 5, "queued"]);
  await queue.cancel(id);
  assert.notEqual(await queue.submit("scrape", ARGS, { issuer: "ann" }), id, "the other one is over");
});

Deno.test("submit() takes 32 jobs of an issuer that are not over, and what could not be put on the log is not one", async () => {
  const { queue, records } = withProjection();
  const give = (n: number, more = {}) => queue.submit("scrape", named(`x${n}`), { issuer: "ann", ...more });
  const failing = () => Promise.reject(new Error("no disk"));
  for (let n = 0; n < 40; n++) await assert.rejects(give(n, { first: failing }), /no disk/);
  assert.equal(records.length, 0);
  const ids: string[] = [];
  for (let n = 0; n < 32; n++) ids.push(await give(n));
  await assert.rejects(give(32), code("rate_limited"));
  await give(32, { issuer: "bob" });
  await queue.cancel(ids[0]!);
  await give(33);
  await assert.rejects(give(34), code("rate_limited"));
});

Deno.test("jobs that are on their way to the log count as given", async () => {
  const { queue } = withProjection();
  const held = Promise.withResolvers<void>();
  const given = Array.from(
    { length: 32 },
    (_, n) => queue.submit("scrape", named(`x${n}`), { issuer: "ann", first: () => held.promise }),
  );
  await assert.rejects(queue.submit("scrape", named("more"), { issuer: "ann" }), code("rate_limited"));
  held.resolve();
  assert.equal(new Set(await Promise.all(given)).size, 32);
});

Deno.test("cancel() and retry() change what can be changed, after their act", async () => {
  const { queue, records } = withProjection();
  const id = await queue.submit("scrape", ARGS, { issuer: "ann" });
  await assert.rejects(queue.cancel("nothing"), code("not_found"));
  await assert.rejects(queue.retry(id), code("conflict"));
  await assert.rejects(queue.cancel(id, () => Promise.reject(new Error("no disk"))), /no disk/);
  assert.deepEqual([records.length, queue.projection.get(id)!.state], [1, "queued"]);
  await queue.cancel(id, () => {
    assert.equal(queue.projection.get(id)!.state, "queued");
    return Promise.resolve();
  });
  assert.equal(queue.projection.get(id)!.state, "cancelled");
  await assert.rejects(queue.cancel(id), code("conflict"));
  await queue.retry(id);
  assert.equal(queue.projection.get(id)!.state, "queued");
  // Another request was faster, while the audit entry was written.
  await assert.rejects(queue.cancel(id, () => queue.cancel(id)), code("conflict"));
  assert.equal(records.length, 4);
});

Deno.test("jobView() says what a job is", async () => {
  const { queue } = withProjection();
  const id = await queue.submit("scrape", ARGS, { issuer: "ann" });
  const { created_ms, ...view } = jobView(JOB_KINDS, queue.projection.get(id)!);
  assert.ok(Math.abs(Number(created_ms) - Date.now()) < 3_600_000);
  assert.deepEqual(view, {
    job_id: id,
    kind: "scrape",
    about: "arb, mev · 2026-11-01 00:00 … 2026-11-02 00:00 · parquet zstd",
    state: "queued",
    progress: 0,
    message: "",
    attempts: 0,
    attempts_max: 5,
    worker: "",
    issuer: "ann",
    args: ARGS,
    started_ms: null,
    ended_ms: null,
    result: null,
  });
});
