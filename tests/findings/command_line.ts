/** What tests of the command line share: a block, a port, at once, one line. */
import assert from "node:assert/strict";
import { ROOT } from "../../tools/paths.ts";
import { type Outcome } from "../e2e/executable.ts";

const AT_ONCE = 4;
/** The machine may be loaded: conditions are waited for as long as this. */
export const LIMIT_MS = 60_000;
/** A captured block that is in the repository. */
export const EXAMPLE_BLOCK = `${ROOT}/examples/slot_285000037.json`;

/** Runs for each, some at a time. */
export async function eachAtOnce<T>(list: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  const rest = [...list];
  const work = async () => {
    for (let one = rest.shift(); one !== undefined; one = rest.shift()) await run(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** One line, of which a person can go on. */
export function oneLine({ stderr }: Outcome, pattern: RegExp, name: string): void {
  assert.match(stderr, pattern, name);
  assert.equal(stderr.trim().split("\n").length, 1, `${name}: ${stderr}`);
}

/** A port that nobody listened on a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return (listener.addr as Deno.NetAddr).port;
}

/** The lines of a text, without the empty end. */
export const textLines = (text: string) => text.trim().split("\n");
