/** `legend`: from the words of the command line to a verb, with everything it may need opened on first use. */
import { type Command, type Context, EXIT, type ExitCode, type Invocation } from "./cli/command.ts";
import { commandHelp, overview } from "./cli/help.ts";
import { parse } from "./cli/parse.ts";
import { COMMANDS } from "./cli/registry.ts";
import { type Config, configValue, loadConfig, passOverMistakes, systemInput } from "./core/config/load.ts";
import { kafkaOf } from "./core/config/kafka.ts";
import { childEnvironment } from "./core/child_environment.ts";
import { type DataDir, openDataDir } from "./core/data_dir.ts";
import { asLocked } from "./core/database.ts";
import { AppError, UsageError } from "./core/errors.ts";
import { asFullDisk } from "./core/files.ts";
import type { Log } from "./core/log/log.ts";
import { Library } from "./ffi/library.ts";
import { EmbeddedLog, KafkaLog } from "./ffi/log.ts";
import {
  becomeUser,
  endWithFolder,
  FOLDER_VARIABLE,
  folderIdentity,
  PARENT_VARIABLE,
  protect,
  runningInstallations,
} from "./ffi/process.ts";

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

/** Nobody reads what a verb prints any more (`legend … | head`): no failure, but an end. */
class ReaderGone extends Error {}

function createContext(command: Command, { flags }: Invocation): Context {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => interrupted.abort());
  }
  const runs = command.data === "make";
  if (runs) {
    // A terminal that is closed, and a habit from other services, end no trading.
    Deno.addSignalListener("SIGHUP", () => {
      if (!flags.part) say("SIGHUP changes nothing: configuration is read at the start, stop with SIGTERM");
    });
  }
  const config = once<Config>(() => {
    if (!command.passesOverMistakes) return loadConfig(systemInput(flags));
    const { config, problems } = passOverMistakes(systemInput(flags));
    for (const line of problems) say(`${line} (passed over)`);
    return config;
  });
  const library = once(() => {
    const opened = new Library(libraryPath());
    protect(opened);
    return opened;
  });
  const folder: { identity?: string } = {};
  const dataDir = once<DataDir>(() => {
    const data = openDataDir(configValue<string>(config(), "data_dir"), {
      // A part finds what its supervisor has made.
      use: runs && flags.part ? "change" : command.data ?? "change",
      say,
      become: (uid, gid) => becomeUser(library(), uid, gid),
      running: () => runningInstallations(library()),
    });
    if (runs) folder.identity = keepFolder(library(), data.path, flags.part === true);
    return data;
  });
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
  return {
    version: VERSION,
    // What runs on does its work whether its counters are read or not.
    out: (bytes) => print(bytes, runs),
    say,
    signal: interrupted.signal,
    config,
    setting,
    respawn: (words) => respawn(words, folder.identity),
    dataDir,
    library,
    log,
    outbox,
  };
}

/** Ends the process when its data folder is gone; the folder's identity. */
function keepFolder(library: Library, path: string, isPart: boolean): string {
  const identity = folderIdentity(library, path);
  const meant = isPart ? Deno.env.get(FOLDER_VARIABLE) : undefined;
  if (meant && meant !== identity) {
    throw new AppError("unavailable", `Cannot use the data folder ${path}: another one stands in its place`);
  }
  endWithFolder(library, path, identity, isPart);
  return identity;
}

function print(bytes: Uint8Array | string, goesOn: boolean): void {
  let rest = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  try {
    while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
  } catch (error) {
    if (goesOn) return;
    throw error instanceof Deno.errors.BrokenPipe ? new ReaderGone() : error;
  }
}

/** The executable again, or in a checkout the runtime with this file. */
function respawn(args: readonly string[], folder?: string): Deno.ChildProcess {
  const executable = Deno.env.get("LEGEND_EXE");
  const self = new URL(import.meta.url).pathname;
  const words = executable ? args : ["run", "-q", "-A", self, ...args];
  return new Deno.Command(executable ?? Deno.execPath(), {
    args: [...words],
    clearEnv: true,
    env: {
      ...childEnvironment(Deno.env.toObject(), args),
      [PARENT_VARIABLE]: String(Deno.pid),
      ...(folder ? { [FOLDER_VARIABLE]: folder } : {}),
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** A line for people. That nobody is there to read it ends nothing. */
function say(line: string): void {
  let rest = new TextEncoder().encode(`${line}\n`);
  try {
    while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
  } catch {
    // Stderr is closed, full or a terminal that is gone; there is nowhere else to say it.
  }
}

async function main(words: readonly string[]): Promise<ExitCode> {
  if (words.length === 0 || words[0] === "--help" || words[0] === "help") {
    print(overview(COMMANDS), false);
    return words.length === 0 ? EXIT.usage : EXIT.done;
  }
  const asked = words[0] === "--version" ? ["version"] : words;
  const { command, call } = parse(asked, COMMANDS);
  const context = createContext(command, call);
  if (call.flags.help) {
    context.out(commandHelp(command));
    return EXIT.done;
  }
  return await command.run(call, context);
}

/** One line for what was expected, a stack for what was not; a reader that went away is no failure. */
function report(thrown: unknown): ExitCode {
  const error = asFullDisk(thrown) ?? asLocked(thrown) ?? thrown;
  if (error instanceof ReaderGone) return EXIT.done;
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

// What this process and its children make is its user's alone.
Deno.umask(0o077);
Deno.exit(await main(Deno.args).catch(report));
