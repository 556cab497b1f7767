/** Answers of the routes for models. */
import { z } from "zod";
import type { ModelList, ModelManifest } from "../../core/models/models.ts";
import type { ShadowComparison } from "../../core/models/shadow.ts";
import { array, count, flag, maybe, moduleName, number, object, one, record, text } from "./common.ts";
import { receipt } from "./control.ts";

const judgementShape = {
  rows: count,
  positives: count,
  auc: maybe(number()),
  pr_auc: maybe(number()),
  log_loss: number(),
  brier: number(),
  calibration_error: number(),
  curve: array(z.tuple([number(), number(), number()])),
};
const judgement = object(judgementShape).meta({ id: "Judgement" });
/** Fields that an imported model does not state are omitted. */
const model: z.ZodType<ModelManifest> = object({
  schema: text().optional(),
  version: text(),
  module: moduleName,
  sha256: text().optional(),
  bytes: number().optional(),
  refused: text().optional(),
  kind: one(["xgb", "lgbm", "torch"]).optional(),
  features: one(["default", "extended"]).optional(),
  feature_names: array(text()).optional(),
  schema_hash: text().optional(),
  dataset: object({ start: text(), end: text(), rows: count, positives: count, sha256: text() }).optional(),
  params: record(text(), z.union([number(), text()])).optional(),
  rounds: count.optional(),
  split: text().optional(),
  calibration: object({ slope: number(), offset: number() }).optional(),
  metrics: judgement.optional(),
  importance: array(number()).optional(),
  per_dex: array(
    object({ dex: text(), rows: count, positives: count, auc: maybe(number()), log_loss: number() }),
  ).optional(),
  code_version: text().optional(),
}).meta({ id: "Model" });
const modelList: z.ZodType<ModelList> = object({
  module: moduleName,
  latest: maybe(text()),
  shadow: maybe(text()),
  pinned: maybe(text()),
  models: array(model),
  history: array(object({ at_ms: number(), version: text() })),
});
export const models = object({ modules: array(modelList) });
export const comparison: z.ZodType<ShadowComparison> = object({
  module: moduleName,
  shadow: text(),
  live: text(),
  hours: number(),
  decisions: count,
  mean_difference: number(),
  passes: object({ both: count, live_only: count, shadow_only: count, neither: count }),
  judged: maybe(object({ live: judgement, shadow: judgement })),
  answered: count,
});
export const deployed = object({
  ok: flag(),
  request_id: text(),
  module: moduleName,
  version: text(),
  receipts: array(receipt),
  silent: array(text()),
});
export const shadowed = object({ ok: flag(), module: moduleName, version: text(), on: flag() });
