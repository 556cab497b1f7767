/** Models as everything above the library sees them. */
import type { ModuleName } from "../control/control.ts";

/** The trainer: XGBoost, LightGBM, or our own small network. */
export type TrainerKind = "xgb" | "lgbm" | "torch";
export type FeatureSet = "default" | "extended";

export interface Judgement {
  rows: number;
  positives: number;
  /** Null: one of the labels is missing. */
  auc: number | null;
  pr_auc: number | null;
  log_loss: number;
  brier: number;
  /** Mean distance between probability and frequency. */
  calibration_error: number;
  /** Per bin: rows, mean probability, share of label 1. */
  curve: [rows: number, mean_probability: number, share: number][];
}

/** What a manifest says about a model, besides its file. */
export interface ModelAbout {
  kind: TrainerKind;
  features: FeatureSet;
  feature_names: string[];
  schema_hash: string;
  /** The job that trained it. */
  dataset: { start: string; end: string; rows: number; positives: number; sha256: string };
  params: Record<string, number | string>;
  rounds: number;
  split: string;
  calibration: { slope: number; offset: number };
  metrics: Judgement;
  /** Growth of the log loss without the feature, in the order of `feature_names`. */
  importance: number[];
  per_dex: { dex: string; rows: number; positives: number; auc: number | null; log_loss: number }[];
  code_version: string;
}

export type ModelManifest = Partial<ModelAbout> & {
  /** The version of the manifest's format: `model-1`. */
  schema?: string;
  version: string;
  module: ModuleName;
  sha256?: string;
  bytes?: number;
  /** Why it cannot be used. */
  refused?: string;
};

/** The scorer without a model; it can be deployed and pinned like a version. */
export const BASELINE = "baseline";

export interface ModelList {
  module: ModuleName;
  /** The version that decides; null: the baseline. */
  latest: string | null;
  shadow: string | null;
  /** A version, or `baseline`. */
  pinned: string | null;
  /** Oldest first. */
  models: ModelManifest[];
  /** What ran when, newest first; includes `baseline`. */
  history: { at_ms: number; version: string }[];
}

/**
 * What names a version: the symlink to the running one, the symlink to the one in shadow, and the pin, which overrides
 * the first.
 */
export type ModelSlot = "latest" | "shadow" | "pin";
export const MODEL_SLOTS: readonly ModelSlot[] = ["latest", "shadow", "pin"];

export interface SlotState {
  version: string | null;
  /** When it was set, Unix milliseconds; 0 when there is none. */
  at_ms: number;
  /** Why the link exists but names no version. */
  broken: string | null;
}

export type ModelState = Record<ModelSlot, SlotState> & {
  versions: string[];
  /** The request that agents answer for `latest`. */
  request_id: string;
};

/** The version that was live before the current one; the baseline when there was none. */
export function liveBefore({ latest, history }: Pick<ModelList, "latest" | "history">): string {
  const now = latest ?? BASELINE;
  return history.find(({ version }) => version !== now)?.version ?? BASELINE;
}

/** The proof of a version: its manifest as signed, and the signature. */
export interface ModelProof {
  readonly manifest: string;
  readonly signature: string;
}
