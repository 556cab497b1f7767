/** The embedded topic log (`ffi/io/src/log`) behind the interface of core/log. */
import type {
  Committed,
  Durability,
  Log,
  LogGap,
  LogReader,
  LogRecord,
  LogTopic,
  StoredRecord,
  TopicInfo,
  TopicLimits,
} from "../core/log/log.ts";
import { AppError } from "../core/errors.ts";
import { check, isTooSmall, type Library, sizeNeeded, utf8 } from "./library.ts";

/** Layout of a record: see ffi/io/src/log/format.rs. */
const RECORD_HEADER = 36;
const NULL = 0xffff_ffff;
const READ_HEADER = 32;
const READ_BYTES = 1 << 20;
const DURABILITY: Record<Durability, number> = { none: 0, group: 1, fsync: 2 };

const decoder = new TextDecoder();

export class EmbeddedLog implements Log {
  readonly #library: Library;
  readonly #handle: number;

  /** Opens the log in `folder`, made if missing. */
  constructor(library: Library, folder: string) {
    this.#library = library;
    const path = utf8(folder);
    this.#handle =
      library.call((out, size) => library.symbols.legend_log_open(path, path.length, out, size)).value;
  }

  topics(): string[] {
    const text = this.#library.text((out, size) =>
      this.#library.symbols.legend_log_topics(this.#handle, out, size)
    );
    return text === "" ? [] : text.split("\n");
  }

  topic(name: string, options: TopicLimits & { create?: boolean } = {}): LogTopic {
    const text = utf8(name);
    const limit = (value?: number) => BigInt(value ?? 0);
    const { value } = this.#library.call((out, size) =>
      this.#library.symbols.legend_topic_open(
        this.#handle,
        text,
        text.length,
        options.create ? 1 : 0,
        limit(options.segmentBytes),
        limit(options.retentionBytes),
        limit(options.retentionMs),
        out,
        size,
      )
    );
    return new EmbeddedTopic(this.#library, value, name);
  }

  [Symbol.dispose](): void {
    this.#library.symbols.legend_log_close(this.#handle);
  }
}

class EmbeddedTopic implements LogTopic {
  constructor(readonly library: Library, readonly handle: number, readonly name: string) {}

  async append(records: readonly LogRecord[], durability: Durability = "group"): Promise<bigint> {
    const batch = encode(records);
    const { out } = await this.library.callAsync((out, size) =>
      this.library.symbols.legend_topic_append(
        this.handle,
        batch,
        batch.length,
        DURABILITY[durability],
        out,
        size,
      )
    );
    return view(out).getBigUint64(0, true);
  }

  reader(offset: bigint): LogReader {
    return new EmbeddedReader(this.library, this.handle, offset);
  }

  async wait(offset: bigint, timeoutMs: number): Promise<boolean> {
    const { value } = await this.library.callAsync((out, size) =>
      this.library.symbols.legend_topic_wait(this.handle, offset, timeoutMs, out, size)
    );
    return value === 1;
  }

  info(): TopicInfo {
    const { value, out } = this.library.call(
      (out, size) => this.library.symbols.legend_topic_info(this.handle, out, size),
      new Uint8Array(64 << 10),
    );
    const [start, end, bytes] = [0, 8, 16].map((at) => view(out).getBigUint64(at, true)) as [
      bigint,
      bigint,
      bigint,
    ];
    return { start, end, bytes, groups: decoder.decode(out.subarray(24, value)).split("\n").filter(Boolean) };
  }

  commit(group: string, { offset, lost }: Committed): void {
    const name = utf8(group);
    this.library.call((out, size) =>
      this.library.symbols.legend_topic_commit(this.handle, name, name.length, offset, lost, out, size)
    );
  }

  committed(group: string): Committed | null {
    const name = utf8(group);
    const { value, out } = this.library.call((out, size) =>
      this.library.symbols.legend_topic_committed(this.handle, name, name.length, out, size)
    );
    if (value === 0) return null;
    return { offset: view(out).getBigUint64(0, true), lost: view(out).getBigUint64(8, true) };
  }

  retain(): number {
    return this.library.call((out, size) => this.library.symbols.legend_topic_retain(this.handle, out, size))
      .value;
  }

  [Symbol.dispose](): void {
    this.library.symbols.legend_topic_close(this.handle);
  }
}

