/** The two streams of a verb: results, and lines for people. */
import { oneLine } from "../core/platform/logger.ts";
import { pause } from "../core/platform/pause.ts";

/** Nobody reads what a verb prints any more (`legend … | head`): no failure, but an end. */
export class ReaderGone extends Error {}

/** Results to stdout. Throws `ReaderGone` when nobody reads, but where the work `goesOn` all the same. */
export function print(bytes: Uint8Array | string, goesOn: boolean): void {
  let rest = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  try {
    while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
  } catch (error) {
    if (goesOn) return;
    throw error instanceof Deno.errors.BrokenPipe ? new ReaderGone() : error;
  }
}

/** A line for people who read this terminal. That nobody is there to read it ends nothing. */
export const say = (line: string) => writeStderr(`${oneLine(line)}\n`);

/** Whole lines to stderr; never throws. Waits for who reads it: a verb has nothing else to do. */
export function writeStderr(text: string): void {
  let rest = encoder.encode(text);
  try {
    while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
  } catch {
    // Stderr is closed, full or a terminal that is gone; there is nowhere else to say it.
  }
}

const encoder = new TextEncoder();
/** Lines that wait for a reader. */
const WAITING_MAX = 1_000;
/** How long the end of a process waits for it. */
const DRAIN_MS = 500;

/** Stderr of a process that runs on: a terminal that is stopped, or a pipe that nobody reads, holds nothing up. */
export class LineWriter {
  readonly #waiting: string[] = [];
  #lost = 0;
  #writing: Promise<void> | null = null;

  /** `lostLine`: a whole line that says how many were lost. */
  constructor(private readonly lostLine: (count: number) => string) {}

  /** Takes a whole line; beyond `WAITING_MAX` lines it is counted, and that is said when there is a reader. */
  write(text: string): void {
    if (this.#waiting.length >= WAITING_MAX) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(text);
    this.#start();
  }

  /** Waits for what was written, a moment at most. */
  async drain(): Promise<void> {
    const late = new AbortController();
    const end = pause(DRAIN_MS, late.signal).then(() => true);
    while (this.#writing && !await Promise.race([this.#writing.then(() => false), end]));
    late.abort();
  }

  #start(): void {
    this.#writing ??= this.#pump().finally(() => {
      this.#writing = null;
      // One may have come after the last was taken and before this.
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
      // Stderr is closed: there is nowhere else to say it.
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
