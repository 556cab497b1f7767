import assert from "node:assert/strict";
import { AppError } from "../platform/errors.ts";
import { parseCron } from "./cron.ts";

const at = (text: string) => Date.parse(`${text}Z`);

for (
  const [line, from, next] of [
    ["* * * * *", "2026-11-24T10:00:30", "2026-11-24T10:01"],
    ["15 2 * * *", "2026-11-24T02:15", "2026-11-25T02:15"],
    ["*/20 * * * *", "2026-11-24T10:40", "2026-11-24T11:00"],
    ["0 9-17/4 * * *", "2026-11-24T13:30", "2026-11-24T17:00"],
    ["0 0 * * 0", "2026-11-24T00:00", "2026-11-29T00:00"],
    ["0 0 * * 7", "2026-11-24T00:00", "2026-11-29T00:00"],
    ["0 0 13 * 5", "2026-11-24T00:00", "2026-11-27T00:00"],
    ["30 12 29 2 *", "2026-11-24T00:00", "2028-02-29T12:30"],
    ["30 12 29 2 *", "2096-03-01T00:00", "2104-02-29T12:30"],
    ["0 9 * * 6/1", "2026-11-24T00:00", "2026-11-28T09:00"],
    ["0 9 * * */9", "2026-11-24T00:00", "2026-11-29T09:00"],
    ["5,10 0 1 1 *", "2026-01-01T00:05", "2026-01-01T00:10"],
  ] as const
) {
  Deno.test(`parseCron(${line}) comes next after ${from} at ${next}`, () => {
    assert.equal(parseCron(line).next(at(from)), at(next));
  });
}

for (
  const line of [
    "",
    "* * * *",
    "60 * * * *",
    "* 24 * * *",
    "a * * * *",
    "5-1 * * * *",
    "*/0 * * * *",
    "* * 0 * *",
    "- * * * *",
    "* * * * MON",
    "0 0 L * *",
    "? * * * *",
    "@daily",
    "* * * 8-15/8 *",
    "* * * * * *",
    "0 0 15W * *",
  ]
) {
  Deno.test(`parseCron(${JSON.stringify(line)}) is refused in one line`, () => {
    assert.throws(
      () => parseCron(line),
      (error) => error instanceof AppError && !error.message.includes("\n"),
    );
  });
}

Deno.test("parseCron() knows a day that never comes", () => {
  const never = parseCron("0 0 31 2 *");
  assert.equal(never.next(at("2026-11-24T00:00")), null);
  assert.equal(never.newest(at("2026-11-24T00:00")), null);
});

for (
  const [line, to, newest] of [
    ["* * * * *", "2026-11-24T10:00:30", "2026-11-24T10:00"],
    ["15 2 * * *", "2026-11-24T02:15", "2026-11-24T02:15"],
    ["15 2 * * *", "2026-11-24T02:14:59.999", "2026-11-23T02:15"],
    ["0 0 29 2 *", "2026-11-24T00:00", "2024-02-29T00:00"],
    ["0 0 13 * 5", "2026-11-24T00:00", "2026-11-20T00:00"],
  ] as const
) {
  Deno.test(`parseCron(${line}) came newest at ${newest} when it is ${to}`, () => {
    assert.equal(parseCron(line).newest(at(to)), at(newest));
  });
}
