import assert from "node:assert/strict";
import { descriptorRecord, type Job, JobProjection, statusRecord } from "../core/jobs/projection.ts";
import type { LogRecord, StoredRecord } from "../core/log/log.ts";
import { type ScheduleProgress, startOfKey } from "../core/jobs/schedules.ts";
import type { Schedule } from "../proto/jobs.ts";
import { JOB_KINDS } from "../workers/kinds.ts";
import { randomOf } from "../tools/random.ts";
import { Scheduler } from "./scheduler.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T = Date.UTC(2026, 10, 17, 2, 0);

const NIGHTLY: Schedule = {
  name: "nightly",
  cron: "15 2 * * *",
  enabled: true,
  kind: "train",
  days: 7,
  args: { module: "mev", features: "default", model: "xgb", promote: "never" },
};

/** A host with its disk, its clock and a log; the scheduler on it can be restarted at any time. */
class World {
  now = T;
  progress: ScheduleProgress = {};
  schedules: Schedule[] = [NIGHTLY];
  readonly records: LogRecord[] = [];
  readonly logged: string[] = [];
  logFails = false;
  diskFails = false;
  #jobs = new JobProjection(JOB_KINDS);
  #scheduler = this.#start();

  #start(): Scheduler {
    this.#jobs = new JobProjection(JOB_KINDS);
    for (const record of this.records) this.#apply(record);
    // Deno's own `submit` over a log in memory: the book decides alone what is a start.
    const queue = {
      projection: this.#jobs,
      kinds: JOB_KINDS,
      sync: () => this.logFails ? Promise.reject(new Error("the log cannot be reached")) : Promise.resolve(),
      submit: (kind: string, args: unknown, more: { issuer: string; uniqueKey?: string }) => {
        const known = this.#jobs.startedBy(more.uniqueKey!);
        if (known) return Promise.resolve(known);
        const id = crypto.randomUUID();
        const record = descriptorRecord(JOB_KINDS, {
          id,
          kind,
          args,
          issuer: more.issuer,
          uniqueKey: more.uniqueKey!,
          attemptsMax: 5,
          createdMs: this.now,
        });
        this.records.push(record);
        this.#apply(record);
        return Promise.resolve(id);
      },
    };
    return new Scheduler({
      queue,
      schedules: () => this.schedules,
      progress: {
        read: () => this.progress,
        write: (progress) => {
          if (this.diskFails) throw new Error("the disk is full");
          this.progress = structuredClone(progress);
        },
      },
      say: (line) => this.logged.push(line),
      now: () => this.now,
    });
  }

  #apply(record: LogRecord): void {
    this.#jobs.apply({ timestampMs: 0, ...record } as unknown as StoredRecord);
  }

  /** Restarts it: what is in memory is gone. */
  restart(): void {
    this.#scheduler = this.#start();
  }

  async look(ms: number): Promise<void> {
    this.now = ms;
    await this.#scheduler.startDue();
  }

  /** Ends all jobs. */
  finish(): void {
    for (const job of this.jobs()) {
      if (job.state !== "queued") continue;
      for (const state of ["running", "done"] as const) {
        const record = statusRecord(job, { state, token: 1, worker: "w", atMs: this.now });
        this.records.push(record);
        this.#apply(record);
      }
    }
  }

  jobs(): Job[] {
    return this.#jobs.list().reverse();
  }

  /** Minutes after T of the starts that became jobs, in their order. */
  starts(): number[] {
    return this.jobs().filter(({ state }) => state !== "cancelled").map((job) =>
      (startOfKey(job.uniqueKey)!.ms - T) / MINUTE
    );
  }
}

Deno.test("a schedule starts at its minute, once, over its range in milliseconds", async () => {
  const world = new World();
  for (let at = T; at <= T + HOUR; at += 5_000) {
    await world.look(at);
    if (at === T + 30 * MINUTE) world.finish();
  }
  assert.deepEqual(world.starts(), [15]);
  const range = { start_ms: T + 15 * MINUTE - 7 * DAY, end_ms: T + 15 * MINUTE };
  assert.deepEqual((world.jobs()[0]!.args as { range: unknown }).range, range);
  assert.deepEqual(world.logged, []);
});

