/** The engine for TypeScript: decoding files, and agents that run on threads of their own. */
import type {
  AgentStatus,
  MissedSwaps,
  ModuleName,
  ServiceTips,
  TipCandidate,
} from "../core/control/control.ts";
import type { TipAccount } from "../core/decisions/tips.ts";
import { type Library, utf8 } from "./library.ts";
import type { KafkaOptions } from "./log.ts";

const READ_BYTES = 256 << 10;

export interface DecodeSummary {
  files: number;
  blocks: number;
  transactions: number;
  failed: number;
  legs: number;
  unknown_version: number;
  malformed: number;
  malformed_swaps: number;
  unresolved_swaps: number;
  /** Transactions that were seen before. */
  repeated: number;
  /** Transactions that did not fit into memory: if they come again, they count again. */
  unremembered: number;
  /** Calls that look like swaps but could not be read. */
  missed_swaps: number;
  /** The most frequent of them. */
  missed_by_program: MissedSwaps[];
  /** Tips by service. */
  tip_services: ServiceTips[];
  /** Accounts that many wallets pay and no table of tip accounts names. */
  tip_candidates: number;
  /** The most often paid ones of them. */
  tip_candidate_accounts: TipCandidate[];
}

/** NDJSON of the library, pulled in blocks. */
export class LineStream implements Disposable {
  readonly #library: Library;
  readonly #handle: number;
  readonly #out = new Uint8Array(READ_BYTES);

  protected constructor(library: Library, handle: number) {
    this.#library = library;
    this.#handle = handle;
  }

  /** The next bytes, valid until the next call; empty = the end. After a throw the next file follows. */
  read(): Uint8Array {
    const { value } = this.#library.call(
      (out, size) => this.#library.symbols.legend_ndjson_read(this.#handle, out, size),
      this.#out,
    );
    return this.#out.subarray(0, value);
  }

  protected text(): string {
    return this.#library.text((out, size) =>
      this.#library.symbols.legend_ndjson_summary(this.#handle, out, size)
    );
  }

  [Symbol.dispose](): void {
    this.#library.symbols.legend_ndjson_close(this.#handle);
  }
}

export interface DecodeOptions {
  paths: readonly string[];
  /** Slot of a single block that does not name it. */
  slot?: number;
  /** Tip accounts beside those that are known anyway. */
  tips?: readonly TipAccount[];
}

/** All legs of files and folders. */
export class Decoder extends LineStream {
  constructor(library: Library, options: DecodeOptions) {
    const text = utf8(JSON.stringify(options));
    const { legend_decode_open } = library.symbols;
    super(
      library,
      library.call((out, size) => legend_decode_open(text, text.length, out, size)).value,
    );
  }

  summary(): DecodeSummary {
    return JSON.parse(this.text());
  }
}

/** Limits of the topics that an agent or a replay writes. */
export interface LogLimits {
  segment_bytes: number;
  retention_bytes: number;
  retention_ms: number;
}

export interface ReplayOptions {
  /** As `--source`: files, or a simulated chain. */
  sources: readonly string[];
  /** Blocks of a simulated chain. */
  blocks?: number;
  /** Pool state before the first slot. */
  accounts?: string;
  /** JSON of `[{slot, leader}]`. */
  leaders?: string;
  /** Times the captured speed; 0 = as fast as it can. */
  speed?: number;
  slot?: number;
  /** The data folder whose topics it fills; without, it writes nothing. `topic`: another one for the decisions. */
  write_to?: { data_dir: string; topic?: string; limits: LogLimits };
  /** Tip accounts beside those that are known anyway. */
  tips?: readonly TipAccount[];
}

/** The events of captured data, computed by the same code as in an agent; the last line is the summary. */
export class Replay extends LineStream {
  constructor(library: Library, options: ReplayOptions) {
    const text = utf8(JSON.stringify(options));
    const { legend_replay_open } = library.symbols;
    super(library, library.call((out, size) => legend_replay_open(text, text.length, out, size)).value);
  }
}

/** One quote; `slot` and `unix_ts` default to those of the snapshot, where it has them. */
export interface Asked {
  accounts_file: string;
  pool: string;
  input_mint: string;
  /** Units of the mint, in digits. */
  amount_in: string;
  slot?: number;
  /** Unix seconds. */
  unix_ts?: number;
}

/** What pools would pay: a line for `one`, or for each line of `batch`. */
export class Quotes extends LineStream {
  constructor(library: Library, options: { batch?: string; one?: Asked }) {
    const text = utf8(JSON.stringify(options));
    const { legend_quote_open } = library.symbols;
    super(library, library.call((out, size) => legend_quote_open(text, text.length, out, size)).value);
  }
}

/** Turns a source that ends into a capture journal at `out`, whole or not at all. */
export function capture(
  library: Library,
  options: { sources: readonly string[]; out: string; slot?: number; blocks?: number },
): { blocks: number; frames: number; unread: string[] } {
  const text = utf8(JSON.stringify(options));
  return JSON.parse(
    library.text((out, size) => library.symbols.legend_capture(text, text.length, out, size)),
  );
}

export interface AgentOptions {
  module: ModuleName;
  sources: readonly string[];
  /** Times the source's own speed; 0 = as fast as it can, which files always are. */
  speed: number;
  data_dir: string;
  instance: string;
  slot?: number;
  /** Pool state before the first slot. */
  accounts?: string;
  /** The cluster that `--source kafka` reads from; without, this host's log. */
  kafka?: KafkaOptions;
  /** Another topic for the decisions. */
  topic?: string;
  /** An additional key whose commands are obeyed. */
  sign_sk_hex?: string;
  /** Whether there are other hosts, to which this agent reports. */
  cluster?: boolean;
  /** Whether models that bring code of their own may be loaded. */
  foreign_models: boolean;
  /** Limits of the topics it writes. */
  limits: LogLimits;
  /** Tip accounts beside those that are known anyway. */
  tips: readonly TipAccount[];
}

/** Threads that take a source through the engine into the log. */
export class Agent implements AsyncDisposable {
  readonly #library: Library;
  readonly #handle: number;

  constructor(library: Library, options: AgentOptions) {
    this.#library = library;
    const text = utf8(JSON.stringify(options));
    this.#handle =
      library.call((out, size) => library.symbols.legend_agent_start(text, text.length, out, size)).value;
  }

  status(): AgentStatus {
    return JSON.parse(
      this.#library.text((out, size) => this.#library.symbols.legend_agent_status(this.#handle, out, size)),
    );
  }

  /** Stops after the current event. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#library.symbols.legend_agent_close(this.#handle);
  }
}
