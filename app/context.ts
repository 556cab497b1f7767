/** What a verb or a part may use, opened on first use. */
import {
  configFile,
  configValue,
  ignoreMistakes,
  isSettled,
  loadConfig,
  systemInput,
} from "../core/config/load.ts";
import { configKey, type SettingName, type SettingOf } from "../core/config/schema.ts";
import { kafkaOf } from "../core/config/kafka.ts";
import { childEnvironment } from "../core/platform/child_environment.ts";
import { type DataDir, openDataDir } from "../core/platform/data_dir.ts";
import { asLocked } from "../core/platform/database.ts";
import { AppError } from "../core/platform/errors.ts";
import { asFullDisk } from "../core/platform/atomic_file.ts";
import type { Log } from "../core/log/log.ts";
import type { LineStyle, Say } from "../core/platform/logger.ts";
import { Library } from "../ffi/library.ts";
import { EmbeddedLog, KafkaLog } from "../ffi/log.ts";
import { topicLimits } from "./topics.ts";
import {
  becomeUser,
  endWithFolder,
  FOLDER_VARIABLE,
  folderIdentity,
  PARENT_VARIABLE,
  protect,
  runningInstallations,
  setLineStyle,
} from "../ffi/process.ts";
import type { Config, ConfigFile } from "../core/config/load.ts";
import type { DataUse } from "../core/platform/data_dir.ts";
import config from "../deno.json" with { type: "json" };
import { print, say as sayToTerminal } from "./output.ts";
import { type RunLoggers, runLoggers } from "./run_logger.ts";

const { version: VERSION } = config;

/** Everything a verb may touch; opened on first use. */
export interface Context {
  readonly version: string;
  /** Result bytes to stdout. Throws `ReaderGone` when the reader has gone, except in a verb that keeps running. */
  out(bytes: Uint8Array | string): void;
  /** A line for people: a verb writes it to stderr as it is, a part writes it through its logger. Never throws. */
  readonly say: Say;
  /** Passes on a line that a child process of this one wrote. */
  passOn(part: string, text: string): void;
  /** A line that must not reach a file: it is for the person at the terminal. */
  sayToTerminal(line: string): void;
  /** A line printed when the process ends. */
  lastWords(line: string): void;
  /** Waits, for a moment at most, until pending lines are written. */
  drain(): Promise<void>;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  config(): Config;
  /** The configuration file in use; null when there is none. */
  configFile(): ConfigFile | null;
  /**
   * Whether the file that the last `legend run` was given could be read, where one counts; a kill continues without it.
   */
  isConfigWhole(): boolean;
  /** The value of a configuration key. */
  setting<Name extends SettingName>(key: Name): SettingOf<Name>;
  /**
   * Starts this program again with other arguments, stdout piped, and the environment that it needs; it ends with this
   * process.
   */
  respawn(args: readonly string[]): Deno.ChildProcess;
  dataDir(): DataDir;
  library(): Library;
  /** Where records are read: Kafka when configured, else the log of this host. */
  log(): Log;
  /** The log of this host, where every part writes; the link sends it to Kafka. */
  outbox(): Log;
}

/** What a verb declares about itself, which decides how its resources are opened. */
export interface Needs {
  readonly name: string;
  /**
   * How the verb uses the data folder; `change` by default. `fill`: it ends by itself, creates the missing folder that
   * `--data-dir` names, and does its work whether or not its output is read.
   */
  readonly data?: DataUse | "fill";
  /** The part also runs when the control key is lost: kills need no key. */
  readonly goesWithoutKey?: true;
  /** Configuration mistakes are reported and ignored: nothing may delay a kill. */
  readonly passesOverMistakes?: true;
  /** SIGINT and SIGTERM end it at once: it only reads and prints, and has nothing to finish. */
  readonly endsAtOnce?: true;
}

/** Flags as they were typed, by name. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** Beside the bundle in the executable, in cargo's folder in a checkout. */
function libraryPath(): string {
  const root = Deno.env.get("LEGEND_ROOT");
  if (root) return `${root}/liblegend.so`;
  return new URL("../ffi/target/release/liblegend.so", import.meta.url).pathname;
}

/** Creates a value on first use and keeps it. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** A verb's configuration. */
interface Settings {
  config(): Config;
  isWhole(): boolean;
  file(): ReturnType<typeof configFile>;
  setting: Context["setting"];
}

/** Reads the configuration on first use; a verb that may do so ignores mistakes, and reports each once. */
function settingsOf(needs: Needs, flags: Flags): Settings {
  // `legend run` uses the configuration that it is given; other verbs use that of the last run.
  const input = systemInput(flags, needs.name !== "run");
  const passed = new Set<string>();
  const passOver = (keys: "settled" | "all") => {
    const found = ignoreMistakes(input, keys);
    for (const line of found.problems) if (!passed.has(line)) sayToTerminal(`${line} (ignored)`);
    for (const line of found.problems) passed.add(line);
    return found;
  };
  // A kill needs no file in the data folder: it is sent before the first one is read.
  const settled = once(() => passOver("settled"));
  const whole = once(() =>
    needs.passesOverMistakes ? passOver("all") : { config: loadConfig(input), isWhole: true }
  );
  return {
    config: () => whole().config,
    isWhole: () => whole().isWhole,
    file: () => configFile(input),
    setting(key) {
      const row = configKey(key);
      const isEarly = needs.passesOverMistakes && row && isSettled(row);
      return configValue(isEarly ? settled().config : whole().config, key);
    },
  };
}

/** A signal that aborts when the process is asked to end. */
function interruptedBy(signals: readonly Deno.Signal[]): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of signals) Deno.addSignalListener(signal, () => interrupted.abort());
  return interrupted.signal;
}

