/** Written by `deno task gen` from workers/kinds.ts; do not edit. */
import type { Command } from "../command.ts";

export const JOB_KIND_VERBS:
  readonly (Omit<Command, "group" | "body" | "flags"> & Required<Pick<Command, "flags">>)[] = [{
    "name": "scrape",
    "args": "OUTPUT",
    "summary": "Write rows of the store to a Parquet or JSON file, here or on S3, with a manifest",
    "flags": [
      {
        "name": "type",
        "value": "arb|mev",
        "doc": "Only rows of arbitrages (arb) or of sandwiches (mev); may be repeated; default: both",
      },
      { "name": "dex", "value": "ID", "doc": "Only rows of this DEX; may be repeated" },
      { "name": "format", "value": "parquet|jsonl", "doc": "Format of the file (parquet)" },
      { "name": "compress", "value": "zstd|gzip|none", "doc": "Compression (zstd)" },
    ],
    "examples": ["legend scrape day.parquet --start 2026-11-01 --end 2026-11-02 --type mev --detach"],
    "details": [
      "OUTPUT is a path below datasets.root (`<data-dir>/datasets` unless configured), or s3://bucket/key of a bucket in",
      "s3.buckets. Nothing that exists is replaced. The job runs in `legend run worker`, which is part of `legend run`.",
    ],
  }, {
    "name": "train",
    "args": "MODULE",
    "summary": "Train a model of arbitrage or mev from the store's evidence and register it",
    "flags": [
      {
        "name": "model",
        "value": "xgb|lgbm|torch",
        "doc": "XGBoost (the default), LightGBM or a small network",
      },
      { "name": "features", "value": "default|extended", "doc": "Set of features (default)" },
      {
        "name": "param",
        "value": "NAME=NUMBER",
        "doc": "max_depth, learning_rate, n_estimators, subsample, colsample, lambda, seed",
      },
      {
        "name": "promote",
        "value": "never|if_better|shadow",
        "doc": "When the model goes live, or becomes the shadow; default: never",
      },
      {
        "name": "gpu",
        "doc": "Ask for a GPU; if none can be used, this is logged and the training continues",
      },
    ],
    "examples": ["legend train mev --start 2026-11-01 --end 2026-11-08 --param max_depth=6 --detach"],
    "details": ["Labels and split: docs/FEATURES.md; the report is beside the model."],
  }];
