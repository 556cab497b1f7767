import assert from "node:assert/strict";
import { UsageError } from "../core/platform/errors.ts";
import { idsNamed } from "./ids.ts";

const IDS = ["0a1b2c3d", "0a1b2cff", "f00d0000", "77"];
const named = (word: string) => idsNamed(IDS, (id) => id, word);

Deno.test("an id is named whole or by its first characters, four at least", () => {
  assert.deepEqual(named("0a1b2c3d"), ["0a1b2c3d"]);
  assert.deepEqual(named("F00D"), ["f00d0000"]);
  assert.deepEqual(named("0a1b"), ["0a1b2c3d", "0a1b2cff"]);
  assert.deepEqual(named("beef"), []);
  assert.deepEqual(named("77"), ["77"]);
});

Deno.test("a word that is too short names nothing, even if there is only one id", () => {
  for (const word of ["", "f", "f00", "7"]) {
    assert.throws(() => named(word), UsageError);
    assert.throws(() => idsNamed(["f00d0000"], (id) => id, word), UsageError);
  }
});
