/**
 * Starts what the schedules ask for. Each minute of a schedule is started once, whatever the clock, the process or the
 * host does: the newest started minute is stored on this disk, and every start is on the log under a key of its own.
 */
import type { Say } from "../core/platform/logger.ts";
import { parseCron } from "../core/jobs/cron.ts";
import type { JobQueue } from "../core/jobs/queue.ts";
import { rangeAt, scheduleKey, type ScheduleProgress } from "../core/jobs/schedules.ts";
import { AppError, messageOf } from "../core/platform/errors.ts";
import { delay } from "../core/platform/delay.ts";
import type { Schedule } from "../proto/jobs.ts";

const POLL_MS = 5_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Missed starts are made up for this long; a clock set back further was wrong before. */
const LATE_MS = DAY_MS;
/** A start later than this is reported. */
const LATE_LOGGED_MS = 10 * MINUTE_MS;
/** Missed starts are counted back to this age. */
const COUNTED_MS = 400 * DAY_MS;
/** Above this number the exact count does not matter. */
const COUNT_MAX = 1_000;

export interface SchedulerOptions {
  readonly queue: Pick<JobQueue, "submit" | "sync" | "projection" | "kinds">;
  schedules(): readonly Schedule[];
  /** The newest minute of each schedule that is handled, on this host's disk. */
  readonly progress: { read(): ScheduleProgress; write(progress: ScheduleProgress): void };
  readonly say: Say;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  #progress: ScheduleProgress;
  #written: string;
  /** The last message about each schedule, so that a problem is reported once. */
  readonly #logged = new Map<string, string>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#progress = options.progress.read();
    this.#written = JSON.stringify(this.#progress);
  }

  /**
   * Submits the starts that are due and not submitted yet; of several missed starts of one schedule, only the newest.
   */
  async startDue(): Promise<void> {
    const { queue, schedules, progress } = this.#options;
    await queue.sync();
    const next: Record<string, ScheduleProgress[string]> = {};
    for (const one of schedules()) {
      // A schedule that is enabled again is not late for the time during which it was disabled.
      if (!one.enabled) continue;
      try {
        next[one.name] = await this.#start(one);
      } catch (error) {
        // A schedule that cannot be started delays no other, and stays due.
        const known = this.#progress[one.name];
        if (known) next[one.name] = known;
        this.#once(
          one.name,
          `Cannot start schedule ${one.name}: ${messageOf(error)}`,
        );
      }
    }
    this.#progress = next;
    const text = JSON.stringify(next);
    if (text === this.#written) return;
    // When the disk refuses, the next poll tries again; until then the keys on the log prevent a second start.
    progress.write(next);
    this.#written = text;
  }

  /** The progress of a schedule after this poll. */
  async #start({ name, cron, days, kind, args }: Schedule): Promise<ScheduleProgress[string]> {
    const now = this.#options.now();
    const known = this.#progress[name];
    if (known?.cron !== cron) return { cron, done_to_ms: now };
    const doneTo = Math.max(
      known.done_to_ms,
      this.#options.queue.projection.newestStart(name, now + LATE_MS) ?? 0,
    );
    if (doneTo > now + LATE_MS) {
      this.#options.say(
        `Cannot rely on the clock: the last recorded start of schedule ${name} lies in the future, ${
          iso(doneTo)
        }; from now on the schedule follows the present clock`,
      );
      return { cron, done_to_ms: now };
    }
    const { newest, count } = due(cron, doneTo, now);
    if (newest === null) return { cron, done_to_ms: doneTo };
    const late = now - newest;
    if (late > LATE_MS) {
      this.#options.say(
        `schedule ${name}: ${starts(count)} missed, the newest more than a day ago; none is run now`,
        "warn",
      );
      return { cron, done_to_ms: newest };
    }
    const range = rangeAt(days, newest);
    const { scheduled } = this.#options.queue.kinds.named(kind);
    await this.#options.queue.submit(kind, scheduled.at(args, range), {
      issuer: `schedule:${name}`,
      uniqueKey: scheduleKey(name, newest),
    });
    this.#logged.delete(name);
    if (count > 1) {
      this.#options.say(
        `schedule ${name}: ${starts(count - 1)} missed; the one of ${iso(newest)} is started now`,
      );
    } else if (late > LATE_LOGGED_MS) {
      this.#options.say(`schedule ${name}: the start of ${iso(newest)} was missed; it is started now`);
    }
    return { cron, done_to_ms: newest };
  }

  #once(name: string, line: string): void {
    if (this.#logged.get(name) !== line) this.#options.say(line);
    this.#logged.set(name, line);
  }
}

const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace("T", " ") + " UTC";
const starts = (count: number) =>
  count === 1 ? "one start was" : `${count < COUNT_MAX - 1 ? count : `at least ${count}`} starts were`;

/** Starts of a cron line in `(from, now]`: the newest one and the number of starts, counted up to a limit. */
function due(line: string, from: number, now: number): { newest: number | null; count: number } {
  const cron = parseCron(line);
  const first = Math.max(from, now - COUNTED_MS);
  const newest = cron.newest(now);
  if (newest === null || newest <= first) return { newest: null, count: 0 };
  let count = 1;
  for (let at = cron.next(first)!; at < newest && count < COUNT_MAX; at = cron.next(at)!) count++;
  return { newest, count };
}

export interface ScheduleOptions extends SchedulerOptions {
  readonly signal: AbortSignal;
  /** No other part of this host reports a log that cannot be reached. */
  readonly alone: boolean;
}

/** Polls every few seconds until the signal ends it; a problem is reported once. */
export async function schedule(options: ScheduleOptions): Promise<void> {
  const { signal, say, alone } = options;
  const scheduler = new Scheduler(options);
  let logged = "";
  while (!signal.aborted) {
    try {
      await scheduler.startDue();
      logged = "";
    } catch (error) {
      const line = `Cannot check the schedules: ${messageOf(error)}`;
      const isReported = !alone && error instanceof AppError && error.code !== "invalid";
      if (line !== logged && !isReported && !signal.aborted) say(line);
      logged = line;
    }
    await delay(POLL_MS, signal);
  }
}
