/**
 * The sink: stores topics in ClickHouse, each record exactly once. Of several sinks, one stores a topic and the others
 * stand by. A batch's offsets are stored under the batch's number before its rows are sent. A sink that finds a batch
 * begun but not ended sends the same records again with the same token, and ClickHouse drops those that it has. A
 * record that cannot become a row goes to `<topic>-dlq` with its reason.
 */
import { AppError } from "../core/platform/errors.ts";
import type { Log, LogTopic, StoredRecord } from "../core/log/log.ts";
import { checkSinkPlace } from "./sink_check.ts";
import { delay } from "../core/platform/delay.ts";
import { type TopicName, TOPICS } from "../proto/topics.ts";
import type { Store } from "../core/store/client.ts";
import type { SinkCounters } from "../core/store/sink_status.ts";
import { Sink, type SinkStatus } from "../ffi/store.ts";
import type { Library } from "../ffi/library.ts";

/** The topics that become rows. */
export const SINK_TOPICS: readonly { name: TopicName; content: "envelope" | "evidence" }[] = TOPICS
  .filter((topic) => "table" in topic).map(({ name, content }) => ({ name, content }));

/** This many records end a batch early. */
export const BATCH_RECORDS_MAX = 100_000;
/** The store spends about 30 ms of a core on each batch, however small; rows are due within 10 s. */
const BATCH_MS = 2_000;
const IDLE_MS = 200;
/** Pauses after an error: doubling from the first to the last. */
const RETRY_MS = { first: 250, last: 5_000 };
/** When another sink wrote a batch of a topic within this time, the topic is left to it. */
const OTHERS_S = 10;
const INSERT_SETTINGS = {
  async_insert: 0,
  insert_deduplicate: 1,
  wait_end_of_query: 1,
  max_partitions_per_insert_block: 0,
  // One batch is one block: it is stored as a whole or not at all.
  max_insert_block_size: 10_000_000,
  min_insert_block_size_rows: 0,
  min_insert_block_size_bytes: 0,
};

export interface TopicSinkOptions {
  readonly topic: { name: string; content: "envelope" | "evidence" };
  readonly library: Library;
  readonly log: Log;
  /** Where dead letters are written. */
  readonly outbox: Log;
  readonly store: Store;
  /** Names this sink among others: the data folder's installation. */
  readonly owner: string;
  readonly signal: AbortSignal;
}

interface BatchRow {
  batch: string;
  owner: string;
  /** Seconds since it was written, by the store's clock. */
  age_s: number;
  state: "sending" | "stored";
  from_offsets: string[];
  to_offsets: string[];
  seen: string;
  log_id: string;
  last: string[];
}

/** A row of `sink_batches`. */
interface Mark {
  readonly topic: string;
  readonly batch: number;
  readonly state: "sending" | "stored";
  readonly from_offsets: readonly string[];
  readonly to_offsets: readonly string[];
  readonly records: number;
  readonly rows: number;
  readonly dead: number;
  readonly duplicates: number;
  readonly lost: number;
  readonly seen: string;
  readonly owner: string;
  readonly log_id: string;
  readonly last: readonly string[];
}

type Seen = [number, string, number][];

/** Stores one topic. */
export class TopicSink {
  readonly counters: SinkCounters;
  readonly #options: TopicSinkOptions;
  #batch = 0;
  /**
   * The mark that the last batch is stored, not written yet: it is written with the next batch's mark, or alone when
   * there is no next one.
   */
  #pendingMark: Mark | null = null;
  /** Fingerprints of the last records stored, by partition. */
  #last: string[] = [];

  constructor(options: TopicSinkOptions) {
    this.#options = options;
    this.counters = {
      topic: options.topic.name,
      records: 0,
      rows: 0,
      duplicates: 0,
      dead: 0,
      lost: 0,
      batches: 0,
      position: [],
      lag: 0,
      looked: false,
      trouble: null,
    };
  }

