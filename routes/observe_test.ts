import assert from "node:assert/strict";
import { GATE_TERMS } from "../islands/gates.ts";
import { ROOT } from "../tools/paths.ts";
import { GATES } from "./observe.ts";

Deno.test("the gate's terms are the same in Rust, in the values of ?gate= and in the words of the page", async () => {
  const source = await Deno.readTextFile(`${ROOT}/ffi/engine/src/gate.rs`);
  const terms = [...source.matchAll(/^\s+Term::\w+ => "(\w+)",$/gm)].map(([, name]) => name!);
  assert.ok(terms.includes("killed") && terms.includes("mint_unknown"), terms.join(" "));
  assert.deepEqual(GATES.filter((name) => name !== "pass" && name !== "observed"), terms);
  assert.deepEqual(Object.keys(GATE_TERMS), terms);
});
