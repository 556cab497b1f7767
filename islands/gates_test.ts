import assert from "node:assert/strict";
import { GATE_TERMS, isKept } from "./gates.ts";

Deno.test("what a killed or stopped agent refuses is in no list; what the other terms refuse is", () => {
  assert.deepEqual(Object.keys(GATE_TERMS).filter((term) => !isKept(term)), ["killed", "stopped"]);
  assert.equal(isKept("a_newer_term"), true);
});
