/** Starts what the schedules say. Several hosts may run it: a minute of a schedule is one job, whoever asks for it. */
import { parseCron } from "../core/jobs/cron.ts";
import type { JobQueue } from "../core/jobs/queue.ts";
import { pause } from "../core/pause.ts";
import type { Schedule } from "../proto/jobs.ts";

const LOOK_MS = 5_000;
/** A minute that was missed, by a stopped process, is made up for this long. */
const LATE_MS = 10 * 60_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface SchedulerOptions {
  readonly queue: JobQueue;
  schedules(): readonly Schedule[];
  readonly signal: AbortSignal;
  say(line: string): void;
  readonly now?: () => number;
}

/** Submits what was due between two looks; the time up to which it looked. */
export async function startDue(options: SchedulerOptions, from: number, to: number): Promise<number> {
  for (const { name, cron, enabled, days, kind, args } of options.schedules()) {
    if (!enabled) continue;
    const due = parseCron(cron);
    for (let at = Math.max(from, to - LATE_MS);;) {
      const next = due.next(at);
      if (next === null || next > to) break;
      at = next;
      const range = { start: Math.floor((next - days * DAY_MS) / 1000), end: Math.floor(next / 1000) };
      try {
        await options.queue.submit(kind, { ...args, range }, {
          issuer: `schedule:${name}`,
          uniqueKey: `schedule:${name}:${next / MINUTE_MS}`,
        });
      } catch (error) {
        options.say(`Cannot start schedule ${name}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  return to;
}

export async function schedule(options: SchedulerOptions): Promise<void> {
  const now = options.now ?? Date.now;
  let from = now();
  while (!options.signal.aborted) {
    await pause(LOOK_MS, options.signal);
    if (!options.signal.aborted) from = await startDue(options, from, now());
  }
}
