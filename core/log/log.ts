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
  /** Bytes on disk; 0 where the home does not say. */
  readonly bytes: bigint;
}

export interface Committed {
  /** The next offset the group wants. */
  readonly offset: bigint;
  /** Records gone before the group read them, in all. */
  readonly lost: bigint;
}

/**
 * Where a reader begins: at an offset of every partition, at given offsets by partition, at the first kept
 * record, at the end, some records before the end of each partition, or in one partition alone.
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
  /** What is at hand, without waiting: records (perhaps none), or one gap, behind which the reader then stands. */
  read(): { records: StoredRecord[] } | { gap: LogGap };
  /** Resolves true as soon as a record is at hand, false after `timeoutMs`. */
  wait(timeoutMs: number): Promise<boolean>;
}

export interface LogTopic extends Disposable {
  readonly name: string;
  /** Appends in order; resolves with the first record's offset once stored as asked. Embedded: all or nothing. */
  append(records: readonly LogRecord[], durability?: Durability): Promise<bigint>;
  reader(from: ReadFrom): Promise<LogReader>;
  info(): Promise<TopicInfo>;
  /** Names of the groups that have a place in the topic. */
  groups(): Promise<string[]>;
  /** Its files whose header is damaged; their records are read all the same. None on Kafka. */
  damage(): Promise<string[]>;
  commit(group: string, committed: Committed, partition?: number): Promise<void>;
  committed(group: string, partition?: number): Promise<Committed | null>;
  /** Removes what is too old or too much; resolves with how many records went. Kafka does it by itself. */
  retain(): Promise<number>;
}

export interface TopicLimits {
  readonly segmentBytes?: number;
  readonly retentionBytes?: number;
  readonly retentionMs?: number;
}

export interface TopicOptions extends TopicLimits {
  readonly create?: boolean;
  /** Made even where topics are made by hand alone. */
  readonly force?: boolean;
  /** Of a topic that is made on Kafka; what `proto/topics.ts` says when left out. */
  readonly partitions?: number;
}

export interface Log extends Disposable {
  /** Which log it is: made at random with the log; "" where it has none; `kafka` for every cluster. */
  readonly identity: string;
  topics(): Promise<string[]>;
  /** Opens a topic. Rejects with `AppError("not_found")` when it is missing and `create` is not set. */
  topic(name: string, options?: TopicOptions): Promise<LogTopic>;
}
