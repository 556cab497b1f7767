/** What a job is to its Worker: ports in, no globals; each run ends with exactly one `done` or `error`. */
import type { ModuleName } from "../control/control.ts";
import type { StoreAddress } from "../store/client.ts";

/** Everything a job may need, as plain data that crosses to the Worker. */
export interface JobSettings {
  readonly libraryPath: string;
  readonly dataDir: string;
  /** Where datasets may be written. */
  readonly datasetsRoot: string;
  readonly store: StoreAddress | null;
  /** Why there is no store. */
  readonly storeTrouble: string;
  readonly s3: {
    readonly endpoint: string;
    readonly region: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    /** Buckets that may be written to. */
    readonly buckets: readonly string[];
  };
  /** Folder of the training engines; "" = this build has none. */
  readonly trainers: string;
  readonly threads: number;
  readonly signSkHex: string;
  readonly version: string;
}

/** What an installation lacks for its jobs, each in one line; null: nothing, or another host may have it. */
export interface JobsLack {
  /** Neither a dataset nor a training can run. */
  readonly store: string | null;
  /** No training but of torch can run. */
  readonly engines: string | null;
}

export interface JobStart {
  readonly type: "start";
  readonly id: string;
  readonly kind: string;
  readonly args: unknown;
  /** The claim that it runs under; the first one is 1. */
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
export interface LiveWish {
  readonly module: ModuleName;
  readonly version: string;
  readonly link: "latest" | "shadow";
}

export type FromWorker =
  | { type: "progress"; progress: number; message: string }
  /** `live`: then this version is to go live, if nothing stands against it. */
  | { type: "confirm"; call: number; live?: LiveWish }
  | { type: "done"; result: unknown; message: string }
  /** `final`: another try would end alike. */
  | { type: "error"; message: string; final: boolean };

export interface JobPorts {
  readonly id: string;
  readonly token: number;
  readonly settings: JobSettings;
  /** Aborted when somebody cancels it, or somebody else has it now. */
  readonly signal: AbortSignal;
  progress(progress: number, message: string): void;
  /** Throws when this run does not hold the job any more: nothing may be published then. */
  confirm(): Promise<void>;
  /** Confirms, then puts a version live or in shadow; why it may not, or null when it is. */
  goLive(wish: LiveWish): Promise<string | null>;
}
