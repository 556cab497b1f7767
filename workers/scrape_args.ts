/** Arguments of a dataset. */
import { z } from "zod";
import { DEX_IDS } from "../proto/gen/dex.ts";
import { keptRange, moment, needsLaterEnd } from "../proto/jobs.ts";

const more = {
  types: z.array(z.enum(["arb", "mev"])).min(1).max(2).default(["arb", "mev"]),
  /** Empty: all. */
  dex: z.array(z.enum(DEX_IDS)).max(DEX_IDS.length).default([]),
  format: z.enum(["parquet", "jsonl"]).default("parquet"),
  compress: z.enum(["zstd", "gzip", "none"]).default("zstd"),
  /** A path below `datasets.root`, or `s3://bucket/key`. */
  output: z.string().min(1).max(1024),
};

/** What a schedule has of it: each start writes an output of its own, as nothing that exists is replaced. */
export const scheduled = z.strictObject({
  ...more,
  // With the moment in it, it is longer.
  output: more.output.max(900).regex(
    /\{(?:day|minute)\}/,
    "need {day} or {minute} in it, which each start replaces with its own day or minute",
  ),
});

/** The output of a start: `{day}` is 2026-11-17, `{minute}` 20261117T0215Z. */
export function outputAt(output: string, ms: number): string {
  const [day, time] = new Date(ms).toISOString().split("T") as [string, string];
  const minute = `${day.replaceAll("-", "")}T${time.slice(0, 5).replace(":", "")}Z`;
  return output.replaceAll("{day}", day).replaceAll("{minute}", minute);
}

/** `[start, end)` by the events' time. */
export const asked = z.strictObject({ start: moment, end: moment, ...more })
  .refine(({ start, end }) => end > start, needsLaterEnd)
  .transform(({ start, end, ...more }) => ({ start_ms: start, end_ms: end, ...more }));
/** The parsed arguments of a dataset. */
export type ScrapeArgs = z.output<typeof asked>;
/** The form on the log. */
export const kept = z.strictObject({ ...keptRange.shape, ...more });
