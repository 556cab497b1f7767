import assert from "node:assert/strict";
import { formatLine, levelOf, Logger, type LogLine, oneLine, parseLine } from "./logger.ts";

Deno.test("what a file or a name contains can neither begin a line of its own nor move a terminal's cursor", () => {
  assert.equal(
    oneLine("Cannot read a\u001b[2J\nok: all fine\r\u009b1A\u202e: broken"),
    "Cannot read a\\u001b[2J ok: all fine\\u000d\\u009b1A\\u202e: broken",
  );
  assert.equal(oneLine("tabs\tand Übung, 日本, “…” stay"), "tabs\tand Übung, 日本, “…” stay");
});

Deno.test("the frames of a stack stay lines, and JSON stays JSON", () => {
  assert.equal(
    oneLine("Error: x\ny\n    at a (b.ts:1:2)\n    at c"),
    "Error: x y\n    at a (b.ts:1:2)\n    at c",
  );
  const value = { name: "a\u009b\u007f\u2028\n" };
  assert.deepEqual(JSON.parse(oneLine(JSON.stringify(value))), value);
});

const STYLE = { format: "text", level: "info", part: "agent-mev", instance: "9f2c" } as const;
const AT = new Date(Date.UTC(2024, 1, 29, 23, 59, 59, 999));

interface Row extends LogLine {
  readonly at_ms: number;
  readonly instance: string;
  readonly text: string;
  readonly json: string;
}
/** The library's test reads them too. */
const ROWS: Row[] = JSON.parse(
  Deno.readTextFileSync(new URL("../../tests/fixtures/log_lines.json", import.meta.url)),
);

Deno.test("a line says when, how bad, of which part and what, in both forms, and is read back", () => {
  assert.ok(ROWS.length >= 4);
  for (const { at_ms, level, part, instance, message, text, json } of ROWS) {
    const [style, line] = [{ ...STYLE, part, instance }, { level, part, message }];
    assert.equal(formatLine(style, new Date(at_ms), line), `${text}\n`);
    assert.equal(formatLine({ ...style, format: "json" }, new Date(at_ms), line), `${json}\n`);
    assert.deepEqual(parseLine(json), line);
    assert.deepEqual([parseLine(text)?.level, parseLine(text)?.part], [level, part]);
  }
});

Deno.test("facts stand behind the message, each with its name", () => {
  const fields = { topic: "metrics-proto", waiting: 7, why: 'a "full" disk', since: null };
  const line = { level: "info", part: "link", message: "records wait" } as const;
  assert.equal(
    formatLine(STYLE, AT, line, fields),
    '2024-02-29T23:59:59.999Z INFO  link: records wait topic=metrics-proto waiting=7 why="a \\"full\\" disk" since=null\n',
  );
  const json = formatLine({ ...STYLE, format: "json" }, AT, line, fields);
  assert.deepEqual(JSON.parse(json).fields, fields);
  assert.equal(parseLine(json.trimEnd())!.message, `records wait ${JSON.stringify(fields)}`);
});

Deno.test("a line that gives no level is an error when something could not be done, else information", () => {
  assert.deepEqual(["Cannot continue", "Cannotate", "the page is at x"].map(levelOf), [
    "error",
    "info",
    "info",
  ]);
});

Deno.test("what no logger wrote is not taken for a line of one", () => {
  const rows = [
    "Cannot continue",
    "",
    "{",
    '{"time":1}',
    '{"time":"x","level":"loud","part":"a","message":"b"}',
    "thread 'main' panicked at src/lib.rs:1:1",
    "2024-02-29 23:59:59 INFO a: b",
  ];
  for (const text of rows) assert.equal(parseLine(text), null, text);
});

Deno.test("lines below the level are left out, and what a part's logger did not write is an error of that part", () => {
  const written: string[] = [];
  const logger = new Logger({ ...STYLE, level: "warn", part: "run" }, (text) => written.push(text), () => AT);
  logger.say("the page is at http://127.0.0.1:1/");
  logger.say("a schedule was missed", "warn");
  logger.say("Cannot write the log");
  // The part itself has applied the same level.
  logger.passOn("api", "2024-01-01T00:00:00.000Z INFO  api: as it was");
  logger.passOn("store", "Code: 1. DB::Exception");
  // A part that writes under another part's name, and one that writes escape codes of a terminal.
  logger.passOn("store", "2024-01-01T00:00:00.000Z ERROR agent-mev: it is dead");
  logger.passOn("api", "2024-01-01T00:00:00.000Z INFO  api: a\u001b[2J");
  assert.deepEqual(written, [
    "2024-02-29T23:59:59.999Z WARN  run: a schedule was missed\n",
    "2024-02-29T23:59:59.999Z ERROR run: Cannot write the log\n",
    "2024-01-01T00:00:00.000Z INFO  api: as it was\n",
    "2024-02-29T23:59:59.999Z ERROR store: Code: 1. DB::Exception\n",
    "2024-02-29T23:59:59.999Z ERROR store: 2024-01-01T00:00:00.000Z ERROR agent-mev: it is dead\n",
    "2024-02-29T23:59:59.999Z ERROR api: 2024-01-01T00:00:00.000Z INFO  api: a\\u001b[2J\n",
  ]);
});
