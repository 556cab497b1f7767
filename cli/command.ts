/** What a verb is. Help, checks, completions and docs/CLI.md follow from these fields. */
import type { Context, Flags, Needs } from "../app/context.ts";
import type { ExitCode } from "../core/platform/exit.ts";

export interface Flag {
  readonly name: string;
  /**
   * Placeholder of its value; none for a switch. `N` is a whole number, `a|b` one of these words, and the check is made
   * before the verb runs; anything else the verb reads itself.
   */
  readonly value?: string;
  /** Of an `N`: the least that makes sense. */
  readonly least?: number;
  readonly doc: string;
  /** `-h` for `--help`. */
  readonly short?: string;
}

export interface Invocation {
  readonly args: readonly string[];
  readonly flags: Flags;
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

export interface Command extends Needs {
  /** `decode`, or `config show` for a verb with an action. */
  readonly name: string;
  /** Its words after the name, as help shows them; `[…]` may be left out, `…` repeats. Fewer and more are refused. */
  readonly args: string;
  readonly group: (typeof GROUPS)[number];
  readonly summary: string;
  readonly flags?: readonly Flag[];
  /** Command lines that run as they stand, with a running installation and the files that they name. */
  readonly examples: readonly string[];
  /** Lines of the help below the flags. */
  readonly details?: readonly string[];
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
