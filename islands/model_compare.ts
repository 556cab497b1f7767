/** Compares two models before one replaces the other. */
import type { ModelList, ModelManifest } from "../core/models/models.ts";
import { fixed, grouped } from "./format.ts";

/** The scorer without a model; `core/models/models.ts` uses the same name. */
export const BASELINE = "baseline";

/** A model, or an entry without measurements for the baseline. */
export const modelOf = (list: ModelList, version: string): ModelManifest =>
  list.models.find((model) => model.version === version) ?? { version, module: list.module };

/** The model that decides now. */
export const decides = ({ latest }: ModelList): string => latest ?? BASELINE;

/** The previously live model, as the server's `liveBefore` computes it. */
export const before = (list: ModelList): string =>
  list.history.find(({ version }) => version !== decides(list))?.version ?? BASELINE;

const known = (text: string) => (text === "–" ? "unknown" : text);

/** Figures as text, in a fixed order. `trainedAt`: the time of the job that made the model, as text. */
export function figures(
  model: ModelManifest,
  trainedAt: string | undefined,
): [name: string, value: string][] {
  const { metrics, dataset, kind, features } = model;
  return [
    ["AUC", known(fixed(metrics?.auc, 4))],
    ["Log loss", known(fixed(metrics?.log_loss, 4))],
    ["Brier", known(fixed(metrics?.brier, 4))],
    ["ECE", known(fixed(metrics?.calibration_error, 4))],
    [
      "Judged on",
      metrics ? `${grouped(metrics.rows)} rows, ${grouped(metrics.positives)} positive` : "unknown",
    ],
    ["Learned from", dataset ? `${grouped(dataset.rows)} rows` : "unknown"],
    ["Data", dataset ? `${dataset.start.slice(0, 10)} to ${dataset.end.slice(0, 10)}` : "unknown"],
    ["Trained", trainedAt ?? "unknown"],
    [
      "Kind",
      kind ? `${kind}, ${features ?? "unknown features"}` : model.version === BASELINE ? BASELINE : "unknown",
    ],
  ];
}

/** Reasons against replacing `now` with `next`; none: `next` is better on the same rows. */
export function warnings(next: ModelManifest, now: ModelManifest): string[] {
  const silent = [next, now].filter(({ metrics }) => !metrics).map(({ version }) => version);
  if (silent.length > 0) {
    return [`Not comparable: ${silent.join(" and ")} ${silent.length > 1 ? "have" : "has"} not been judged.`];
  }
  const [a, b] = [next.metrics!, now.metrics!];
  const found: string[] = [];
  if (next.dataset?.sha256 === undefined || next.dataset.sha256 !== now.dataset?.sha256) {
    found.push("Not comparable: they were judged on different rows.");
  }
  const worse = [
    ...(a.auc !== null && b.auc !== null && a.auc < b.auc
      ? [`AUC ${fixed(a.auc, 4)} against ${fixed(b.auc, 4)}`]
      : []),
    ...([["log loss", "log_loss"], ["Brier", "brier"], ["ECE", "calibration_error"]] as const)
      .filter(([, key]) => a[key] > b[key])
      .map(([name, key]) => `${name} ${fixed(a[key], 4)} against ${fixed(b[key], 4)}`),
  ];
  if (worse.length > 0) found.push(`Worse: ${worse.join(", ")}.`);
  return found;
}
