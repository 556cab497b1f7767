/** Every kind of job, and one that is not known: at the door, on the log, in its Worker. */
import assert from "node:assert/strict";
import { type Job, JobProjection } from "../core/jobs/projection.ts";
import { JobKinds } from "../core/jobs/kind.ts";
import { JobQueue } from "../core/jobs/queue.ts";
import { AppError } from "../core/platform/errors.ts";
import type { StoredRecord } from "../core/log/log.ts";
import type { FromWorker, JobStart, ToWorker } from "../core/jobs/worker_protocol.ts";
import { schedulesOf } from "../core/jobs/schedules.ts";
import { jobs } from "../proto/wire.ts";
import { COMMANDS } from "../cli/registry.ts";
import { JobStatusPublisher } from "../services/job_status.ts";
import { Library } from "../ffi/library.ts";
import { EmbeddedLog } from "../ffi/log.ts";
import { LIBRARY } from "../tools/paths.ts";
import { JOB_KINDS } from "./kinds.ts";

const RANGE = { start_ms: Date.UTC(2026, 10, 17), end_ms: Date.UTC(2026, 10, 18) };
const DAYS = { start: "2026-11-17", end: "2026-11-18" };

interface Row {
  number: number;
  asked: unknown;
  /** What lies on the log of it. */
  kept: Record<string, unknown>;
  detail: string;
  about: string;
  /** A flag that only this verb has. */
  flag: string;
  needs: string | undefined;
  byPromote: string | undefined;
  /** What a schedule has of it, and what its start at the end of `RANGE` asks for. */
  scheduled: readonly [args: unknown, asks: Record<string, unknown>];
}

const ROWS: Readonly<Record<string, Row>> = {
  scrape: {
    number: 1,
    asked: { ...DAYS, output: "a.parquet", types: ["mev"], dex: ["raydium_amm_v4"] },
    kept: {
      ...RANGE,
      output: "a.parquet",
      types: ["mev"],
      dex: ["raydium_amm_v4"],
      format: "parquet",
      compress: "zstd",
    },
    detail: "a.parquet",
    about: "mev · 2026-11-17 00:00 … 2026-11-18 00:00 · parquet zstd",
    flag: "compress",
    needs: undefined,
    byPromote: undefined,
    scheduled: [
      { output: "{day}/{minute}.parquet", types: ["arb"] },
      {
        ...RANGE,
        output: "2026-11-18/20261118T0000Z.parquet",
        types: ["arb"],
        dex: [],
        format: "parquet",
        compress: "zstd",
      },
    ],
  },
  train: {
    number: 2,
    asked: { module: "mev", range: DAYS, params: { lr: 0.5 }, promote: "shadow" },
    kept: {
      module: "mev",
      range: RANGE,
      features: "default",
      model: "xgb",
      gpu: false,
      promote: "shadow",
      params: {
        max_depth: 8,
        learning_rate: 0.5,
        n_estimators: 600,
        subsample: 0.9,
        colsample: 0.8,
        lambda: 1.2,
        seed: 7,
      },
    },
    detail: "mev xgb, promote shadow",
    about: "mev · xgb · default · 2026-11-17 00:00 … 2026-11-18 00:00",
    flag: "promote",
    needs: "models",
    byPromote: "models",
    scheduled: [
      { module: "arbitrage", params: { seed: 1 } },
      {
        module: "arbitrage",
        range: RANGE,
        features: "default",
        model: "xgb",
        gpu: false,
        promote: "if_better",
        params: {
          ...{ max_depth: 8, learning_rate: 0.08, n_estimators: 600, subsample: 0.9, colsample: 0.8 },
          ...{ lambda: 1.2, seed: 1 },
        },
      },
    ],
  },
};

for (const [name, row] of Object.entries(ROWS)) {
  Deno.test(`a ${name} is asked for, kept and shown as its row says`, () => {
    const kind = JOB_KINDS.named(name);
    assert.equal(kind.number, row.number);
    assert.equal(JOB_KINDS.numbered(row.number), kind);
    const args = kind.asked.parse(row.asked);
    assert.deepEqual(args, row.kept);
    const kept = JSON.parse(JSON.stringify(args));
    assert.deepEqual(kind.kept.parse(kept), args, "what is sent on is read as it is");
    assert.equal(kind.detail(args), row.detail);
    assert.equal(kind.about(kept, null), row.about);
    assert.equal(kind.needs?.(args)?.right, row.needs);
    assert.equal(kind.needs?.({ promote: "if_better" })?.right, row.byPromote);
    assert.equal(kind.needs?.({})?.right, undefined, "an older version's arguments");
    const [scheduled, asks] = row.scheduled;
    assert.deepEqual(kind.scheduled.at(kind.scheduled.args.parse(scheduled), RANGE), asks);
    const verb = COMMANDS.find((command) => command.name === name)!;
    const flags = verb.flags!.map((flag) => flag.name);
    for (const flag of [row.flag, "start", "end", "detach", "json"]) assert.ok(flags.includes(flag), flag);
    for (const wrong of [{}, [], null, "x", { ...row.kept, more: 1 }, row.asked]) {
      assert.ok(!kind.kept.safeParse(wrong).success, `${JSON.stringify(wrong)} was never put on the log`);
    }
    for (const wrong of [{}, [], null, "x", { ...row.asked as object, more: 1 }]) {
      assert.ok(!kind.asked.safeParse(wrong).success, `${JSON.stringify(wrong)} is not asked for`);
    }
  });

  Deno.test(`the page says of a ${name} of an older version what can be said`, () => {
    const { about } = JOB_KINDS.named(name);
    for (
      const args of [{}, { range: 7, start_ms: "x", types: 3 }, { range: { start_ms: NaN }, end_ms: 9e99 }]
    ) {
      for (const result of [null, {}, { files: 7 }, { files: [null, 3] }]) {
        assert.match(about(args as Record<string, unknown>, result), /unknown time … unknown time/);
      }
    }
  });
}

