/** Attempts per somebody: taken before they are judged, given back when they were right. */

import { RecentMap } from "./recent_map.ts";

interface Bucket {
  tokens: number;
  at: number;
}

/** Somebodies remembered; beyond it the one that was quiet longest is forgotten. */
const BUCKETS_MAX = 10_000;

export class Attempts {
  readonly #buckets = new RecentMap<string, Bucket>(BUCKETS_MAX);

  /** `burst` at once, then one each `everyMs`. `now`: milliseconds of a clock that nobody sets. */
  constructor(
    readonly burst: number,
    readonly everyMs: number,
    readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes one; false when there is none. Only somebody who takes is remembered. */
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

  /** The last one was right: it does not count. */
  giveBack(who: string): void {
    const bucket = this.#buckets.get(who);
    if (bucket) bucket.tokens = Math.min(this.burst, bucket.tokens + 1);
  }

  /** Somebody showed that they are who they say. */
  clear(who: string): void {
    this.#buckets.delete(who);
  }

  get size(): number {
    return this.#buckets.size;
  }
}
