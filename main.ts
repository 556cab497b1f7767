/** `legend`: from the words of the command line to a verb, with everything it may need opened on first use. */
import { type Context, EXIT, type ExitCode } from "./cli/command.ts";
import { commandHelp, overview } from "./cli/help.ts";
import { parse } from "./cli/parse.ts";
import { COMMANDS } from "./cli/registry.ts";
import { type Config, configValue, loadConfig, systemInput } from "./core/config/load.ts";
import { kafkaOf } from "./core/config/kafka.ts";
import { type DataDir, openDataDir } from "./core/data_dir.ts";
import { AppError, UsageError } from "./core/errors.ts";
import { asFullDisk } from "./core/files.ts";
import type { Log } from "./core/log/log.ts";
import { Library } from "./ffi/library.ts";
import { EmbeddedLog, KafkaLog } from "./ffi/log.ts";

const VERSION = "0.1.0";

/** Beside the bundle in the executable, in cargo's folder in a checkout. */
function libraryPath(): string {
  const root = Deno.env.get("LEGEND_ROOT");
  if (root) return `${root}/liblegend.so`;
  return new URL("ffi/target/release/liblegend.so", import.meta.url).pathname;
}

/** Makes a value at its first use and keeps it. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function createContext(flags: Readonly<Record<string, string | boolean | undefined>>): Context {
  const encoder = new TextEncoder();
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => interrupted.abort());
  }
  const config = once<Config>(() => loadConfig(systemInput(flags)));
  const dataDir = once<DataDir>(() => openDataDir(configValue<string>(config(), "data_dir")));
  const library = once(() => new Library(libraryPath()));
  const setting = <T>(key: string) => configValue<T>(config(), key);
  const outbox = once<Log>(() => new EmbeddedLog(library(), dataDir().logPath));
  const log = once<Log>(() => {
    const options = kafkaOf(config());
    return options
      ? new KafkaLog(library(), options, {
        replicas: setting<number>("kafka.replicas"),
        creates: setting<boolean>("kafka.create_topics"),
      })
      : outbox();
  });
  const out = (bytes: Uint8Array | string) => {
    let rest = typeof bytes === "string" ? encoder.encode(bytes) : bytes;
    while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
  };
  return {
    version: VERSION,
    out,
    say,
    signal: interrupted.signal,
    config,
    setting,
    respawn,
    dataDir,
    library,
    log,
    outbox,
  };
}

/** The executable again, or in a checkout the runtime with this file. */
function respawn(args: readonly string[]): Deno.ChildProcess {
  const executable = Deno.env.get("LEGEND_EXE");
  const self = new URL(import.meta.url).pathname;
  const words = executable ? args : ["run", "-q", "-A", self, ...args];
  return new Deno.Command(executable ?? Deno.execPath(), {
    args: [...words],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function main(words: readonly string[]): Promise<ExitCode> {
  if (words.length === 0 || words[0] === "--help" || words[0] === "help") {
    Deno.stdout.writeSync(new TextEncoder().encode(overview(COMMANDS)));
    return words.length === 0 ? EXIT.usage : EXIT.done;
  }
  const asked = words[0] === "--version" ? ["version"] : words;
  const { command, call } = parse(asked, COMMANDS);
  const context = createContext(call.flags);
  if (call.flags.help) {
    context.out(commandHelp(command));
    return EXIT.done;
  }
  return await command.run(call, context);
}

/** One line for what was expected, a stack for what was not; a reader that went away is no failure. */
function report(thrown: unknown): ExitCode {
  const error = asFullDisk(thrown) ?? thrown;
  if (error instanceof Deno.errors.BrokenPipe) return EXIT.done;
  if (error instanceof UsageError) {
    say(error.message);
    return EXIT.usage;
  }
  if (error instanceof AppError) {
    say(error.message);
    return error.code === "unavailable" ? EXIT.notReady : EXIT.failed;
  }
  say(
    `Cannot go on, this is a bug in legend: ${error instanceof Error ? error.stack ?? error.message : error}`,
  );
  return EXIT.failed;
}

Deno.exit(await main(Deno.args).catch(report));
