import assert from "node:assert/strict";
import { jobs } from "../../proto/wire.ts";
import { JOB_KINDS } from "../../workers/kinds.ts";
import type { StoredRecord } from "../log/log.ts";
import {
  descriptorRecord,
  type Job,
  JobProjection,
  type ReportedStatus,
  statusRecord,
  type Submission,
} from "./projection.ts";

const JOB: Submission = {
  id: "j",
  kind: "train",
  args: { module: "mev" },
  issuer: "ann",
  uniqueKey: "k",
  attemptsMax: 2,
  createdMs: 1_000,
};

type Step = Partial<Submission> | ({ of?: string } & Partial<ReportedStatus> & Pick<ReportedStatus, "state">);

function recordOf(step: Step): StoredRecord {
  const record = "state" in step
    ? statusRecord(
      { id: step.of ?? "j", kind: "train" },
      { token: 0, worker: "", atMs: 5_000, ...step } as ReportedStatus,
    )
    : descriptorRecord(JOB_KINDS, { ...JOB, ...step });
  return { key: null, headers: [], timestampMs: 0n, ...record } as unknown as StoredRecord;
}

/** A book after these records, in this order. */
function after(...steps: readonly Step[]): JobProjection {
  const projection = new JobProjection(JOB_KINDS);
  for (const step of steps) projection.apply(recordOf(step));
  return projection;
}

const claim = (worker: string, token: number) => ({ state: "running" as const, worker, token });
const facts = ({ state, token, worker, attempts }: Job) => [state, token, worker, attempts];

const ROWS: readonly [name: string, steps: readonly Step[], expected: unknown[]][] = [
  ["a descriptor queues", [{}], ["queued", 0, "", 0]],
  ["the first claim of a token counts", [{}, claim("a", 1), claim("b", 1)], ["running", 1, "a", 1]],
  ["a claim of a token that is not the next is not heard", [{}, claim("a", 2)], ["queued", 0, "", 0]],
  ["a takeover needs the next token", [{}, claim("a", 1), claim("b", 2)], ["running", 2, "b", 2]],
  [
    "the old holder's end is not heard",
    [{}, claim("a", 1), claim("b", 2), { state: "done", worker: "a", token: 1 }],
    ["running", 2, "b", 2],
  ],
  [
    "another's end under the same token is not heard",
    [{}, claim("a", 1), { state: "done", worker: "b", token: 1 }],
    ["running", 1, "a", 1],
  ],
  ["the holder's end counts", [{}, claim("a", 1), { state: "done", worker: "a", token: 1 }], [
    "done",
    1,
    "a",
    1,
  ]],
  ["an ended job takes no claim", [
    {},
    claim("a", 1),
    { state: "done", worker: "a", token: 1 },
    claim("b", 2),
  ], [
    "done",
    1,
    "a",
    1,
  ]],
  ["an error is tried again", [{}, claim("a", 1), { state: "error", worker: "a", token: 1 }], [
    "queued",
    1,
    "",
    1,
  ]],
  [
    "until there were enough tries",
    [{}, claim("a", 1), { state: "error", worker: "a", token: 1 }, claim("a", 2), {
      state: "error",
      worker: "a",
      token: 2,
    }],
    ["error", 2, "a", 2],
  ],
  [
    "a job whose workers were gone each time is given up",
    [{}, claim("a", 1), claim("b", 2), claim("c", 3)],
    ["error", 3, "b", 2],
  ],
  [
    "a final error is not tried again",
    [{}, claim("a", 1), { state: "error", worker: "a", token: 1, final: true }],
    ["error", 1, "a", 1],
  ],
  ["a queued job is cancelled at once", [{}, { state: "cancelled" }], ["cancelled", 0, "", 0]],
  ["a running job ends when its holder reports it", [{}, claim("a", 1), { state: "cancelled" }], [
    "running",
    1,
    "a",
    1,
  ]],
  [
    "and is not tried again then",
    [{}, claim("a", 1), { state: "cancelled" }, { state: "cancelled", worker: "a", token: 1 }],
    ["cancelled", 1, "a", 1],
  ],
  ["a cancelled job is queued by a person", [{}, { state: "cancelled" }, { state: "queued" }], [
    "queued",
    0,
    "",
    0,
  ]],
  ["a done job is not queued again", [{}, claim("a", 1), { state: "done", worker: "a", token: 1 }, {
    state: "queued",
  }], [
    "done",
    1,
    "a",
    1,
  ]],
];

