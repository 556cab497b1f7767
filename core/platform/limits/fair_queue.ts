/**
 * Limits costly work shared by many: a maximum at once, lanes take turns, no lane queues more than its share, and work
 * that would wait too long is refused when it arrives.
 */

interface Waiting {
  readonly since: number;
  start(): void;
  refuse(): void;
}

export interface FairLimits {
  /** Maximum work at once. */
  readonly atOnce: number;
  /** Maximum waiting work in one lane, and in all. */
  readonly laneMax: number;
  readonly waitingMax: number;
  /** Milliseconds that work may wait for its turn; priority work waits as long as needed. */
  readonly waitMaxMs: number;
}

/** Weight of the last duration in the average. */
const NEWEST = 0.25;

export class FairQueue {
  #running = 0;
  #waiting = 0;
  /** Lanes in the order of their turns; those that go first, and all others. */
  #durationMs = 0;
  /** Lanes in the order of their turns; those that go first, and all others. */
  readonly #first = new Map<string, Waiting[]>();
  readonly #others = new Map<string, Waiting[]>();

  constructor(readonly limits: FairLimits, readonly now: () => number = () => performance.now()) {}

  /**
   * Runs `work` when it is the lane's turn. Returns null when too much waits: at once, or when its turn came too late.
   */
  run<T>(lane: string, work: () => Promise<T>, goesFirst = false): Promise<T | null> {
    if (this.#running < this.limits.atOnce) return this.#start(work);
    const lanes = goesFirst ? this.#first : this.#others;
    const queue = lanes.get(lane) ?? [];
    if (!this.#takes(queue.length, goesFirst)) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const start = () => void this.#start(work).then(resolve, reject);
      queue.push({ since: this.now(), start, refuse: () => resolve(null) });
      lanes.set(lane, queue);
    });
  }

  #start<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    const begun = this.now();
    return work().finally(() => {
      this.#durationMs += NEWEST * (this.now() - begun - this.#durationMs);
      this.#running -= 1;
      this.#next();
    });
  }

  /** Whether one more may wait in a lane with `inLane` waiting. */
  #takes(inLane: number, goesFirst: boolean): boolean {
    const { laneMax, waitingMax, waitMaxMs, atOnce } = this.limits;
    const count = (lanes: Map<string, Waiting[]>) =>
      lanes.values().reduce((sum, queue) => sum + queue.length, 0);
    const waiting = count(this.#first) + count(this.#others);
    if (inLane >= laneMax || waiting >= waitingMax) return false;
    // Work in progress ends at some time within its duration: all of the duration is assumed.
    return goesFirst || (waiting + this.#running) / atOnce * this.#durationMs <= waitMaxMs;
  }

  #next(): void {
    while (this.#running < this.limits.atOnce) {
      const lanes = this.#first.size > 0 ? this.#first : this.#others;
      const [turn] = lanes;
      if (!turn) return;
      const [lane, queue] = turn;
      const next = queue.shift()!;
      // To the end of the row, or out of it.
      lanes.delete(lane);
      if (queue.length > 0) lanes.set(lane, queue);
      const isLate = lanes === this.#others && this.now() - next.since > this.limits.waitMaxMs;
      if (isLate) next.refuse();
      else next.start();
    }
  }
}
