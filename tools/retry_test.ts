import assert from "node:assert/strict";
import { junitCases, wholeTests } from "./junit.ts";
import type { TestCase } from "./junit.ts";
import { filterOf, toRetry } from "./retry.ts";

const XML = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="5" failures="2" errors="0" time="0.2">
    <testsuite name="./tests/a_test.ts" tests="5" disabled="1" errors="0" failures="2">
        <testcase name="outer &amp; &lt;x&gt; &quot;q&quot;" classname="./tests/a_test.ts" time="0.017" line="1" col="6">
            <failure message="1 test step failed">1 test step failed.</failure>
        </testcase>
        <testcase name="plain" classname="./tests/helper.ts" time="121.5" line="2" col="6">
        </testcase>
        <testcase name="left out" classname="./tests/a_test.ts" time="0.000" line="3" col="6">
            <skipped/>
        </testcase>
        <testcase name="outer &amp; &lt;x&gt; &quot;q&quot; &gt; in 1" classname="./tests/a_test.ts" time="0.000" line="1">
        </testcase>
        <testcase name="outer &amp; &lt;x&gt; &quot;q&quot; &gt; in 2" classname="./tests/a_test.ts" time="0.001" line="1">
            <failure message="Uncaught Error: x">Error: x</failure>
        </testcase>
    </testsuite>
</testsuites>`;

Deno.test("junitCases reads names, times and outcomes; a step is part of its test", () => {
  const cases = junitCases(XML);
  assert.deepEqual(cases.map(({ name, outcome }) => [name, outcome]), [
    ['outer & <x> "q"', "failed"],
    ["plain", "passed"],
    ["left out", "skipped"],
    ['outer & <x> "q" > in 1', "passed"],
    ['outer & <x> "q" > in 2', "failed"],
  ]);
  assert.deepEqual([cases[1]!.file, cases[1]!.seconds], ["tests/a_test.ts", 121.5]);
  assert.deepEqual(wholeTests(cases).map(({ name }) => name), ['outer & <x> "q"', "plain", "left out"]);
});

const failed = (name: string, file = "tests/e2e/page_test.ts"): TestCase => ({
  file,
  name,
  seconds: 1,
  outcome: "failed",
});
const ROWS: readonly (readonly [string, readonly TestCase[], number, readonly string[]])[] = [
  ["none failed", [], 2, []],
  ["a test and its step", [failed("a"), failed("a > b")], 1, ["a"]],
  ["as many as are left", [failed("a"), failed("b")], 2, ["a", "b"]],
  ["more than are left", [failed("a"), failed("b")], 1, []],
  ["none left", [failed("a")], 0, []],
  ["one of a kill", [failed("a Kill holds")], 2, []],
  ["one of a kill in a step", [failed("a"), failed("a > kill")], 2, []],
  ["one of loss beside another", [failed("a"), failed("b", "tests/kafka/lossless_test.ts")], 2, []],
  ["one of control by its file", [failed("a", "tests/api/control_test.ts")], 2, []],
  ["one of audit", [failed("a", "core/audit/chain_test.ts")], 2, []],
  ["one of jobs", [failed("a", "tests/e2e/jobs_test.ts")], 2, []],
  ["one of the journal", [failed("a journal is replayed")], 2, []],
];

Deno.test("a failed test is run again, but few, and none that guards money or evidence", () => {
  for (const [what, cases, left, names] of ROWS) {
    assert.deepEqual(toRetry(cases, left).map(({ name }) => name), names, what);
  }
});

Deno.test("filterOf takes the one test, whatever its name holds", () => {
  const name = "a (b) [c] /d/ {e} $1 ^f | g? h+ i* \\j.";
  const source = filterOf(name);
  const pattern = new RegExp(source.slice(1, -1));
  assert.ok(pattern.test(name));
  for (const other of [`${name} > step`, `x${name}`, "a b"]) assert.ok(!pattern.test(other), other);
});
