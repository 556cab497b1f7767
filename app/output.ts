/** The two streams of a verb: results, and lines for people. */
import { oneLine } from "../core/platform/logger.ts";

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

/** Whole lines to stderr; never throws. */
export function writeStderr(text: string): void {
  let rest = new TextEncoder().encode(text);
  try {
    while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
  } catch {
    // Stderr is closed, full or a terminal that is gone; there is nowhere else to say it.
  }
}
