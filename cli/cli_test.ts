import assert from "node:assert/strict";
import { CONFIG_KEYS } from "../core/config/schema.ts";
import { EXIT, EXITS } from "../core/platform/exit.ts";
import { actionsHelp, commandHelp, overview } from "./help.ts";
import { choicesOf, parse, placeholders } from "./parse.ts";
import { COMMANDS } from "./registry.ts";
import { API_FLAGS } from "./verbs/flags.ts";

Deno.test("COMMANDS are sorted by name, each once, with a summary and an example of itself", () => {
  const names = COMMANDS.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)].sort());
  for (const { name, summary, examples } of COMMANDS) {
    assert.ok(summary.length > 10, name);
    assert.ok(examples.length > 0, name);
    for (const example of examples) {
      assert.match(example, new RegExp(`^([A-Z_]+=\\S+ )?legend ${name}( |$)`));
    }
  }
});

Deno.test("every verb's code is where its row says", async () => {
  for (const { name, body } of COMMANDS) assert.equal(typeof (await body()).run, "function", name);
});

Deno.test("the flags that stand for configuration keys are those of the schema", () => {
  const keys = CONFIG_KEYS.flatMap(({ flag }) => flag && flag !== "data-dir" ? [flag] : []);
  assert.deepEqual(API_FLAGS.map(({ name }) => name).sort(), keys.sort());
});

Deno.test("the table of exit codes is what verbs return", () =>
  assert.deepEqual(Object.fromEntries(EXITS.map(({ name, code }) => [name, code])), EXIT));

const PARSED: [string, string[], Record<string, unknown>][] = [
  ["decode a b --slot 7", ["a", "b"], { slot: "7" }],
  ["config show --json api.port", ["api.port"], { json: true }],
  ["run --source file:a --source file:b", [], { source: "file:b" }],
  ["topics tail t --from=start", ["t"], { from: "start" }],
  ["kill", [], {}],
  ["kill sandwich", ["mev"], {}],
  ["kill MEV arb", ["mev", "arbitrage"], {}],
  ["kill all", ["all"], {}],
  ["kill --reason=", [], { reason: "" }],
  ["unkill sandwiches", ["mev"], {}],
  ["model show Arbitrage x", ["arbitrage", "x"], {}],
  ["--data-dir d kill mev", ["mev"], { "data-dir": "d" }],
  ["--data-dir=d --config c doctor --json", [], { "data-dir": "d", config: "c", json: true }],
  ["run nonsense -h", ["nonsense"], { help: true }],
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
  ["--json kill", /^Cannot run legend: the first word must be a verb; see/],
  ["--data-dir d", /^Cannot run legend: the first word must be a verb; see `legend --help`$/],
  ["audit verify --anchor=", /^Cannot run legend audit verify: --anchor cannot be ``, need FILE; see/],
  ["fly", /^Cannot run legend fly: no such verb; see `legend --help`$/],
  ["config", /^Cannot run legend config: need one of check, show$/],
  ["topics drop", /^Cannot run legend topics drop: need one of create, lag, list, tail, verify$/],
  [
    "topics lst",
    /^Cannot run legend topics lst: need one of create, lag, list, tail, verify, did you mean list\?$/,
  ],
  ["kil", /^Cannot run legend kil: no such verb, did you mean `legend kill`\? See `legend --help`$/],
  ["stop mev", /^Cannot run legend stop: no such verb, did you mean `legend kill`\? See `legend --help`$/],
  [
    "kill mve",
    /^Cannot run legend kill: there is no module `mve`, need one of arbitrage, mev, all, did you mean mev\? See/,
  ],
  ["decode --fast x", /^Cannot run legend decode: there is no flag --fast; see `legend decode --help`$/],
  [
    "run --prot 1",
    /^Cannot run legend run: there is no flag --prot, did you mean `--port`\? See `legend run --help`$/,
  ],
  ["doctor -j", /^Cannot run legend doctor: there is no flag -j; see/],
  [
    "model show mev",
    /^Cannot run legend model show: VERSION is missing, for example `legend model show mev newest`; see/,
  ],
  ["model show", /^Cannot run legend model show: MODULE \(arbitrage or mev\) is missing, for example/],
  [
    "control mev fly",
    /^Cannot run legend control: `fly` cannot be used, need one of start, stop, restart, throttle, policy; see/,
  ],
  [
    "audit show --limit ten",
    /^Cannot run legend audit show: --limit cannot be `ten`, need a whole number; see/,
  ],
  [
    "replay --seed 7 --blocks 0",
    /^Cannot run legend replay: --blocks cannot be `0`, need a whole number, at least 1; see/,
  ],
  [
    "capture --source sim:7 --out a.journal --blocks 0",
    /^Cannot run legend capture: --blocks cannot be `0`, need a whole number, at least 1; see/,
  ],
  [
    "topics tail decision-evidence --limit 00",
    /^Cannot run legend topics tail: --limit cannot be `00`, need a whole number, at least 1; see/,
  ],
  [
    "train mev --model xgboost",
    /^Cannot run legend train: --model cannot be `xgboost`, need one of xgb, lgbm, torch/,
  ],
  [
    "doctor json",
    /^Cannot run legend doctor: `json` is one word too many, it takes no words, did you mean `--json`\? See/,
  ],
  [
    "run mev --source sim:7",
    /^Cannot run legend run: `mev` is one word too many, it takes no words, did you mean `legend run agent mev`\? See `legend run --help`$/,
  ],
  [
    "model rollback mev a b",
    /^Cannot run legend model rollback: `a` is one word too many, it takes MODULE; see `legend model rollback --help`$/,
  ],
  [
    "replay --seed -1",
    /^Cannot run legend replay: --seed needs a value; one that begins with - is written --seed=-…; see /,
  ],
  ["unkill mev --reason --json", /^Cannot run legend unkill: --reason needs a value; /],
  ["decode --slot", /^Cannot run legend decode: Option '--slot <value>' argument missing/],
];
const KILLS: readonly (readonly [string, string, boolean])[] = [
  ["kill mev --reason -x", "-x", false],
  ["kill mev --reason --why", "--why", false],
  ["kill mev --reason=-x --json", "-x", true],
  ["kill mev --reason --json", "", true],
  ["kill mev --json --reason", "", true],
  ["kill --reason mev", "mev", false],
];
for (const [line, reason, json] of KILLS) {
  Deno.test(`\`${line}\` kills, whatever its reason is`, () => {
    const { command, call } = parse(line.split(" "), COMMANDS);
    assert.deepEqual([command.name, call.flags.reason, call.flags.json ?? false], ["kill", reason, json]);
  });
}

