/** What a verb is. Help, checks, completions and docs/CLI.md follow from these fields. */
import type { Context, Flags, Needs } from "../app/context.ts";
import type { ExitCode } from "../core/platform/exit.ts";

export interface Flag {
  readonly name: string;
  /**
   * Placeholder of its value; none for a switch. `N` is a whole number, `a|b` is one of these words; both are checked
   * before the verb runs. Any other value is parsed by the verb itself.
   */
  readonly value?: string;
  /** For an `N`: the smallest value that makes sense. */
  readonly least?: number;
  readonly doc: string;
  /** `-h` for `--help`. */
  readonly short?: string;
}

export interface Invocation {
  readonly args: readonly string[];
  readonly flags: Flags;
  /** All values of a repeatable flag. */
  all(flag: string): readonly string[];
}

/** The groups of `legend help`, in order. */
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

export interface Command extends Needs {
  /** `decode`, or `config show` for a verb with an action. */
  readonly name: string;
  /** Its words after the name, as help shows them; `[…]` is optional, `…` repeats. Fewer or more words are refused. */
  readonly args: string;
  readonly group: (typeof GROUPS)[number];
  readonly summary: string;
  readonly flags?: readonly Flag[];
  /** Command lines that work as they are, with a running installation and the files that they name. */
  readonly examples: readonly string[];
  /** Lines of the help below the flags. */
  readonly details?: readonly string[];
  /** Its code, loaded on demand: a verb costs nothing while another one runs. */
  body(): Promise<VerbBody>;
}

/** The code of a verb. */
export interface VerbBody {
  run(call: Invocation, context: Context): Promise<ExitCode> | ExitCode;
}

/** Flags that every verb takes. */
export const COMMON_FLAGS: readonly Flag[] = [
  { name: "config", value: "FILE", doc: "Configuration file (TOML)" },
  { name: "data-dir", value: "FOLDER", doc: "Folder for everything that legend keeps" },
  { name: "help", short: "h", doc: "Show this help" },
];
