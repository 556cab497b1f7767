import assert from "node:assert/strict";
import type { StoredRecord } from "../log/log.ts";
import {
  descriptorRecord,
  type Job,
  JobBook,
  statusRecord,
  type StatusSaid,
  type Submission,
} from "./book.ts";

const JOB: Submission = {
  id: "j",
  kind: "train",
  args: { module: "mev" },
  issuer: "ann",
  uniqueKey: "k",
  attemptsMax: 2,
  createdMs: 1_000,
};

type Step = Partial<Submission> | ({ of?: string } & Partial<StatusSaid> & Pick<StatusSaid, "state">);

/** A book after some records, in their order. */
function after(...steps: readonly Step[]): JobBook {
  const book = new JobBook();
  for (const step of steps) {
    const record = "state" in step
      ? statusRecord(
        { id: step.of ?? "j", kind: "train" },
        { token: 0, worker: "", atMs: 5_000, ...step } as StatusSaid,
      )
      : descriptorRecord({ ...JOB, ...step });
    book.apply({ key: null, headers: [], timestampMs: 0n, ...record } as unknown as StoredRecord);
  }
  return book;
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
  ["a running job ends when its holder says so", [{}, claim("a", 1), { state: "cancelled" }], [
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
  Deno.test(`JobBook.apply(): ${name}`, () => assert.deepEqual(facts(after(...steps).get("j")!), expected));
}

Deno.test("JobBook.apply() lets one of two jobs with the same key be, until it is over", () => {
  const book = after({}, { id: "again" }, { id: "other", uniqueKey: "x" });
  assert.deepEqual(book.list().map(({ id, state }) => [id, state]), [
    ["other", "queued"],
    ["again", "cancelled"],
    ["j", "queued"],
  ]);
  assert.equal(book.get("again")!.message, "the same as j");
  const free = after({}, claim("a", 1), { state: "done", worker: "a", token: 1 }, { id: "again" });
  assert.equal(free.get("again")!.state, "queued");
});

Deno.test("JobBook.apply() waits longer before each try, keeps what was said, and ignores foreign bytes", () => {
  const book = after({ attemptsMax: 9 });
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
      book.apply({ ...statusRecord(JOB, { atMs: 5_000, ...step }) } as unknown as StoredRecord);
    }
    waits.push(book.get("j")!.notBeforeMs - 5_000);
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000]);
  assert.deepEqual(book.get("j")!.log.map(({ line }) => line).slice(0, 2), ["try 1 by a", "no 1"]);
  const header: [string, Uint8Array] = ["job", new TextEncoder().encode("status")];
  assert.equal(
    book.apply({ value: Uint8Array.of(255, 255, 255), headers: [header] } as unknown as StoredRecord),
    undefined,
  );
});
