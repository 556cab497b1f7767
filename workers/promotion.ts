/** Whether a trained model may be deployed automatically: only over a model that it was compared with and beats. */
import type { Judgement, ModelList, ModelManifest } from "../core/models/models.ts";
import { messageOf } from "../core/platform/errors.ts";

/** The decision, and its reason. */
export interface Verdict {
  readonly live: boolean;
  readonly why: string;
}

/**
 * `names`: the columns of the later slice. `judgeLive` returns the live model's figures on it, or throws when it
 * cannot. A live model that cannot be compared stays: a person then decides.
 */
export async function promotion(
  list: Pick<ModelList, "latest" | "pinned" | "models">,
  metrics: Judgement,
  names: readonly string[],
  judgeLive: (live: ModelManifest) => Promise<Judgement>,
): Promise<Verdict> {
  const stays = (why: string): Verdict => ({ live: false, why: `registered; ${why}` });
  if (metrics.auc === null) return stays("the test rows have only one label, so it cannot be judged");
  if (list.pinned) return stays(`the module is pinned to ${list.pinned}`);
  if (list.latest === null) {
    return metrics.auc > 0.5
      ? { live: true, why: "live: there was no model to compare with" }
      : stays("no better than chance");
  }
  const incomparable = (why: string) =>
    stays(`${list.latest}, which is live, cannot be compared (${why}): deploy by hand`);
  const live = list.models.find(({ version }) => version === list.latest);
  if (!live) return incomparable("it is not registered here");
  if (live.refused) return incomparable(live.refused);
  if (!live.feature_names) return incomparable("it was imported");
  if (live.feature_names.some((name, at) => name !== names[at])) {
    return incomparable("it reads other features");
  }
  let other: Judgement;
  try {
    other = await judgeLive(live);
  } catch (error) {
    return incomparable(messageOf(error));
  }
  if (other.auc === null) return incomparable("the test rows have only one label, so it cannot be judged");
  const both = `log loss ${metrics.log_loss.toFixed(4)} against ${other.log_loss.toFixed(4)}, AUC ${
    metrics.auc.toFixed(4)
  } against ${other.auc.toFixed(4)} of ${live.version}`;
  return metrics.log_loss >= other.log_loss || metrics.auc < other.auc
    ? { live: false, why: `registered, not better: ${both}` }
    : { live: true, why: `live, better: ${both}` };
}
