/**
 * What all kinds of jobs share, and schedules; each kind is a file in `workers/kinds/`. `jobs.proto` is the counterpart
 * on the wire.
 */
import { z } from "zod";

export const JOB_STATES = ["queued", "running", "done", "error", "cancelled"] as const;
export type JobStateName = (typeof JOB_STATES)[number];

/**
 * Times before 2001 and after 2096 are typing mistakes: a year, a date without its hyphens, milliseconds. 0 means "from
 * the first".
 */
const SECONDS_MIN = 1e9;
const SECONDS_MAX = 4e9;
const MOMENT_NEEDED =
  "need a date (2026-11-17, which is 00:00 UTC), a time with its zone (2026-11-17T06:30Z or +09:00) or Unix seconds (1794896400)";
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Parses a time given by a user or a program into milliseconds since 1970; null when it is not a time. The only such
 * parser.
 */
export function parseMoment(given: string | number): number | null {
  if (typeof given === "number" || /^\d{1,10}(\.\d{1,9})?$/.test(given)) {
    const seconds = Number(given);
    const known = seconds === 0 || (seconds >= SECONDS_MIN && seconds <= SECONDS_MAX);
    return known ? Math.round(seconds * 1000) : null;
  }
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", zone = "Z"] =
    ISO.exec(given) ?? [];
  if (year === undefined) return null;
  const utc = Date.UTC(+year, +month! - 1, +day!, +hour, +minute, +second);
  // An overflowing value, like 30 February or 25 o'clock, comes back as a different time.
  if (new Date(utc).toISOString().slice(0, 19) !== `${year}-${month}-${day}T${hour}:${minute}:${second}`) {
    return null;
  }
  const [hours, minutes] = zone === "Z" ? [0, 0] : [+zone.slice(1, 3), +zone.slice(4)];
  if (hours > 14 || minutes > 59) return null;
  const east = (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  const at = utc + Math.floor(Number(`0.${fraction || 0}`) * 1000) - east;
  return at >= 0 && at <= SECONDS_MAX * 1000 ? at : null;
}

const MOMENT_CHARS_MAX = 40;

/** A time as given in a request; milliseconds since 1970 after parsing. */
export const moment = z.union([z.number(), z.string()], { error: MOMENT_NEEDED }).transform(
  (given, context) => {
    const at = parseMoment(given);
    if (at !== null) return at;
    const shown = String(given).slice(0, MOMENT_CHARS_MAX);
    const hint = /^\d{13}$/.test(shown) ? " (milliseconds?)" : "";
    context.addIssue({ code: "custom", message: `${shown} is not a time${hint}, ${MOMENT_NEEDED}` });
    return z.NEVER;
  },
);

/** Milliseconds since 1970, as on the log. */
const stampMs = z.number().int().min(0).max(SECONDS_MAX * 1000);

/** For a range's `refine`. */
export const needsLaterEnd = { message: "need an end later than the start", path: ["end"] };

/** `[start, end)` as given in a request; milliseconds after parsing. */
export const range = z.strictObject({ start: moment, end: moment })
  .refine(({ start, end }) => end > start, needsLaterEnd)
  .transform(({ start, end }) => ({ start_ms: start, end_ms: end }));

/** A range as on the log. */
export const keptRange = z.strictObject({ start_ms: stampMs, end_ms: stampMs });

/** A cron line in UTC with what it starts; `core/jobs/schedules.ts` holds the arguments against their kind. */
export const schedule = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,40}$/, "need lowercase letters, digits and -"),
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  cron: z.string().max(100),
  enabled: z.boolean().default(true),
  kind: z.string().max(40),
  /** Days before the moment of the start that the range covers. */
  days: z.number().int().min(1).max(365).default(7),
  args: z.record(z.string(), z.unknown()),
});
export type Schedule = z.output<typeof schedule>;
export const SCHEDULES_MAX = 50;

export interface TrainResult {
  version: string;
  bytes: number;
  promoted: boolean;
  why: string;
  auc: number | null;
  log_loss: number;
}

export interface ScrapeResult {
  /** `path`: where the file is on the worker's host, or in a bucket; its manifest is beside it. */
  files: { type: string; output: string; path: string; rows: number; bytes: number; sha256: string }[];
}
