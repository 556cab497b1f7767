/** Desired version of each model link on all hosts. Any host may change it; the last writer wins. */
import type { ModuleName } from "../control/control.ts";
import type { ModelSlot, ModelState } from "./models.ts";

export interface DesiredModel {
  readonly module: ModuleName;
  readonly link: ModelSlot;
  /** "": none; of `latest` that is the baseline. A pin may name `baseline`. */
  readonly version: string;
  readonly request_id: string;
  /** Unix milliseconds. */
  readonly at_ms: number;
}

/** A desired version from a clock further ahead than this would override all others: it is refused. */
export const AHEAD_MS_MAX = 300_000;

/** The text that is signed. No field can contain a line break. */
export function desiredModelText({ module, link, version, request_id, at_ms }: DesiredModel): string {
  return [module, link, version, request_id, at_ms].join("\n");
}

/** Whether `one` overrides `other`; every host decides the same. */
export function isNewer(one: DesiredModel, other: DesiredModel | undefined): boolean {
  if (!other) return true;
  if (one.at_ms !== other.at_ms) return one.at_ms > other.at_ms;
  return desiredModelText(one) > desiredModelText(other);
}

function isSame(one: DesiredModel, other: DesiredModel | undefined): boolean {
  return one.version === (other?.version ?? "") &&
    (one.link !== "latest" || one.request_id === (other?.request_id ?? ""));
}

/** The current state of a link on this host, as a desired version. */
export function localDesired(module: ModuleName, link: ModelSlot, state: ModelState): DesiredModel {
  const { version, at_ms } = state[link];
  const request_id = link === "latest" ? state.request_id : "";
  return { module, link, version: version ?? "", request_id, at_ms };
}

/**
 * Decides what to do about one link: nothing; remember that the host matches the desired version; publish a change made
 * on this host; or apply the desired version here. `agreed`: what this host last published or applied; `newest`: the
 * newest desired version of all hosts.
 */
export function reconcile(
  local: DesiredModel,
  newest: DesiredModel | undefined,
  agreed: DesiredModel | undefined,
  nowMs: number,
): { do: "nothing" } | { do: "agree" | "publish" | "apply"; desired: DesiredModel } {
  if (isSame(local, newest)) {
    return newest && !(agreed && agreed.at_ms === newest.at_ms && isSame(newest, agreed))
      ? { do: "agree", desired: newest }
      : { do: "nothing" };
  }
  const unseen = newest !== undefined && newest.at_ms !== agreed?.at_ms;
  if (!isSame(local, agreed)) {
    // Always later than `newest`, whatever this host's clock says. The time at which a link was removed is not stored.
    const at_ms = Math.max(local.version === "" ? nowMs : local.at_ms, (newest?.at_ms ?? 0) + 1);
    if (!unseen) return { do: "publish", desired: { ...local, at_ms } };
    if (local.at_ms > newest.at_ms) return { do: "publish", desired: local };
  }
  return unseen ? { do: "apply", desired: newest } : { do: "nothing" };
}
