/** The two streams of a verb: results, and lines for people. */

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

/** What ends a line, moves the cursor or turns the direction of writing; a stack's frames keep their lines. */
// deno-lint-ignore no-control-regex
const UNSAFE = /\n(?!\s+at )|[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

/** A message as one line that shows what it quotes: names and files are other people's. */
export function oneLine(message: string): string {
  return message.replace(
    UNSAFE,
    (letter) => letter === "\n" ? " " : `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A line for people. That nobody is there to read it ends nothing. */
export function say(line: string): void {
  let rest = new TextEncoder().encode(`${oneLine(line)}\n`);
  try {
    while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
  } catch {
    // Stderr is closed, full or a terminal that is gone; there is nowhere else to say it.
  }
}
