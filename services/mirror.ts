/**
 * The older JSON topics beside the typed ones: Envelopes are published as JSON lines, and JSON lines of older producers
 * become Envelopes. A line that cannot be converted goes to `<topic>-dlq` with its reason. Records that the mirror made
 * are marked, so that none goes round in a loop.
 */
import { AppError, messageOf } from "../core/platform/errors.ts";
import type { Log, LogRecord, StoredRecord } from "../core/log/log.ts";
import { bytesToMirror, fromMirror, type MirrorLine } from "../proto/mirror.ts";
import { long, realtime } from "../proto/wire.ts";
import { delay } from "../core/platform/delay.ts";
import { type TopicName, TOPICS } from "../proto/topics.ts";

/** A typed topic and the JSON topic beside it. */
export interface MirrorPair {
  readonly proto: TopicName;
  readonly json: TopicName;
}

export const MIRROR_PAIRS: readonly MirrorPair[] = TOPICS.filter((topic) => "mirror" in topic)
  .map(({ name, mirror }) => ({ proto: name, json: mirror }));

const ORIGIN_HEADER = "legend-mirror";
const WAIT_MS = 1_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export type Direction = "to-json" | "to-proto";

/** Position of one direction of one pair. */
export interface MirrorPlace {
  /** Next offset of each partition. */
  readonly offsets: string[];
  /** Lines of each partition that became Envelopes: their sequence continues from here. */
  readonly made: number[];
}

export interface MirrorOptions {
  readonly pair: MirrorPair;
  readonly direction: Direction;
  readonly log: Log;
  readonly outbox: Log;
  readonly signal: AbortSignal;
  read(): MirrorPlace | null;
  /** Stores the position; called after the records before it were written. */
  write(place: MirrorPlace): void;
}

const isMirrored = ({ headers }: StoredRecord) => headers.some(([name]) => name === ORIGIN_HEADER);

/**
 * Runs one direction until the signal ends it. A stop between a write and the storing of its position repeats a block:
 * its Envelopes then carry the same sequences again.
 */
export async function mirror(options: MirrorOptions): Promise<void> {
  const { pair, direction, log, outbox, signal } = options;
  const [from, to] = direction === "to-json" ? [pair.proto, pair.json] : [pair.json, pair.proto];
  while (!signal.aborted) {
    try {
      using source = await log.topic(from, { create: true });
      using target = await outbox.topic(to, { create: true });
      const { partitions } = await source.info();
      const place = options.read();
      const made = partitions.map((_, at) => place?.made[at] ?? 0);
      using reader = await source.reader(place ? place.offsets.map(BigInt) : "end");
      if (!place) options.write({ offsets: reader.position.map(String), made });
      while (!signal.aborted) {
        const answer = reader.read();
        if ("gap" in answer) continue;
        if (answer.records.length === 0) {
          await reader.wait(WAIT_MS);
          continue;
        }
        const [good, bad]: [LogRecord[], LogRecord[]] = [[], []];
        for (const record of answer.records.filter((record) => !isMirrored(record))) {
          try {
            good.push(
              direction === "to-json" ? asJson(record) : asProto(record, from, ++made[record.partition]!),
            );
          } catch (error) {
            if (direction === "to-proto") made[record.partition]! -= 1;
            bad.push(buried(record, messageOf(error)));
          }
        }
        if (good.length > 0) await target.append(good);
        if (bad.length > 0) {
          using dead = await outbox.topic(`${from}-dlq`, { create: true });
          await dead.append(bad);
        }
        options.write({ offsets: reader.position.map(String), made });
      }
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "unavailable") throw error;
      await delay(WAIT_MS, signal);
    }
  }
}

const originHeader = (direction: Direction) => [[ORIGIN_HEADER, encoder.encode(direction)]] as const;

function asJson({ key, value, timestampMs }: StoredRecord): LogRecord {
  if (!value) throw new Error("it has no value");
  const line = bytesToMirror(value);
  return { key, value: encoder.encode(JSON.stringify(line)), timestampMs, headers: originHeader("to-json") };
}

function asProto(record: StoredRecord, topic: string, seq: number): LogRecord {
  const { key, value, timestampMs, partition, offset } = record;
  if (!value) throw new Error("it has no value");
  const line = JSON.parse(decoder.decode(value)) as MirrorLine;
  if (typeof line !== "object" || line === null || typeof line.data !== "object" || line.data === null) {
    throw new Error("it is not a {type, data} line");
  }
  const envelope = fromMirror(line);
  if (envelope.payload === "training" || envelope.payload === "dataset") {
    throw new Error(`its type ${line.type} does not belong on this topic`);
  }
  envelope.schemaVersion = "rt-v1";
  envelope.producerId ||= `json-${topic}-${partition}`;
  if (envelope.producerId.startsWith("json-")) envelope.seq = long(seq);
  if (String(envelope.eventNs) === "0") envelope.eventNs = long(BigInt(timestampMs) * 1_000_000n);
  if (envelope.decisionId.length !== 16) envelope.decisionId = idOf(topic, partition, offset);
  return {
    key,
    value: realtime.Envelope.encode(envelope).finish(),
    timestampMs,
    headers: originHeader("to-proto"),
  };
}

/** A 16-byte id of a line: the same line has the same id whenever it is read. */
function idOf(topic: string, partition: number, offset: bigint): Uint8Array {
  const id = new Uint8Array(16);
  const view = new DataView(id.buffer);
  let hash = 0xcbf29ce484222325n;
  for (const byte of encoder.encode(topic)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  view.setBigUint64(0, hash ^ BigInt(partition));
  view.setBigUint64(8, offset);
  return id;
}

function buried(
  { key, value, headers, timestampMs, partition, offset }: StoredRecord,
  reason: string,
): LogRecord {
  const own = ["dlq-reason", "dlq-origin", "legend-from"];
  return {
    key,
    value,
    timestampMs,
    headers: [
      ...headers.filter(([name]) => !own.includes(name)),
      ["dlq-reason", encoder.encode(reason)],
      ["dlq-origin", encoder.encode(`${partition}/${offset}`)],
    ],
  };
}