for (const [name, steps, expected] of ROWS) {
  Deno.test(`JobProjection.apply(): ${name}`, () =>
    assert.deepEqual(facts(after(...steps).get("j")!), expected));
}

Deno.test("JobProjection.apply() keeps one of two jobs with the same key, until it is over", () => {
  const projection = after({}, { id: "again" }, { id: "other", uniqueKey: "x" });
  assert.deepEqual(projection.list().map(({ id, state }) => [id, state]), [
    ["other", "queued"],
    ["again", "cancelled"],
    ["j", "queued"],
  ]);
  assert.equal(projection.get("again")!.message, "the same as j");
  const free = after({}, claim("a", 1), { state: "done", worker: "a", token: 1 }, { id: "again" });
  assert.equal(free.get("again")!.state, "queued");
});

Deno.test("JobProjection.apply() waits longer before each try, keeps the log, and ignores foreign bytes", () => {
  const projection = after({ attemptsMax: 9 });
  const waits: number[] = [];
  for (let token = 1; token <= 3; token++) {
    for (
      const step of [claim("a", token), {
        state: "error" as const,
        worker: "a",
        token,
        message: `no ${token}`,
      }]
    ) {
      projection.apply({ ...statusRecord(JOB, { atMs: 5_000, ...step }) } as unknown as StoredRecord);
    }
    waits.push(projection.get("j")!.notBeforeMs - 5_000);
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000]);
  assert.deepEqual(projection.get("j")!.log.map(({ line }) => line).slice(0, 2), ["try 1 by a", "no 1"]);
  const header: [string, Uint8Array] = ["job", new TextEncoder().encode("status")];
  for (const value of [null, Uint8Array.of(255, 255, 255)]) {
    assert.equal(projection.apply({ value, headers: [header] } as unknown as StoredRecord), undefined);
  }
  const { value } = recordOf({ id: "plain" });
  assert.equal(
    projection.apply({ value, headers: [] } as unknown as StoredRecord),
    undefined,
    "without its header",
  );
  assert.deepEqual(projection.list().map(({ id }) => id), ["j"]);
});

const NO_CHANGE: readonly [name: string, steps: readonly Step[], last: Step][] = [
  ["the same descriptor again", [{}], {}],
  ["a request for a job that does not exist", [{}], { of: "other", state: "cancelled" }],
  ["a request to retry a job that is queued", [{}], { state: "queued" }],
  ["a request to retry a job that runs", [{}, claim("a", 1)], { state: "queued" }],
  ["a request to retry a job that is done", [{}, claim("a", 1), { state: "done", worker: "a", token: 1 }], {
    state: "queued",
  }],
  ["a request to retry while another job has the same key", [{}, { state: "cancelled" }, { id: "again" }], {
    state: "queued",
  }],
  ["a request to cancel what is cancelled", [{}, { state: "cancelled" }], { state: "cancelled" }],
  ["a claim of a token that is not the next", [{}], claim("a", 2)],
  ["a report without a claim", [{}], { state: "done", worker: "a", token: 1 }],
  ["a report of the old holder", [{}, claim("a", 1), claim("b", 2)], {
    state: "done",
    worker: "a",
    token: 1,
  }],
];

for (const [name, steps, last] of NO_CHANGE) {
  Deno.test(`JobProjection.apply() is not changed by ${name}`, () => {
    const projection = after(...steps);
    const before = structuredClone(projection.list());
    assert.equal(projection.apply(recordOf(last)), undefined);
    assert.deepEqual(projection.list(), before);
  });
}

Deno.test("JobProjection.apply() gives the job that a record changed, in a new version, with its times and words", () => {
  const projection = new JobProjection(JOB_KINDS);
  const view = (step: Step) => {
    const job = projection.apply(recordOf(step))!;
    const { state, version, progress, message, startedMs, endedMs, cancelRequested, result } = job;
    return [state, version, progress, message, startedMs, endedMs, cancelRequested, result];
  };
  const by = { worker: "a", token: 1 };
  assert.deepEqual(view({}), ["queued", 1, 0, "", null, null, false, null]);
  assert.deepEqual(view({ ...claim("a", 1), atMs: 6_000 }), [
    "running",
    2,
    0,
    "try 1 by a",
    6_000,
    null,
    false,
    null,
  ]);
  assert.deepEqual(view({ state: "running", ...by, progress: 0.5, message: "half", atMs: 7_000 }), [
    "running",
    3,
    0.5,
    "half",
    6_000,
    null,
    false,
    null,
  ]);
  assert.deepEqual(view({ state: "cancelled", atMs: 7_500 }), [
    "running",
    4,
    0.5,
    "half",
    6_000,
    null,
    true,
    null,
  ]);
  assert.deepEqual(view({ state: "done", ...by, message: "made", result: { rows: 3 }, atMs: 8_000 }), [
    "done",
    5,
    1,
    "made",
    6_000,
    8_000,
    true,
    { rows: 3 },
  ]);
  assert.deepEqual(projection.get("j")!.log, [
    { at_ms: 6_000, line: "try 1 by a" },
    { at_ms: 7_000, line: "half" },
    { at_ms: 8_000, line: "made" },
  ]);
});

