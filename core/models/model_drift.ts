/** What is wanted of a module's models and what its agents say that they run: the two are never taken for one another. */
import type { AgentStatus } from "../control/control.ts";
import { BASELINE, type ModelList } from "./models.ts";

/** An agent says its status each second; one that has been silent for this long is not counted as running. */
const SILENT_MS = 10_000;

/** What one running agent says of its models. */
export interface RunningModels {
  readonly agent: string;
  /** A version, or `baseline`. */
  readonly runs: string;
  readonly shadow: string | null;
  readonly refused: { readonly version: string; readonly reason: string } | null;
}

/** What the agents of a module on this host say; those that do not run say nothing. */
export function runningModels(
  statuses: readonly AgentStatus[],
  module: ModelList["module"],
  nowMs: number,
): RunningModels[] {
  return statuses
    .filter((one) =>
      one.module === module && one.state === "running" &&
      Math.abs(nowMs - Number(BigInt(one.at_ns) / 1_000_000n)) < SILENT_MS
    )
    .map((one) => ({
      agent: one.instance,
      runs: one.model ?? BASELINE,
      shadow: one.shadow_model,
      refused: one.model_refused,
    }));
}

/** The version that agents are to run: the pin, else what is deployed, else the baseline. */
export const wantedModel = (list: Pick<ModelList, "latest" | "pinned">) =>
  list.pinned ?? list.latest ?? BASELINE;

/** One line for each agent that runs another version than is wanted. */
export function modelDrift(
  list: Pick<ModelList, "module" | "latest" | "pinned">,
  running: readonly RunningModels[],
): string[] {
  const wanted = wantedModel(list);
  return running.filter(({ runs }) => runs !== wanted).map(({ agent, runs, refused }) => {
    const why = refused?.version === wanted ? `: ${refused.reason}` : "";
    return `${agent} runs ${runs}, not ${wanted} as is wanted of ${list.module}${why}`;
  });
}
