import assert from "node:assert/strict";
import type { Schedule } from "../../proto/jobs.ts";
import {
  DEFAULT_SCHEDULES,
  readMarks,
  readSchedules,
  scheduleKey,
  startOfKey,
  writeMarks,
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

const NIGHTLY: Schedule = {
  name: "nightly",
  cron: "15 2 * * *",
  enabled: true,
  kind: "train",
  days: 7,
  args: { module: "mev", features: "default", model: "xgb", promote: "never" },
};

Deno.test("without a file the schedules are a nightly training a module, switched off, half an hour after two", () =>
  withFolder((folder) => {
    assert.equal(readSchedules(folder), DEFAULT_SCHEDULES);
    assert.deepEqual(DEFAULT_SCHEDULES.map(({ name, cron, enabled, days }) => [name, cron, enabled, days]), [
      ["nightly-arbitrage", "15 2 * * *", false, 7],
      ["nightly-mev", "30 2 * * *", false, 7],
    ]);
  }));

Deno.test("schedules are read as they were written; wrong ones leave the file as it was", () =>
  withFolder((folder) => {
    writeSchedules(folder, [NIGHTLY]);
    assert.deepEqual(readSchedules(folder), [NIGHTLY]);
    const wrong: [list: Schedule[], why: RegExp][] = [
      [[NIGHTLY, NIGHTLY], /two schedules nightly/],
      [[{ ...NIGHTLY, cron: "61 * * * *" }], /cron field minute/],
      [[{ ...NIGHTLY, cron: "0 0 31 2 *" }], /no day is like that/],
    ];
    for (const [list, why] of wrong) {
      assert.throws(() => writeSchedules(folder, list), why);
      assert.deepEqual(readSchedules(folder), [NIGHTLY]);
    }
    writeSchedules(folder, []);
    assert.deepEqual(readSchedules(folder), []);
  }));

Deno.test("a damaged file of schedules is said, and not taken for none", () =>
  withFolder((folder) => {
    for (const text of ["{", "[]", '{"schedules":[{"name":"x"}]}']) {
      Deno.writeTextFileSync(`${folder}/schedules.json`, text);
      assert.throws(() => readSchedules(folder), /schedules\.json: it is damaged/, text);
    }
  }));

Deno.test("marks are read as they were written; none and damaged ones are empty, damaged ones are said", () =>
  withFolder((folder) => {
    const said: string[] = [];
    const read = () => readMarks(folder, (line) => said.push(line));
    assert.deepEqual([read(), said], [{}, []]);
    const marks = { nightly: { cron: "15 2 * * *", done_to_ms: 1_700_000_000_000 } };
    writeMarks(folder, marks);
    assert.deepEqual([read(), said], [marks, []]);
    for (const text of ["{", '{"nightly":{"cron":"* * * * *","done_to_ms":-1}}']) {
      Deno.writeTextFileSync(`${folder}/schedule_marks.json`, text);
      assert.deepEqual(read(), {}, text);
    }
    assert.equal(said.length, 2);
    assert.match(said[0]!, /schedule_marks\.json: it is damaged/);
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
