/** The schedules of a data folder. Without a file: for each module a nightly training that is switched off. */
import { z } from "zod";
import { type Schedule, schedule, SCHEDULES_MAX } from "../../proto/jobs.ts";
import { AppError } from "../platform/errors.ts";
import { replaceFile } from "../platform/atomic_file.ts";
import { parseCron } from "./cron.ts";
import type { JobKinds, RangeMs } from "./kind.ts";
import { MODULES } from "../../proto/gen/names.ts";

const file = (dataDir: string) => `${dataDir}/schedules.json`;

export const DEFAULT_SCHEDULES: readonly Schedule[] = MODULES.map((module, at) => ({
  name: `nightly-${module}`,
  cron: `${15 + 15 * at} 2 * * *`,
  enabled: false,
  kind: "train",
  days: 7,
  args: { module, features: "default", model: "xgb", promote: "if_better" },
}));

/** A list of schedules, each with the arguments that its kind defines for them. */
export function schedulesOf(kinds: JobKinds): z.ZodType<{ schedules: Schedule[] }> {
  const rows = kinds.list.map(({ name, scheduled }) =>
    schedule.extend({ kind: z.literal(name), args: scheduled.args })
  );
  const one = z.discriminatedUnion("kind", rows as [(typeof rows)[0], ...typeof rows]);
  return z.strictObject({ schedules: z.array(one).max(SCHEDULES_MAX) });
}

const DAY_MS = 86_400_000;

/** The range of a start at `ms`. */
export const rangeAt = (days: number, ms: number): RangeMs => ({ start_ms: ms - days * DAY_MS, end_ms: ms });

/** The schedules of a data folder. Throws `failed` for a file that cannot be parsed. */
export function readSchedules(dataDir: string, kinds: JobKinds): readonly Schedule[] {
  const schedules = schedulesOf(kinds);
  let stored: unknown;
  try {
    stored = JSON.parse(Deno.readTextFileSync(file(dataDir)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return schedules.parse({ schedules: DEFAULT_SCHEDULES }).schedules;
    }
    if (!(error instanceof SyntaxError)) throw error;
  }
  const parsed = schedules.safeParse(stored);
  if (!parsed.success) throw new AppError("failed", `Cannot read ${file(dataDir)}: it is damaged, remove it`);
  return parsed.data.schedules;
}

/**
 * For each schedule that is switched on: its cron line, and up to when its starts are handled, in Unix milliseconds.
 */
export type ScheduleProgress = Readonly<
  Record<string, { readonly cron: string; readonly done_to_ms: number }>
>;

const SCHEDULE_KEY = /^schedule:([a-z0-9-]{1,40}):(\d{1,12})$/;

/** Identifies one start of a schedule for ever: two jobs never have the same key. */
export const scheduleKey = (name: string, ms: number) => `schedule:${name}:${ms / 60_000}`;

/** The start that a job's key names; null: the job is not from a schedule. */
export function startOfKey(key: string): { name: string; ms: number } | null {
  const [, name, minute] = SCHEDULE_KEY.exec(key) ?? [];
  return name === undefined ? null : { name, ms: Number(minute) * 60_000 };
}

const progressFile = (dataDir: string) => `${dataDir}/schedule_marks.json`;
const progress = z.record(
  z.string(),
  z.strictObject({ cron: z.string(), done_to_ms: z.number().int().min(0) }),
);

/** If the file is missing or damaged, only what is on the log counts. */
export function readProgress(dataDir: string, say: (line: string) => void): ScheduleProgress {
  try {
    return progress.parse(JSON.parse(Deno.readTextFileSync(progressFile(dataDir))));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      say(
        `Cannot read ${progressFile(dataDir)}: it is damaged; missed starts will not be run`,
      );
    }
    return {};
  }
}

export function writeProgress(dataDir: string, progress: ScheduleProgress): void {
  replaceFile(progressFile(dataDir), JSON.stringify(progress));
}

/** Throws `invalid` for an invalid cron line, or a name that occurs twice. */
export function writeSchedules(dataDir: string, list: readonly Schedule[]): void {
  checkSchedules(list);
  replaceFile(file(dataDir), JSON.stringify({ schedules: list }, null, 2));
}

/** Throws `invalid` for schedules that cannot be stored: two with the same name, or a cron line that never matches. */
export function checkSchedules(list: readonly Schedule[]): void {
  const names = new Set<string>();
  for (const { name, cron } of list) {
    if (names.has(name)) throw new AppError("invalid", `Cannot keep two schedules called ${name}`);
    names.add(name);
    if (parseCron(cron).next(Date.now()) === null) {
      throw new AppError("invalid", `Cannot use cron \`${cron}\` of ${name}: no date matches it`);
    }
  }
}
