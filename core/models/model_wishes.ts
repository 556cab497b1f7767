/** Which version all hosts are to use, when each of them may change it: the newest wish holds. */
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

/** A wish from a clock that is further ahead than this would hold against all others: it is refused. */
export const AHEAD_MS_MAX = 300_000;

/** What a wish's signature is over. No field can hold a line break. */
export function wishText({ module, link, version, request_id, at_ms }: Wish): string {
  return [module, link, version, request_id, at_ms].join("\n");
}

/** Whether `one` holds against `other`, on every host alike. */
export function isNewer(one: Wish, other: Wish | undefined): boolean {
  if (!other) return true;
  if (one.at_ms !== other.at_ms) return one.at_ms > other.at_ms;
  return wishText(one) > wishText(other);
}

function isSame(one: Wish, other: Wish | undefined): boolean {
  return one.version === (other?.version ?? "") &&
    (one.link !== "latest" || one.request_id === (other?.request_id ?? ""));
}

/** A link as it is on this host, as a wish. */
export function localWish(module: ModuleName, link: ModelLink, state: ModelState): Wish {
  const { version, at_ms } = state[link];
  const request_id = link === "latest" ? state.request_id : "";
  return { module, link, version: version ?? "", request_id, at_ms };
}

/**
 * What is to be done about one link: nothing, remember that the host is as wished, tell the others what was changed
 * here, or change it here. `agreed` is what this host last told or obeyed, `newest` the newest wish of all hosts.
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
    // Behind what was agreed whatever this host's clock says; when a link was taken away is not written anywhere.
    const at_ms = Math.max(local.version === "" ? nowMs : local.at_ms, (newest?.at_ms ?? 0) + 1);
    if (!unseen) return { do: "tell", wish: { ...local, at_ms } };
    if (local.at_ms > newest.at_ms) return { do: "tell", wish: local };
  }
  return unseen ? { do: "obey", wish: newest } : { do: "nothing" };
}
