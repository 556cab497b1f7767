/**
 * Publish and consume against Kafka's own performance tools: same broker, same payloads, alternating; latencies
 * separately.
 */
import { must, say } from "../tools/command.ts";
import { installKafka, withKafka } from "../tools/kafka.ts";
import { ROOT } from "../tools/paths.ts";
import { type BenchRow, median } from "./bench.ts";

const RECORDS = 1_000_000;
/** Records read back: enough that the time of the first connection does not matter. */
const READ_RECORDS = 3_000_000;
const RECORD_BYTES = 120;
const PAYLOADS = 100_000;
const ROUNDS = 3;
/** Batch sizes tried for the peer; the best one counts. */
const PEER_BATCHES = [65_536, 262_144, 1_000_000];
const PACED = { count: 100_000, perSecond: 20_000 };

/** Lines of 120 bytes, all different: repeated lines would compress to nothing. */
async function writePayloads(path: string): Promise<void> {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const random = new Uint8Array(RECORD_BYTES);
  const lines = Array.from({ length: PAYLOADS }, () => {
    crypto.getRandomValues(random);
    // Like an Envelope: one part repeats, the other does not.
    return "rt-v1arbitrage-producer-0001raydium_amm_v4-atomic_3hop".padEnd(60, ".") +
      Array.from(random.subarray(0, RECORD_BYTES - 60), (byte) => letters[byte & 63]).join("");
  });
  await Deno.writeTextFile(path, `${lines.join("\n")}\n`);
}

/** Kafka's own tools, on the benchmark's broker. */
interface Peer {
  /** Class path. */
  readonly libs: string;
  readonly brokers: string;
  /** Path of the file with the payloads. */
  readonly payloads: string;
}

const java = ({ libs }: Peer, ...args: string[]) =>
  must("java", ["-Xmx512m", "-cp", libs, ...args], { capture: true });

/** Records per second published by the peer. */
async function peerPublish(peer: Peer, topic: string, batch: number): Promise<number> {
  const text = await java(
    peer,
    "org.apache.kafka.tools.ProducerPerformance",
    "--topic",
    topic,
    "--num-records",
    String(RECORDS),
    "--payload-file",
    peer.payloads,
    "--throughput",
    "-1",
    "--producer-props",
    `bootstrap.servers=${peer.brokers}`,
    "acks=all",
    "enable.idempotence=true",
    "compression.type=zstd",
    "linger.ms=1",
    `batch.size=${batch}`,
    "buffer.memory=134217728",
  );
  return Number(/([\d.]+) records\/sec[^\n]*\n?$/.exec(text.trim())![1]);
}

/** Records per second read by the peer. */
async function peerConsume(peer: Peer, topic: string): Promise<number> {
  const text = await java(
    peer,
    "org.apache.kafka.tools.ConsumerPerformance",
    "--topic",
    topic,
    "--bootstrap-server",
    peer.brokers,
    "--num-records",
    String(READ_RECORDS),
  );
  const [head, values] = text.trim().split("\n").slice(-2).map((line) =>
    line.split(",").map((one) => one.trim())
  );
  // From before it connects until the last record, as for ours.
  return Number(values![head!.indexOf("nMsg.sec")]);
}

/** The batch size with which the peer publishes fastest. */
async function bestBatch(peer: Peer): Promise<number> {
  const tried: number[] = [];
  for (const batch of PEER_BATCHES) tried.push(await peerPublish(peer, "bench-peer", batch));
  const best = PEER_BATCHES[tried.indexOf(Math.max(...tried))]!;
  say(
    `the peer's best batch.size is ${best}: ${tried.map((rate) => Math.round(rate)).join(", ")} records/s`,
  );
  return best;
}

function row(name: string, mine: number[], peer: string, theirs: number[], limit: number): BenchRow {
  const [value, peer_value] = [median(mine), median(theirs)];
  return {
    name,
    value,
    unit: "records/s",
    peer,
    peer_value,
    ratio: value / peer_value,
    figure: { better: "higher", limit },
  };
}

export async function kafkaBench(): Promise<BenchRow[]> {
  await must("cargo", ["build", "--release", "--locked", "-q", "-p", "kafka", "--example", "kafka_bench"], {
    cwd: `${ROOT}/ffi`,
  });
  const ours = `${ROOT}/ffi/target/release/examples/kafka_bench`;
  const libs = await installKafka();
  const rows: BenchRow[] = [];
  await withKafka(async ({ brokers }) => {
    const payloads = await Deno.makeTempFile();
    await writePayloads(payloads);
    const run = async (...args: string[]) =>
      JSON.parse(await must(ours, [brokers, ...args], { capture: true })) as Record<string, number>;
    // Topics exist already, and everything is warmed up.
    await run("bench-ours", "produce", payloads, "20000", "0");
    await run("bench-peer", "produce", payloads, "1", "0");
    const peer = { libs, brokers, payloads };
    const best = await bestBatch(peer);
    const rates = {
      ours: [] as number[],
      peer: [] as number[],
      read: [] as number[],
      peerRead: [] as number[],
    };
    for (let round = 0; round < ROUNDS; round++) {
      rates.ours.push((await run("bench-ours", "produce", payloads, String(RECORDS), "0")).records_per_s!);
      rates.peer.push(await peerPublish(peer, "bench-peer", best));
    }
    for (let round = 0; round < ROUNDS; round++) {
      rates.read.push((await run("bench-ours", "consume", String(READ_RECORDS))).records_per_s!);
      rates.peerRead.push(await peerConsume(peer, "bench-ours"));
    }
    const paced = await run("bench-ours", "produce", payloads, String(PACED.count), String(PACED.perSecond));
    rows.push(
      row("kafka_publish", rates.ours, "ProducerPerformance", rates.peer, 1.5),
      row("kafka_consume", rates.read, "ConsumerPerformance", rates.peerRead, 1),
    );
    for (const name of ["enqueue_p50_ms", "enqueue_p99_ms", "ack_p50_ms", "ack_p99_ms"]) {
      rows.push({ name: `kafka_${name}`, value: paced[name]!, unit: "ms", ratio: 1 });
    }
    await Deno.remove(payloads);
  });
  return rows;
}