Deno.test("JobProjection.apply() begins a requested retry from nothing", () => {
  const { state, attempts, progress, message, endedMs, notBeforeMs, cancelRequested } = after(
    { attemptsMax: 1 },
    claim("a", 1),
    { state: "running", worker: "a", token: 1, progress: 0.5 },
    { state: "error", worker: "a", token: 1, message: "broken" },
    { state: "queued" },
  ).get("j")!;
  assert.deepEqual([state, attempts, progress, message, endedMs, notBeforeMs, cancelRequested], [
    "queued",
    0,
    0,
    "",
    null,
    0,
    false,
  ]);
});

Deno.test("JobProjection keeps the last 500 lines of a job and the last 2,000 jobs that are over", () => {
  const projection = after({}, claim("a", 1));
  for (let n = 1; n <= 600; n++) {
    projection.apply(recordOf({ state: "running", worker: "a", token: 1, message: `line ${n}` }));
  }
  const lines = projection.get("j")!.log.map(({ line }) => line);
  assert.deepEqual([lines.length, lines[0], lines.at(-1)], [500, "line 101", "line 600"]);
  for (let n = 0; n < 2_100; n++) {
    projection.apply(recordOf({ id: `e${n}`, uniqueKey: `e${n}` }));
    projection.apply(recordOf({ of: `e${n}`, state: "cancelled" }));
  }
  // The next job evicts it.
  projection.apply(recordOf({ id: "last", uniqueKey: "last" }));
  const ids = projection.list().map(({ id }) => id);
  assert.deepEqual([ids.length, ids[0], ids.at(-2), ids.at(-1)], [2_002, "last", "e100", "j"]);
  assert.equal(projection.withKey("k")?.id, "j", "what is not over stays, however old");
});

Deno.test("JobProjection.apply() gives a job one try at least, and ten at most", () =>
  assert.deepEqual(
    [0, 1, 2, 9, 10, 11, 99].map((attemptsMax) => after({ attemptsMax }).get("j")!.attemptsMax),
    [1, 1, 2, 9, 10, 10, 10],
  ));

Deno.test("JobProjection.waiting() counts an issuer's unfinished jobs", () => {
  const projection = after({}, { id: "b", uniqueKey: "b" }, { id: "c", uniqueKey: "c", issuer: "bob" }, {
    of: "b",
    state: "cancelled",
  });
  assert.deepEqual(["ann", "bob", "eve"].map((issuer) => projection.waiting(issuer)), [1, 1, 0]);
});

Deno.test("JobProjection holds a schedule's start when its job is over: a second job of it is not run", () => {
  const key = "schedule:nightly:28000000";
  const projection = after({ uniqueKey: key }, { state: "cancelled" }, {
    id: "again",
    uniqueKey: key,
    createdMs: 9,
  });
  assert.equal(projection.startedBy(key), "j");
  const { state, message, endedMs } = projection.get("again")!;
  assert.deepEqual([state, message, endedMs], [
    "cancelled",
    "the schedule has already started a job for this minute",
    9,
  ]);
  const start = 28_000_000 * 60_000;
  assert.deepEqual(
    [["nightly", start], ["nightly", start - 1], ["other", start]].map(([name, ms]) =>
      projection.newestStart(name as string, ms as number)
    ),
    [start, null, null],
  );
  projection.apply(recordOf({ id: "early", uniqueKey: "schedule:nightly:27999999" }));
  assert.equal(projection.newestStart("nightly", start), start, "the newest, in whatever order they came");
});

Deno.test("statusRecord() without progress and text has neither", () => {
  const { value } = statusRecord(JOB, { state: "running", token: 1, atMs: 5, worker: "w" });
  const { progress, message } = jobs.JobStatus.decode(value!);
  assert.deepEqual([progress, message], [0, ""]);
});
