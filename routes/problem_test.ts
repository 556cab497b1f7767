import assert from "node:assert/strict";
import { withoutFolder } from "./problem.ts";

for (
  const [text, folder, shown] of [
    ["need a file below /x/d/models/a", "/x/d", "need a file below models/a"],
    ["Cannot use the data folder /x/d: full", "/x/d", "Cannot use the data folder the data folder: full"],
    ["it lies in '/x/d', not here", "/x/d", "it lies in 'the data folder', not here"],
    ["it lies in /x/d", "/x/d", "it lies in the data folder"],
    ["it lies in /x/d.", "/x/d", "it lies in the data folder."],
    ["it lies in /x/d/ and there", "/x/d", "it lies in the data folder and there"],
    ["file:///x/d/log", "/x/d", "file://log"],
    ["need the added day", "d", "need the added day"],
    ["another one: /x/d2/a and /x/d-3 and /a/x/d", "/x/d", "another one: /x/d2/a and /x/d-3 and /a/x/d"],
    ["/x/d.b/log", "/x/d.b", "log"],
    ["/x/dab/log", "/x/d.b", "/x/dab/log"],
    ["need this", "", "need this"],
  ] as const
) {
  Deno.test(`withoutFolder(${JSON.stringify(text)}, ${JSON.stringify(folder)})`, () =>
    assert.equal(withoutFolder(text, folder), shown));
}
