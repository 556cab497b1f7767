import assert from "node:assert/strict";
import type { Job } from "../core/jobs/book.ts";
import { fairest } from "./job_runner.ts";

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
