/** Costly work for many: at most so much at once, lanes take turns, and no lane waits with more than its share. */

type Start = () => void;

export interface FairLimits {
  /** Work at once. */
  readonly atOnce: number;
  /** That waits in one lane, and in all. */
  readonly laneMax: number;
  readonly waitingMax: number;
}

export class FairQueue {
  #running = 0;
  #waiting = 0;
  /** Lanes in the order of their turns; those that go first, and all others. */
  readonly #first = new Map<string, Start[]>();
  readonly #others = new Map<string, Start[]>();

  constructor(readonly limits: FairLimits) {}

  /** Runs `work` when it is the lane's turn; null at once when too much waits. */
  run<T>(lane: string, work: () => Promise<T>, goesFirst = false): Promise<T> | null {
    const lanes = goesFirst ? this.#first : this.#others;
    const queue = lanes.get(lane) ?? [];
    const { laneMax, waitingMax, atOnce } = this.limits;
    if (this.#running >= atOnce && (queue.length >= laneMax || this.#waiting >= waitingMax)) return null;
    return new Promise<T>((resolve, reject) => {
      queue.push(() => {
        work().then(resolve, reject).finally(() => {
          this.#running -= 1;
          this.#next();
        });
      });
      this.#waiting += 1;
      lanes.set(lane, queue);
      this.#next();
    });
  }

  #next(): void {
    while (this.#running < this.limits.atOnce) {
      const lanes = this.#first.size > 0 ? this.#first : this.#others;
      const [turn] = lanes;
      if (!turn) return;
      const [lane, queue] = turn;
      const start = queue.shift()!;
      // To the end of the row, or out of it.
      lanes.delete(lane);
      if (queue.length > 0) lanes.set(lane, queue);
      this.#waiting -= 1;
      this.#running += 1;
      start();
    }
  }
}
