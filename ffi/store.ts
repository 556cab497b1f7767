/** ClickHouse out of its library, and batches of rows for it. */
import type { LogReader } from "../core/log/log.ts";
import { check, isTooSmall, type Library, sizeNeeded, utf8 } from "./library.ts";
import { readerHandle, recordsOf } from "./log.ts";
import type { StoredRecord } from "../core/log/log.ts";

/** Runs ClickHouse on a thread of this process; resolves when its query ends. Once per process. */
export async function runStore(
  library: Library,
  options: { library: string; args: readonly string[] },
): Promise<void> {
  const text = utf8(JSON.stringify(options));
  const { legend_store_run } = library.symbols;
  await library.callAsync(
    (out, size) => legend_store_run(text, text.length, out, size),
    new Uint8Array(64 << 10),
  );
}

export interface SinkOptions {
  content: "envelope" | "evidence";
  partitions: number;
  /** Only records before these offsets are taken. */
  to?: readonly number[];
  /** The newest sequence of each producer that is stored: partition, producer, sequence. */
  seen?: readonly (readonly [number, string, number])[];
}

export interface SinkStatus {
  records: number;
  duplicates: number;
  lost: number;
  dead: number;
  /** First and next offset of each partition; null = nothing of it. */
  from: (string | null)[];
  to: (string | null)[];
  /** A fingerprint of the newest record of each partition; null = nothing of it, or a gap. */
  last: (string | null)[];
  seen: [number, string, number][];
  tables: { index: number; table: string; columns: string; rows: number }[];
}

/** Rows of one batch, table by table; the records never become objects. */
export class Sink implements Disposable {
  readonly #library: Library;
  readonly #handle: number;
  #out = new Uint8Array(1 << 20);

  constructor(library: Library, options: SinkOptions) {
    this.#library = library;
    const text = utf8(JSON.stringify(options));
    const { legend_sink_open } = library.symbols;
    this.#handle = library.call((out, size) => legend_sink_open(text, text.length, out, size)).value;
  }

  /** Adds what the reader has ready, until the batch holds `recordsMax`; returns how many it holds. */
  async feed(reader: LogReader, recordsMax: number): Promise<number> {
    const { legend_sink_feed } = this.#library.symbols;
    const { value } = await this.#library.callAsync((out, size) =>
      legend_sink_feed(this.#handle, readerHandle(reader), recordsMax, out, size)
    );
    return value;
  }

  status(): SinkStatus {
    const { legend_sink_status } = this.#library.symbols;
    return JSON.parse(this.#library.text((out, size) => legend_sink_status(this.#handle, out, size)));
  }

  /** A Native block of one table. */
  body(table: number): Uint8Array<ArrayBuffer> {
    const { legend_sink_body } = this.#library.symbols;
    return this.#whole((out) => legend_sink_body(this.#handle, table, out, out.length));
  }

  /** Records that cannot be rows, with their reasons in headers. */
  dead(): StoredRecord[] {
    const { legend_sink_dead } = this.#library.symbols;
    return recordsOf(this.#whole((out) => legend_sink_dead(this.#handle, out, out.length)));
  }

  /** What a call writes, in a buffer that grows to the size that it needs. */
  #whole(write: (out: Uint8Array<ArrayBuffer>) => number): Uint8Array<ArrayBuffer> {
    let length = write(this.#out);
    if (isTooSmall(length)) {
      this.#out = new Uint8Array(sizeNeeded(this.#out));
      length = write(this.#out);
    }
    return this.#out.slice(0, check(length, this.#out));
  }

  clear(): void {
    this.#library.symbols.legend_sink_clear(this.#handle);
  }

  [Symbol.dispose](): void {
    this.#library.symbols.legend_sink_close(this.#handle);
  }
}
