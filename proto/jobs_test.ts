import assert from "node:assert/strict";
import { keptRange, parseMoment, range } from "./jobs.ts";

/** What is meant, written down as UTC milliseconds by hand. */
const MIDNIGHT = 1_794_873_600_000; // 2026-11-17T00:00:00Z
const HOUR = 3_600_000;

const GOOD: readonly [given: string | number, ms: number][] = [
  ["2026-11-17", MIDNIGHT],
  ["2026-11-17T00:00Z", MIDNIGHT],
  ["2026-11-17T09:00+09:00", MIDNIGHT],
  ["2026-11-16T19:00-05:00", MIDNIGHT],
  ["2026-11-17T05:45:00+05:45", MIDNIGHT],
  ["2026-11-17T06:30:15.250Z", MIDNIGHT + 6 * HOUR + 30 * 60_000 + 15_250],
  ["2026-11-17T00:00:00.123456789Z", MIDNIGHT + 123],
  ["2028-02-29", 1_835_395_200_000],
  ["1794873600", MIDNIGHT],
  [1_794_873_600, MIDNIGHT],
  [1_794_873_600.5, MIDNIGHT + 500],
  [0, 0],
  ["0", 0],
  [4e9, 4e12],
];

for (const [given, ms] of GOOD) {
  Deno.test(`parseMoment(${JSON.stringify(given)}) is ${ms}`, () => assert.equal(parseMoment(given), ms));
}

const BAD: readonly (string | number)[] = [
  "Nov 17",
  "2026",
  2026,
  "20261117",
  20_261_117,
  "11/17/2026",
  "17.11.2026",
  "1763337600000",
  1_763_337_600_000,
  "2026-11-17T06:30",
  "2026-11-17 06:30Z",
  "2026-11-17T06:30:00",
  "2026-11-17T24:00Z",
  "2026-11-17T06:60Z",
  "2026-11-17T06:30+9",
  "2026-11-17T06:30+24:00",
  "2026-02-30",
  "2026-13-01",
  "2026-1-7",
  "yesterday",
  "now",
  "",
  " 2026-11-17",
  "-1",
  -1,
  NaN,
  Infinity,
  "1e9",
  "0x6b4b7d00",
  "١٧٩٤٨٧٣٦٠٠",
  "9".repeat(10_000),
];

for (const given of BAD) {
  Deno.test(`operator 13: ${JSON.stringify(given)?.slice(0, 40)} is not a time`, () => {
    assert.equal(parseMoment(given), null);
    const refused = range.safeParse({ start: given, end: "2026-11-18" });
    const [issue] = refused.error!.issues;
    assert.deepEqual(issue!.path, ["start"]);
    assert.match(issue!.message, /need a date \(2026-11-17/);
    if (typeof given === "string") assert.ok(issue!.message.includes(given.slice(0, 40)), issue!.message);
    assert.ok(issue!.message.length < 300, "one short line");
  });
}

Deno.test("a range ends later than it starts, and is kept in milliseconds", () => {
  const { success, error } = range.safeParse({ start: "2026-11-17", end: "2026-11-17" });
  assert.ok(!success);
  assert.match(error!.issues[0]!.message, /need an end later than the start/);
  const asked = range.parse({ start: "2026-11-17", end: "2026-11-17T10:00+09:00" });
  assert.deepEqual(asked, { start_ms: MIDNIGHT, end_ms: MIDNIGHT + HOUR });
  assert.deepEqual(keptRange.parse(asked), asked);
});
