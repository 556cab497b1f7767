/** The contents of the live table: ordered rows, waiting rows, their results, the count of evicted rows. No DOM. */
import type { LiveOutcome, LiveRow } from "./envelope.ts";

/** Maximum rows kept; older ones are evicted. */
export const ROWS_MAX = 5_000;

/** Missed records, at their place. */
export interface Gap {
  gap: number;
  id: string;
}
export type Item = LiveRow | Gap;

export const isRow = (item: Item | undefined): item is LiveRow => item !== undefined && !("gap" in item);

export class LiveBuffer {
  /** Newest first. */
  items: Item[] = [];
  /** Newest first, not shown yet. */
  waiting: Item[] = [];
  left = 0;
  received = 0;
  #outcomes = new Map<string, boolean>();

  /** Adds rows of the stream, oldest first, and the records missed before them. */
  take(rows: readonly LiveRow[], gap: Gap | null): void {
    this.received += rows.length;
    const known = new Set([...this.items, ...this.waiting].map(({ id }) => id));
    const fresh: Item[] = rows.filter(({ id }) => !known.has(id)).reverse();
    if (gap) fresh.push(gap);
    this.#wait([...fresh, ...this.waiting]);
  }

  /** Stores the results of rows, in any order of arrival. */
  hear(outcomes: readonly Pick<LiveOutcome, "id" | "landed">[]): void {
    for (const { id, landed } of outcomes) this.#outcomes.set(id, landed);
    if (this.#outcomes.size > 2 * ROWS_MAX) {
      this.#outcomes = new Map([...this.#outcomes].slice(-ROWS_MAX));
    }
  }

  /** Adds fetched rows, newest first: each is inserted in order; those newer than the shown rows wait. */
  backlog(rows: readonly LiveRow[]): void {
    this.hear(rows.flatMap(({ id, landed }) => (landed === undefined ? [] : [{ id, landed }])));
    const known = new Set([...this.items, ...this.waiting].map(({ id }) => id));
    const fresh = rows.filter(({ id }) => !known.has(id));
    const newest = this.items.find(isRow)?.at ?? -Infinity;
    const older = fresh.filter(({ at }) => at <= newest);
    this.items = insert(this.items, older);
    this.left += Math.max(0, this.items.length - ROWS_MAX);
    this.items.length = Math.min(this.items.length, ROWS_MAX);
    this.#wait(insert(this.waiting, fresh.filter(({ at }) => at > newest)));
  }

  #wait(waiting: Item[]): void {
    this.left += Math.max(0, waiting.length - ROWS_MAX);
    this.waiting = waiting.slice(0, ROWS_MAX);
  }

  /** Shows the waiting rows. */
  flush(): void {
    if (this.waiting.length === 0) return;
    const all = [...this.waiting, ...this.items];
    this.left += Math.max(0, all.length - ROWS_MAX);
    this.items = all.slice(0, ROWS_MAX);
    this.waiting = [];
  }

  /** Whether it landed; undefined: not known yet. */
  landed(id: string): boolean | undefined {
    return this.#outcomes.get(id);
  }
}

/** Both newest first. */
function insert(items: readonly Item[], rows: readonly LiveRow[]): Item[] {
  const merged: Item[] = [];
  let at = 0;
  for (const item of items) {
    while (isRow(item) && at < rows.length && rows[at]!.at > item.at) merged.push(rows[at++]!);
    merged.push(item);
  }
  return [...merged, ...rows.slice(at)];
}

/**
 * The index of the row that is `by` rows from `from`: gaps are skipped, the result is limited to the ends. -1: no row.
 */
export function stepFrom(items: readonly Item[], from: number, by: number): number {
  const target = Math.min(items.length - 1, Math.max(0, from + by));
  const ways = by < 0 ? [-1, 1] : [1, -1];
  for (const way of ways) {
    for (let at = target; at >= 0 && at < items.length; at += way) if (isRow(items[at])) return at;
  }
  return -1;
}

/** The items that match the reader's filter; gaps are always shown. */
export function matching(items: readonly Item[], query: string): Item[] {
  const words = query.trim().toLowerCase();
  return items.filter((item) =>
    words === "" || !isRow(item) ||
    `${item.what} ${item.kind} ${item.who} ${item.id} ${item.slot}`.toLowerCase().includes(words)
  );
}
