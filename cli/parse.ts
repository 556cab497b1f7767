/** From the words of a command line to a verb and its flags. */
import { parseArgs } from "node:util";
import { UsageError } from "../core/errors.ts";
import { type Command, COMMON_FLAGS, type Invocation } from "./command.ts";

export interface Parsed {
  command: Command;
  call: Invocation;
}

/** Finds the verb and reads its flags. Throws `UsageError` with what was wrong and where help is. */
export function parse(words: readonly string[], commands: readonly Command[]): Parsed {
  const command = find(words, commands);
  const flags = [...(command.flags ?? []), ...COMMON_FLAGS];
  const options = Object.fromEntries(
    flags.map((
      flag,
    ) => [flag.name, {
      type: flag.value ? "string" as const : "boolean" as const,
      multiple: flag.value !== undefined,
    }]),
  );
  let result;
  try {
    const args = words.slice(command.name.split(" ").length);
    result = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const line = (error instanceof Error ? error.message : String(error)).split(". ")[0]!;
    throw new UsageError(`Cannot run legend ${command.name}: ${line}; see \`legend ${command.name} --help\``);
  }
  const values = result.values as Record<string, string[] | boolean | undefined>;
  const single = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value]),
  );
  const all = (flag: string) => (Array.isArray(values[flag]) ? values[flag] : []);
  if (values.help !== true) refuseSurplus(command, result.positionals);
  return { command, call: { args: result.positionals, flags: single, all } };
}

/** A word that a verb does not read would make it do something else than was meant: `run mev` would run both agents. */
function refuseSurplus({ name, args }: Command, given: readonly string[]): void {
  const most = positionalsMax(args);
  if (given.length <= most) return;
  const takes = args === "" ? "it takes no words" : `it takes ${args}`;
  throw new UsageError(
    `Cannot run legend ${name}: \`${
      given[most]
    }\` is one word too many, ${takes}; see \`legend ${name} --help\``,
  );
}

/** How many words a verb takes at most, by its row: `MODULE [VERSION]` two, `FILE…` any number. */
export function positionalsMax(args: string): number {
  const words = args.split(" ").filter(Boolean);
  return words.some((word) => word.includes("…")) ? Infinity : words.length;
}

function find(words: readonly string[], commands: readonly Command[]): Command {
  const [first = "", second = ""] = words;
  const command = commands.find(({ name }) => name === `${first} ${second}`) ??
    commands.find(({ name }) => name === first);
  if (command) return command;
  const actions = commands.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) =>
    name.split(" ")[1]
  );
  if (first !== "" && actions.length > 0) {
    throw new UsageError(
      `Cannot run legend ${[first, second].join(" ").trim()}: need one of ${actions.join(", ")}`,
    );
  }
  throw new UsageError(`Cannot run legend ${first}: no such verb; see \`legend --help\``);
}
