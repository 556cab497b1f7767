/** What the audit stores about a kill. */
import { DETAIL_MAX } from "./entry.ts";

/** Its outcome at one agent. */
export interface CommandOutcome {
  readonly taken: boolean;
  readonly path: string;
  /** Why it was not taken, or a note. */
  readonly note?: string | undefined;
}

const NOTE_MAX = 500;

/**
 * The request and its outcome, as JSON that is never cut: agents that have not taken the kill come first, and those
 * that do not fit are counted as `more`.
 */
export function killDetail(
  asked: Readonly<Record<string, unknown>>,
  came: readonly CommandOutcome[],
): string {
  const sorted = [...came].sort((one, other) => Number(one.taken) - Number(other.taken))
    .map(({ note, ...one }) => ({ ...one, note: note?.slice(0, NOTE_MAX).toWellFormed() }));
  const text = (count: number) => {
    const more = sorted.length - count;
    return JSON.stringify({ ...asked, came_of: sorted.slice(0, count), ...(more > 0 ? { more } : {}) });
  };
  let count = sorted.length;
  while (count > 0 && text(count).length > DETAIL_MAX) count -= Math.ceil(count / 8);
  return text(count);
}
