import assert from "node:assert/strict";
import type { Context } from "../app/context.ts";
import { control } from "./control.ts";

/** Thrown when the verb first uses its context: its checks have passed. */
class Asked extends Error {}

const untouched = new Proxy({}, {
  get() {
    throw new Asked();
  },
}) as Context;

const run = async (flag: string, text: string) =>
  await control.run({ args: ["mev", "policy"], flags: { [flag]: text }, all: () => [] }, untouched);

const REFUSED = [
  ...["0x10", "0b1", "1e400", "Infinity", "NaN", " 5", "", "1,5"].map((text) => ["liquidity-min", text]),
  ["ev-min", "0x1"],
  ["score-min", "0o1"],
  ["tip-ladder", "0.1,0x1"],
];
for (const [flag, text] of REFUSED) {
  Deno.test(`\`--${flag} ${text}\` is wrong usage, and nothing is sent`, () =>
    assert.rejects(run(flag!, text!), (error: Error) => {
      assert.equal(error.name, "UsageError");
      assert.ok(error.message.startsWith(`Cannot use --${flag} ${text}: `), error.message);
      return true;
    }));
}

const TAKEN = [["liquidity-min", "12.5"], ["liquidity-min", "1e2"], ["ev-min", ".5"], [
  "tip-ladder",
  "0.1, 0.2",
]];
for (const [flag, text] of TAKEN) {
  Deno.test(`\`--${flag} ${text}\` is a number`, () => assert.rejects(run(flag!, text!), Asked));
}