Deno.test("operator 15: a start that was missed while the process was down is made up for, once, within a day", async () => {
  for (
    const [downMs, expected, words] of [
      [MINUTE, [15], null],
      [20 * MINUTE, [15], /2026-11-17 02:15 UTC was missed; it is started now/],
      [23 * HOUR, [15], /was missed; it is started now/],
      [3 * DAY, [15 + 3 * 24 * 60], /3 starts were missed/],
    ] as const
  ) {
    const world = new World();
    await world.look(T + 14 * MINUTE);
    world.restart();
    await world.look(T + 15 * MINUTE + downMs);
    world.finish();
    world.restart();
    await world.look(T + 16 * MINUTE + downMs);
    assert.deepEqual(world.starts(), expected, `down for ${downMs} ms`);
    assert.equal(world.logged.length, words ? 1 : 0, world.logged.join());
    if (words) assert.match(world.logged[0]!, words);
  }
});

Deno.test("operator 15: what was missed more than a day ago is reported and not made up for", async () => {
  const world = new World();
  world.schedules = [{ ...NIGHTLY, cron: "15 2 17 11 *" }];
  await world.look(T);
  world.restart();
  await world.look(T + 2 * DAY);
  assert.deepEqual(world.starts(), []);
  assert.match(world.logged.join(), /one start was missed, the newest more than a day ago/);
});

Deno.test("of a great many missed starts it is only said that they are", async () => {
  const world = new World();
  world.schedules = [{ ...NIGHTLY, cron: "* * * * *" }];
  await world.look(T);
  world.restart();
  await world.look(T + 399 * DAY);
  assert.match(world.logged.join(), /^schedule \S+: at least 999 starts were missed; the one of/);
});

Deno.test("operator 15: a clock that steps forward over the minute starts it, one that steps back does not start it twice", async () => {
  const world = new World();
  await world.look(T + 14 * MINUTE);
  await world.look(T + 14 * MINUTE + 12 * HOUR); // a suspended laptop
  assert.deepEqual(world.starts(), [15]);
  world.finish();
  for (const restarts of [false, true]) {
    if (restarts) world.restart();
    for (let at = T; at <= T + HOUR; at += 30_000) await world.look(at);
  }
  assert.deepEqual(world.starts(), [15]);
  await world.look(T + DAY + 15 * MINUTE);
  assert.deepEqual(world.starts(), [15, 24 * 60 + 15]);
});

Deno.test("a lost disk does not start a minute twice: its key is on the log beyond the job's end", async () => {
  const world = new World();
  await world.look(T + 14 * MINUTE);
  await world.look(T + 15 * MINUTE);
  world.finish();
  world.progress = {};
  world.restart();
  await world.look(T + 14 * MINUTE); // and the clock went back
  await world.look(T + 15 * MINUTE);
  await world.look(T + 16 * MINUTE);
  assert.deepEqual(world.starts(), [15]);
});

Deno.test("two hosts start a minute once: the second descriptor of it is cancelled also after the first has ended", async () => {
  const world = new World();
  await world.look(T + 14 * MINUTE);
  await world.look(T + 15 * MINUTE);
  world.finish();
  world.records.push(descriptorRecord(JOB_KINDS, { ...world.jobs()[0]!, id: "other-host", args: {} }));
  world.restart();
  assert.deepEqual(world.jobs().map(({ state }) => state), ["done", "cancelled"]);
});

