/** What a verb is. Help, checks, completions and docs/CLI.md follow from these fields. */
import type { Config, ConfigFile } from "../core/config/load.ts";
import type { SettingName, SettingOf } from "../core/config/schema.ts";
import type { DataDir, DataUse } from "../core/platform/data_dir.ts";
import type { Log } from "../core/log/log.ts";
import type { Library } from "../ffi/library.ts";

export interface Flag {
  readonly name: string;
  /**
   * Placeholder of its value; none for a switch. `N` is a whole number, `a|b` one of these words, and the check is made
   * before the verb runs; anything else the verb reads itself.
   */
  readonly value?: string;
  readonly doc: string;
  /** `-h` for `--help`. */
  readonly short?: string;
}

/** Every exit code and when it is given: the one table that all verbs obey. */
export const EXITS = [
  { name: "done", code: 0, when: "done: what was asked for has happened" },
  { name: "failed", code: 1, when: "failed: it was tried and did not happen, or a check found a fault" },
  {
    name: "usage",
    code: 2,
    when: "wrong usage: an unknown verb, flag, word or key, or a value that cannot be used",
  },
  {
    name: "notReady",
    code: 3,
    when:
      "not ready: something it needs is missing, busy or away (data folder, lock, port, store, Kafka, agent)",
  },
] as const;

export const EXIT = { done: 0, failed: 1, usage: 2, notReady: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Everything a verb may touch; opened on first use. */
export interface Context {
  readonly version: string;
  /** Result bytes to stdout. Throws `ReaderGone` when nobody reads any more, but of a verb that runs on. */
  out(bytes: Uint8Array | string): void;
  /** A line to stderr; never throws. */
  say(line: string): void;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  config(): Config;
  /** The configuration file that counts; null when there is none. */
  configFile(): ConfigFile | null;
  /** Whether the file that `legend run` was given last was read, where one counts; a kill passes it over. */
  isConfigWhole(): boolean;
  /** The value of a configuration key. */
  setting<Name extends SettingName>(key: Name): SettingOf<Name>;
  /** This program again with other words, stdout piped, with the environment that it needs; it ends with this process. */
  respawn(args: readonly string[]): Deno.ChildProcess;
  dataDir(): DataDir;
  library(): Library;
  /** Where records are read: Kafka when it is configured, else the log of this host. */
  log(): Log;
  /** The log of this host, where every part writes; the link brings it to Kafka. */
  outbox(): Log;
}

export interface Invocation {
  readonly args: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  /** All values of a flag that may repeat. */
  all(flag: string): readonly string[];
}

/** The groups of `legend help`, in its order. */
export const GROUPS = [
  "First steps",
  "Control",
  "Watch and check",
  "Captured data",
  "Log and store",
  "Jobs and models",
  "Access and audit",
  "Single parts",
] as const;

export interface Command {
  /** `decode`, or `config show` for a verb with an action. */
  readonly name: string;
  /** Its words after the name, as help shows them; `[…]` may be left out, `…` repeats. Fewer and more are refused. */
  readonly args: string;
  readonly group: (typeof GROUPS)[number];
  readonly summary: string;
  readonly flags?: readonly Flag[];
  /**
   * What it does with the data folder, if it asks for it: `change` unless it says otherwise. `fill`: it ends by itself,
   * and makes the folder that `--data-dir` names when it is missing; then it does its work whether its lines are read or not.
   */
  readonly data?: DataUse | "fill";
  /** It runs without the control key, where that is lost: its kills need none. */
  readonly goesWithoutKey?: true;
  /** Command lines that run as they stand, with a running installation and the files that they name. */
  readonly examples: readonly string[];
  /** Lines of the help below the flags. */
  readonly details?: readonly string[];
  /** Mistakes in the configuration are said and passed over: nothing may stand in a kill's way. */
  readonly passesOverMistakes?: true;
  /** SIGINT and SIGTERM end it where it stands: it reads and prints, and has nothing to bring to an end. */
  readonly endsAtOnce?: true;
  /** Its code, loaded when it is wanted: a verb costs nothing while another one runs. */
  body(): Promise<VerbBody>;
}

/** What a verb does. */
export interface VerbBody {
  run(call: Invocation, context: Context): Promise<ExitCode> | ExitCode;
}

/** Flags that every verb takes. */
export const COMMON_FLAGS: readonly Flag[] = [
  { name: "config", value: "FILE", doc: "Configuration file (TOML)" },
  { name: "data-dir", value: "FOLDER", doc: "Folder of everything legend keeps" },
  { name: "help", short: "h", doc: "Show this help" },
];
