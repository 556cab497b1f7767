import assert from "node:assert/strict";
import { unlisted } from "./check_tests.ts";

Deno.test("a test file in no folder of a runner is named, also one whose folder only begins alike", () => {
  const files = ["core/a_test.ts", "tests/e2e/b_test.ts", "bench/c_test.ts", "core2/d_test.ts", "e_test.ts"];
  assert.deepEqual(unlisted(files, ["core", "tests"]), ["bench/c_test.ts", "core2/d_test.ts", "e_test.ts"]);
});
