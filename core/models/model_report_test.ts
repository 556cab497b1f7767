import assert from "node:assert/strict";
import { drawReport } from "./model_report.ts";
import type { ModelManifest } from "./models.ts";

const MANIFEST: ModelManifest = {
  version: "0123456789ab",
  module: "mev",
  kind: "xgb",
  features: "default",
  feature_names: ["spread", "<script>"],
  schema_hash: "ab",
  dataset: { start: "2026-01-01", end: "2026-01-02", rows: 900, positives: 100, sha256: "cd".repeat(32) },
  params: {},
  rounds: 40,
  split: "the later fifth",
  calibration: { slope: 1.25, offset: -0.5 },
  metrics: {
    rows: 180,
    positives: 20,
    auc: 0.9123,
    pr_auc: null,
    log_loss: 0.2,
    brier: 0.1,
    calibration_error: 0.01,
    curve: [[100, 0.1, 0.05], [80, 0.7, 0.75]],
  },
  importance: [0.02],
  per_dex: [{ dex: "Raydium v4", rows: 180, positives: 20, auc: 0.9, log_loss: 0.21 }],
  code_version: "1",
};

Deno.test("drawReport() draws the figures of the manifest, and nothing in it runs", () => {
  const svg = drawReport(MANIFEST)!;
  for (
    const shown of [
      "mev 0123456789ab",
      "0.9123",
      "not known",
      "900 rows (100 positive)",
      "1.250 x margin - 0.500",
      "Raydium v4",
    ]
  ) {
    assert.ok(svg.includes(shown), shown);
  }
  assert.ok(svg.includes("&lt;script&gt;") && !svg.includes("<script"));
  assert.equal(svg.match(/<circle/g)!.length, 2);
  const dark = drawReport(MANIFEST, "dark")!;
  assert.ok(dark !== svg && !/"@|#ffffff/.test(dark), "the dark is dark");
  assert.ok(!/"@|<style|style=/.test(svg), "colours are attributes");
  assert.equal(drawReport(MANIFEST), svg);
});

Deno.test("drawReport() of a model that was imported is null", () => {
  assert.equal(drawReport({ version: "0123456789ab", module: "mev" }), null);
});

Deno.test("drawReport() breaks long lines and has numbers on both axes", () => {
  const long = { ...MANIFEST, split: Array.from({ length: 60 }, (_, at) => `word${at}`).join(" ") };
  const svg = drawReport(long)!;
  const texts = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</g)].map((
    [, x, y, words],
  ) => ({
    x: Number(x),
    y: Number(y),
    words: words!,
  }));
  for (const { x, words } of texts) assert.ok(x + words.length * 7.6 < 900 || x > 60, words);
  assert.ok(texts.some(({ words }) => words.includes("word59")), "nothing is cut off");
  const halves = texts.filter(({ words }) => words === "0.5");
  assert.equal(halves.length, 2, "one on each axis");
  assert.notEqual(halves[0]!.y, halves[1]!.y);
});
