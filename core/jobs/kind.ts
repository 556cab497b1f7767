/** What a kind of job declares, and the list of the kinds that this version knows (`workers/kinds.ts`). */
import type { z } from "zod";
import type { Right } from "../auth/rights.ts";
import { AppError } from "../platform/errors.ts";
import type { JobPorts } from "./worker_protocol.ts";
import type { FormText } from "./form.ts";

/** A verb's words and flags, from which a kind reads its arguments. */
export interface JobCall {
  readonly args: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  /** All values of a repeatable flag. */
  all(flag: string): readonly string[];
}

/**
 * The verb that starts a job of this kind; it has the kind's name. `deno task gen` writes its row from everything but
 * `read`.
 */
export interface JobVerb {
  readonly args: string;
  readonly summary: string;
  /** In addition to `--start`, `--end`, `--detach` and `--json`, which every kind has. */
  readonly flags: readonly { readonly name: string; readonly value?: string; readonly doc: string }[];
  readonly examples: readonly string[];
  readonly details: readonly string[];
  /** The request, not yet parsed. Throws `UsageError` for a flag that cannot be read. */
  read(call: JobCall): unknown;
}

/** Rows of the API: the first path is current, the others are older names. */
export interface JobRoute {
  readonly paths: readonly string[];
  readonly summary: string;
}

/** Where jobs of this host may write. */
export interface JobPlaces {
  readonly datasetsRoot: string;
  readonly buckets: readonly string[];
}

/** A range in Unix milliseconds; the end is excluded. */
export interface RangeMs {
  readonly start_ms: number;
  readonly end_ms: number;
}

/** How a schedule starts a job of this kind. */
export interface Scheduled<Args> {
  /** The arguments that a schedule stores: all except the range. */
  // deno-lint-ignore no-explicit-any -- its output is what `at` takes
  readonly args: z.ZodType<any>;
  /** The arguments of the job that starts at the end of `range`. */
  // deno-lint-ignore no-explicit-any
  at(args: any, range: RangeMs): Args;
}

/** One kind of job: everything that route, verb, page, log and worker need to know about it. */
export interface JobKind<Args> {
  /** Its name in REST, on the command line and as the key of its records: lower case. */
  readonly name: string;
  /** Its number on the log (`JobKind` in jobs.proto, which `deno task gen` writes); never reused for another kind. */
  readonly number: number;
  /** What a person or a program requests. Parsed once, where the request arrives; the output is written to the log. */
  readonly asked: z.ZodType<Args>;
  /** The output of `asked`, as stored on the log. It refuses what another version stored there in another form. */
  readonly kept: z.ZodType<Args>;
  /** The Envelope's payload that reports it on `job-status-proto`. */
  readonly envelope: "training" | "dataset";
  /** The page that lists its jobs. */
  readonly page: "training" | "datasets";
  /** The form on the page that starts it. */
  readonly form: FormText;
  readonly start: JobRoute;
  readonly state: JobRoute;
  readonly verb: JobVerb;
  /** The detail of its entry in the audit. */
  detail(args: Args): string;
  /** One line for the page. The arguments are as stored on the log: another version may have written them. */
  about(args: Readonly<Record<string, unknown>>, result: Readonly<Record<string, unknown>> | null): string;
  /** The right that these arguments need in addition to `jobs`, and why; null: none. */
  needs?(args: Partial<Args>): { readonly right: Right; readonly why: string } | null;
  /** Throws when it is clear before the start that the job cannot succeed. */
  check?(args: Args, places: JobPlaces): void;
  readonly scheduled: Scheduled<Args>;
  /** Runs the job, in a Worker: its code is loaded only there. */
  run(args: Args, ports: JobPorts): Promise<{ result: unknown; message: string }>;
}

// deno-lint-ignore no-explicit-any -- each kind has arguments of its own
export type AnyJobKind = JobKind<any>;

/** The kinds that this version knows. */
export class JobKinds {
  readonly #byName: ReadonlyMap<string, AnyJobKind>;
  readonly #byNumber: ReadonlyMap<number, AnyJobKind>;

  constructor(readonly list: readonly AnyJobKind[]) {
    this.#byName = new Map(list.map((kind) => [kind.name, kind]));
    this.#byNumber = new Map(list.map((kind) => [kind.number, kind]));
    if (this.#byName.size < list.length || this.#byNumber.size < list.length || this.#byNumber.has(0)) {
      throw new Error("Two kinds of jobs have the same name or number, or one has the number 0");
    }
  }

  /** Throws `invalid` for an unknown kind. */
  named(name: string): AnyJobKind {
    const kind = this.#byName.get(name);
    if (kind) return kind;
    const names = this.list.map(({ name }) => name).join(", ");
    throw new AppError(
      "invalid",
      `Cannot use jobs of kind ${name.slice(0, 40)}: this version has none, need one of ${names}`,
    );
  }

  /** Undefined: a kind of another version, on the log. */
  numbered(number: number): AnyJobKind | undefined {
    return this.#byNumber.get(number);
  }
}

/** A time in a job's arguments, as text. Jobs of an older version have no time that can be read safely. */
export const momentText = (ms: unknown): string =>
  typeof ms === "number" && Number.isFinite(ms) && Math.abs(ms) <= 8.64e15
    ? new Date(ms).toISOString().replace("T", " ").slice(0, 16)
    : "unknown time";
