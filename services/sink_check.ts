/**
 * Checks whether the log is the one that the store was filled from. An offset alone cannot show this: a log restored
 * from a copy has the same offsets again, but different records after the end of the copy.
 */
import { AppError } from "../core/platform/errors.ts";
import type { Log, LogTopic } from "../core/log/log.ts";
import type { Store } from "../core/store/client.ts";
import type { Library } from "../ffi/library.ts";
import { Sink } from "../ffi/store.ts";

/** How long the last record may take to arrive. */
const READ_MS = 5_000;

/** The store's position in a topic, as recorded in a batch's mark. */
export interface SinkPlace {
  /** Next offset of each partition. */
  readonly to: readonly bigint[];
  /** Fingerprints of the records before them; "" = not known. */
  readonly last: readonly string[];
  /** The log that they were read from; "" = not known. */
  readonly log: string;
}

export interface PlaceOptions {
  readonly topic: { name: string; content: "envelope" | "evidence" };
  readonly library: Library;
  readonly log: Log;
}

/** What to do about a log that the store was not filled from. */
const ACCEPT =
  "nothing of it is stored until `legend db accept-log` accepts the log as it is now, or the right log is put back";

/** Throws `AppError` `conflict` with one line when `place` does not match this log. */
export async function checkSinkPlace(
  topic: LogTopic,
  { topic: { name, content }, library, log }: PlaceOptions,
  place: SinkPlace,
): Promise<void> {
  const { partitions } = await topic.info();
  const wrong = (what: string) =>
    new AppError(
      "conflict",
      `Cannot store ${name}: the log is not the one that the store was filled from (${what}): an older copy was put back, or another log is read; ${ACCEPT}`,
    );
  if (place.to.every((offset) => offset === 0n)) return;
  for (const [partition, to] of place.to.entries()) {
    const end = partitions[partition]?.end ?? 0n;
    if (end < to) throw wrong(`it ends at offset ${end}, the store has records up to ${to}`);
  }
  if (place.log && log.identity && place.log !== log.identity) {
    throw wrong(`it is log ${log.identity.slice(0, 8)}, the store has log ${place.log.slice(0, 8)}`);
  }
  const expected = place.to.map((to, partition) =>
    (place.last[partition] ?? "") !== "" && to - 1n >= (partitions[partition]?.start ?? 0n)
  );
  const count = expected.filter(Boolean).length;
  if (count === 0) return;
  const from = place.to.map((to, partition) => expected[partition] ? to - 1n : to);
  using sink = new Sink(library, { content, partitions: partitions.length, to: place.to.map(Number) });
  using reader = await topic.reader(from);
  const last = () => sink.status().last;
  const isThere = () => last().every((known, partition) => !expected[partition] || known !== null);
  const begin = performance.now();
  while (await sink.feed(reader, count), !isThere()) {
    // A gap is damage of the log itself, and is counted where it is read.
    if (sink.status().lost > 0) return;
    if (performance.now() - begin > READ_MS) {
      throw new AppError("unavailable", `Cannot store ${name}: the last record stored cannot be read again`);
    }
    await reader.wait(READ_MS);
  }
  const other = last().findIndex((known, partition) =>
    expected[partition] && known !== place.last[partition]
  );
  if (other >= 0) throw wrong(`the record before offset ${place.to[other]} is a different one`);
}

interface PlaceRow {
  to_offsets: string[];
  last: string[];
  log_id: string;
}

/**
 * What is wrong with the store's position in a topic, in one line; null: nothing is, or the store has nothing of the
 * topic.
 */
export async function sinkPlaceProblem(store: Store, options: PlaceOptions): Promise<string | null> {
  const [row] = await store.query<PlaceRow>(
    "SELECT to_offsets, last, log_id FROM sink_batches WHERE topic = {topic:String} AND state = 'stored' ORDER BY batch DESC LIMIT 1",
    { params: { topic: options.topic.name } },
  );
  if (!row) return null;
  try {
    using topic = await options.log.topic(options.topic.name, { create: true });
    await checkSinkPlace(topic, options, { to: row.to_offsets.map(BigInt), last: row.last, log: row.log_id });
    return null;
  } catch (error) {
    if (error instanceof AppError && error.code === "conflict") return error.message;
    throw error;
  }
}
