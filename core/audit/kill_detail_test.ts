import assert from "node:assert/strict";
import { plainAct } from "./entry.ts";
import { killDetail } from "./kill_detail.ts";

const kept = (detail: string) =>
  JSON.parse(plainAct({ who: "admin", action: "kill", module: "mev", detail, request_id: "" }).detail);

Deno.test("the audit's detail of a kill is whole JSON with its own types, however many agents it was for", () => {
  const asked = { kill: true, reason: "\u0001".repeat(500) };
  for (const count of [0, 1, 40, 1_000]) {
    const came = Array.from(
      { length: count },
      (_, at) => ({ taken: at !== 7, path: "kafka", note: "n".repeat(at) }),
    );
    const { kill, reason, came_of, more = 0 } = kept(killDetail(asked, came));
    assert.equal(kill, true);
    assert.equal(reason, asked.reason);
    assert.equal(came_of.length + more, count);
    // Who has not taken it is never among those left out.
    if (count > 7) assert.equal(came_of[0].taken, false);
  }
  const [one] = kept(killDetail(asked, [{ taken: false, path: "none", note: "x".repeat(9_000) }])).came_of;
  assert.equal(one.note.length, 500);
});
