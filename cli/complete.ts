/** Completion of a command line: `legend __complete WORD…`, which the completion scripts call. */
import { configValue, ignoreMistakes, systemInput } from "../core/config/load.ts";
import { CONFIG_KEYS } from "../core/config/schema.ts";
import { QUERIES } from "../core/store/queries.ts";
import { ALL_TOPICS } from "../proto/topics.ts";
import { type Command, COMMON_FLAGS, type Flag } from "./command.ts";
import { MODULE_NAMES, moduleNamed } from "./modules.ts";
import { actionsOf, choicesOf, placeholders, verbOf } from "./parse.ts";

/** Candidates for the last of `words`, which may be empty or incomplete. */
export function candidates(words: readonly string[], commands: readonly Command[]): string[] {
  const typed = words.slice(0, -1);
  const current = words.at(-1) ?? "";
  if (typed.length === 0) {
    return [...new Set(["help", ...commands.map(({ name }) => name.split(" ")[0]!)])].sort();
  }
  if (typed[0] === "help") return candidates(words.slice(1), commands);
  const [first = ""] = typed;
  const actions = typed.length === 1 ? actionsOf(first, commands).map(({ name }) => name.split(" ")[1]!) : [];
  const command = verbOf(typed, commands);
  if (!command) return actions;
  return current.startsWith("-") ? flagsLeft(command, typed) : [...actions, ...wordsFor(command, typed)];
}

const flagsOf = (command: Command): readonly Flag[] => [...(command.flags ?? []), ...COMMON_FLAGS];

function flagsLeft(command: Command, typed: readonly string[]): string[] {
  const mayRepeat = ({ doc }: Flag) => doc.includes("may be repeated");
  return flagsOf(command).filter((flag) => mayRepeat(flag) || !typed.includes(`--${flag.name}`)).map((
    { name },
  ) => `--${name}`);
}

/** Candidates for the current position: a flag's value, or the next word of the verb. */
function wordsFor(command: Command, typed: readonly string[]): string[] {
  const given: string[] = [];
  let waiting: Flag | undefined;
  let dataDir: string | undefined;
  for (const word of typed.slice(command.name.split(" ").length)) {
    if (waiting) {
      if (waiting.name === "data-dir") dataDir = word;
      waiting = undefined;
    } else if (word.startsWith("-")) {
      waiting = flagsOf(command).find(({ name, value }) => value && word === `--${name}`);
    } else given.push(word);
  }
  if (waiting) return [...(choicesOf(waiting.value!) ?? [])];
  const expected = placeholders(command.args);
  const last = expected.at(-1);
  const next = expected[given.length] ?? (last?.repeats ? last : undefined);
  if (!next) return flagsLeft(command, typed);
  const found = choicesOf(next.word) ?? namesFor(next.word, given, dataDir);
  // Without candidates a shell offers files by itself.
  return found.length > 0 || !next.isOptional ? [...found] : flagsLeft(command, typed);
}

function namesFor(
  placeholder: string,
  given: readonly string[],
  dataDir: string | undefined,
): readonly string[] {
  switch (placeholder) {
    case "MODULE":
      return MODULE_NAMES;
    case "MODULE|all":
      return [...MODULE_NAMES, "all"];
    case "TOPIC":
      return ALL_TOPICS.map(({ name }) => name);
    case "KEY":
      return CONFIG_KEYS.map(({ key }) => key);
    case "QUERY":
      return QUERIES.map(({ name }) => name);
    case "JOB":
    case "KEY_ID":
    case "SIGNATURE|DECISION":
      return ["newest"];
    case "VERSION":
      return ["newest", "baseline", ...versions(moduleNamed(given[0] ?? ""), dataDir)];
    default:
      return [];
  }
}

/** The registered models of a module; none when the folder cannot be read. */
function versions(module: string | undefined, dataDir: string | undefined): string[] {
  try {
    const { config } = ignoreMistakes(
      systemInput(dataDir === undefined ? {} : { "data-dir": dataDir }),
      "settled",
    );
    const folder = `${configValue(config, "data_dir")}/models`;
    return [...Deno.readDirSync(folder)].flatMap(({ name }) =>
      new RegExp(`^lib${module}_v([0-9a-f]+)\\.so$`).exec(name)?.[1] ?? []
    ).sort();
  } catch {
    // Completion in a shell must not print errors.
    return [];
  }
}
