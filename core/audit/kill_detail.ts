/** What the audit keeps of a kill. */
import { DETAIL_MAX } from "./entry.ts";

/** What came of it at one agent. */
export interface CameOf {
  readonly taken: boolean;
  readonly path: string;
  /** Why it was not taken, or what is to be known of it. */
  readonly note?: string | undefined;
}

const NOTE_MAX = 500;

/**
 * What was asked and what came of it, as JSON that is never cut: first the agents that have not taken it, and of those
 * that do not fit their count as `more`.
 */
export function killDetail(asked: Readonly<Record<string, unknown>>, came: readonly CameOf[]): string {
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
