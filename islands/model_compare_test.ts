import assert from "node:assert/strict";
import type { Judgement, ModelList, ModelManifest } from "../core/models/models.ts";
import * as core from "../core/models/models.ts";
import { BASELINE, before, figures, modelOf, warnings } from "./model_compare.ts";

const judged = (auc: number | null, log_loss: number): Judgement => ({
  rows: 1234,
  positives: 56,
  auc,
  pr_auc: null,
  log_loss,
  brier: 0.1,
  calibration_error: 0.02,
  curve: [],
});
const model = (version: string, metrics?: Judgement, sha256 = "same"): ModelManifest => ({
  version,
  module: "mev",
  ...(metrics
    ? { metrics, dataset: { start: "2026-01-01", end: "2026-01-02", rows: 5000, positives: 9, sha256 } }
    : {}),
});

Deno.test("warnings() says what is worse, and what cannot be compared", () => {
  const good = model("good", judged(0.9, 0.2));
  const rows: [ModelManifest, ModelManifest, string[]][] = [
    [model("better", judged(0.95, 0.1)), good, []],
    [model("bad", judged(0.544, 0.6)), good, [
      "Worse: AUC 0.5440 against 0.9000, log loss 0.6000 against 0.2000.",
    ]],
    [model("other", judged(0.95, 0.1), "other rows"), good, [
      "Not comparable: they were judged on different rows.",
    ]],
    [good, model(BASELINE), ["Not comparable: baseline has not been judged."]],
    [model("imported"), model(BASELINE), ["Not comparable: imported and baseline have not been judged."]],
    [model("one label", judged(null, 0.1)), good, []],
  ];
  for (const [next, now, expected] of rows) assert.deepEqual(warnings(next, now), expected, next.version);
});

Deno.test("figures() says unknown where nothing is known", () => {
  const values = Object.fromEntries(figures(model(BASELINE), undefined));
  assert.deepEqual([
    values.AUC,
    values["Log loss"],
    values.Brier,
    values.ECE,
    values["Judged on"],
    values.Trained,
  ], [
    "unknown",
    "unknown",
    "unknown",
    "unknown",
    "unknown",
    "unknown",
  ]);
  const some = Object.fromEntries(figures(model("v", judged(0.9, 0.2)), "yesterday"));
  assert.deepEqual([some.AUC, some["Judged on"], some.Trained], [
    "0.9000",
    "1,234 rows, 56 positive",
    "yesterday",
  ]);
});

Deno.test("the way back is the same as the server's", () => {
  const list = (latest: string | null, ...ran: string[]): ModelList => ({
    module: "mev",
    latest,
    shadow: null,
    pinned: null,
    models: [],
    history: ran.map((version, at) => ({ version, at_ms: -at })),
  });
  for (
    const [one, expected] of [
      [list("b", "b", "a"), "a"],
      [list("a", "a"), BASELINE],
      [list("b", "b", BASELINE, "a"), BASELINE],
      [list(null, BASELINE, "a"), "a"],
      [list(null), BASELINE],
    ] as const
  ) {
    assert.deepEqual([before(one), core.liveBefore(one)], [expected, expected]);
  }
  assert.equal(BASELINE, core.BASELINE);
  assert.equal(modelOf(list(null), BASELINE).metrics, undefined);
});
