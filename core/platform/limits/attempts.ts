/** Limits attempts per client. An attempt is counted before it is judged, and returned when it was right. */

import { RecentMap } from "./recent_map.ts";

interface Bucket {
  tokens: number;
  at: number;
}

/** Maximum tracked clients. The least recently seen is evicted. */
const BUCKETS_MAX = 10_000;

export class Attempts {
  readonly #buckets = new RecentMap<string, Bucket>(BUCKETS_MAX);

  /** Allows `burst` at once, then one every `everyMs`. `now`: milliseconds of a monotonic clock. */
  constructor(
    readonly burst: number,
    readonly everyMs: number,
    readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes one attempt; false when none is left. Only clients that take one are tracked. */
  take(who: string): boolean {
    const now = this.now();
    const bucket = this.#buckets.get(who) ?? { tokens: this.burst, at: now };
    bucket.tokens = Math.min(this.burst, bucket.tokens + Math.max(0, now - bucket.at) / this.everyMs);
    bucket.at = now;
    this.#buckets.set(who, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** The last attempt was right: it does not count. */
  giveBack(who: string): void {
    const bucket = this.#buckets.get(who);
    if (bucket) bucket.tokens = Math.min(this.burst, bucket.tokens + 1);
  }

  /** The client has proved its identity: its attempts are cleared. */
  clear(who: string): void {
    this.#buckets.delete(who);
  }

  get size(): number {
    return this.#buckets.size;
  }
}
