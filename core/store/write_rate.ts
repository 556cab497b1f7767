/** Rows per second that reach the store, computed from the sink's status. */
import { delay } from "../platform/delay.ts";
import type { SinkStatus } from "./sink_status.ts";

const POLL_MS = 1_000;
const WINDOW_MS = 60_000;
/** An older status says nothing about the present. */
const STALE_MS = 10_000;

interface Sample {
  readonly atMs: number;
  readonly rows: number;
}

export class WriteRate {
  readonly #read: () => SinkStatus | null;
  readonly #now: () => number;
  #samples: Sample[] = [];

  constructor(read: () => SinkStatus | null, now: () => number = Date.now) {
    this.#read = read;
    this.#now = now;
  }

  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.poll();
      await delay(POLL_MS, signal);
    }
  }

  /** Reads the newest status. */
  poll(): void {
    let status: SinkStatus | null = null;
    try {
      status = this.#read();
    } catch {
      // A status that cannot be read counts as none: the rate is then unknown.
    }
    // Without topics its file is damaged, or nothing has been stored.
    if (!status || status.topics.length === 0) return;
    const rows = status.topics.reduce((sum, topic) => sum + topic.rows, 0);
    const last = this.#samples.at(-1);
    if (last?.atMs === status.at_ms) return;
    // The sink counts from its own start.
    if (last && (rows < last.rows || status.at_ms < last.atMs)) this.#samples = [];
    this.#samples.push({ atMs: status.at_ms, rows });
    while (status.at_ms - this.#samples[0]!.atMs > WINDOW_MS) this.#samples.shift();
  }

  /** Average over the last minute at most; null: unknown. */
  perSecond(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last === first || this.#now() - last.atMs > STALE_MS) return null;
    return (last.rows - first.rows) / ((last.atMs - first.atMs) / 1000);
  }
}
