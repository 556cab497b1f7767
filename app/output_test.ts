import assert from "node:assert/strict";
import { oneLine } from "./output.ts";

Deno.test("what a file or a name holds can neither begin a line of its own nor move a terminal's cursor", () => {
  assert.equal(
    oneLine("Cannot read a\u001b[2J\nok: all fine\r\u009b1A\u202e: broken"),
    "Cannot read a\\u001b[2J ok: all fine\\u000d\\u009b1A\\u202e: broken",
  );
  assert.equal(oneLine("tabs\tand Übung, 日本, “…” stay"), "tabs\tand Übung, 日本, “…” stay");
});

Deno.test("the frames of a stack stay lines, and JSON stays JSON", () => {
  assert.equal(
    oneLine("Error: x\ny\n    at a (b.ts:1:2)\n    at c"),
    "Error: x y\n    at a (b.ts:1:2)\n    at c",
  );
  const value = { name: "a\u009b\u007f\u2028\n" };
  assert.deepEqual(JSON.parse(oneLine(JSON.stringify(value))), value);
});
