/** Job contract: REST bodies, CLI flags and forms parse with these; the wire twin is `jobs.proto`. */
import { z } from "zod";
import { DEX_IDS } from "./dex.ts";

export const JOB_KINDS = ["scrape", "train"] as const;
export type JobKindName = (typeof JOB_KINDS)[number];
export const JOB_STATES = ["queued", "running", "done", "error", "cancelled"] as const;
export type JobStateName = (typeof JOB_STATES)[number];

/** Times before 2001 and after 2096 are typing mistakes: a year, a date without its hyphens, milliseconds. 0 is "from the first". */
const SECONDS_MIN = 1e9;
const SECONDS_MAX = 4e9;
const MOMENT_NEEDED =
  "need a date (2026-11-17, which is 00:00 UTC), a time with its zone (2026-11-17T06:30Z or +09:00) or Unix seconds (1794896400)";
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Milliseconds since 1970 of what a person or a program gives as a time; null when it is none. The only such parser. */
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
  // What overflows, like the 30th of February or 25 o'clock, comes back as something else.
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

/** A time as it is asked for; milliseconds since 1970 afterwards. */
const moment = z.union([z.number(), z.string()], { error: MOMENT_NEEDED }).transform((given, context) => {
  const at = parseMoment(given);
  if (at !== null) return at;
  const shown = String(given).slice(0, MOMENT_CHARS_MAX);
  const hint = /^\d{13}$/.test(shown) ? " (milliseconds?)" : "";
  context.addIssue({ code: "custom", message: `${shown} is not a time${hint}, ${MOMENT_NEEDED}` });
  return z.NEVER;
});

/** Milliseconds since 1970, as they lie on the log. */
const stampMs = z.number().int().min(0).max(SECONDS_MAX * 1000);

const after = { message: "need an end later than the start", path: ["end"] };
const asked = { start: moment, end: moment };
const range = z.strictObject(asked).refine(({ start, end }) => end > start, after)
  .transform(({ start, end }) => ({ start_ms: start, end_ms: end }));
const keptRange = z.strictObject({ start_ms: stampMs, end_ms: stampMs });

const scrapeMore = {
  types: z.array(z.enum(["arb", "mev"])).min(1).max(2).default(["arb", "mev"]),
  /** Empty: all. */
  dex: z.array(z.enum(DEX_IDS)).max(DEX_IDS.length).default([]),
  format: z.enum(["parquet", "jsonl"]).default("parquet"),
  compress: z.enum(["zstd", "gzip", "none"]).default("zstd"),
  /** A path below `datasets.root`, or `s3://bucket/key`. */
  output: z.string().min(1).max(1024),
};

/** What a dataset is asked for with: `[start, end)` by the events' time. */
export const scrapeArgs = z.strictObject({ ...asked, ...scrapeMore })
  .refine(({ start, end }) => end > start, after)
  .transform(({ start, end, ...more }) => ({ start_ms: start, end_ms: end, ...more }));
export type ScrapeArgs = z.output<typeof scrapeArgs>;

const trainMore = {
  module: z.enum(["arbitrage", "mev"]),
  features: z.enum(["default", "extended"]).default("default"),
  model: z.enum(["xgb", "lgbm", "torch"]).default("xgb"),
  gpu: z.boolean().default(false),
  params: z.preprocess(
    // `lr` is the older name.
    (value) => {
      if (typeof value !== "object" || value === null || !("lr" in value)) return value;
      const { lr, ...rest } = value as Record<string, unknown>;
      return { learning_rate: lr, ...rest };
    },
    z.strictObject({
      max_depth: z.number().int().min(1).max(12).default(8),
      learning_rate: z.number().gt(0).max(1).default(0.08),
      n_estimators: z.number().int().min(1).max(5000).default(600),
      subsample: z.number().gt(0).max(1).default(0.9),
      colsample: z.number().gt(0).max(1).default(0.8),
      lambda: z.number().min(0).max(1000).default(1.2),
      seed: z.number().int().min(0).max(2 ** 31 - 1).default(7),
    }).prefault({}),
  ).prefault({}),
  /** What becomes of the model: nothing, live when it wins on the later slice, or in shadow. */
  promote: z.enum(["never", "if_better", "shadow"]).default("never"),
};

/** What a training is asked for with. */
export const trainArgs = z.strictObject({ ...trainMore, range });
/** A job's arguments as they lie on the log: what was asked for, read once, its times in milliseconds. */
export const keptArgs = {
  scrape: z.strictObject({ ...keptRange.shape, ...scrapeMore }),
  train: z.strictObject({ ...trainMore, range: keptRange }),
} as const;
export type TrainArgs = z.output<typeof trainArgs>;
/** By kind. */
export interface JobArgs {
  scrape: ScrapeArgs;
  train: TrainArgs;
}

/** A cron line in UTC with what it starts. */
export const schedule = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,40}$/, "need small letters, digits and -"),
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  cron: z.string().max(100),
  enabled: z.boolean().default(true),
  kind: z.literal("train"),
  /** Days back from the moment it starts. */
  days: z.number().int().min(1).max(365).default(7),
  args: z.strictObject({
    module: z.enum(["arbitrage", "mev"]),
    features: z.enum(["default", "extended"]).default("default"),
    model: z.enum(["xgb", "lgbm", "torch"]).default("xgb"),
    promote: z.enum(["never", "if_better", "shadow"]).default("if_better"),
  }),
});
export type Schedule = z.output<typeof schedule>;
export const schedules = z.strictObject({ schedules: z.array(schedule).max(50) });

/** What a schedule asks for, over a range in milliseconds. */
export const scheduledArgs = (
  args: Schedule["args"],
  range: { start_ms: number; end_ms: number },
): TrainArgs => keptArgs.train.parse({ ...args, range });

export interface TrainResult {
  version: string;
  bytes: number;
  promoted: boolean;
  why: string;
  auc: number | null;
  log_loss: number;
}

export interface ScrapeResult {
  /** `path`: where it lies on the worker's host, or in a bucket; its manifest is beside it. */
  files: { type: string; output: string; path: string; rows: number; bytes: number; sha256: string }[];
}
