/**
 * Compares a module's desired model with what its agents report that they run. The two are never assumed to be equal.
 */
import type { AgentStatus } from "../control/control.ts";
import { BASELINE, type ModelList } from "./models.ts";

/** An agent reports its status each second; one that was silent for this long does not count as running. */
const SILENT_MS = 10_000;

/** What one running agent reports about its models. */
export interface RunningModels {
  readonly agent: string;
  /** A version, or `baseline`. */
  readonly runs: string;
  readonly shadow: string | null;
  readonly refused: { readonly version: string; readonly reason: string } | null;
}

/** Reports of the module's running agents on this host. */
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

/** The version that agents should run: the pin, else the deployed one, else the baseline. */
export const desiredModel = (list: Pick<ModelList, "latest" | "pinned">) =>
  list.pinned ?? list.latest ?? BASELINE;

/** One line for each agent that does not run the desired version. */
export function modelDrift(
  list: Pick<ModelList, "module" | "latest" | "pinned">,
  running: readonly RunningModels[],
): string[] {
  const desired = desiredModel(list);
  return running.filter(({ runs }) => runs !== desired).map(({ agent, runs, refused }) => {
    const why = refused?.version === desired ? `: ${refused.reason}` : "";
    return `${agent} runs ${runs}, but ${list.module} should run ${desired}${why}`;
  });
}
