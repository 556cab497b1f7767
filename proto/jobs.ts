/** Job contract: REST bodies, CLI flags and forms parse with these; the wire twin is `jobs.proto`. */
import { z } from "zod";
import { DEX_IDS } from "./dex.ts";

export const JOB_KINDS = ["scrape", "train"] as const;
export type JobKindName = (typeof JOB_KINDS)[number];
export const JOB_STATES = ["queued", "running", "done", "error", "cancelled"] as const;
export type JobStateName = (typeof JOB_STATES)[number];

/** Unix seconds, or a date as ISO 8601 writes it; milliseconds since 1970 afterwards. */
const moment = z.union([
  z.number().min(0).max(4e9).transform((seconds) => Math.round(seconds * 1000)),
  z.string().max(40).transform((text, context) => {
    const at = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
    if (Number.isFinite(at) && at >= 0 && at <= 4e12) return Math.round(at);
    context.addIssue({ code: "custom", message: `${text} is no time, need Unix seconds or ISO 8601` });
    return z.NEVER;
  }),
]);

const after = { message: "need an end behind the start", path: ["end"] };
const range = z.strictObject({ start: moment, end: moment }).refine(({ start, end }) => end > start, after);

export const scrapeArgs = z.strictObject({
  /** `[start, end)` by the events' time. */
  start: moment,
  end: moment,
  types: z.array(z.enum(["arb", "mev"])).min(1).max(2).default(["arb", "mev"]),
  /** Empty: all. */
  dex: z.array(z.enum(DEX_IDS)).max(DEX_IDS.length).default([]),
  format: z.enum(["parquet", "jsonl"]).default("parquet"),
  compress: z.enum(["zstd", "gzip", "none"]).default("zstd"),
  /** A path below `datasets.root`, or `s3://bucket/key`. */
  output: z.string().min(1).max(1024),
}).refine(({ start, end }) => end > start, after);
export type ScrapeArgs = z.output<typeof scrapeArgs>;

export const trainArgs = z.strictObject({
  module: z.enum(["arbitrage", "mev"]),
  range,
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
});
export type TrainArgs = z.output<typeof trainArgs>;

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

export interface TrainResult {
  version: string;
  bytes: number;
  promoted: boolean;
  why: string;
  auc: number | null;
  log_loss: number;
}

export interface ScrapeResult {
  files: { type: string; output: string; rows: number; bytes: number; sha256: string }[];
}
