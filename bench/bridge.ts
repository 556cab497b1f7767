/**
 * The bridge, reading the embedded log, against a hand-written Go server of the same frames, fed from Kafka at the same
 * rate: processor time of the server per record, at 1, 10 and 50 clients. Also 500 clients that must stay connected.
 */
import { EmbeddedLog, KafkaLog, kafkaOptions } from "../ffi/log.ts";
import { Library } from "../ffi/library.ts";
import type { LogTopic } from "../core/log/log.ts";
import { Client, envelope, withApi } from "../tests/e2e/bridge.ts";
import { must } from "../tools/command.ts";
import { freePort, withKafka } from "../tools/kafka.ts";
import { CACHE, LIBRARY, ROOT } from "../tools/paths.ts";
import { type BenchRow, median } from "./bench.ts";
import { delay } from "../core/platform/delay.ts";

const PER_SECOND = 2_000;
const SECONDS = 6;
const ROUNDS = 3;
const CLIENTS = [1, 10, 50];
const MANY = 500;
const BATCH = 40;
const PEER = `${ROOT}/../shared/peers/gopeer`;

/** Processor seconds used by a process, including its threads. */
function cpuSeconds(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function feed(topic: LogTopic, seconds: number): Promise<number> {
  const total = seconds * PER_SECOND;
  const begin = performance.now();
  for (let n = 0; n < total; n += BATCH) {
    await topic.append(Array.from({ length: BATCH }, (_, at) => ({ value: envelope(n + at) })), "none");
    const due = begin + (n + BATCH) / PER_SECOND * 1000;
    if (due > performance.now()) await delay(due - performance.now());
  }
  return total;
}

/** Microseconds of the server's processor time per record, with `count` clients that read everything. */
async function perRecord(
  pid: number,
  port: number,
  key: string,
  topic: LogTopic,
  count: number,
): Promise<number> {
  const clients = Array.from({ length: count }, () => new Client());
  await Promise.all(clients.map((client) => client.connect(port, key, "proto")));
  await delay(300);
  const total = SECONDS * PER_SECOND;
  const reading = clients.map((client) => client.read(() => client.received + client.gaps >= total));
  const before = cpuSeconds(pid);
  await feed(topic, SECONDS);
  await Promise.all(reading);
  const used = cpuSeconds(pid) - before;
  for (const client of clients) {
    if (client.received !== total) throw new Error(`a client got ${client.received} of ${total}`);
    client.close();
  }
  return used * 1e6 / total;
}

/** 500 clients at the same rate: all still connected at the end, none with a gap. */
async function many(port: number, key: string, topic: LogTopic): Promise<number> {
  const clients = Array.from({ length: MANY }, () => new Client(true));
  await Promise.all(clients.map((client) => client.connect(port, key, "proto")));
  const reading = clients.map((client) => client.read(() => false));
  await feed(topic, 10);
  await delay(1_000);
  const answer = await fetch(`http://127.0.0.1:${port}/api/realtime/connections`, {
    headers: { "x-api-key": key },
  });
  const { connections } = await answer.json() as { connections: { dropped: string; sent: string }[] };
  const whole =
    connections.filter(({ dropped, sent }) => dropped === "0" && Number(sent) >= 10 * PER_SECOND).length;
  clients.forEach((client) => client.close());
  await Promise.all(reading);
  return whole;
}

export async function bridgeBench(): Promise<BenchRow[]> {
  await must(`${ROOT}/compile.sh`, ["--slim", "--fast"]);
  const peerProgram = `${CACHE}/gopeer`;
  await must("go", ["build", "-C", PEER, "-o", peerProgram, "."]);
  const library = new Library(LIBRARY);
  const folder = await Deno.makeTempDir({ prefix: "legend-bench-" });
  const rows: BenchRow[] = [];
  try {
    await withKafka(async ({ brokers }) => {
      using kafka = new KafkaLog(library, kafkaOptions(brokers));
      using peerTopic = await kafka.topic("bench-go", { create: true, partitions: 6 });
      const peerPort = freePort();
      const peer = new Deno.Command(peerProgram, {
        args: ["-addr", `127.0.0.1:${peerPort}`, "-broker", brokers, "-topics", "bench-go", "-mode", "batch"],
        stdout: "null",
        stderr: "null",
      }).spawn();
      try {
        await delay(3_000);
        await withApi(folder, async (port, key, pid) => {
          using log = new EmbeddedLog(library, `${folder}/log`);
          using topic = await log.topic("arbitrage-decisions-proto", { create: true });
          for (const count of CLIENTS) {
            const [ours, theirs]: [number[], number[]] = [[], []];
            for (let round = 0; round < ROUNDS; round++) {
              ours.push(await perRecord(pid, port, key, topic, count));
              theirs.push(await perRecord(peer.pid, peerPort, key, peerTopic, count));
            }
            const [value, peer_value] = [median(ours), median(theirs)];
            rows.push({
              name: `bridge_cpu_${count}_clients`,
              value,
              unit: "us/record",
              peer: "Go (franz-go, gorilla)",
              peer_value,
              ratio: value / peer_value,
              figure: { better: "lower", limit: 1 },
            });
          }
          const stayed = await many(port, key, topic);
          rows.push({
            name: "bridge_500_clients_stay",
            value: stayed,
            unit: "clients without a gap",
            ratio: stayed / MANY,
            figure: { better: "higher", limit: 1 },
          });
        });
      } finally {
        peer.kill("SIGKILL");
        await peer.status;
      }
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return rows;
}
