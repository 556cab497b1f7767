/** `legend`: from the words of the command line to a verb, whose code is loaded when it is known. */
import { EXIT, type ExitCode } from "./core/platform/exit.ts";
import { actionsHelp, commandHelp, overview } from "./cli/help.ts";
import { print, ReaderGone, say } from "./app/output.ts";
import { actionsOf, noSuchVerb, parse, verbOf } from "./cli/parse.ts";
import { COMMANDS } from "./cli/registry.ts";
import { AppError, UsageError } from "./core/platform/errors.ts";

/** Says in plain words what the system means; known as soon as a verb runs, so that nothing is loaded in trouble. */
let inPlainWords = (thrown: unknown): unknown => thrown;
/** Where the lines go with which the process ends. */
let lastWords: (line: string) => void = say;
let drain: () => Promise<void> = () => Promise.resolve();

const isHelp = (word: string | undefined) => word === "--help" || word === "-h" || word === "help";

/** The help that is asked for by `legend`, `legend help [VERB]` and `legend topics --help`; null: a verb is meant. */
function helpFor(words: readonly string[]): string | null {
  const [first = "help", ...rest] = words;
  if (isHelp(first)) {
    const asked = rest.filter((word) => !isHelp(word));
    const [verb] = asked;
    if (verb === undefined) return overview(COMMANDS);
    const command = verbOf(asked, COMMANDS);
    if (command && command.name.split(" ").length === asked.length) return commandHelp(command);
    if (asked.length === 1 && actionsOf(verb, COMMANDS).length > 0) return actionsHelp(verb, COMMANDS);
    throw new UsageError(`Cannot show help for ${asked.join(" ")}: ${noSuchVerb(verb, COMMANDS)}`);
  }
  const isGroup = verbOf([first], COMMANDS) === undefined && actionsOf(first, COMMANDS).length > 0;
  return isGroup && isHelp(rest[0]) ? actionsHelp(first, COMMANDS) : null;
}

async function main(words: readonly string[]): Promise<ExitCode> {
  if (words[0] === "__complete") {
    const { candidates } = await import("./cli/complete.ts");
    print(candidates(words.slice(1), COMMANDS).map((word) => `${word}\n`).join(""), false);
    return EXIT.done;
  }
  const help = helpFor(words);
  if (help !== null) {
    print(help, false);
    return EXIT.done;
  }
  const { command, call } = parse(
    words[0] === "--version" ? ["version", ...words.slice(1)] : words,
    COMMANDS,
  );
  if (call.flags.help) {
    print(commandHelp(command), false);
    return EXIT.done;
  }
  const [made, body] = await Promise.all([import("./app/context.ts"), command.body()]);
  inPlainWords = made.inPlainWords;
  const context = made.createContext(command, call.flags, call.args);
  ({ lastWords, drain } = context);
  return await body.run(call, context);
}

/** A line for each mistake of what was expected, a stack for what was not; a reader that went away is not a failure. */
function report(thrown: unknown): ExitCode {
  const error = inPlainWords(thrown);
  if (error instanceof ReaderGone) return EXIT.done;
  if (error instanceof UsageError) {
    error.lines.forEach((line) => lastWords(line));
    return EXIT.usage;
  }
  if (error instanceof AppError) {
    error.lines.forEach((line) => lastWords(line));
    return error.code === "unavailable" ? EXIT.notReady : EXIT.failed;
  }
  lastWords(
    `Cannot continue, this is a bug in legend: ${
      error instanceof Error ? error.stack ?? error.message : error
    }`,
  );
  return EXIT.failed;
}

// What this process and its children make is its user's alone.
Deno.umask(0o077);
const code = await main(Deno.args).catch(report);
await drain();
Deno.exit(code);
