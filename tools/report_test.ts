import assert from "node:assert/strict";
import { junitCases } from "./junit.ts";
import { brokenFile, cargoCounts, countsOf, denoTest, NONE } from "./report.ts";

Deno.test("countsOf counts each test and step once by its outcome", () => {
  const cases = (["passed", "failed", "passed", "skipped", "passed"] as const)
    .map((outcome, i) => ({ file: "a_test.ts", name: `${i}`, seconds: 0, outcome }));
  assert.deepEqual(countsOf(cases), {
    ...NONE,
    passed: 3,
    failed: 1,
    skipped: 1,
    failures: ["a_test.ts: 1"],
  });
});

Deno.test("countsOf counts a report without tests as one failure", () => {
  assert.deepEqual(countsOf([]), { ...NONE, failed: 1 });
});

Deno.test("cargoCounts sums every crate's line", () => {
  const text =
    "\ntest result: ok. 8 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n" +
    "\nfailures:\n\n---- a::tests::one stdout ----\nthread panicked\n\nfailures:\n    a::tests::one\n    a::two\n\n" +
    "test result: FAILED. 2 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
  assert.deepEqual(cargoCounts(text), {
    ...NONE,
    passed: 10,
    failed: 2,
    skipped: 1,
    failures: ["a::tests::one", "a::two"],
  });
});

Deno.test("what a failed test threw is in one line of the counts", () => {
  const xml = `<testsuite name="./a_test.ts" tests="2">
    <testcase name="one &gt; two" classname="./a_test.ts" time="0.1" line="1" col="1">
      <failure message="Uncaught Error: 3 &lt; 4
  + at last">Error: 3</failure></testcase>
    <testcase name="three" classname="./a_test.ts" time="0.1" line="1" col="1"></testcase>
  </testsuite>`;
  const { failures } = countsOf(junitCases(xml));
  assert.deepEqual(failures, ["a_test.ts: one > two: Uncaught Error: 3 < 4 | + at last"]);
});

Deno.test("files that run at the same time are counted together, each once", async () => {
  const files = ["tools/check_tests_test.ts", "tools/check_waits_test.ts"];
  assert.deepEqual(await denoTest("two files", files, { atOnce: 2 }), { ...NONE, passed: 3 });
});

Deno.test("a process that ended badly without a failed test is a failed test of its own, and is not passed at a second try", () => {
  const passed = { file: "a_test.ts", name: "one", seconds: 1, outcome: "passed" } as const;
  const failed = { ...passed, outcome: "failed" } as const;
  assert.deepEqual(brokenFile("a_test.ts", 0, [passed], 2), []);
  assert.deepEqual(brokenFile("a_test.ts", 1, [passed, failed], 2), []);
  for (const cases of [[], [passed]]) {
    assert.deepEqual(brokenFile("a_test.ts", 139, cases, 2), [
      { file: "a_test.ts", name: "the process of this file ended with 139", seconds: 2, outcome: "failed" },
    ]);
  }
});