/** A closed terminal must not end trading; nor must SIGHUP, which other services take as a reload. */
function outliveHangUp(isPart: boolean, say: Say): void {
  Deno.addSignalListener("SIGHUP", () => {
    if (!isPart) {
      say("SIGHUP changes nothing: configuration is read at the start, stop with SIGTERM", "warn");
    }
  });
}

/** Opens the library of this installation. */
function openLibrary(): Library {
  const library = new Library(libraryPath());
  protect(library);
  return library;
}

/** Where records are read. */
function openLog(
  library: () => Library,
  { config, setting }: Settings,
  outbox: () => Log,
  local: boolean,
): Log {
  const options = local ? null : kafkaOf(config());
  if (!options) return outbox();
  return new KafkaLog(library(), options, {
    replicas: setting("kafka.replicas"),
    creates: setting("kafka.create_topics"),
  });
}

/** The context of one run of a verb. */
export function createContext(needs: Needs, flags: Flags, args: readonly string[]): Context {
  const signal = interruptedBy(needs.endsAtOnce ? [] : ["SIGINT", "SIGTERM"]);
  const runs = needs.data === "make";
  const isPart = flags.part === true;
  const fills = needs.data === "fill" && flags["data-dir"] !== undefined;
  const settings = settingsOf(needs, flags);
  const { config, setting } = settings;
  const { belongTo, ...rest } = runs ? partLines(partName(needs, args), isPart, setting) : verbLines();
  if (runs) outliveHangUp(isPart, rest.say);
  const library = once(openLibrary);
  const folder: { identity?: string } = {};
  const dataDir = once<DataDir>(() => {
    const data = openDataDir(setting("data_dir"), {
      // A part uses the folder that its supervisor created.
      use: runs && isPart ? "change" : needs.data === "fill" ? "make" : needs.data ?? "change",
      goesWithoutKey: needs.goesWithoutKey === true,
      say: rest.say,
      become: (uid, gid) => becomeUser(library(), uid, gid),
      running: () => runningInstallations(library()),
    });
    const style = belongTo(data.instance);
    if (style) setLineStyle(library(), style);
    if (runs) folder.identity = keepFolder(library(), data.path, isPart);
    return data;
  });
  const outbox = once<Log>(() =>
    new EmbeddedLog(library(), dataDir().logPath, () => topicLimits({ config }))
  );
  return {
    version: VERSION,
    // A verb that stores records does its work whether or not its output is read.
    out: (bytes) => print(bytes, runs || fills),
    ...rest,
    signal,
    config,
    configFile: settings.file,
    isConfigWhole: settings.isWhole,
    setting,
    respawn: (words) => respawn(words, folder.identity),
    dataDir,
    library,
    log: once(() => openLog(library, settings, outbox, flags.local === true)),
    outbox,
  };
}

/** `api`, `agent-mev`; `run` for the supervisor. */
const partName = ({ name }: Needs, args: readonly string[]) =>
  [...name.split(" ").slice(1), ...args].join("-") || name;

/** A verb's lines are for the person who typed it. */
const verbLines = () => ({
  say: sayToTerminal as Say,
  passOn: (_part: string, text: string) => sayToTerminal(text),
  sayToTerminal,
  lastWords: sayToTerminal,
  drain: () => Promise.resolve(),
  belongTo: () => null,
});

/** The lines of a long-running process, in its logger's format from the first one on. */
function partLines(part: string, isPart: boolean, setting: Parameters<typeof runLoggers>[2]) {
  let made: RunLoggers | undefined;
  const loggers = () => made ??= runLoggers(part, isPart, setting);
  const say: Say = (...line) => loggers().logger.say(...line);
  return {
    say,
    passOn: (name: string, text: string) => loggers().logger.passOn(name, text),
    sayToTerminal: (line: string) => loggers().plain(line),
    lastWords: (line: string) => lastWords(line, isPart, loggers),
    drain: () => made?.drain() ?? Promise.resolve(),
    /** From here on, lines name the installation. Returns their style. */
    belongTo: (instance: string): LineStyle => {
      const { logger, onStderr, inFile } = loggers();
      for (const each of new Set([logger, onStderr, inFile])) each?.belongsTo(instance);
      return logger.style;
    },
  };
}

/** The person who started the process by hand sees on stderr why it ended, also when log lines go to a file. */
function lastWords(line: string, isPart: boolean, loggers: () => RunLoggers): void {
  try {
    const { onStderr, inFile, plain } = loggers();
    // A process that may not use the data folder leaves nothing in its log file either.
    if (onStderr.style.instance !== "") inFile?.say(line, "error");
    if (isPart || onStderr.style.format === "json") return onStderr.say(line, "error");
    return plain(line);
  } catch {
    // The configuration cannot be read; the line itself reports that.
  }
  sayToTerminal(line);
}

/** Ends the process when its data folder disappears. Returns the folder's identity. */
function keepFolder(library: Library, path: string, isPart: boolean): string {
  const identity = folderIdentity(library, path);
  const meant = isPart ? Deno.env.get(FOLDER_VARIABLE) : undefined;
  if (meant && meant !== identity) {
    throw new AppError("unavailable", `Cannot use the data folder ${path}: another folder is in its place`);
  }
  endWithFolder(library, path, identity, isPart);
  return identity;
}

/** Starts the executable again, or in a checkout the runtime with this file. */
function respawn(args: readonly string[], folder?: string): Deno.ChildProcess {
  const executable = Deno.env.get("LEGEND_EXE");
  const self = new URL("../main.ts", import.meta.url).pathname;
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

/** Replaces some system errors by plain words: a full disk, a database that another process holds. */
export const inPlainWords = (thrown: unknown): unknown => asFullDisk(thrown) ?? asLocked(thrown) ?? thrown;