  /** Stores until the signal ends it; waits while the log or the store cannot be reached. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    let pauseMs = RETRY_MS.first;
    while (!signal.aborted) {
      const before = this.counters.batches;
      try {
        await this.#store();
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        this.counters.trouble = error.message;
        this.counters.looked = false;
        if (this.counters.batches > before) pauseMs = RETRY_MS.first;
        await delay(pauseMs, signal);
        pauseMs = Math.min(2 * pauseMs, RETRY_MS.last);
      }
    }
  }

  async #store(): Promise<void> {
    const { topic: { name, content }, log, library, signal } = this.#options;
    using topic = await log.topic(name, { create: true });
    const partitions = (await topic.info()).partitions.length;
    const { position, seen } = await this.#resume(topic, partitions);
    using reader = await topic.reader(position);
    using sink = new Sink(library, { content, partitions, seen });
    const next = [...position];
    await this.#poll(topic);
    // One batch is being stored while the next one is gathered; the next one starts when the first is stored.
    let storing = Promise.resolve();
    let begun = 0;
    let isNextReady = false;
    try {
      while (!signal.aborted) {
        const records = await sink.feed(reader, BATCH_RECORDS_MAX);
        const now = performance.now();
        if (records === 0) {
          begun = 0;
          await storing;
          this.counters.trouble = null;
          await this.#poll(topic);
          await reader.wait(IDLE_MS);
          // Gaps alone do not make a batch: they are counted with the next records.
          continue;
        }
        begun ||= now;
        if (records < BATCH_RECORDS_MAX && now - begun < BATCH_MS) {
          await reader.wait(Math.max(1, Math.min(IDLE_MS, BATCH_MS - (now - begun))));
          continue;
        }
        const batch = gathered(sink, next);
        sink.clear();
        batch.to.forEach((offset, at) => (next[at] = BigInt(offset)));
        begun = 0;
        isNextReady = true;
        await storing;
        isNextReady = false;
        storing = this.#put(batch).then(async () => {
          if (!isNextReady) await this.#settle();
          await this.#poll(topic);
        });
        // The code that awaits it gets the error.
        storing.catch(() => {});
      }
    } finally {
      await storing;
    }
  }

  async #put(batch: Batch): Promise<void> {
    const { from, to, status } = batch;
    const pendingMark = this.#pendingMark;
    this.#pendingMark = null;
    this.#batch += 1;
    const sending = this.#markOf("sending", from, to, status);
    await this.#mark(pendingMark ? [pendingMark, sending] : [sending], `${this.#batch}#sending`);
    await this.#mine();
    await this.#send(batch);
    this.#pendingMark = this.#markOf("stored", from, to, status);
    this.#count(status, to);
    // A store that can be read may still refuse writes: only a stored batch ends a problem.
    this.counters.trouble = null;
  }

  /** Writes the mark of the last batch when no next one follows. */
  async #settle(): Promise<void> {
    if (!this.#pendingMark) return;
    await this.#mark([this.#pendingMark], `${this.#batch}#stored`);
    this.#pendingMark = null;
  }

