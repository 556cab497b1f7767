import assert from "node:assert/strict";
import type { Judgement, ModelList, ModelManifest } from "../core/models/models.ts";
import { promotion } from "./promotion.ts";

const figures = (auc: number | null, log_loss: number) => ({ auc, log_loss }) as Judgement;
const NAMES = ["fr_px", "br_px", "vol5"];
const OURS = { version: "aaaaaaaaaaaa", feature_names: ["fr_px", "br_px"] } as ModelManifest;
const model = (more: object) => ({ version: "aaaaaaaaaaaa", ...more }) as unknown as ModelManifest;
type List = Pick<ModelList, "latest" | "pinned" | "models">;
const list = (more: Partial<List>): List => ({
  latest: "aaaaaaaaaaaa",
  pinned: null,
  models: [OURS],
  ...more,
});

const ROWS: readonly [name: string, List, Judgement, () => Promise<Judgement>, live: boolean, why: RegExp][] =
  [
    [
      "better",
      list({}),
      figures(0.9, 0.2),
      () => Promise.resolve(figures(0.8, 0.3)),
      true,
      /^live, better: /,
    ],
    [
      "not better",
      list({}),
      figures(0.9, 0.3),
      () => Promise.resolve(figures(0.8, 0.3)),
      false,
      /not better/,
    ],
    [
      "no model yet",
      list({ latest: null }),
      figures(0.6, 0.6),
      () => assert.fail(),
      true,
      /no model to compare/,
    ],
    [
      "chance",
      list({ latest: null }),
      figures(0.5, 0.7),
      () => assert.fail(),
      false,
      /no better than chance/,
    ],
    [
      "cannot be judged",
      list({}),
      figures(null, 0.1),
      () => assert.fail(),
      false,
      /only one label, so it cannot be judged/,
    ],
    [
      "pinned",
      list({ pinned: "bbbbbbbbbbbb" }),
      figures(1, 0.1),
      () => assert.fail(),
      false,
      /is pinned to bbbb/,
    ],
    [
      "an imported model is live",
      list({ models: [model({})] }),
      figures(1, 0.01),
      () => assert.fail(),
      false,
      /aaaaaaaaaaaa, which is live, cannot be compared \(it was imported\): deploy by hand/,
    ],
    [
      "the live one is gone",
      list({ models: [] }),
      figures(1, 0.01),
      () => assert.fail(),
      false,
      /not registered here/,
    ],
    [
      "the live one's manifest is refused",
      list({ models: [model({ refused: "it is not signed", feature_names: NAMES })] }),
      figures(1, 0.01),
      () => assert.fail(),
      false,
      /it is not signed/,
    ],
    [
      "the live one reads other features",
      list({ models: [model({ feature_names: ["br_px", "fr_px"] })] }),
      figures(1, 0.01),
      () => assert.fail(),
      false,
      /it reads other features/,
    ],
    [
      "the live one does not answer",
      list({}),
      figures(1, 0.01),
      () => Promise.reject(new Error("it has no tables")),
      false,
      /it has no tables/,
    ],
    [
      "the live one has no AUC",
      list({}),
      figures(1, 0.01),
      () => Promise.resolve(figures(null, 9)),
      false,
      /cannot be compared/,
    ],
  ];

for (const [name, models, metrics, judge, live, why] of ROWS) {
  Deno.test(`promotion(), ${name}: ${live ? "goes live" : "stays registered"}`, async () => {
    const result = await promotion(models, metrics, NAMES, judge);
    assert.equal(result.live, live);
    assert.match(result.why, why);
  });
}
