import assert from "node:assert/strict";
import { workerStatusFile } from "../core/platform/parts.ts";
import { sinkStatusFile } from "../core/store/sink_status.ts";
import { readiness, type ReadyOptions, StoreProbe } from "./readiness.ts";
import { delay } from "../core/platform/delay.ts";

const json = (path: string, value: unknown) => Deno.writeTextFileSync(path, JSON.stringify(value));

async function withProbe(answers: () => Promise<string>, run: (probe: StoreProbe) => Promise<void>) {
  const end = new AbortController();
  const probe = new StoreProbe({ command: answers });
  const following = probe.follow(end.signal);
  try {
    await run(probe);
  } finally {
    end.abort();
    await following;
  }
}

const options = (store: StoreProbe, more: Partial<ReadyOptions> = {}): ReadyOptions => ({
  kafka: false,
  sink: true,
  supervised: true,
  keyProblem: null,
  store,
  seenAgents: () => ["mev-far"],
  isReading: true,
  ...more,
});

async function until(what: string, done: () => boolean): Promise<void> {
  const begin = performance.now();
  while (!done()) {
    assert.ok(performance.now() - begin < 60_000, what);
    await delay(20);
  }
}

Deno.test("L10: a stopped worker, a stopped supervisor and a store without an answer are not ready", async () => {
  const path = await Deno.makeTempDir({ prefix: "legend-ready-" });
  try {
    await withProbe(() => Promise.resolve("1"), async (probe) => {
      const found = () =>
        Object.fromEntries(readiness(path, options(probe)).reasons.map((one) => [one.part, one]));
      // No part has reported yet: that does not count as "well".
      for (const part of ["worker", "supervisor", "store"]) {
        assert.deepEqual([found()[part]!.ok, found()[part]!.brief], [false, "has not started"], part);
      }
      const now = () => {
        json(workerStatusFile(path), { at_ms: Date.now(), pid: 1 });
        json(`${path}/parts.status.json`, { at_ms: Date.now(), pid: 1, parts: [] });
        json(sinkStatusFile(path), { at_ms: Date.now(), trouble: null, topics: [] });
      };
      await until("it never gets ready", () => (now(), readiness(path, options(probe)).ready));
      // A process that was stopped says nothing any more.
      const old = Date.now() - 3_000;
      json(workerStatusFile(path), { at_ms: old, pid: 1 });
      json(`${path}/parts.status.json`, { at_ms: old, pid: 1, parts: [] });
      for (const part of ["worker", "supervisor"]) {
        assert.deepEqual([found()[part]!.ok, found()[part]!.brief], [false, "silent"], part);
      }
    });
    await withProbe(
      () => Promise.reject(new Error("no answer from http://127.0.0.1:9/ in 1000 ms")),
      async (probe) => {
        const store = () => {
          json(sinkStatusFile(path), { at_ms: Date.now(), trouble: null, topics: [] });
          return readiness(path, options(probe)).reasons.find(({ part }) => part === "store")!;
        };
        await until("the store is well", () => /no answer/.test(store().detail));
        assert.equal(store().ok, false);
        assert.equal(store().brief, "the store does not answer", "a stranger reads no address");
      },
    );
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});

Deno.test("a worker that runs by itself is missed only if it was killed", async () => {
  const path = await Deno.makeTempDir({ prefix: "legend-ready-" });
  try {
    const probe = new StoreProbe({ command: () => Promise.resolve("1") });
    const alone = options(probe, { supervised: false, sink: false });
    assert.equal(readiness(path, alone).ready, true);
    // Long ago, and before a clock that has gone back: neither says that it lives now.
    for (const age_ms of [60_000, -3_600_000]) {
      json(workerStatusFile(path), { at_ms: Date.now() - age_ms, pid: 1 });
      assert.equal(readiness(path, alone).ready, false, String(age_ms));
    }
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});
