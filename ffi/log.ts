/** The topic log (`ffi/topic_log/src`, `ffi/kafka/src/with_librdkafka`) behind the interface of core/log. */
import type {
  Committed,
  Durability,
  Log,
  LogGap,
  LogReader,
  LogRecord,
  LogTopic,
  ReadFrom,
  StoredRecord,
  TopicInfo,
  TopicLimits,
  TopicOptions,
} from "../core/log/log.ts";
import { AppError } from "../core/platform/errors.ts";
import { KEPT_BYTES, type TopicDefinition, topicDefinition } from "../proto/topics.ts";
import { check, isTooSmall, type Library, sizeNeeded, utf8 } from "./library.ts";

/** Layout of a record: see ffi/topic_log/src/format.rs. */
const RECORD_HEADER = 36;
const NULL = 0xffff_ffff;
const READ_HEADER = 32;
const READ_BYTES = 1 << 20;
const INFO_BYTES = 64 << 10;
/** `KafkaReader::NONE`: a partition that is not read. */
const NONE = 0xffff_ffff_ffff_fffen;
/** A thousand years. */
const FOR_EVER_MS = 1_000 * 365 * 86_400_000;
const DURABILITY: Record<Durability, number> = { none: 0, group: 1, fsync: 2 };

const decoder = new TextDecoder();

/** How to reach a cluster; as `kafka::KafkaOptions`. */
export interface KafkaOptions {
  brokers: string;
  tls: boolean;
  tls_ca: string;
  tls_cert: string;
  tls_key: string;
  sasl_mechanism: string;
  sasl_user: string;
  sasl_password: string;
}

/** A cluster without TLS and login. */
export const kafkaOptions = (brokers: string): KafkaOptions => ({
  brokers,
  tls: false,
  tls_ca: "",
  tls_cert: "",
  tls_key: "",
  sasl_mechanism: "",
  sasl_user: "",
  sasl_password: "",
});

abstract class NativeLog implements Log {
  abstract readonly identity: string;

  constructor(readonly library: Library, readonly handle: number) {}

  /** The handle of a topic. */
  protected abstract open(name: string, options: TopicOptions): Promise<number>;

  async topics(): Promise<string[]> {
    const { legend_log_topics } = this.library.symbols;
    const text = await this.library.textAsync((out, size) => legend_log_topics(this.handle, out, size));
    return text === "" ? [] : text.split("\n");
  }

  async topic(name: string, options: TopicOptions = {}): Promise<LogTopic> {
    return new NativeTopic(this.library, await this.open(name, options), name);
  }

  [Symbol.dispose](): void {
    this.library.symbols.legend_log_close(this.handle);
  }
}

/** Segment files below a folder, shared by all processes of this host. */
export class EmbeddedLog extends NativeLog {
  override readonly identity: string;

  /** Opens the log in `folder`, made if missing. `limits`: of a topic that is opened without limits of its own. */
  constructor(library: Library, folder: string, private readonly limits: () => TopicLimits = () => ({})) {
    const path = utf8(folder);
    const { legend_log_open } = library.symbols;
    super(library, library.call((out, size) => legend_log_open(path, path.length, out, size)).value);
    this.identity = identityIn(folder);
  }

  protected override async open(name: string, options: TopicOptions): Promise<number> {
    const limit = (value?: number) => BigInt(value ?? 0);
    // Each process removes by the limits that it opened the topic with: all must open it with the same ones.
    const { segmentBytes, retentionBytes, retentionMs } = {
      ...options.create ? this.limits() : {},
      ...options,
      ...keptLimits(topicDefinition(name)),
    };
    const limits = [limit(segmentBytes), limit(retentionBytes), limit(retentionMs)] as const;
    const text = utf8(name);
    const { legend_topic_open } = this.library.symbols;
    const { value } = await this.library.callAsync((out, size) =>
      legend_topic_open(this.handle, text, text.length, options.create ? 1 : 0, ...limits, out, size)
    );
    return value;
  }
}

/** Limits that no configuration changes: of what is kept, and of the newest record of each key, whatever its age. */
function keptLimits(topic: TopicDefinition | undefined): TopicLimits {
  if (topic?.kept) return { retentionBytes: KEPT_BYTES, retentionMs: FOR_EVER_MS };
  return topic?.compacted && !topic.droppable ? { retentionMs: FOR_EVER_MS } : {};
}

