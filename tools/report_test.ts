import assert from "node:assert/strict";
import { cargoCounts, junitCounts } from "./report.ts";

Deno.test("junitCounts reads deno's totals and takes skipped ones apart", () => {
  const xml =
    '<?xml version="1.0"?><testsuites name="deno test" tests="5" failures="1" errors="0" time="1.2">' +
    '<testsuite name="a" tests="5" disabled="1" errors="0" failures="1"><testcase name="x"><skipped/></testcase></testsuite></testsuites>';
  assert.deepEqual(junitCounts(xml), { passed: 3, failed: 1, skipped: 1 });
});

Deno.test("junitCounts counts a missing report as one failure", () => {
  assert.deepEqual(junitCounts(""), { passed: 0, failed: 1, skipped: 0 });
});

Deno.test("cargoCounts sums every crate's line", () => {
  const text =
    "\ntest result: ok. 8 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n" +
    "test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
  assert.deepEqual(cargoCounts(text), { passed: 10, failed: 3, skipped: 1 });
});
