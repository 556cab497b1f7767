/** The engine for TypeScript: decoding files, and agents that run on threads of their own. */
import { type Library, utf8 } from "./library.ts";

const NO_SLOT = 0xffff_ffff_ffff_ffffn;
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
}

/** NDJSON of all legs of files and folders, pulled in blocks. */
export class Decoder implements Disposable {
  readonly #library: Library;
  readonly #handle: number;
  readonly #out = new Uint8Array(READ_BYTES);

  constructor(library: Library, paths: readonly string[], slot?: bigint) {
    this.#library = library;
    const text = utf8(paths.join("\n"));
    this.#handle =
      library.call((out, size) =>
        library.symbols.legend_decode_open(text, text.length, slot ?? NO_SLOT, out, size)
      ).value;
  }

  /** The next bytes, valid until the next call; empty = the end. After a throw the next file follows. */
  read(): Uint8Array {
    const { value } = this.#library.call(
      (out, size) => this.#library.symbols.legend_decode_read(this.#handle, out, size),
      this.#out,
    );
    return this.#out.subarray(0, value);
  }

  summary(): DecodeSummary {
    return JSON.parse(
      this.#library.text((out, size) => this.#library.symbols.legend_decode_summary(this.#handle, out, size)),
    );
  }

  [Symbol.dispose](): void {
    this.#library.symbols.legend_decode_close(this.#handle);
  }
}

export interface AgentOptions {
  paths: readonly string[];
  data_dir: string;
  instance: string;
  slot?: number;
}

export interface AgentStatus {
  state: "running" | "done" | "failed";
  error: string | null;
  warnings: string[];
  files: number;
  blocks: number;
  transactions: number;
  failed: number;
  votes: number;
  malformed: number;
  unknown_version: number;
  legs: number;
  unresolved_swaps: number;
  arbitrage: number;
  sandwich: number;
  wide_sandwich: number;
  published: number;
  already_logged: number;
  evidence: number;
}

/** A thread that takes a source through the engine into the log. */
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

  /** Stops after the block in hand. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#library.symbols.legend_agent_close(this.#handle);
  }
}