  /** The position of the last run; a batch that it began is completed first. */
  async #resume(topic: LogTopic, partitions: number): Promise<{ position: bigint[]; seen: Seen }> {
    const { topic: { name, content }, library, store } = this.#options;
    // Whether it was written is read from the store.
    this.#pendingMark = null;
    const rows = await store.query<BatchRow>(
      "SELECT batch, owner, dateDiff('second', at, now64(3)) AS age_s, state, from_offsets, to_offsets, seen, log_id, last FROM sink_batches WHERE topic = {topic:String} ORDER BY batch DESC, state DESC LIMIT 3",
      { params: { topic: name } },
    );
    const [newest] = rows;
    if (newest && newest.owner !== this.#options.owner && newest.age_s < OTHERS_S) {
      throw this.#others(newest.owner);
    }
    const ended = rows.find(({ state }) => state === "stored");
    const seen: Seen = ended ? JSON.parse(ended.seen) : [];
    const start = () => Array.from({ length: partitions }, () => 0n);
    const offsets = (list: string[]) => start().map((zero, at) => BigInt(list[at] ?? zero));
    const [last] = rows;
    this.#batch = Number(last?.batch ?? 0);
    this.counters.position = last?.state === "stored"
      ? last.to_offsets
      : last?.from_offsets ?? start().map(String);
    if (ended) {
      await checkSinkPlace(topic, this.#options, {
        to: offsets(ended.to_offsets),
        last: ended.last,
        log: ended.log_id,
      });
    }
    this.#last = start().map((_, at) => ended?.last[at] ?? "");
    if (!last || last.state === "stored") {
      return { position: last ? offsets(last.to_offsets) : start(), seen };
    }
    // The log must contain what the store has; which records these are is checked when they are read.
    await checkSinkPlace(topic, this.#options, { to: offsets(last.to_offsets), last: [], log: last.log_id });
    const [from, to] = [offsets(last.from_offsets), offsets(last.to_offsets)];
    using sink = new Sink(library, { content, partitions, seen, to: to.map(Number) });
    using reader = await topic.reader(from);
    for (;;) {
      await sink.feed(reader, 2 * BATCH_RECORDS_MAX);
      const { to: reached } = sink.status();
      if (reached.every((offset, at) => BigInt(offset ?? from[at]!) >= to[at]!)) break;
      if (!await reader.wait(RETRY_MS.last)) {
        throw new AppError(
          "unavailable",
          `Cannot finish a batch of ${name}: its records cannot be read again`,
        );
      }
    }
    const { status, ...batch } = gathered(sink, from);
    const isOther = status.last.some((known, at) => known && last.last[at] && known !== last.last[at]);
    if (isOther) {
      await checkSinkPlace(topic, this.#options, { to, last: last.last, log: last.log_id });
    }
    await this.#send({ ...batch, status });
    const stored = this.#markOf("stored", last.from_offsets, last.to_offsets, status);
    await this.#mark([stored], `${this.#batch}#stored`);
    this.#count(status, last.to_offsets);
    return { position: to, seen: status.seen };
  }

  /** When two sinks begin the same batch, one mark is kept: the store drops the second as a repetition. */
  async #mine(): Promise<void> {
    const { topic: { name }, store, owner } = this.#options;
    const [begun] = await store.query<{ owner: string }>(
      "SELECT owner FROM sink_batches WHERE topic = {topic:String} AND batch = {batch:UInt64} AND state = 'sending' LIMIT 1",
      { params: { topic: name, batch: this.#batch } },
    );
    if (begun?.owner !== owner) throw this.#others(begun?.owner ?? "");
  }

  #others(owner: string): AppError {
    return new AppError(
      "unavailable",
      `Standing by for ${this.#options.topic.name}: the sink of ${
        owner || "another host"
      } stores it; this one takes over when that sink has been silent for ${OTHERS_S} s`,
    );
  }

  #markOf(
    state: BatchRow["state"],
    from: readonly string[],
    to: readonly string[],
    status: SinkStatus,
  ): Mark {
    const { topic: { name }, owner, log } = this.#options;
    const { records, dead, duplicates, lost } = status;
    // After a gap no record is known.
    this.#last = this.#last.map((known, at) => status.to[at] === null ? known : status.last[at] ?? "");
    return {
      topic: name,
      batch: this.#batch,
      state,
      from_offsets: from,
      to_offsets: to,
      records,
      rows: rowsOf(status),
      dead,
      duplicates,
      lost,
      seen: state === "stored" ? JSON.stringify(status.seen) : "[]",
      owner,
      log_id: log.identity,
      last: this.#last,
    };
  }

  /** Writes marks in one step, once: a mark with the token of an earlier insert is dropped. */
  async #mark(marks: readonly Mark[], token: string): Promise<void> {
    const { topic: { name }, store } = this.#options;
    const rows = marks.map((mark) => JSON.stringify(mark)).join("\n");
    await store.insert(
      `INSERT INTO sink_batches (${Object.keys(marks[0]!).join(", ")}) FORMAT JSONEachRow`,
      new TextEncoder().encode(rows),
      {
        settings: {
          async_insert: 0,
          wait_end_of_query: 1,
          insert_deduplicate: 1,
          insert_deduplication_token: `${name}#${token}`,
        },
      },
    );
  }

  async #send({ status, bodies, dead }: Batch): Promise<void> {
    const { topic: { name }, store, outbox } = this.#options;
    await Promise.all(
      status.tables.map(({ table, columns }, at) =>
        store.insert(`INSERT INTO ${table} (${columns}) FORMAT Native`, bodies[at]!, {
          settings: { ...INSERT_SETTINGS, insert_deduplication_token: `${name}#${this.#batch}` },
        })
      ),
    );
    if (dead.length === 0) return;
    using topic = await outbox.topic(`${name}-dlq`, { create: true });
    await topic.append(dead);
  }

  #count(status: SinkStatus, to: readonly string[]): void {
    const { counters } = this;
    counters.records += status.records;
    counters.rows += rowsOf(status);
    counters.duplicates += status.duplicates;
    counters.dead += status.dead;
    counters.lost += status.lost;
    counters.batches += 1;
    counters.position = [...to];
  }

  async #poll(topic: LogTopic): Promise<void> {
    const { partitions } = await topic.info();
    const { counters } = this;
    const at = (partition: number) => BigInt(counters.position[partition] ?? 0);
    // A log in use loses no records at its end, so this may be another log.
    if (partitions.some(({ end }, partition) => end < at(partition))) {
      const { log } = this.#options;
      const to = partitions.map((_, partition) => at(partition));
      await checkSinkPlace(topic, this.#options, { to, last: [], log: log.identity });
    }
    counters.lag = Number(partitions.reduce((sum, { end }, partition) => sum + (end - at(partition)), 0n));
    counters.looked = true;
  }
}

/** One batch, independent of the sink that gathered it. */
interface Batch {
  readonly status: SinkStatus;
  /** A Native block of each of the status's tables. */
  readonly bodies: readonly Uint8Array<ArrayBuffer>[];
  readonly dead: readonly StoredRecord[];
  readonly from: string[];
  readonly to: string[];
}

/** What a sink holds; a partition of which it holds nothing stays at `next`. */
function gathered(sink: Sink, next: readonly bigint[]): Batch {
  const status = sink.status();
  return {
    status,
    bodies: status.tables.map(({ index }) => sink.body(index)),
    dead: status.dead > 0 ? sink.dead() : [],
    from: status.from.map((offset, at) => offset ?? String(next[at])),
    to: status.to.map((offset, at) => offset ?? String(next[at])),
  };
}

const rowsOf = ({ tables }: SinkStatus) => tables.reduce((sum, { rows }) => sum + rows, 0);