class EmbeddedReader implements LogReader {
  readonly #library: Library;
  readonly #handle: number;
  #offset: bigint;
  #out = new Uint8Array(READ_BYTES);

  constructor(library: Library, topic: number, offset: bigint) {
    this.#library = library;
    this.#offset = offset;
    this.#handle =
      library.call((out, size) => library.symbols.legend_reader_open(topic, offset, out, size)).value;
  }

  get offset(): bigint {
    return this.#offset;
  }

  read(): { records: StoredRecord[] } | { gap: LogGap } {
    const { legend_reader_read } = this.#library.symbols;
    let length = legend_reader_read(this.#handle, this.#out, this.#out.length);
    if (isTooSmall(length)) {
      this.#out = new Uint8Array(sizeNeeded(this.#out));
      length = legend_reader_read(this.#handle, this.#out, this.#out.length);
    }
    check(length, this.#out);
    const header = view(this.#out);
    this.#offset = header.getBigUint64(8, true);
    const kind = header.getUint32(0, true);
    if (kind === 0) return { records: decode(this.#out.slice(READ_HEADER, length)) };
    const [from, to] = [header.getBigUint64(16, true), header.getBigUint64(24, true)];
    return { gap: { from, to, cause: kind === 1 ? "retention" : "damage" } };
  }

  [Symbol.dispose](): void {
    this.#library.symbols.legend_reader_close(this.#handle);
  }
}

function encode(records: readonly LogRecord[]): Uint8Array<ArrayBuffer> {
  const prepared = records.map((record) => {
    const headers = (record.headers ?? []).map(([name, value]) => [utf8(name), value] as const);
    const headerBytes = headers.reduce((sum, [name, value]) => sum + 6 + name.length + value.length, 0);
    const length = RECORD_HEADER + headerBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0);
    return { record, headers, length };
  });
  const batch = new Uint8Array(prepared.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const { record, headers, length } of prepared) {
    if (headers.length > 0xffff) {
      throw new AppError("invalid", `Cannot append: ${headers.length} headers, need at most 64`);
    }
    const fixed = new DataView(batch.buffer, at, RECORD_HEADER);
    fixed.setUint32(0, length, true);
    fixed.setBigInt64(16, BigInt(Math.trunc(record.timestampMs ?? Date.now())), true);
    fixed.setUint32(24, record.key ? record.key.length : NULL, true);
    fixed.setUint32(28, record.value ? record.value.length : NULL, true);
    fixed.setUint16(32, headers.length, true);
    let inside = at + RECORD_HEADER;
    const put = (bytes: Uint8Array) => {
      batch.set(bytes, inside);
      inside += bytes.length;
    };
    for (const [name, value] of headers) {
      const lengths = new DataView(batch.buffer, inside, 6);
      lengths.setUint16(0, name.length, true);
      lengths.setUint32(2, value.length, true);
      inside += 6;
      put(name);
      put(value);
    }
    if (record.key) put(record.key);
    if (record.value) put(record.value);
    at += length;
  }
  return batch;
}

/** Records of a block that the library has checked; the parts share its buffer. */
function decode(block: Uint8Array): StoredRecord[] {
  const records: StoredRecord[] = [];
  for (let at = 0; at < block.length;) {
    const fixed = new DataView(block.buffer, block.byteOffset + at);
    const length = fixed.getUint32(0, true);
    let inside = at + RECORD_HEADER;
    const take = (size: number) => block.subarray(inside, inside += size);
    const headers: [string, Uint8Array][] = [];
    for (let left = fixed.getUint16(32, true); left > 0; left--) {
      const lengths = new DataView(block.buffer, block.byteOffset + inside, 6);
      inside += 6;
      headers.push([decoder.decode(take(lengths.getUint16(0, true))), take(lengths.getUint32(2, true))]);
    }
    const [keyLength, valueLength] = [fixed.getUint32(24, true), fixed.getUint32(28, true)];
    const key = keyLength === NULL ? null : take(keyLength);
    const value = valueLength === NULL ? null : take(valueLength);
    const timestampMs = Number(fixed.getBigInt64(16, true));
    records.push({ partition: 0, offset: fixed.getBigUint64(8, true), timestampMs, key, value, headers });
    at += length;
  }
  return records;
}

function view(out: Uint8Array): DataView {
  return new DataView(out.buffer, out.byteOffset, out.byteLength);
}