Deno.test("a schedule starts a dataset, of the days before, under an output of its own each time", async () => {
  const world = new World();
  const args = { output: "d/{day}.parquet", types: ["mev"], dex: [], format: "parquet", compress: "zstd" };
  world.schedules = [{ ...NIGHTLY, kind: "scrape", days: 1, args }];
  for (const ms of [T, T + 15 * MINUTE, T + DAY + 15 * MINUTE]) {
    await world.look(ms);
    world.finish();
  }
  assert.deepEqual(world.logged, []);
  const asked = (day: number) => ({
    start_ms: T + (day - 18) * DAY + 15 * MINUTE,
    end_ms: T + (day - 17) * DAY + 15 * MINUTE,
    ...args,
    output: `d/2026-11-${day}.parquet`,
  });
  const made = world.jobs().map(({ kind, args }) => ({ kind, ...args as object }));
  assert.deepEqual(
    made.sort((one, other) => JSON.stringify(one) < JSON.stringify(other) ? -1 : 1),
    [17, 18].map((day) => ({ kind: "scrape", ...asked(day) }))
      .sort((one, other) => JSON.stringify(one) < JSON.stringify(other) ? -1 : 1),
  );
});

Deno.test("a log that cannot be reached delays a start, a full disk does not repeat it", async () => {
  const world = new World();
  await world.look(T + 14 * MINUTE);
  world.logFails = true;
  await assert.rejects(world.look(T + 15 * MINUTE), /the log cannot be reached/);
  world.logFails = false;
  world.diskFails = true;
  await assert.rejects(world.look(T + 17 * MINUTE), /the disk is full/);
  await assert.rejects(world.look(T + 18 * MINUTE), /the disk is full/);
  world.diskFails = false;
  await world.look(T + 19 * MINUTE);
  assert.deepEqual(world.starts(), [15]);
  assert.equal(world.progress.nightly!.done_to_ms, T + 15 * MINUTE);
});

Deno.test("a clock that was years ahead is reported, and the schedule continues by the right one", async () => {
  const world = new World();
  await world.look(T);
  await world.look(T + 400 * DAY + 20 * MINUTE);
  await world.look(T + DAY);
  assert.match(world.logged.at(-1)!, /Cannot rely on the clock: the last recorded start of schedule nightly/);
  await world.look(T + DAY + 15 * MINUTE);
  assert.equal(world.starts().at(-1), 24 * 60 + 15);
});

Deno.test("a schedule that was off is not late for the time before it was switched on", async () => {
  const world = new World();
  world.schedules = [{ ...NIGHTLY, enabled: false }];
  await world.look(T);
  world.schedules = [NIGHTLY];
  await world.look(T + HOUR);
  world.schedules = [{ ...NIGHTLY, cron: "30 2 * * *" }];
  await world.look(T + 2 * HOUR);
  assert.deepEqual(world.starts(), []);
});

Deno.test("a schedule that cannot be started is reported once and blocks no other", async () => {
  const world = new World();
  world.schedules = [{ ...NIGHTLY, name: "broken", cron: "61 * * * *" }, NIGHTLY];
  await world.look(T + 14 * MINUTE);
  await world.look(T + 15 * MINUTE);
  await world.look(T + 16 * MINUTE);
  assert.deepEqual(world.starts(), [15]);
  assert.equal(world.logged.length, 1, world.logged.join());
  assert.match(world.logged[0]!, /^Cannot start schedule broken: Cannot use cron field minute/);
});

Deno.test("whatever clock, process and disk do within a day, a minute is started at most once and the newest is made up for", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const dice = randomOf(seed);
    const world = new World();
    world.schedules = [{ ...NIGHTLY, cron: "*/20 * * * *" }];
    let [clock, furthest] = [T, T];
    await world.look(clock);
    for (let step = 0; step < 80; step++) {
      const kind = dice();
      // Mostly on; some suspends; some steps back, never by a day.
      clock += kind < 0.7 ? dice() * 3 * MINUTE : kind < 0.85 ? dice() * 10 * HOUR : -dice() * 10 * HOUR;
      clock = Math.max(Math.floor(clock), furthest - 23 * HOUR, T);
      furthest = Math.max(furthest, clock);
      if (dice() < 0.2) world.restart();
      if (dice() < 0.3) world.finish();
      await world.look(clock);
      const starts = world.starts();
      assert.equal(new Set(starts).size, starts.length, `seed ${seed}, step ${step}: ${starts}`);
      const newest = Math.floor((furthest - T) / (20 * MINUTE)) * 20;
      assert.equal(starts.at(-1) ?? 0, newest, `seed ${seed}, step ${step}: the newest minute was started`);
    }
  }
});
