import assert from "node:assert/strict";
import { type Fields, formatLine, levelOf, Logger, oneLine, parseLine } from "./logger.ts";

Deno.test("what a file or a name holds can neither begin a line of its own nor move a terminal's cursor", () => {
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

Deno.test("a line says when, how bad, of which part and what, in both forms, and is read back", () => {
  const rows: { message: string; fields: Fields; text: string; json: string }[] = [
    {
      message: "Cannot read a\u001b[2J\nb",
      fields: {},
      // As the Rust half writes them: ffi's test of the same name has the same lines.
      text: "2024-02-29T23:59:59.999Z ERROR agent-mev: Cannot read a\\u001b[2J b\n",
      json:
        '{"time":"2024-02-29T23:59:59.999Z","level":"error","part":"agent-mev","instance":"9f2c","message":"Cannot read a\\u001b[2J\\nb"}\n',
    },
    {
      message: "records wait",
      fields: { topic: "metrics-proto", waiting: 7, why: 'a "full" disk', since: null },
      text:
        '2024-02-29T23:59:59.999Z INFO  agent-mev: records wait topic=metrics-proto waiting=7 why="a \\"full\\" disk" since=null\n',
      json:
        '{"time":"2024-02-29T23:59:59.999Z","level":"info","part":"agent-mev","instance":"9f2c","message":"records wait","fields":{"topic":"metrics-proto","waiting":7,"why":"a \\"full\\" disk","since":null}}\n',
    },
  ];
  for (const { message, fields, text, json } of rows) {
    const line = { level: levelOf(message), part: "agent-mev", message };
    assert.equal(formatLine(STYLE, AT, line, fields), text);
    assert.equal(formatLine({ ...STYLE, format: "json" }, AT, line, fields), json);
    assert.deepEqual(parseLine(json.trimEnd()), line);
    const { level, part, message: read } = parseLine(text.trimEnd())!;
    assert.deepEqual([level, part, text.includes(read)], [line.level, line.part, true]);
  }
});

Deno.test("what no logger wrote is not taken for a line of one", () => {
  const rows = [
    "Cannot go on",
    "",
    "{",
    '{"time":1}',
    '{"time":"x","level":"loud","part":"a","message":"b"}',
    "thread 'main' panicked at src/lib.rs:1:1",
    "2024-02-29 23:59:59 INFO a: b",
  ];
  for (const text of rows) assert.equal(parseLine(text), null, text);
});

Deno.test("lines below the level are left out, and each line of a part gets a time and a level", () => {
  const written: string[] = [];
  const logger = new Logger({ ...STYLE, level: "warn", part: "run" }, (text) => written.push(text), () => AT);
  logger.say("the page is at http://127.0.0.1:1/");
  logger.say("api ended with 1", "warn");
  logger.say("Cannot write the log");
  logger.passOn("api", "2024-01-01T00:00:00.000Z INFO  api: as it was");
  logger.passOn("store", "Code: 1. DB::Exception");
  logger.passOn("api", "Cannot listen");
  assert.deepEqual(written, [
    "2024-02-29T23:59:59.999Z WARN  run: api ended with 1\n",
    "2024-02-29T23:59:59.999Z ERROR run: Cannot write the log\n",
    // Its part has judged it by the same level.
    "2024-01-01T00:00:00.000Z INFO  api: as it was\n",
    "2024-02-29T23:59:59.999Z WARN  store: Code: 1. DB::Exception\n",
    "2024-02-29T23:59:59.999Z ERROR api: Cannot listen\n",
  ]);
});