Deno.test("a dataset's line names its files", () => {
  const files = [{ rows: 65_678, output: "a.parquet" }, { rows: 2, output: "b.parquet" }];
  assert.equal(
    JOB_KINDS.named("scrape").about(ROWS.scrape!.kept, { files }),
    "mev · 2026-11-17 00:00 … 2026-11-18 00:00 · parquet zstd · 65,678 rows in a.parquet, 2 rows in b.parquet",
  );
});

Deno.test("the table here has each kind, and no two share a name or a number", () => {
  assert.deepEqual(JOB_KINDS.list.map(({ name }) => name).sort(), Object.keys(ROWS).sort());
  const [one, other] = JOB_KINDS.list as [(typeof JOB_KINDS.list)[0], (typeof JOB_KINDS.list)[0]];
  for (const wrong of [[one, one], [one, { ...other, number: one.number }], [{ ...one, number: 0 }]]) {
    assert.throws(() => new JobKinds(wrong), /same name or number/);
  }
});

const isInvalid = (error: unknown) => error instanceof AppError && error.code === "invalid";

Deno.test("a kind that is not known is refused everywhere, and nothing is made of it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-kinds-" });
  try {
    const library = new Library(LIBRARY);
    const log = new EmbeddedLog(library, folder);
    const queue = new JobQueue(log, log, JOB_KINDS);
    await assert.rejects(
      queue.submit("reap", ROWS.train!.kept, { issuer: "ann", first: () => assert.fail("no act") }),
      (error) =>
        isInvalid(error) && /kind reap: this version has none, need one of [a-z, ]+$/.test(`${error}`),
    );
    assert.throws(() => JOB_KINDS.named("__proto__"), isInvalid);
    const wrong = { name: "n", cron: "* * * * *", kind: "reap", args: { module: "mev" } };
    const schedules = schedulesOf(JOB_KINDS);
    assert.ok(schedules.safeParse({ schedules: [{ ...wrong, kind: "train" }] }).success);
    assert.ok(!schedules.safeParse({ schedules: [wrong] }).success);
    // The state of such a job becomes no Envelope.
    const publisher = await JobStatusPublisher.open(log, "w", JOB_KINDS);
    const status = { id: "j", kind: "reap", state: "done", progress: 1, message: "" };
    await assert.rejects(publisher.publish(status as unknown as Job), isInvalid);
    for (const name of await log.topics()) {
      using topic = await log.topic(name);
      assert.equal((await topic.info()).end, 0n, name);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  // A newer version's job on the log, with arguments that would be a training's.
  const projection = new JobProjection(JOB_KINDS);
  for (const [kind, jobsNow] of [[77, 0], [0, 0], [2, 1]] as const) {
    const argsJson = JSON.stringify(ROWS.train!.kept);
    const value = jobs.JobDescriptor.encode({
      schemaVersion: "job-v1",
      jobId: `j${kind}`,
      kind: kind as jobs.JobKind,
      argsJson,
    }).finish();
    const headers = [["job", new TextEncoder().encode("descriptor")]];
    projection.apply({ key: null, value, headers, timestampMs: 0n } as unknown as StoredRecord);
    assert.equal(projection.list().length, jobsNow, `kind ${kind}`);
  }
});

/** What a Worker answers to a start, last. */
async function ranIn(start: Pick<JobStart, "kind" | "args">): Promise<FromWorker> {
  const worker = new Worker(new URL("./main.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => data.type !== "progress" && resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
      const settings = { store: null, storeProblem: "no store here" } as JobStart["settings"];
      worker.postMessage({ type: "start", id: "j", token: 1, settings, ...start } satisfies ToWorker);
    });
  } finally {
    worker.terminate();
  }
}

Deno.test("a Worker runs what it knows in the form that it knows, and nothing else", async () => {
  for (const [name, { kept, asked }] of Object.entries(ROWS)) {
    // The job went as far as the store, which its settings do not have.
    assert.deepEqual(await ranIn({ kind: name, args: kept }), {
      type: "error",
      message: "no store here",
      final: false,
    });
    assert.deepEqual(await ranIn({ kind: name, args: asked }), {
      type: "error",
      message: `Cannot run this ${name}: another version of legend asked for it, ask again`,
      final: true,
    });
  }
  const refused = await ranIn({ kind: "reap", args: ROWS.train!.kept });
  assert.ok(refused.type === "error" && refused.final, JSON.stringify(refused));
  assert.match(refused.message, /^Cannot use jobs of kind reap: this version has none, need one of /);
});
