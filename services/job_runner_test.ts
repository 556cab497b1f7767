import assert from "node:assert/strict";
import type { Job } from "../core/jobs/projection.ts";
import type { JobQueue } from "../core/jobs/queue.ts";
import { fairest, JobRunner } from "./job_runner.ts";

const job = (id: string, issuer: string, state: Job["state"], startedMs: number | null = null): Job =>
  ({ id, issuer, state, startedMs }) as Job;
const mayStart = ({ state }: Job) => state === "queued";

Deno.test("L7: fairest takes turns between issuers, and each one's jobs in their order", () => {
  const jobs = [
    ...Array.from({ length: 50 }, (_, n) => job(`junk-${n}`, "key:junk", "queued")),
    job("other-1", "ann", "queued"),
    job("other-2", "ann", "queued"),
  ];
  const order: string[] = [];
  for (let now = 1; now <= 6; now++) {
    const next = fairest(jobs, mayStart, now)!;
    order.push(next.id);
    Object.assign(next, { state: "done", startedMs: now });
  }
  assert.deepEqual(order, ["junk-0", "other-1", "junk-1", "other-2", "junk-2", "junk-3"]);
});

Deno.test("L7: fairest takes nothing that may not start, and forgets turns of long ago", () => {
  const hours = 3_600_000;
  assert.equal(fairest([job("a", "x", "running", 1)], mayStart), undefined);
  const jobs = [job("old", "x", "done", 1), job("a", "x", "queued"), job("b", "y", "queued")];
  assert.equal(fairest(jobs, mayStart, 2)!.id, "b");
  assert.equal(fairest(jobs, mayStart, 2 + hours)!.id, "a");
});

/** A Worker that is done as soon as it is started. */
class DoneWorker {
  onmessage?: (event: { data: unknown }) => Promise<void>;
  postMessage(): void {
    queueMicrotask(() => void this.onmessage?.({ data: { type: "done", message: "done", result: {} } }));
  }
  terminate(): void {}
}

/** A Web Worker whose job fails. */
class FailedWorker extends DoneWorker {
  override postMessage(): void {
    queueMicrotask(() =>
      void this.onmessage?.({ data: { type: "error", message: "no rows in the range", final: true } })
    );
  }
}

/** What is said while one job runs to its end, and what was rejected meanwhile. */
async function loggedOf(worker: DoneWorker, report: () => Promise<void>) {
  const queued = {
    ...job("a", "ann", "queued"),
    kind: "train",
    args: {},
    token: 0,
    notBeforeMs: 0,
    version: 0,
  };
  const one = queued as unknown as Job & { token: number };
  const queue = {
    projection: { list: () => [one], get: () => one },
    // The claim is taken; what follows it is the Worker's.
    append:
      () => (Object.assign(one, one.state === "queued" ? CLAIMED : { state: "done" }), Promise.resolve()),
    sync: () => Promise.resolve(),
  };
  const end = new AbortController();
  const logged: unknown[][] = [];
  const unhandled: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", note);
  try {
    const running = new JobRunner({
      queue: queue as unknown as JobQueue,
      name: "w",
      slots: 1,
      settings: () => ({}) as never,
      spawn: () => worker as unknown as Worker,
      signal: end.signal,
      say: (...line) => logged.push(line),
      alone: true,
      goLive: () => Promise.resolve(),
      publish: () => {
        // However it ends, the test does.
        setTimeout(() => end.abort(), 100);
        return report();
      },
    }).run();
    const late = new Promise<string>((resolve) => {
      end.signal.addEventListener("abort", () => setTimeout(() => resolve("it hangs"), 60_000), {
        once: true,
      });
    });
    assert.equal(await Promise.race([running.then(() => "it has ended"), late]), "it has ended");
    return { said: logged, unhandled };
  } finally {
    globalThis.removeEventListener("unhandledrejection", note);
  }
}

Deno.test("a job whose end cannot be published is reported, and the runner still ends", async () => {
  const { said: logged, unhandled } = await loggedOf(
    new DoneWorker(),
    () => Promise.reject(new Error("the disk is full")),
  );
  assert.deepEqual(logged.map(([line]) => line), [
    "job a (train) ended: done: done",
    "Cannot publish the end of job a: the disk is full",
  ]);
  assert.deepEqual(unhandled, []);
});

Deno.test("a job that fails is a line of level error with its id and kind", async () => {
  const { said: logged } = await loggedOf(new FailedWorker(), () => Promise.resolve());
  assert.deepEqual(logged, [[
    "job a (train) ended: error: no rows in the range",
    "error",
    { job_id: "a", kind: "train", state: "error" },
  ]]);
});

const CLAIMED = { state: "running", token: 1, worker: "w" } as const;
