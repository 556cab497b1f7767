/**
 * No loss, no duplicates: agents, link, sink, bridge and broker are killed with -9 under load. At the end every record
 * that was acknowledged on the host must be exactly one row.
 */
import assert from "node:assert/strict";
import { readThrough } from "../../core/log/follow.ts";
import { Store } from "../../core/store/client.ts";
import { Library } from "../../ffi/library.ts";
import { EmbeddedLog } from "../../ffi/log.ts";
import { realtime } from "../../proto/wire.ts";
import { randomOf } from "../../tools/random.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { type Cluster, Part, withCluster, Writer } from "./cluster.ts";
import { delay } from "../../core/platform/delay.ts";

const TOPIC = "arbitrage-decisions-proto";
const TABLES: Readonly<Record<string, string>> = {
  "arbitrage-decisions-proto": "arb_opportunities",
  "bundle-outcomes-proto": "bundle_outcomes_typed",
  "metrics-proto": "metrics_typed",
  "sandwich-decisions-proto": "mev_opportunities",
};

export interface LosslessLoad {
  seconds: number;
  perSecond: number;
  /** Seed of the order of kills. */
  seed: number;
}

export interface LosslessResult {
  records: number;
  kills: Record<string, number>;
}

export function storeOfUrl(text: string, database = "mev"): Store {
  const url = new URL(text);
  const [user, password] = [url.username, url.password];
  [url.username, url.password] = ["", ""];
  return new Store(() => ({ url: url.href, user, password, database }));
}

/** Producer and sequence numbers of everything on a host's log, by topic. */
async function onTheLog(data: string, name: string): Promise<Map<string, Set<number>>> {
  using log = new EmbeddedLog(new Library(LIBRARY), `${data}/log`);
  using topic = await log.topic(name);
  const found = new Map<string, Set<number>>();
  for await (const block of readThrough(topic, "start")) {
    assert.ok("records" in block, "the host's log has no gap");
    for (const { value } of block.records) {
      const { producerId, seq } = realtime.Envelope.decode(value!);
      let of = found.get(producerId!);
      if (!of) found.set(producerId!, of = new Set());
      assert.ok(!of.has(Number(seq)), `${producerId} ${seq} is on the host's log once`);
      of.add(Number(seq));
    }
  }
  return found;
}

/** Compares, as sets of (producer, seq), the hosts' logs with what is stored; returns the number of records. */
export async function compare(hosts: readonly string[], store: Store): Promise<number> {
  let records = 0;
  for (const [topic, table] of Object.entries(TABLES)) {
    const logged = new Map<string, Set<number>>();
    for (const data of hosts) {
      for (const [producer, seqs] of await onTheLog(data, topic)) logged.set(producer, seqs);
    }
    const rows = await store.query<{ producer_id: string; seqs: string[] }>(
      `SELECT producer_id, arraySort(groupArray(seq)) AS seqs FROM ${table} GROUP BY producer_id`,
    );
    const stored = new Map(rows.map(({ producer_id, seqs }) => [producer_id, seqs.map(Number)]));
    assert.deepEqual([...stored.keys()].sort(), [...logged.keys()].sort(), `producers of ${topic}`);
    for (const [producer, seqs] of logged) {
      const expected = [...seqs].sort((a, b) => a - b);
      assert.deepEqual(stored.get(producer), expected, `${topic}: ${producer}`);
      records += expected.length;
    }
  }
  return records;
}

export async function lossless(
  { seconds, perSecond, seed }: LosslessLoad,
  then: (cluster: Cluster, store: Store, data: string) => Promise<void> = async () => {},
): Promise<LosslessResult> {
  const result: LosslessResult = { records: 0, kills: {} };
  await withCluster(async (cluster) => {
    const data = `${cluster.folder}/data`;
    const { env } = cluster;
    const part = (...args: string[]) => new Part([...args, "--data-dir", data], env).start();
    const agent = (module: string) =>
      part("run", "agent", module, "--source", `sim:${seed}`, "--speed", "40");
    const parts: Record<string, Part> = {
      "agent arbitrage": agent("arbitrage"),
      "agent mev": agent("mev"),
      link: part("run", "link"),
      sink: part("run", "sink"),
      bridge: part("run", "api", "--port", "0"),
    };
    const writer = new Writer(data, TOPIC, perSecond).start();
    const acknowledged: Awaited<ReturnType<Writer["kill"]>>[] = [];
    const random = randomOf(seed);
    const victims = [...Object.keys(parts), "writer", "broker"];
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      // The moment of a fault.
      await delay(300 + 1_200 * random());
      const victim = victims[Math.floor(random() * victims.length)]!;
      result.kills[victim] = (result.kills[victim] ?? 0) + 1;
      if (victim === "writer") {
        acknowledged.push(await writer.kill());
        writer.start();
      } else if (victim === "broker") {
        await cluster.broker.kill();
        await cluster.restartBroker();
      } else {
        await parts[victim]!.end("SIGKILL");
        parts[victim]!.start();
      }
    }
    acknowledged.push(await writer.kill());
    await Promise.all(Object.values(parts).map((one) => one.end("SIGTERM")));
    // Pending records arrive; then the sets must be equal.
    for (const words of [["run", "link", "--until-sent"], ["run", "sink", "--until-stored"]]) {
      const { code, stderr } = await part(...words).ended();
      assert.equal(code, 0, `${words.join(" ")}: ${JSON.stringify(stderr.slice(0, 2_000))}`);
    }
    const store = storeOfUrl(env.CLICKHOUSE_URL!);
    result.records = await compare([data], store);
    const logged = await onTheLog(data, TOPIC);
    for (const { producer, acknowledged: last } of acknowledged) {
      assert.ok(
        (logged.get(producer)?.size ?? 0) >= last,
        `${producer} got the answer that ${last} are kept`,
      );
    }
    await then(cluster, store, data);
  });
  return result;
}
