/**
 * Proof that no record was lost or stored twice on the way to the store. Every producer numbers its records of a topic
 * from 1 without holes, so the rows of a producer must be 1..n, each once, where n is the last number that the sink
 * saw.
 */
import type { Store } from "./client.ts";
import { TOPICS } from "../../proto/topics.ts";

export interface ProducerProof {
  readonly topic: string;
  readonly producer: string;
  readonly rows: number;
  /** Missing sequences between 1 and the last one seen. */
  readonly missing: number;
  /** Rows that are stored more than once. */
  readonly doubled: number;
}

export interface LossProof {
  readonly whole: boolean;
  readonly producers: readonly ProducerProof[];
  /** Topics where this does not hold: records that the sink took = rows + dead letters + skipped duplicates. */
  readonly unbalanced: readonly string[];
  /** Records that were gone before the sink read them: by retention or damage. */
  readonly lost: number;
}

/** The table for a topic's Envelopes. */
export const TABLE_OF: Readonly<Record<string, string>> = Object.fromEntries(
  TOPICS.flatMap((topic) =>
    topic.content === "envelope" && "table" in topic ? [[topic.name, topic.table]] : []
  ),
);

interface SeenRow {
  topic: string;
  seen: string;
}

/**
 * Compares the store's rows with what the sink saw. Rows beyond the TTL would look missing: this check is for young
 * stores.
 */
export async function proveNoLoss(store: Store): Promise<LossProof> {
  const seen = await store.query<SeenRow>(
    "SELECT topic, argMax(seen, batch) AS seen FROM sink_batches WHERE state = 'stored' GROUP BY topic",
  );
  const producers: ProducerProof[] = [];
  for (const { topic, seen: text } of seen) {
    const table = TABLE_OF[topic];
    if (!table) continue;
    const last = new Map<string, number>();
    for (const [, producer, seq] of JSON.parse(text) as [number, string, number][]) {
      last.set(producer, Math.max(seq, last.get(producer) ?? 0));
    }
    const rows = await store.query<{ producer_id: string; rows: string; distinct: string }>(
      `SELECT producer_id, count() AS rows, uniqExact(seq) AS distinct FROM ${table} WHERE producer_id != '' GROUP BY producer_id`,
    );
    const known = new Map(rows.map((row) => [row.producer_id, row]));
    for (const [producer, expected] of last) {
      const row = known.get(producer);
      const [count, distinct] = [Number(row?.rows ?? 0), Number(row?.distinct ?? 0)];
      producers.push({
        topic,
        producer,
        rows: count,
        missing: Math.max(0, expected - distinct),
        doubled: count - distinct,
      });
    }
  }
  const balance = await store.query<{ topic: string; lost: string; whole: number }>(
    `SELECT topic, sum(lost) AS lost, sum(records) = sum(rows) + sum(dead) + sum(duplicates) AS whole FROM (
      SELECT topic, batch, any(records) AS records, any(rows) AS rows, any(dead) AS dead,
        any(duplicates) AS duplicates, any(lost) AS lost
      FROM sink_batches WHERE state = 'stored' GROUP BY topic, batch) GROUP BY topic`,
  );
  const unbalanced = balance.filter(({ whole }) => !whole).map(({ topic }) => topic);
  const lost = balance.reduce((sum, row) => sum + Number(row.lost), 0);
  const whole = unbalanced.length === 0 && lost === 0 &&
    producers.every(({ missing, doubled }) => missing === 0 && doubled === 0);
  return { whole, producers, unbalanced, lost };
}
