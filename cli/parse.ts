/** Parses a command line into a verb, its words and its flags, all checked against the verb's row. */
import { parseArgs } from "node:util";
import { messageOf, UsageError } from "../core/platform/errors.ts";
import { didYouMean } from "../core/platform/suggest.ts";
import { type Command, COMMON_FLAGS, type Flag, type Invocation } from "./command.ts";
import { MODULE_NAMES, moduleNamed } from "./modules.ts";

export interface Parsed {
  command: Command;
  call: Invocation;
}

/** Words that users of other tools type. */
const KNOWN_AS: Readonly<Record<string, string>> = {
  stop: "kill",
  halt: "kill",
  panic: "kill",
  "kill-switch": "kill",
  resume: "unkill",
  start: "run",
  status: "doctor",
  health: "doctor",
  logs: "topics tail",
  why: "explain",
  users: "user list",
  jobs: "job list",
  models: "model list",
  completion: "completions",
};

/** Finds the verb and reads its words and flags. Throws `UsageError` with the mistake and where to find help. */
export function parse(given: readonly string[], commands: readonly Command[]): Parsed {
  const words = flagsAfter(given);
  const command = find(words, commands);
  const flags = [...(command.flags ?? []), ...COMMON_FLAGS];
  const options = Object.fromEntries(flags.map((flag) => [flag.name, {
    type: flag.value ? "string" as const : "boolean" as const,
    multiple: flag.value !== undefined,
    ...(flag.short ? { short: flag.short } : {}),
  }]));
  let result;
  try {
    const args = words.slice(command.name.split(" ").length);
    result = parseArgs({
      args: textsJoined(args, command, flags),
      options,
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw usage(command, flagProblem(error, flags));
  }
  const values = result.values as Record<string, string[] | boolean | undefined>;
  const single = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value]),
  );
  const all = (flag: string) => (Array.isArray(values[flag]) ? values[flag] : []);
  if (values.help === true) return { command, call: { args: result.positionals, flags: single, all } };
  for (const flag of flags) for (const value of all(flag.name)) checkFlag(command, flag, value);
  return { command, call: { args: checkedWords(command, result.positionals, flags), flags: single, all } };
}

const usage = ({ name }: Command, what: string) =>
  new UsageError(`Cannot run legend ${name}: ${what}${seeHelp(what, name)}`);

/** Points to the help, after a line that may have ended with a question. */
const seeHelp = (line: string, verb: string) =>
  `${line.endsWith("?") ? " See" : "; see"} \`legend ${`${verb} --help`.trim()}\``;

/** `legend --data-dir X kill` is `legend kill --data-dir X`. */
function flagsAfter(words: readonly string[]): string[] {
  let at = 0;
  while (words[at]?.startsWith("--")) {
    const flag = COMMON_FLAGS.find(({ name }) => name === words[at]!.slice(2).split("=")[0]);
    if (!flag) break;
    at += flag.value && !words[at]!.includes("=") ? 2 : 1;
  }
  return [...words.slice(at), ...words.slice(0, at)];
}

/**
 * A free text may begin with a dash: `--reason -x` is read as `--reason=-x`. A word that is a flag of the verb is not
 * taken as text, and a kill is never refused because its reason is missing.
 */
function textsJoined(words: readonly string[], command: Command, flags: readonly Flag[]): string[] {
  const isOf = (word: string, { name, short }: Flag) =>
    word.split("=")[0] === `--${name}` || (short !== undefined && word === `-${short}`);
  const joined: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    const text = flags.find((flag) => flag.value === "TEXT" && !word.includes("=") && isOf(word, flag));
    const next = words[at + 1];
    const isFlag = next === undefined || flags.some((flag) => isOf(next, flag));
    if (text && isFlag && command.passesOverMistakes) joined.push(`--${text.name}=`);
    else if (text && !isFlag) {
      joined.push(`--${text.name}=${next}`);
      at += 1;
    } else joined.push(word);
  }
  return joined;
}

/** What is wrong with the flags, as `parseArgs` reports it, with the flag that was probably meant. */
function flagProblem(error: unknown, flags: readonly Flag[]): string {
  const line = (messageOf(error)).split(". ")[0]!;
  // The value of a flag looks like a flag: three lines that end with other ways to write it.
  const flag = /^Option '(?:-\w, )?--?([\w-]+)[^']*' argument is ambiguous/.exec(line)?.[1];
  if (flag !== undefined) {
    const name = flags.find(({ short }) => short === flag)?.name ?? flag;
    return `--${name} needs a value; one that begins with - is written --${name}=-…`;
  }
  const unknown = /^Unknown option '-+([^']*)'/.exec(line)?.[1];
  if (unknown === undefined) return line;
  const names = flags.map(({ name }) => name);
  const hint = didYouMean(unknown, names, (name) => `\`--${name}\``);
  return `there is no flag ${unknown.length === 1 ? "-" : "--"}${unknown}${hint}`;
}

/** The choices of `a|b`; null when the placeholder accepts anything. */
export function choicesOf(placeholder: string): readonly string[] | null {
  return /^[a-z][a-z0-9_-]*(\|[a-z][a-z0-9_-]*)+$/.test(placeholder) ? placeholder.split("|") : null;
}

