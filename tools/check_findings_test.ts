import assert from "node:assert/strict";
import { faults, IDS, rows } from "./check_findings.ts";

const row = (id: string, state: string, test: string) =>
  `| ${id} | ${state} | kind | change | ${test} | other |`;
const whole = IDS.map((id) => row(id, "step 7", "")).join("\n");

Deno.test("faults() finds none where each id has one row", () => {
  assert.deepEqual(faults(whole, () => undefined), []);
});

Deno.test("rows() reads files and the names of their tests", () => {
  const [read] = rows(row("page F1", "mended", '`a_test.ts`: "one", "two \\"x\\""; `b.rs`: `three`'));
  assert.deepEqual(read!.tests, [
    { path: "a_test.ts", names: ["one", 'two \\"x\\"'] },
    { path: "b.rs", names: ["three"] },
  ]);
});

const CASES: readonly [string, (text: string) => string, RegExp][] = [
  ["a missing id", (text) => text.replace(/^.*page F3 .*\n/m, ""), /0 rows for page F3/],
  ["an id twice", (text) => `${text}\n${row("page F3", "step 7", "")}`, /2 rows for page F3/],
  ["an unknown id", (text) => `${text}\n${row("page F99", "step 7", "")}`, /a row for page F99/],
  [
    "a word that is not a state",
    (text) => text.replace("page F3 | step 7", "page F3 | done"),
    /its state is "done"/,
  ],
  [
    "a mended row without a test",
    (text) => text.replace("page F3 | step 7", "page F3 | mended"),
    /page F3: names no test/,
  ],
  [
    "a test file that does not exist",
    (text) => text.replace(/^.*page F3 .*$/m, row("page F3", "mended", '`gone_test.ts`: "x"')),
    /gone_test.ts does not exist/,
  ],
  [
    "a test that its file does not have",
    (text) => text.replace(/^.*page F3 .*$/m, row("page F3", "mended", '`a_test.ts`: "another name"')),
    /a_test.ts has no test "another name"/,
  ],
];

for (const [what, change, expected] of CASES) {
  Deno.test(`faults() finds ${what}`, () => {
    const changed = change(whole);
    assert.notEqual(changed, whole);
    const found = faults(changed, (path) => path === "a_test.ts" ? 'Deno.test("a name", …)' : undefined);
    assert.match(found.join("\n"), expected);
  });
}
