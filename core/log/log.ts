/**
 * The topic log as everything above it sees it. It has two backends: the embedded files (`ffi/log.ts`) and Kafka. A
 * position is an offset, dense and from 0 within its topic's partition; the embedded log has only partition 0.
 */

/**
 * When an append counts as stored: in the kernel's memory, on disk after a shared sync, or on disk after a sync of its
 * own.
 */
export type Durability = "none" | "group" | "fsync";

export interface LogRecord {
  readonly key?: Uint8Array | null;
  /** Not interpreted: unknown bytes come back unchanged. */
  readonly value?: Uint8Array | null;
  readonly headers?: readonly (readonly [name: string, value: Uint8Array])[];
  /** Unix milliseconds; now by default. */
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

/** Records `from..to` cannot be read: retention removed them, or their bytes are damaged. */
export interface LogGap {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
  readonly cause: "retention" | "damage";
}

export interface PartitionInfo {
  /** First offset kept. */
  readonly start: bigint;
  /** One past the last readable offset. */
  readonly end: bigint;
}

export interface TopicInfo {
  readonly partitions: readonly PartitionInfo[];
  /** Sum of the partitions' first kept offsets. */
  readonly start: bigint;
  /** Sum of the partitions' ends: `end - start` records are kept. */
  readonly end: bigint;
  /** Bytes on disk; 0 when the backend does not report them. */
  readonly bytes: bigint;
}

export interface Committed {
  /** The next offset that the group reads. */
  readonly offset: bigint;
  /** Total number of records removed before the group read them. */
  readonly lost: bigint;
}

/**
 * Where a reader starts: at one offset in every partition, at given offsets by partition, at the first kept record, at
 * the end, some records before the end of each partition, or in one partition only.
 */
export type ReadFrom =
  | bigint
  | readonly bigint[]
  | "start"
  | "end"
  | { readonly last: bigint }
  | { readonly partition: number; readonly offset: bigint };

export interface LogReader extends Disposable {
  /** The next offset of each partition. */
  readonly position: readonly bigint[];
  /**
   * Returns what is available, without waiting: records (possibly none), or one gap, after which the reader then
   * stands.
   */
  read(): { records: StoredRecord[] } | { gap: LogGap };
  /** Resolves true as soon as a record is available, false after `timeoutMs`. */
  wait(timeoutMs: number): Promise<boolean>;
}

export interface LogTopic extends Disposable {
  readonly name: string;
  /**
   * Appends in order. Resolves with the first record's offset once stored as requested. Embedded log: all or nothing.
   */
  append(records: readonly LogRecord[], durability?: Durability): Promise<bigint>;
  reader(from: ReadFrom): Promise<LogReader>;
  info(): Promise<TopicInfo>;
  /** Names of the groups that have a position in the topic. */
  groups(): Promise<string[]>;
  /** Files of the topic with a damaged header; their records are read all the same. None on Kafka. */
  damage(): Promise<string[]>;
  commit(group: string, committed: Committed, partition?: number): Promise<void>;
  committed(group: string, partition?: number): Promise<Committed | null>;
  /**
   * Removes records beyond the limits of age and size. Resolves with the number of removed records. Kafka does this
   * itself.
   */
  retain(): Promise<number>;
}

export interface TopicLimits {
  readonly segmentBytes?: number;
  readonly retentionBytes?: number;
  readonly retentionMs?: number;
}

export interface TopicOptions extends TopicLimits {
  readonly create?: boolean;
  /** Create the topic even where topics are only created by hand. */
  readonly force?: boolean;
  /** For a topic that is created on Kafka; by default the number in `proto/topics.ts`. */
  readonly partitions?: number;
}

export interface Log extends Disposable {
  /** Identity of the log: random, made with the log; "" when it has none; `kafka` for every cluster. */
  readonly identity: string;
  topics(): Promise<string[]>;
  /** Opens a topic. Rejects with `AppError("not_found")` when it is missing and `create` is not set. */
  topic(name: string, options?: TopicOptions): Promise<LogTopic>;
}
