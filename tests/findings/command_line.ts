/** Helpers for tests of the command line: a block, a port, parallel runs, one line. */
import assert from "node:assert/strict";
import { ROOT } from "../../tools/paths.ts";
import { type Outcome } from "../e2e/executable.ts";

const AT_ONCE = 4;
/** The machine may be loaded: conditions may take this long. */
export const LIMIT_MS = 60_000;
/** A captured block from the repository. */
export const EXAMPLE_BLOCK = `${ROOT}/examples/slot_285000037.json`;

/** Runs for each item, several at a time. */
export async function eachAtOnce<T>(list: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  const rest = [...list];
  const work = async () => {
    for (let one = rest.shift(); one !== undefined; one = rest.shift()) await run(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Checks for one line with which the user can continue. */
export function oneLine({ stderr }: Outcome, pattern: RegExp, name: string): void {
  assert.match(stderr, pattern, name);
  assert.equal(stderr.trim().split("\n").length, 1, `${name}: ${stderr}`);
}

/** A port that was free a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return (listener.addr as Deno.NetAddr).port;
}

/** The lines of a text, without the empty last one. */
export const textLines = (text: string) => text.trim().split("\n");