/** The name that the library has given the log; "" where it could write none. */
function identityIn(folder: string): string {
  try {
    return Deno.readTextFileSync(`${folder}/id`).split(" ")[0]!.trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** A Kafka cluster. Opening sends nothing: the first call that needs the cluster reports that it does not answer. */
export class KafkaLog extends NativeLog {
  override readonly identity = "kafka";
  readonly #replicas: number;
  readonly #creates: boolean;

  /** `creates`: whether a missing topic is created when it is opened; `replicas` 0 = as the cluster is set. */
  constructor(library: Library, options: KafkaOptions, { replicas = 0, creates = true } = {}) {
    const text = utf8(JSON.stringify(options));
    const { legend_kafka_open } = library.symbols;
    super(library, library.call((out, size) => legend_kafka_open(text, text.length, out, size)).value);
    [this.#replicas, this.#creates] = [replicas, creates];
  }

  protected override async open(name: string, options: TopicOptions): Promise<number> {
    const definition = topicDefinition(name);
    const isMade = options.create && (this.#creates || options.force);
    const partitions = isMade ? options.partitions ?? definition?.partitions ?? 1 : 0;
    const [text, compacted] = [utf8(name), definition?.compacted ? 1 : 0];
    const { legend_kafka_topic_open } = this.library.symbols;
    const { value } = await this.library.callAsync((out, size) =>
      legend_kafka_topic_open(
        this.handle,
        text,
        text.length,
        partitions,
        compacted,
        this.#replicas,
        out,
        size,
      )
    );
    return value;
  }
}

class NativeTopic implements LogTopic {
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

  async reader(from: ReadFrom): Promise<LogReader> {
    const position = positions(from, (await this.info()).partitions);
    const bytes = new Uint8Array(new BigUint64Array(position).buffer);
    const { legend_reader_open } = this.library.symbols;
    const { value } = await this.library.callAsync((out, size) =>
      legend_reader_open(this.handle, bytes, bytes.length, out, size)
    );
    return new NativeReader(this.library, value, position);
  }

  async info(): Promise<TopicInfo> {
    const { value, out } = await this.library.callAsync(
      (out, size) => this.library.symbols.legend_topic_info(this.handle, out, size),
      new Uint8Array(INFO_BYTES),
    );
    const number = (at: number) => view(out).getBigUint64(8 * at, true);
    const partitions = Array.from(
      { length: (value - 8) / 16 },
      (_, at) => ({ start: number(1 + 2 * at), end: number(2 + 2 * at) }),
    );
    const sum = (numbers: bigint[]) => numbers.reduce((total, one) => total + one, 0n);
    return {
      partitions,
      start: sum(partitions.map(({ start }) => start)),
      end: sum(partitions.map(({ end }) => end)),
      bytes: number(0),
    };
  }

  async groups(): Promise<string[]> {
    const { legend_topic_groups } = this.library.symbols;
    const text = await this.library.textAsync((out, size) => legend_topic_groups(this.handle, out, size));
    return text.split("\n").filter(Boolean);
  }

  async damage(): Promise<string[]> {
    const { legend_topic_damage } = this.library.symbols;
    const text = await this.library.textAsync((out, size) => legend_topic_damage(this.handle, out, size));
    return text.split("\n").filter(Boolean);
  }

  async commit(group: string, { offset, lost }: Committed, partition = 0): Promise<void> {
    const name = utf8(group);
    const { legend_topic_commit } = this.library.symbols;
    await this.library.callAsync((out, size) =>
      legend_topic_commit(this.handle, name, name.length, partition, offset, lost, out, size)
    );
  }

  async committed(group: string, partition = 0): Promise<Committed | null> {
    const name = utf8(group);
    const { legend_topic_committed } = this.library.symbols;
    const { value, out } = await this.library.callAsync((out, size) =>
      legend_topic_committed(this.handle, name, name.length, partition, out, size)
    );
    if (value === 0) return null;
    return { offset: view(out).getBigUint64(0, true), lost: view(out).getBigUint64(8, true) };
  }

  async retain(): Promise<number> {
    const { legend_topic_retain } = this.library.symbols;
    return (await this.library.callAsync((out, size) => legend_topic_retain(this.handle, out, size))).value;
  }

  [Symbol.dispose](): void {
    this.library.symbols.legend_topic_close(this.handle);
  }
}

/** The next offset of each partition. */
function positions(from: ReadFrom, partitions: TopicInfo["partitions"]): bigint[] {
  return partitions.map(({ start, end }, at) => {
    if (from === "end") return end;
    if (from === "start") return start;
    if (typeof from === "bigint") return from;
    if ("last" in from) return end - from.last > start ? end - from.last : start;
    if ("partition" in from) return from.partition === at ? from.offset : NONE;
    return from[at] ?? 0n;
  });
}

class NativeReader implements LogReader {
  readonly #library: Library;
  readonly handle: number;
  readonly #position: bigint[];
  #out = new Uint8Array(READ_BYTES);

  constructor(library: Library, handle: number, position: bigint[]) {
    [this.#library, this.handle] = [library, handle];
    this.#position = [...position];
  }

  get position(): readonly bigint[] {
    return [...this.#position];
  }

  read(): { records: StoredRecord[] } | { gap: LogGap } {
    const { legend_reader_read } = this.#library.symbols;
    let length = legend_reader_read(this.handle, this.#out, this.#out.length);
    if (isTooSmall(length)) {
      this.#out = new Uint8Array(sizeNeeded(this.#out));
      length = legend_reader_read(this.handle, this.#out, this.#out.length);
    }
    check(length, this.#out);
    const header = view(this.#out);
    const kind = header.getUint32(0, true);
    if (kind === 0) {
      const records = decode(this.#out.slice(READ_HEADER, length));
      for (const { partition, offset } of records) this.#position[partition] = offset + 1n;
      return { records };
    }
    const partition = header.getUint16(4, true);
    const [from, to] = [header.getBigUint64(16, true), header.getBigUint64(24, true)];
    this.#position[partition] = to;
    return { gap: { partition, from, to, cause: kind === 1 ? "retention" : "damage" } };
  }

  async wait(timeoutMs: number): Promise<boolean> {
    const { legend_reader_wait } = this.#library.symbols;
    const { value } = await this.#library.callAsync((out, size) =>
      legend_reader_wait(this.handle, Math.ceil(timeoutMs), out, size)
    );
    return value === 1;
  }

  [Symbol.dispose](): void {
    this.#library.symbols.legend_reader_close(this.handle);
  }
}

/** The library's number of a reader. */
export function readerHandle(reader: LogReader): number {
  if (!(reader instanceof NativeReader)) throw new AppError("failed", "Cannot use a reader of another log");
  return reader.handle;
}

/** Records of a block that the library has made. */
export function recordsOf(block: Uint8Array): StoredRecord[] {
  return decode(block);
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

const NO_HEADERS: readonly (readonly [string, Uint8Array])[] = [];

/** Records of a block that the library has checked; the parts share its buffer. */
function decode(block: Uint8Array): StoredRecord[] {
  const records: StoredRecord[] = [];
  // One view for all records: a view per record would create three more objects for each.
  const data = view(block);
  for (let at = 0; at < block.length;) {
    const length = data.getUint32(at, true);
    let inside = at + RECORD_HEADER;
    const count = data.getUint16(at + 32, true);
    let headers = NO_HEADERS;
    if (count > 0) {
      const list: [string, Uint8Array][] = [];
      for (let left = count; left > 0; left--) {
        const nameEnd = inside + 6 + data.getUint16(inside, true);
        const valueEnd = nameEnd + data.getUint32(inside + 2, true);
        list.push([decoder.decode(block.subarray(inside + 6, nameEnd)), block.subarray(nameEnd, valueEnd)]);
        inside = valueEnd;
      }
      headers = list;
    }
    const [keyLength, valueLength] = [data.getUint32(at + 24, true), data.getUint32(at + 28, true)];
    const keyEnd = inside + (keyLength === NULL ? 0 : keyLength);
    records.push({
      partition: data.getUint16(at + 34, true),
      offset: data.getBigUint64(at + 8, true),
      timestampMs: Number(data.getBigInt64(at + 16, true)),
      key: keyLength === NULL ? null : block.subarray(inside, keyEnd),
      value: valueLength === NULL ? null : block.subarray(keyEnd, keyEnd + valueLength),
      headers,
    });
    at += length;
  }
  return records;
}

function view(out: Uint8Array): DataView {
  return new DataView(out.buffer, out.byteOffset, out.byteLength);
}