function checkFlag(command: Command, { name, value, least }: Flag, given: string): void {
  if (value === undefined) return;
  const need = (what: string) => usage(command, `--${name} cannot be \`${given}\`, need ${what}`);
  if (value === "N" && !/^\d{1,15}$/.test(given)) throw need("a whole number");
  if (least !== undefined && Number(given) < least) throw need(`a whole number, at least ${least}`);
  const choices = choicesOf(value);
  if (choices && !choices.includes(given)) throw need(oneOf(given, choices));
  // A reason may be empty: `legend kill --reason "$WHY"` has to kill.
  if (given === "" && value !== "TEXT") throw need(value);
}

const oneOf = (given: string, choices: readonly string[]) =>
  `one of ${choices.join(", ")}${didYouMean(given, choices)}`;

/** The placeholders of a verb's words. */
export interface Placeholder {
  readonly word: string;
  readonly isOptional: boolean;
  readonly repeats: boolean;
}

/** `MODULE [VERSION]` as a list. */
export function placeholders(args: string): Placeholder[] {
  return args.split(" ").filter(Boolean).map((text) => ({
    word: text.replace(/[[\]…]/g, ""),
    isOptional: text.startsWith("["),
    repeats: text.includes("…"),
  }));
}

/** An unread word would make a verb do something unintended: `run mev` would run both agents. */
function checkedWords(command: Command, given: readonly string[], flags: readonly Flag[]): string[] {
  const expected = placeholders(command.args);
  const missing = expected.find(({ isOptional }, at) => !isOptional && at >= given.length);
  if (missing) {
    throw usage(command, `${shown(missing.word)} is missing, for example \`${command.examples[0]}\``);
  }
  return given.map((word, at) => {
    const last = expected.at(-1);
    const placeholder = expected[at] ?? (last?.repeats ? last : undefined);
    if (!placeholder) throw surplus(command, word, flags);
    return checkedWord(command, word, placeholder.word);
  });
}

const shown = (placeholder: string) =>
  placeholder === "MODULE" ? `MODULE (${MODULE_NAMES.join(" or ")})` : placeholder;

function surplus(command: Command, word: string, flags: readonly Flag[]): UsageError {
  const takes = command.args === "" ? "it takes no words" : `it takes ${command.args}`;
  const module = moduleNamed(word);
  const hint = module && command.name === "run"
    ? `, did you mean \`legend run agent ${module}\`?`
    : didYouMean(word.replace(/^-+/, ""), flags.map(({ name }) => name), (name) => `\`--${name}\``);
  return usage(command, `\`${word}\` is one word too many, ${takes}${hint}`);
}

/** The word as the verb reads it: a module may be given by its product name. */
function checkedWord(command: Command, word: string, placeholder: string): string {
  if (placeholder === "MODULE" || placeholder === "MODULE|all") {
    const also = placeholder === "MODULE" ? [] : ["all"];
    const module = moduleNamed(word) ?? also.find((name) => name === word.toLowerCase());
    if (module) return module;
    const names = [...MODULE_NAMES, ...also];
    throw usage(command, `there is no module \`${word}\`, need ${oneOf(word, names)}`);
  }
  // An empty variable of a script is not a name: every id would begin with it.
  if (word === "") throw usage(command, `${placeholder} cannot be empty`);
  const choices = choicesOf(placeholder);
  if (!choices || choices.includes(word)) return word;
  throw usage(command, `\`${word}\` cannot be used, need ${oneOf(word, choices)}`);
}

/** The verbs under a first word: `topics` has `create`, `lag` and others. */
export function actionsOf(first: string, commands: readonly Command[]): readonly Command[] {
  return commands.filter(({ name }) => name.startsWith(`${first} `));
}

/** The verb at the beginning of the words; undefined when there is none. */
export function verbOf(words: readonly string[], commands: readonly Command[]): Command | undefined {
  const [first = "", second = ""] = words;
  return commands.find(({ name }) => name === `${first} ${second}`) ??
    commands.find(({ name }) => name === first);
}

function find(words: readonly string[], commands: readonly Command[]): Command {
  const command = verbOf(words, commands);
  if (command) return command;
  const [first = "", second = ""] = words;
  if (first === "" || first.startsWith("-")) {
    throw new UsageError("Cannot run legend: the first word must be a verb; see `legend --help`");
  }
  const actions = actionsOf(first, commands).map(({ name }) => name.split(" ")[1]!);
  if (actions.length > 0) {
    const typed = [first, second].join(" ").trim();
    throw new UsageError(`Cannot run legend ${typed}: need ${oneOf(second, actions)}`);
  }
  throw new UsageError(`Cannot run legend ${first}: ${noSuchVerb(first, commands)}`);
}

/** What to type instead of an unknown verb. */
export function noSuchVerb(word: string, commands: readonly Command[]): string {
  const firsts = new Set(commands.map(({ name }) => name.split(" ")[0]!));
  const known = KNOWN_AS[word.toLowerCase()];
  const hint = known
    ? `, did you mean \`legend ${known}\`?`
    : didYouMean(word, firsts, (name) => `\`legend ${name}\``);
  const line = `no such verb${hint}`;
  return line + seeHelp(line, "");
}
