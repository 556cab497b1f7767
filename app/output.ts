/** The two streams of a verb: results, and lines for people. */
import { oneLine } from "../core/platform/logger.ts";
import { delay } from "../core/platform/delay.ts";

/** The reader of a verb's output has gone (`legend … | head`): the verb ends, without a failure. */
export class ReaderGone extends Error {}

/**
 * Writes results to stdout. Throws `ReaderGone` when the reader has gone, unless `goesOn`: the verb then keeps running.
 */
export function print(bytes: Uint8Array | string, keepsRunning: boolean): void {
  let rest = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  try {
    while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
  } catch (error) {
    if (keepsRunning) return;
    throw error instanceof Deno.errors.BrokenPipe ? new ReaderGone() : error;
  }
}

/** Writes a line for people at this terminal. A missing terminal ends nothing. */
export const say = (line: string) => writeStderr(`${oneLine(line)}\n`);

/** Writes whole lines to stderr; never throws. Waits for the reader: a verb has nothing else to do. */
export function writeStderr(text: string): void {
  let rest = encoder.encode(text);
  try {
    while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
  } catch {
    // Stderr is closed or full, or its terminal is gone; there is no other place to report that.
  }
}

const encoder = new TextEncoder();
/** Maximum lines that wait for the reader. */
const WAITING_MAX = 1_000;
/** How long the end of a process waits for the reader. */
const DRAIN_MS = 500;

/** Stderr of a long-running process: a stopped terminal, or a pipe without a reader, does not block it. */
export class LineWriter {
  readonly #waiting: string[] = [];
  #lost = 0;
  #writing: Promise<void> | null = null;

  /** `lostLine` returns a whole line that reports how many lines were lost. */
  constructor(private readonly lostLine: (count: number) => string) {}

  /**
   * Queues a whole line. Beyond `WAITING_MAX` lines it is dropped and counted; the count is written when the reader is
   * back.
   */
  write(text: string): void {
    if (this.#waiting.length >= WAITING_MAX) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(text);
    this.#start();
  }

  /** Waits, for a moment at most, until queued lines are written. */
  async drain(): Promise<void> {
    const late = new AbortController();
    const end = delay(DRAIN_MS, late.signal).then(() => true);
    while (this.#writing && !await Promise.race([this.#writing.then(() => false), end]));
    late.abort();
  }

  #start(): void {
    this.#writing ??= this.#pump().finally(() => {
      this.#writing = null;
      // A line may have been queued after the last one was taken and before this.
      if (this.#waiting.length > 0) this.#start();
    });
  }

  async #pump(): Promise<void> {
    try {
      for (let text = this.#next(); text !== undefined; text = this.#next()) {
        for (let rest = encoder.encode(text); rest.length > 0;) {
          rest = rest.subarray(await Deno.stderr.write(rest));
        }
      }
    } catch {
      // Stderr is closed: there is no other place to report that.
      this.#waiting.length = 0;
    }
  }

  #next(): string | undefined {
    const text = this.#waiting.shift();
    if (text !== undefined || this.#lost === 0) return text;
    const lost = this.#lost;
    this.#lost = 0;
    return this.lostLine(lost);
  }
}
