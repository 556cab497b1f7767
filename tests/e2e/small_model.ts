/** A model that is made in a millisecond, for tests of the life of models. */
import type { ModelAbout } from "../../core/models/models.ts";
import { featureNames, type ModelRegistry, openNetwork } from "../../ffi/models.ts";

/** Registers a small network for mev; another seed gives another version; `more` adds to its manifest. */
export async function registerSmallModel(
  registry: ModelRegistry,
  seed: number,
  more: Partial<ModelAbout> = {},
): Promise<string> {
  const { library } = registry;
  const rows = Float32Array.from({ length: 5 * 64 }, (_, at) => Math.sin(at));
  const labels = Float32Array.from({ length: 64 }, (_, at) => at % 2);
  const options = { n_features: 5, train_rows: 64, learning_rate: 0.01, seed, weight: 1 };
  await using training = openNetwork(library, options, { rows, labels }, () => Promise.resolve(1));
  await training.rounds(1);
  using model = await training.model(1);
  const { schema, names } = featureNames(library, "mev");
  const about = {
    kind: "torch",
    schema_hash: schema.default,
    feature_names: names.slice(0, 5),
    dataset: { start: "2026-01-01", end: "2026-01-02", rows: 64, positives: 32, sha256: "00".repeat(32) },
    calibration: { slope: 1, offset: 0 },
    metrics: {
      rows: 64,
      positives: 32,
      auc: 0.5,
      pr_auc: 0.5,
      log_loss: 0.7,
      brier: 0.25,
      calibration_error: 0.1,
      curve: [[64, 0.5, 0.5]],
    },
    ...more,
  } as ModelAbout;
  return (await registry.register("mev", model, about, rows.subarray(0, 5 * 32))).version;
}
