/**
 * Accepts a log as the truth although the store was filled from another one: finds up to where both hold the same
 * records, and lets the sink continue from there. Rows that only the store has stay there; no record of the log is left
 * out, none is stored twice.
 */
import { Buffer } from "node:buffer";
import { AppError } from "../core/platform/errors.ts";
import type { LogTopic, StoredRecord } from "../core/log/log.ts";
import type { Store } from "../core/store/client.ts";
import { TABLE_OF } from "../core/store/proof.ts";
import { realtime } from "../proto/wire.ts";
import { type PlaceOptions, sinkPlaceProblem } from "./sink_check.ts";

const EVIDENCE_TABLE = "decision_evidence";
const READ_MS = 5_000;

/** Result of accepting one topic. */
export interface Accepted {
  readonly topic: string;
  /** Why it was necessary. */
  readonly problem: string;
  /** First offset of each partition from which records are stored again. */
  readonly from: readonly string[];
  /** Rows that only the store has. */
  readonly storeAlone: number;
}

/** Null: the log is the one that the store was filled from, and nothing was changed. */
export async function acceptLog(
  store: Store,
  owner: string,
  options: PlaceOptions,
): Promise<Accepted | null> {
  const { topic: { name }, log } = options;
  const problem = await sinkPlaceProblem(store, options);
  if (problem === null) return null;
  const [newest] = await store.query<{ batch: string }>(
    "SELECT max(batch) AS batch FROM sink_batches WHERE topic = {topic:String}",
    { params: { topic: name } },
  );
  using topic = await log.topic(name);
  const { partitions } = await topic.info();
  const table = TABLE_OF[name] ?? EVIDENCE_TABLE;
  const from: bigint[] = [];
  let storeAlone = 0;
  for (const partition of partitions.keys()) {
    const offset = await commonEnd(store, table, topic, partition, partitions[partition]!);
    from.push(offset);
    const [row] = await store.query<{ rows: string }>(
      `SELECT count() AS rows FROM ${table} WHERE partition = {partition:UInt16} AND offset >= {offset:UInt64}`,
      { params: { partition, offset: String(offset) } },
    );
    storeAlone += Number(row?.rows ?? 0);
  }
  const batch = Number(newest?.batch ?? 0) + 1;
  const offsets = from.map(String);
  const mark = {
    topic: name,
    batch,
    state: "stored",
    from_offsets: offsets,
    to_offsets: offsets,
    records: 0,
    rows: 0,
    dead: 0,
    duplicates: 0,
    lost: 0,
    seen: JSON.stringify(table === EVIDENCE_TABLE ? [] : await seenBefore(store, table, from)),
    owner,
    log_id: log.identity,
    last: from.map(() => ""),
  };
  await store.insert(
    `INSERT INTO sink_batches (${Object.keys(mark).join(", ")}) FORMAT JSONEachRow`,
    new TextEncoder().encode(JSON.stringify(mark)),
    { settings: { async_insert: 0, wait_end_of_query: 1 } },
  );
  return { topic: name, problem, from: offsets, storeAlone };
}

/**
 * Finds the offset up to which log and store hold the same records, by bisection: once they differ, they differ from
 * there on.
 */
async function commonEnd(
  store: Store,
  table: string,
  topic: LogTopic,
  partition: number,
  { start, end }: { start: bigint; end: bigint },
): Promise<bigint> {
  const [bounds] = await store.query<{ rows: string; past: string }>(
    `SELECT count() AS rows, max(offset) + 1 AS past FROM ${table} WHERE partition = {partition:UInt16}`,
    { params: { partition } },
  );
  const past = Number(bounds?.rows ?? 0) > 0 ? BigInt(bounds!.past) : 0n;
  let [low, high] = [start, past < end ? past : end];
  if (high < low) return start;
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    const [nearest] = await store.query<{ rows: string; newest: string }>(
      `SELECT count() AS rows, max(offset) AS newest FROM ${table} WHERE partition = {partition:UInt16} AND offset >= {low:UInt64} AND offset < {middle:UInt64}`,
      { params: { partition, low: String(low), middle: String(middle) } },
    );
    // If the store has no row in between, there was none to make, or it was too old to be kept.
    if (Number(nearest?.rows ?? 0) === 0) low = middle;
    else if (await isSame(store, table, topic, partition, BigInt(nearest!.newest))) low = middle;
    else high = BigInt(nearest!.newest);
  }
  return low;
}

/** Whether the record at an offset is the one that the store has from there. */
async function isSame(store: Store, table: string, topic: LogTopic, partition: number, offset: bigint) {
  const record = await recordAt(topic, partition, offset);
  if (!record) return true;
  const where = "partition = {partition:UInt16} AND offset = {offset:UInt64}";
  const params = { partition, offset: String(offset) };
  if (table === EVIDENCE_TABLE) {
    const rows = await store.query<{ id: string; evidence: string }>(
      `SELECT hex(decision_id) AS id, evidence FROM ${table} WHERE ${where}`,
      { params },
    );
    const id = Buffer.from(record.key ?? []).toString("hex").toUpperCase();
    const text = new TextDecoder().decode(record.value ?? undefined);
    return rows.some((row) => row.id === id && row.evidence === text);
  }
  const { producerId, seq, eventNs } = realtime.Envelope.decode(record.value ?? new Uint8Array());
  const rows = await store.query<{ producer_id: string; seq: string; event_ns: string }>(
    `SELECT producer_id, seq, event_ns FROM ${table} WHERE ${where}`,
    { params },
  );
  return rows.some((row) =>
    row.producer_id === producerId && row.seq === String(seq) && row.event_ns === String(eventNs)
  );
}

/** Null: a gap in the log. */
async function recordAt(topic: LogTopic, partition: number, offset: bigint): Promise<StoredRecord | null> {
  using reader = await topic.reader({ partition, offset });
  for (const begin = performance.now(); performance.now() - begin < READ_MS;) {
    const answer = reader.read();
    if ("gap" in answer) return null;
    if (answer.records[0]) return answer.records[0];
    await reader.wait(READ_MS);
  }
  throw new AppError("unavailable", `Cannot read ${topic.name} at offset ${offset}: no answer`);
}

/** The newest sequence of a producer in a partition. */
type SeenRow = [partition: number, producerId: string, seq: number];

/** The newest sequence of each producer below the offsets. */
async function seenBefore(store: Store, table: string, from: readonly bigint[]) {
  const seen: SeenRow[] = [];
  for (const [partition, offset] of from.entries()) {
    const rows = await store.query<{ producer_id: string; seq: string }>(
      `SELECT producer_id, max(seq) AS seq FROM ${table} WHERE partition = {partition:UInt16} AND offset < {offset:UInt64} AND producer_id != '' GROUP BY producer_id`,
      { params: { partition, offset: String(offset) } },
    );
    seen.push(
      ...rows.map(({ producer_id, seq }) => [partition, producer_id, Number(seq)] as SeenRow),
    );
  }
  return seen;
}
