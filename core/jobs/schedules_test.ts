import assert from "node:assert/strict";
import type { Schedule } from "../../proto/jobs.ts";
import { JOB_KINDS } from "../../workers/kinds.ts";
import {
  readProgress,
  readSchedules,
  scheduleKey,
  schedulesOf,
  startOfKey,
  writeProgress,
  writeSchedules,
} from "./schedules.ts";

async function withFolder(run: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "legend-schedules-" });
  try {
    run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The parameters of a training by default. */
const PARAMS = {
  ...{
    max_depth: 8,
    learning_rate: 0.08,
    n_estimators: 600,
    subsample: 0.9,
    colsample: 0.8,
    lambda: 1.2,
    seed: 7,
  },
};

const NIGHTLY: Schedule = {
  name: "nightly",
  cron: "15 2 * * *",
  enabled: true,
  kind: "train",
  days: 7,
  args: { module: "mev", features: "default", model: "xgb", gpu: false, params: PARAMS, promote: "never" },
};

Deno.test("without a file the schedules are a nightly training a module, switched off, half an hour after two", () =>
  withFolder((folder) => {
    const list = readSchedules(folder, JOB_KINDS);
    assert.deepEqual(list.map(({ kind, args }) => [kind, args.module, args.promote]), [
      ["train", "arbitrage", "if_better"],
      ["train", "mev", "if_better"],
    ]);
    assert.deepEqual(list.map(({ name, cron, enabled, days }) => [name, cron, enabled, days]), [
      ["nightly-arbitrage", "15 2 * * *", false, 7],
      ["nightly-mev", "30 2 * * *", false, 7],
    ]);
  }));

Deno.test("schedules are read as they were written; wrong ones leave the file as it was", () =>
  withFolder((folder) => {
    writeSchedules(folder, [NIGHTLY]);
    assert.deepEqual(readSchedules(folder, JOB_KINDS), [NIGHTLY]);
    const wrong: [list: Schedule[], why: RegExp][] = [
      [[NIGHTLY, NIGHTLY], /two schedules called nightly/],
      [[{ ...NIGHTLY, cron: "61 * * * *" }], /cron field minute/],
      [[{ ...NIGHTLY, cron: "0 0 31 2 *" }], /no date matches it/],
    ];
    for (const [list, why] of wrong) {
      assert.throws(() => writeSchedules(folder, list), why);
      assert.deepEqual(readSchedules(folder, JOB_KINDS), [NIGHTLY]);
    }
    writeSchedules(folder, []);
    assert.deepEqual(readSchedules(folder, JOB_KINDS), []);
  }));

Deno.test("a file of schedules from before kinds other than trainings is read, with the defaults of what it does not name", () =>
  withFolder((folder) => {
    const args = { module: "mev", features: "default", model: "xgb", promote: "never" };
    const stored = { name: "nightly", cron: "15 2 * * *", enabled: true, kind: "train", days: 7, args };
    Deno.writeTextFileSync(`${folder}/schedules.json`, JSON.stringify({ schedules: [stored] }));
    assert.deepEqual(readSchedules(folder, JOB_KINDS), [NIGHTLY]);
  }));

Deno.test("a schedule holds what its kind is asked for but the range, and nothing else", () => {
  const problem = (kind: string, args: unknown) => {
    const one = { name: "n", cron: "0 * * * *", kind, args };
    const issue = schedulesOf(JOB_KINDS).safeParse({ schedules: [one] }).error?.issues[0];
    return issue && issue.path.slice(2).join(".");
  };
  const output = "day/{day}.parquet";
  const rows: [kind: string, args: unknown, at: string | undefined][] = [
    ["train", { module: "mev" }, undefined],
    ["train", { module: "mev", params: { max_depth: 4 }, gpu: true }, undefined],
    ["train", { module: "mev", params: { max_depth: 99 } }, "args.params.max_depth"],
    ["train", { module: "mev", output }, "args"],
    ["train", {}, "args.module"],
    ["scrape", { output }, undefined],
    ["scrape", { output: "x-{minute}.jsonl", format: "jsonl", types: ["mev"] }, undefined],
    ["scrape", { output: "same.parquet" }, "args.output"],
    ["scrape", { output, range: { start: 0, end: 1 } }, "args"],
    ["scrape", { module: "mev" }, "args.output"],
    ["reap", { module: "mev" }, "kind"],
  ];
  for (const [kind, args, at] of rows) {
    assert.equal(problem(kind, args), at, `${kind} ${JSON.stringify(args)}`);
  }
});

Deno.test("a damaged file of schedules is reported, and not treated as an empty one", () =>
  withFolder((folder) => {
    for (const text of ["{", "[]", '{"schedules":[{"name":"x"}]}']) {
      Deno.writeTextFileSync(`${folder}/schedules.json`, text);
      assert.throws(() => readSchedules(folder, JOB_KINDS), /schedules\.json: it is damaged/, text);
    }
  }));

Deno.test("marks are read as they were written; missing and damaged ones are empty, damaged ones are reported", () =>
  withFolder((folder) => {
    const logged: string[] = [];
    const read = () => readProgress(folder, (line) => logged.push(line));
    assert.deepEqual([read(), logged], [{}, []]);
    const progress = { nightly: { cron: "15 2 * * *", done_to_ms: 1_700_000_000_000 } };
    writeProgress(folder, progress);
    assert.deepEqual([read(), logged], [progress, []]);
    for (const text of ["{", '{"nightly":{"cron":"* * * * *","done_to_ms":-1}}']) {
      Deno.writeTextFileSync(`${folder}/schedule_marks.json`, text);
      assert.deepEqual(read(), {}, text);
    }
    assert.equal(logged.length, 2);
    assert.match(logged[0]!, /schedule_marks\.json: it is damaged/);
  }));

Deno.test("a start's key names its schedule and its minute, and nothing else is one", () => {
  const ms = 28_333_333 * 60_000;
  assert.equal(scheduleKey("nightly", ms), "schedule:nightly:28333333");
  assert.deepEqual(startOfKey(scheduleKey("nightly", ms)), { name: "nightly", ms });
  for (
    const key of ["", "train:{}", "schedule:nightly", "schedule:nightly:x", "schedule:A:1", "schedule:a:1.5"]
  ) {
    assert.equal(startOfKey(key), null, key);
  }
});
