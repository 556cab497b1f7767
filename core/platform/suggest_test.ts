import assert from "node:assert/strict";
import { closest, didYouMean, distance } from "./suggest.ts";

const VERBS = ["kill", "unkill", "run", "doctor", "model", "job", "version"];
const ROWS: [string, string | undefined][] = [
  ["kil", "kill"],
  ["klil", "kill"],
  ["KILL", "kill"],
  ["runn", "run"],
  ["doc", "doctor"],
  ["versoin", "version"],
  ["jb", "job"],
  ["teapot", undefined],
  ["x", undefined],
  ["", undefined],
];
for (const [typed, meant] of ROWS) {
  Deno.test(`closest takes ${JSON.stringify(typed)} for ${meant ?? "nothing"}`, () =>
    assert.equal(closest(typed, VERBS), meant));
}

Deno.test("distance counts letters changed, left out, added and exchanged", () => {
  for (
    const [a, b, edits] of [["", "abc", 3], ["abc", "abc", 0], ["abc", "acb", 1], ["abc", "xbc", 1], [
      "kitten",
      "sitting",
      3,
    ]] as const
  ) {
    assert.equal(distance(a, b), edits, `${a} ${b}`);
    assert.equal(distance(b, a), edits, `${b} ${a}`);
  }
});

Deno.test("didYouMean is empty where nothing is near", () => {
  assert.equal(didYouMean("prot", ["port"], (name) => `--${name}`), ", did you mean --port?");
  assert.equal(didYouMean("colour", ["port"]), "");
});
