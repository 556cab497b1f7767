/**
 * The interface between a job and its Worker: ports as arguments, no globals. Each run ends with exactly one `done` or
 * `error`.
 */
import type { ModuleName } from "../control/control.ts";
import type { StoreAddress } from "../store/client.ts";

/** Everything that a job may need, as plain data that can be sent to the Worker. */
export interface JobSettings {
  readonly libraryPath: string;
  readonly dataDir: string;
  /** Where datasets may be written. */
  readonly datasetsRoot: string;
  readonly store: StoreAddress | null;
  /** Why the store is missing. */
  readonly storeProblem: string;
  readonly s3: {
    readonly endpoint: string;
    readonly region: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    /** Buckets that may be written to. */
    readonly buckets: readonly string[];
  };
  /** Folder of the training engines; "" = this build does not have them. */
  readonly trainers: string;
  readonly threads: number;
  readonly signSkHex: string;
  readonly version: string;
}

/** What an installation lacks for its jobs, one line each; null: nothing, or another host may have it. */
export interface JobsLack {
  /** With this, neither a dataset nor a training can run. */
  readonly store: string | null;
  /** With this, only trainings with torch can run. */
  readonly engines: string | null;
}

export interface JobStart {
  readonly type: "start";
  readonly id: string;
  readonly kind: string;
  readonly args: unknown;
  /** Fencing token of the claim for this run; the first one is 1. */
  readonly token: number;
  readonly settings: JobSettings;
}

export type ToWorker = JobStart | { type: "cancel" } | {
  type: "confirmed";
  call: number;
  ours: boolean;
  why?: string;
  /** Why the version did not go live. */
  refused?: string;
};

/** A version that a job found better, or was asked to put in shadow. */
export interface LiveRequest {
  readonly module: ModuleName;
  readonly version: string;
  readonly link: "latest" | "shadow";
}

export type FromWorker =
  | { type: "progress"; progress: number; message: string }
  /** `live`: this version then goes live, if nothing prevents it. */
  | { type: "confirm"; call: number; live?: LiveRequest }
  | { type: "done"; result: unknown; message: string }
  /** `final`: another try would end the same way. */
  | { type: "error"; message: string; final: boolean };

export interface JobPorts {
  readonly id: string;
  readonly token: number;
  readonly settings: JobSettings;
  /** Aborted when a person cancels the job, or when another worker now holds it. */
  readonly signal: AbortSignal;
  progress(progress: number, message: string): void;
  /** Throws when this run no longer holds the job: then nothing may be published. */
  confirm(): Promise<void>;
  /** Confirms, then puts a version live or in shadow. Returns why this is not possible, or null when it is done. */
  goLive(request: LiveRequest): Promise<string | null>;
}
