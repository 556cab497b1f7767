/**
 * The topic log as everything above it sees it; the embedded files (`ffi/log.ts`) and Kafka are its homes.
 * A position is an offset, dense and from 0 within its topic's partition; the embedded log has partition 0 only.
 */

/** When an append counts as stored: in memory of the kernel, on disk by a shared sync, on disk by its own. */
export type Durability = "none" | "group" | "fsync";

export interface LogRecord {
  readonly key?: Uint8Array | null;
  /** Never looked into: unknown bytes come back unchanged. */
  readonly value?: Uint8Array | null;
  readonly headers?: readonly (readonly [name: string, value: Uint8Array])[];
  /** Unix milliseconds; now when left out. */
  readonly timestampMs?: number;
}

export interface StoredRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: string, value: Uint8Array])[];
}

/** Records `from..to` cannot be read: retention took them, or their bytes are damaged. */
export interface LogGap {
  readonly from: bigint;
  readonly to: bigint;
  readonly cause: "retention" | "damage";
}

export interface TopicInfo {
  /** First offset kept. */
  readonly start: bigint;
  /** One past the last readable offset. */
  readonly end: bigint;
  readonly bytes: bigint;
  readonly groups: readonly string[];
}

export interface Committed {
  /** The next offset the group wants. */
  readonly offset: bigint;
  /** Records gone before the group read them, in all. */
  readonly lost: bigint;
}

export interface LogReader extends Disposable {
  /** Offset of the next record. */
  readonly offset: bigint;
  /** What is readable now: records (perhaps none), or one gap, behind which the reader then stands. */
  read(): { records: StoredRecord[] } | { gap: LogGap };
}

export interface LogTopic extends Disposable {
  readonly name: string;
  /** Appends in order, all or nothing; resolves with the first offset once stored as asked. */
  append(records: readonly LogRecord[], durability?: Durability): Promise<bigint>;
  reader(offset: bigint): LogReader;
  /** Resolves true as soon as a record at `offset` is readable, false after `timeoutMs`. */
  wait(offset: bigint, timeoutMs: number): Promise<boolean>;
  info(): TopicInfo;
  commit(group: string, committed: Committed): void;
  committed(group: string): Committed | null;
  /** Removes what is too old or too much; resolves with how many records went. */
  retain(): number;
}

export interface TopicLimits {
  readonly segmentBytes?: number;
  readonly retentionBytes?: number;
  readonly retentionMs?: number;
}

export interface Log extends Disposable {
  topics(): string[];
  /** Opens a topic. Throws `AppError("not_found")` when it is missing and `create` is not set. */
  topic(name: string, options?: TopicLimits & { create?: boolean }): LogTopic;
}
