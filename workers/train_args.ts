/** Arguments of a training. */
import { z } from "zod";
import { keptRange, range } from "../proto/jobs.ts";
import { MODULES } from "../proto/gen/names.ts";

const more = {
  module: z.enum(MODULES),
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
  /** Where the model goes: nowhere, live when it wins on the later slice, or in shadow. */
  promote: z.enum(["never", "if_better", "shadow"]).default("never"),
};

/** What a schedule has of it: without a word, what wins goes live. */
export const scheduled = z.strictObject({
  ...more,
  promote: more.promote.removeDefault().default("if_better"),
});

export const asked = z.strictObject({ ...more, range });
/** The form on the log. */
export const kept = z.strictObject({ ...more, range: keptRange });
/** The parsed arguments: what a model is trained from, and how. */
export type TrainArgs = z.output<typeof asked>;
