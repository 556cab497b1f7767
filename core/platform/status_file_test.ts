import assert from "node:assert/strict";
import { linkStatus } from "./link_status.ts";
import { sinkStatus, sinkStatusFile } from "../store/sink_status.ts";

Deno.test("a damaged status of link or sink is an error of that part, has no figures, and ends no reader", async () => {
  const folder = await Deno.makeTempDir({ prefix: "legend-status-" });
  try {
    await Deno.mkdir(`${folder}/link`);
    const parts = [
      [`${folder}/link/status.json`, "link", () => linkStatus(folder)],
      [sinkStatusFile(folder), "sink", () => sinkStatus(folder)],
    ] as const;
    for (const [file, part, read] of parts) {
      assert.equal(read(), null, "none has run");
      const whole = { at_ms: 1, trouble: null, topics: [{ topic: "a", lag: 2 }] };
      await Deno.writeTextFile(file, JSON.stringify(whole));
      assert.deepEqual(read(), whole);
      const damaged = ["", "{", "null", "[]", "3", "{}"].concat(
        [{ at_ms: "now" }, { trouble: 3 }, { topics: null }, { topics: [null] }, { topics: [{}] }]
          .map((more) => JSON.stringify({ ...whole, ...more })),
      );
      for (const text of damaged) {
        await Deno.writeTextFile(file, text);
        const status = read();
        assert.equal(status?.trouble, `${file} is damaged; a running ${part} writes it again`, text);
        assert.deepEqual(status?.topics, [], text);
      }
    }
    assert.ok(Number.isNaN(linkStatus(folder)?.waiting), "not known, and not zero");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
