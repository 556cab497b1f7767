/** Desired version of each model link on all hosts. Any host may change it; the last writer wins. */
import type { ModuleName } from "../control/control.ts";
import type { ModelLink, ModelState } from "./models.ts";

export interface Wish {
  readonly module: ModuleName;
  readonly link: ModelLink;
  /** "": none; of `latest` that is the baseline. A pin may name `baseline`. */
  readonly version: string;
  readonly request_id: string;
  /** Unix milliseconds. */
  readonly at_ms: number;
}

/** A desired version from a clock further ahead than this would override all others: it is refused. */
export const AHEAD_MS_MAX = 300_000;

/** The text that is signed. No field can contain a line break. */
export function wishText({ module, link, version, request_id, at_ms }: Wish): string {
  return [module, link, version, request_id, at_ms].join("\n");
}

/** Whether `one` overrides `other`; every host decides the same. */
export function isNewer(one: Wish, other: Wish | undefined): boolean {
  if (!other) return true;
  if (one.at_ms !== other.at_ms) return one.at_ms > other.at_ms;
  return wishText(one) > wishText(other);
}

function isSame(one: Wish, other: Wish | undefined): boolean {
  return one.version === (other?.version ?? "") &&
    (one.link !== "latest" || one.request_id === (other?.request_id ?? ""));
}

/** The current state of a link on this host, as a desired version. */
export function localWish(module: ModuleName, link: ModelLink, state: ModelState): Wish {
  const { version, at_ms } = state[link];
  const request_id = link === "latest" ? state.request_id : "";
  return { module, link, version: version ?? "", request_id, at_ms };
}

/**
 * Decides what to do about one link: nothing; remember that the host matches the desired version; publish a change made
 * on this host; or apply the desired version here. `agreed`: what this host last published or applied; `newest`: the
 * newest desired version of all hosts.
 */
export function decide(
  local: Wish,
  newest: Wish | undefined,
  agreed: Wish | undefined,
  nowMs: number,
): { do: "nothing" } | { do: "agree" | "tell" | "obey"; wish: Wish } {
  if (isSame(local, newest)) {
    return newest && !(agreed && agreed.at_ms === newest.at_ms && isSame(newest, agreed))
      ? { do: "agree", wish: newest }
      : { do: "nothing" };
  }
  const unseen = newest !== undefined && newest.at_ms !== agreed?.at_ms;
  if (!isSame(local, agreed)) {
    // Always later than `newest`, whatever this host's clock says. The time at which a link was removed is not stored.
    const at_ms = Math.max(local.version === "" ? nowMs : local.at_ms, (newest?.at_ms ?? 0) + 1);
    if (!unseen) return { do: "tell", wish: { ...local, at_ms } };
    if (local.at_ms > newest.at_ms) return { do: "tell", wish: local };
  }
  return unseen ? { do: "obey", wish: newest } : { do: "nothing" };
}
