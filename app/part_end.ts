/** How a part of `legend run` ended. */
import type { AgentStatus } from "../core/control/control.ts";

/** A part that has never run longer than this could not start; after that it has crashed. */
const START_MS = 5_000;

/**
 * How a part ended: `done` as intended, `refused` to start, or `crashed`. `last`: the last line it printed, which for
 * an agent is its counters; `lifeMs`: the longest time that it has run; `live`: its source has no end.
 */
export function judge(
  code: number,
  last: string,
  lifeMs: number,
  live: boolean,
): "done" | "refused" | "crashed" {
  const counters = countersOf(last);
  if (counters) {
    return counters.error !== null && (live || counters.error.includes("panicked")) ? "crashed" : "done";
  }
  // Codes above 128 stand for a signal.
  if (code > 0 && code < 128 && lifeMs < START_MS) return "refused";
  return code === 0 && !live ? "done" : "crashed";
}

/** An agent's last line as counters; null for any other line, and for one that a kill has cut off. */
export function countersOf(last: string): AgentStatus | null {
  if (!last.startsWith("{")) return null;
  try {
    return JSON.parse(last);
  } catch {
    return null;
  }
}
