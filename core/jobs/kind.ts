/** What a kind of job declares of itself, and the list of those that this version knows (`workers/kinds.ts`). */
import type { z } from "zod";
import type { Right } from "../auth/rights.ts";
import { AppError } from "../platform/errors.ts";
import type { JobPorts } from "./contract.ts";
import type { FormText } from "./form.ts";

/** A verb's words and flags, as a kind reads its arguments from them. */
export interface JobCall {
  readonly args: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  /** All values of a flag that may repeat. */
  all(flag: string): readonly string[];
}

/** The verb that starts a kind; its name is the kind's. `deno task gen` writes its row from everything but `read`. */
export interface JobVerb {
  readonly args: string;
  readonly summary: string;
  /** Beside `--start`, `--end`, `--detach` and `--json`, which each has. */
  readonly flags: readonly { readonly name: string; readonly value?: string; readonly doc: string }[];
  readonly examples: readonly string[];
  readonly details: readonly string[];
  /** What is asked for, not yet parsed. Throws `UsageError` for a flag that cannot be read. */
  read(call: JobCall): unknown;
}

/** Rows of the API: the first path is the one to use, the others are older names. */
export interface JobRoute {
  readonly paths: readonly string[];
  readonly summary: string;
}

/** Where jobs of this host may write. */
export interface JobPlaces {
  readonly datasetsRoot: string;
  readonly buckets: readonly string[];
}

/** A range in Unix milliseconds, without its end. */
export interface RangeMs {
  readonly start_ms: number;
  readonly end_ms: number;
}

/** How a schedule starts a kind. */
export interface Scheduled<Args> {
  /** What a schedule has of its arguments: all but the range. */
  // deno-lint-ignore no-explicit-any -- its output is what `at` takes
  readonly args: z.ZodType<any>;
  /** What the start at the end of `range` asks for. */
  // deno-lint-ignore no-explicit-any
  at(args: any, range: RangeMs): Args;
}

/** One kind of job: everything that route, verb, page, log and worker need to know of it. */
export interface JobKind<Args> {
  /** In REST, on the command line and as the key of its records: small letters. */
  readonly name: string;
  /** On the log (`JobKind` in jobs.proto, which `deno task gen` writes); never used again for another kind. */
  readonly number: number;
  /** What a person or a program asks for. Parsed once, at the door; its output goes on the log. */
  readonly asked: z.ZodType<Args>;
  /** The output of `asked`, as it lies on the log: what another version left there in another form is refused by it. */
  readonly kept: z.ZodType<Args>;
  /** The Envelope's payload that tells of it on `job-status-proto`. */
  readonly envelope: "training" | "dataset";
  /** The page that lists its jobs. */
  readonly page: "training" | "datasets";
  /** The page's form that starts it. */
  readonly form: FormText;
  readonly start: JobRoute;
  readonly state: JobRoute;
  readonly verb: JobVerb;
  /** Its entry in the audit. */
  detail(args: Args): string;
  /** One line for the page. The arguments are as they lie on the log: another version may have left them. */
  about(args: Readonly<Record<string, unknown>>, result: Readonly<Record<string, unknown>> | null): string;
  /** The right that these arguments need beside `jobs`, and what for; null: none. */
  needs?(args: Partial<Args>): { readonly right: Right; readonly why: string } | null;
  /** Throws where it can be seen before the job is started that it cannot end well. */
  check?(args: Args, places: JobPlaces): void;
  readonly scheduled: Scheduled<Args>;
  /** Does it, in a Worker: only there its code is loaded. */
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

  /** Throws `invalid` for a kind that is not known. */
  named(name: string): AnyJobKind {
    const kind = this.#byName.get(name);
    if (kind) return kind;
    const names = this.list.map(({ name }) => name).join(", ");
    throw new AppError(
      "invalid",
      `Cannot use jobs of kind ${name.slice(0, 40)}: this version has none, need one of ${names}`,
    );
  }

  /** Undefined: another version put it on the log. */
  numbered(number: number): AnyJobKind | undefined {
    return this.#byNumber.get(number);
  }
}

/** A time of a job's arguments for people; a job of an older version has none that can be read safely. */
export const momentText = (ms: unknown): string =>
  typeof ms === "number" && Number.isFinite(ms) && Math.abs(ms) <= 8.64e15
    ? new Date(ms).toISOString().replace("T", " ").slice(0, 16)
    : "unknown time";
