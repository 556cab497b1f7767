/** Limits requests per second and client, with a burst. Memory is bounded. */

import { RecentMap } from "./recent_map.ts";

interface Bucket {
  tokens: number;
  at: number;
}

/** Maximum tracked clients. The least recently seen is evicted, and starts again with a full bucket. */
const BUCKETS_MAX = 10_000;

export class TokenBuckets {
  readonly #buckets = new RecentMap<string, Bucket>(BUCKETS_MAX);

  /** `perSecond` tokens return each second, up to `burst`. `now`: milliseconds of a monotonic clock. */
  constructor(
    readonly perSecond: number,
    readonly burst: number,
    readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes a token. Returns 0, or the seconds until one is available. */
  take(who: string): number {
    const now = this.now();
    const bucket = this.#buckets.get(who) ?? { tokens: this.burst, at: now };
    this.#buckets.set(who, bucket);
    bucket.tokens = Math.min(
      this.burst,
      bucket.tokens + Math.max(0, now - bucket.at) / 1000 * this.perSecond,
    );
    bucket.at = now;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / this.perSecond));
    bucket.tokens -= 1;
    return 0;
  }
}
