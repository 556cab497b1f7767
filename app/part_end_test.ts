import assert from "node:assert/strict";
import { judge } from "./part_end.ts";

const counters = (error: string | null) => JSON.stringify({ state: error ? "failed" : "done", error });
const PANIC = "Cannot continue: the agent panicked, a bug; see the lines above";

for (
  const { what, code, last, lifeMs, live, end } of [
    {
      what: "captured files that are read",
      code: 0,
      last: counters(null),
      lifeMs: 900,
      live: false,
      end: "done",
    },
    {
      what: "a full disk on captured files",
      code: 1,
      last: counters("full"),
      lifeMs: 9e3,
      live: false,
      end: "done",
    },
    {
      what: "an agent that panicked",
      code: 1,
      last: counters(PANIC),
      lifeMs: 900,
      live: false,
      end: "crashed",
    },
    {
      what: "a live agent whose log failed",
      code: 1,
      last: counters("sync"),
      lifeMs: 9e3,
      live: true,
      end: "crashed",
    },
    {
      what: "a live agent whose source failed at once",
      code: 1,
      last: counters("no"),
      lifeMs: 900,
      live: true,
      end: "crashed",
    },
    {
      what: "a live agent that was asked to end",
      code: 0,
      last: counters(null),
      lifeMs: 9e3,
      live: true,
      end: "done",
    },
    { what: "a port in use", code: 1, last: "", lifeMs: 900, live: true, end: "refused" },
    { what: "a crash after a long life", code: 1, last: "", lifeMs: 9e3, live: true, end: "crashed" },
    {
      what: "counters cut off by a kill",
      code: 137,
      last: '{"state":"do',
      lifeMs: 9e3,
      live: false,
      end: "crashed",
    },
    { what: "kill -9 at the start", code: 137, last: "", lifeMs: 900, live: true, end: "crashed" },
    { what: "a page that ends by itself", code: 0, last: "", lifeMs: 900, live: true, end: "crashed" },
    { what: "a link that has sent all", code: 0, last: "", lifeMs: 900, live: false, end: "done" },
  ] as const
) {
  Deno.test(`judge(): ${what} is ${end}`, () => assert.equal(judge(code, last, lifeMs, live), end));
}