Deno.test("a reason of another verb may begin with a dash too", () => {
  assert.equal(parse(["unkill", "mev", "--reason", "- tested"], COMMANDS).call.flags.reason, "- tested");
});

for (const [line, message] of REFUSED) {
  Deno.test(`parse refuses \`${line}\` in one line`, () => {
    assert.throws(() => parse(line.split(" "), COMMANDS), (error: Error) => {
      assert.equal(error.name, "UsageError");
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
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
  const wordFor = (placeholder: string) =>
    placeholder.startsWith("MODULE") ? "mev" : choicesOf(placeholder)?.at(-1) ?? "word";
  let checked = 0;
  for (const { name, args } of COMMANDS) {
    const expected = placeholders(args);
    if (expected.some(({ repeats }) => repeats)) continue;
    const taken = expected.map(({ word }) => wordFor(word));
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

Deno.test("every verb refuses an empty word in every place", () => {
  for (const command of COMMANDS) {
    const words = placeholders(command.args).map(({ word }) =>
      word.startsWith("MODULE") ? "mev" : choicesOf(word)?.at(-1) ?? "word"
    );
    for (const at of words.keys()) {
      assert.throws(() => parse([...command.name.split(" "), ...words.with(at, "")], COMMANDS), {
        name: "UsageError",
        message: /cannot be empty|there is no module ``/,
      }, `${command.name} ${at}`);
    }
  }
});

Deno.test("operator 9: every verb refuses to run with a word too few", () => {
  for (const { name, args } of COMMANDS) {
    const isComplete = placeholders(args).every(({ isOptional }) => isOptional);
    if (isComplete) assert.doesNotThrow(() => parse(name.split(" "), COMMANDS), name);
    else assert.throws(() => parse(name.split(" "), COMMANDS), { message: / is missing, for example `/ });
  }
});

Deno.test("the overview begins with what a new user needs, and a group's help has all its verbs", () => {
  const verbs = [...overview(COMMANDS).matchAll(/^ {2}([a-z]+)/gm)].map(([, verb]) => verb);
  assert.deepEqual(verbs.slice(0, 5), ["run", "doctor", "explain", "kill", "unkill"]);
  assert.equal(verbs.length, COMMANDS.length);
  assert.match(actionsHelp("topics", COMMANDS), /^Usage: legend topics create\|lag\|list\|tail\|verify /);
});
