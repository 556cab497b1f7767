/**
 * A broker is killed under a running agent: when it is back, the spool is sent in order, and the hot path is
 * unaffected.
 */
import assert from "node:assert/strict";
import { readThrough } from "../../core/log/follow.ts";
import type { LinkStatus } from "../../core/platform/link_status.ts";
import type { Log, StoredRecord } from "../../core/log/log.ts";
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog, KafkaLog, kafkaOptions } from "../../ffi/log.ts";
import { realtime } from "../../proto/wire.ts";
import { freePort, startKafka } from "../../tools/kafka.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { Part } from "./cluster.ts";
import { delay } from "../../core/platform/delay.ts";

const TOPIC = "arbitrage-decisions-proto";
const library = new Library(LIBRARY);

export async function until<T>(
  ask: () => Promise<T | undefined | false>,
  what: string,
  ms = 60_000,
): Promise<T> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const answer = await ask();
    if (answer) return answer;
    await delay(50);
  }
  throw new Error(`${what} did not happen in ${ms / 1000} s`);
}

export const linkOf = async (data: string): Promise<LinkStatus | undefined> => {
  try {
    return JSON.parse(await Deno.readTextFile(`${data}/link/status.json`));
  } catch {
    // Not published yet.
    return undefined;
  }
};

export async function onKafka(brokers: string, name: string): Promise<StoredRecord[]> {
  using log = new KafkaLog(library, kafkaOptions(brokers));
  using topic = await log.topic(name);
  const records: StoredRecord[] = [];
  for await (const block of readThrough(topic, "start")) {
    if ("records" in block) records.push(...block.records);
  }
  return records;
}

/** Checks that the sequence numbers of one producer rise in a partition, which means that order holds for each key. */
export function assertOrdered(records: readonly StoredRecord[]): number {
  const last = new Map<string, number>();
  for (const { partition, value } of records) {
    const { producerId, seq } = realtime.Envelope.decode(value!);
    const place = `${partition} ${producerId}`;
    assert.ok(Number(seq) > (last.get(place) ?? 0), `${place}: ${seq} after ${last.get(place)}`);
    last.set(place, Number(seq));
  }
  return records.length;
}

/** Median of the hot path's P50 reported by the agent in a period, in milliseconds. */
async function hotP50(log: Log, fromMs: number, toMs: number): Promise<number> {
  using topic = await log.topic("metrics-proto");
  const values: number[] = [];
  for await (const block of readThrough(topic, "start")) {
    if ("gap" in block) continue;
    for (const { value, timestampMs } of block.records) {
      const metrics = realtime.Envelope.decode(value!).metrics;
      if (metrics && timestampMs >= fromMs && timestampMs < toMs) values.push(metrics.hotpathP50 ?? 0);
    }
  }
  return values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

export interface BrokerAway {
  /** Records on Kafka at the end. */
  sent: number;
  hotP50Ms: { there: number; gone: number };
  /** Above 1 = slower without the broker. */
  ratio: number;
}

/** `seconds` with the broker, as many without it, and then again with it. */
export async function brokerAway(folder: string, seconds: number): Promise<BrokerAway> {
  const options = { port: freePort(), folder: `${folder}/kafka` };
  let broker = await startKafka(options);
  const data = `${folder}/data`;
  const env = { KAFKA_BROKERS: broker.brokers };
  const part = (...args: string[]) => new Part([...args, "--data-dir", data], env).start();
  const agent = part("run", "agent", "arbitrage", "--source", "sim:3", "--speed", "40");
  const link = part("run", "link");
  try {
    const shipped = (more: number) =>
      until(async () => ((await linkOf(data))?.shipped ?? 0) > more, `more than ${more} records sent`);
    await shipped(500);
    // The measured period with the broker.
    await delay(seconds * 1_000);
    const away = Date.now();
    await broker.kill();
    await until(async () => ((await linkOf(data))?.waiting ?? 0) > 1_000, "1,000 records waiting");
    const status = (await linkOf(data))!;
    assert.ok(status.trouble, "what is wrong is said");
    // The measured period without it.
    await delay(seconds * 1_000);
    const back = Date.now();
    broker = await startKafka(options);
    await until(async () => {
      const now = await linkOf(data);
      return now && now.waiting < 200 && now.trouble === null;
    }, "the spool drained");
    await agent.end();
    const { stderr } = await link.end();
    assert.match(stderr, /Kafka answers again/);
    assert.equal((await part("run", "link", "--until-sent").ended()).code, 0);
    const sent = assertOrdered(await onKafka(broker.brokers, TOPIC));
    using log = new EmbeddedLog(library, `${data}/log`);
    using topic = await log.topic(TOPIC);
    assert.equal(BigInt(sent), (await topic.info()).end, "each record of the host is on Kafka once");
    const [there, gone] = [await hotP50(log, 0, away), await hotP50(log, away, back)];
    return { sent, hotP50Ms: { there, gone }, ratio: gone / there };
  } finally {
    await Promise.all([agent.end("SIGKILL"), link.end("SIGKILL")]);
    await broker.kill();
  }
}
