import assert from "node:assert/strict";
import { crashing, PartsReporter, partsStatus, partsStatusFile } from "./parts.ts";

Deno.test("operator 17: a part that restarts repeatedly is named with the reason, one that restarted once is not", () => {
  let now = 1_000_000;
  const reporter = new PartsReporter(["api", "sink"], () => now);
  reporter.restarted("sink", 1, "Cannot listen: another program does");
  assert.deepEqual(crashing(reporter.status(), now), []);
  for (let n = 0; n < 2; n++) {
    now += 1_000;
    reporter.restarted("sink", 1, "Cannot listen: another program does");
  }
  reporter.restarted("api", 139, null);
  const [bad, ...more] = crashing(reporter.status(), now);
  assert.deepEqual(more, []);
  assert.equal(bad!.name, "sink");
  assert.match(
    bad!.words,
    /^restarted 3 times in a minute, it last ended with 1: Cannot listen/,
  );
  // A minute later it is over, and the count of all starts stays.
  assert.deepEqual(crashing(reporter.status(), now + 61_000), []);
  assert.equal(reporter.status().parts.find(({ name }) => name === "sink")!.restarts, 3);
});

Deno.test("a status that cannot be read is not known, and nothing is thrown", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-parts-" });
  try {
    assert.equal(partsStatus(folder), null);
    for (const text of ['{"at_ms', "null", "[]", '{"at_ms":"now"}']) {
      Deno.writeTextFileSync(partsStatusFile(folder), text);
      assert.equal(partsStatus(folder), null, text);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
