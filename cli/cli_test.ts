import assert from "node:assert/strict";
import { commandHelp, overview } from "./help.ts";
import { parse } from "./parse.ts";
import { COMMANDS } from "./registry.ts";

Deno.test("COMMANDS are sorted by name and each has a summary", () => {
  const names = COMMANDS.map(({ name }) => name);
  assert.deepEqual(names, [...names].sort());
  for (const { summary } of COMMANDS) assert.ok(summary.length > 10);
});

const PARSED: [string, string[], Record<string, unknown>][] = [
  ["decode a b --slot 7", ["a", "b"], { slot: "7" }],
  ["config show --json api.port", ["api.port"], { json: true }],
  ["run --source file:a --source file:b", [], { source: "file:b" }],
  ["topics tail t --from=start", ["t"], { from: "start" }],
];
for (const [line, args, flags] of PARSED) {
  Deno.test(`parse reads \`${line}\``, () => {
    const { call } = parse(line.split(" "), COMMANDS);
    assert.deepEqual([...call.args], args);
    assert.deepEqual({ ...call.flags }, flags);
  });
}

Deno.test("parse keeps every value of a flag that repeats", () => {
  const { call } = parse(["run", "--source", "file:a", "--source", "file:b"], COMMANDS);
  assert.deepEqual([...call.all("source")], ["file:a", "file:b"]);
});

const REFUSED: [string, RegExp][] = [
  ["fly", /^Cannot run legend fly: no such verb; see `legend --help`$/],
  ["config", /^Cannot run legend config: need one of check, show$/],
  ["topics drop", /^Cannot run legend topics drop: need one of create, lag, list, tail, verify$/],
  ["decode --fast x", /^Cannot run legend decode: Unknown option '--fast'/],
  [
    "run mev --source sim:7",
    /^Cannot run legend run: `mev` is one word too many, it takes no words; see `legend run --help`$/,
  ],
  [
    "model rollback mev a b",
    /^Cannot run legend model rollback: `a` is one word too many, it takes MODULE; see `legend model rollback --help`$/,
  ],
  ["decode --slot", /^Cannot run legend decode: Option '--slot <value>' argument missing/],
];
for (const [line, message] of REFUSED) {
  Deno.test(`parse refuses \`${line}\` in one line`, () => {
    assert.throws(() => parse(line.split(" "), COMMANDS), (error: Error) => {
      assert.equal(error.name, "UsageError");
      assert.match(error.message, message);
      return !error.message.includes("\n");
    });
  });
}

Deno.test("help names every verb and every flag", () => {
  const all = overview(COMMANDS);
  for (const command of COMMANDS) {
    assert.ok(all.includes(`  ${command.name}`), command.name);
    const help = commandHelp(command);
    for (const flag of [...(command.flags ?? []), { name: "data-dir" }]) {
      assert.ok(help.includes(`--${flag.name}`), flag.name);
    }
  }
});

Deno.test("operator 9: every verb refuses a word more than it takes, and lists no more than it says", () => {
  let checked = 0;
  for (const { name, args } of COMMANDS) {
    if (args.includes("…")) continue;
    const taken = args.split(" ").filter(Boolean).map((_, at) => `word${at}`);
    const words = [...name.split(" "), ...taken];
    assert.deepEqual([...parse(words, COMMANDS).call.args], taken, name);
    assert.throws(() => parse([...words, "surplus"], COMMANDS), {
      name: "UsageError",
      message: new RegExp(`^Cannot run legend ${name}: \`surplus\` is one word too many, it takes `),
    });
    checked += 1;
  }
  assert.ok(checked > 40, `${checked} verbs`);
});
