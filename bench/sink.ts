/** The sink reading a filled log, against the same rows inserted directly into a table like it. */
import { BATCH_RECORDS_MAX } from "../services/sink.ts";
import { readThrough } from "../core/log/follow.ts";
import { Store } from "../core/store/client.ts";
import { migrate } from "../core/store/schema.ts";
import { Library } from "../ffi/library.ts";
import { EmbeddedLog } from "../ffi/log.ts";
import { Sink } from "../ffi/store.ts";
import protobuf from "protobufjs/minimal.js";
import { long, realtime } from "../proto/wire.ts";
import { Part, startClickHouse, Writer } from "../tests/kafka/cluster.ts";
import { must, say } from "../tools/command.ts";
import { LIBRARY, ROOT } from "../tools/paths.ts";
import { type BenchRow, median } from "./bench.ts";
import { delay } from "../core/platform/delay.ts";

const TOPIC = "arbitrage-decisions-proto";
const RECORDS = 3_000_000;
const ROUNDS = 3;
const PACED_MS = 15_000;

export async function fill(data: string, library: Library): Promise<void> {
  using log = new EmbeddedLog(library, `${data}/log`);
  using topic = await log.topic(TOPIC, { create: true });
  for (let n = 0; n < RECORDS; n += 1_000) {
    await topic.append(
      Array.from({ length: 1_000 }, (_, at) => ({
        value: realtime.Envelope.encode({
          schemaVersion: "rt-v1",
          type: realtime.Envelope.Type.ARB,
          decisionId: crypto.getRandomValues(new Uint8Array(16)),
          producerId: "bench",
          seq: long(n + at + 1),
          eventNs: long(1_790_000_000_000_000_000n + BigInt(n + at)),
          kind: realtime.Kind.ARBITRAGE,
          module: realtime.Module.MODULE_ARBITRAGE,
          arb: {
            version: "sota-arb-1.1",
            slot: long(400_000_000 + n + at),
            txSignature: crypto.randomUUID() + crypto.randomUUID(),
            netSol: (n + at) / 1e9,
            classification: "atomic_3hop",
            pLandEst: 1,
            tipLadder: [0.5, 0.7, 0.85, 0.95],
          },
        }).finish(),
      })),
      "none",
    );
  }
}

/** Inserts the same bodies one after the other; returns seconds. */
async function byHand(data: string, library: Library, store: Store, table: string): Promise<number> {
  using log = new EmbeddedLog(library, `${data}/log`);
  using topic = await log.topic(TOPIC);
  const bodies: { columns: string; body: Uint8Array<ArrayBuffer> }[] = [];
  using reader = await topic.reader(0n);
  for (let taken = 0; taken < RECORDS;) {
    using sink = new Sink(library, { content: "envelope", partitions: 1 });
    taken += await sink.feed(reader, BATCH_RECORDS_MAX);
    const [rows] = sink.status().tables;
    bodies.push({ columns: rows!.columns, body: sink.body(0) });
  }
  const begin = performance.now();
  for (const { columns, body } of bodies) {
    await store.insert(`INSERT INTO ${table} (${columns}) FORMAT Native`, body, {
      settings: { async_insert: 0, max_partitions_per_insert_block: 0, max_insert_block_size: 10_000_000 },
    });
  }
  return (performance.now() - begin) / 1000;
}

/**
 * Inserts the same records as length-delimited Envelopes through views into three tables, the alternative way to fill
 * tables; returns seconds.
 */
async function throughViews(data: string, library: Library, store: Store): Promise<number> {
  using log = new EmbeddedLog(library, `${data}/log`);
  using topic = await log.topic(TOPIC);
  const bodies: Uint8Array<ArrayBuffer>[] = [];
  for await (const block of readThrough(topic, "start")) {
    if (!("records" in block)) throw new Error("the bench's log has a gap");
    const writer = new protobuf.Writer();
    for (const { value } of block.records) writer.bytes(value!);
    bodies.push(new Uint8Array(writer.finish()));
  }
  const begin = performance.now();
  let batch: Uint8Array[] = [];
  let bytes = 0;
  const send = async () => {
    const body = new Uint8Array(bytes);
    let at = 0;
    for (const part of batch) {
      body.set(part, at);
      at += part.length;
    }
    [batch, bytes] = [[], 0];
    await store.insert("INSERT INTO env_in FORMAT Protobuf", body, {
      settings: {
        async_insert: 0,
        format_schema: "realtime:Envelope",
        max_partitions_per_insert_block: 0,
        max_insert_block_size: 10_000_000,
      },
    });
  };
  for (const body of bodies) {
    batch.push(body);
    bytes += body.length;
    if (bytes > VIEW_BATCH_BYTES) await send();
  }
  if (bytes > 0) await send();
  return (performance.now() - begin) / 1000;
}

/** About as many records as {@link BATCH_RECORDS_MAX}. */
const VIEW_BATCH_BYTES = 22_000_000;

const VIEWS = [
  `CREATE TABLE env_in (type Int32, kind Int32, tier Int32, module Int32, \`arb.version\` String, \`arb.bundle_id\` String,
  decision_id String, producer_id String, seq UInt64, event_ns UInt64,
  \`arb.slot\` UInt64, \`arb.tx_signature\` String, \`arb.net_sol\` Float64, \`arb.classification\` String,
  \`arb.p_land_est\` Float64, \`arb.tip_ladder\` Array(Float64), \`mev.slot\` UInt64, \`mev.attacker\` String,
  \`mev.net_sol\` Float64, \`mev.type\` String, \`outcome.bundle_id\` String, \`outcome.landed\` Bool,
  \`outcome.tip_lamports\` UInt64) ENGINE = Null`,
  "CREATE TABLE by_view AS arb_opportunities",
  `CREATE MATERIALIZED VIEW view_arb TO by_view AS SELECT fromUnixTimestamp64Nano(toInt64(event_ns), 'UTC') AS dt,
  toFixedString(decision_id, 16) AS decision_id, producer_id, seq, event_ns,
  arrayElement(['', 'sandwich', 'wide_sandwich', 'arbitrage', 'open_sandwich', 'open_arbitrage'], env_in.kind + 1) AS kind,
  arrayElement(['', 'A', 'B', 'C'], env_in.tier + 1) AS tier,
  arrayElement(['', 'arbitrage', 'mev'], env_in.module + 1) AS module, env_in.\`arb.version\` AS version,
  env_in.\`arb.bundle_id\` AS bundle_id, toUInt16(0) AS partition, seq AS offset, env_in.\`arb.slot\` AS slot,
  env_in.\`arb.tx_signature\` AS tx_signature, env_in.\`arb.net_sol\` AS net_sol,
  env_in.\`arb.classification\` AS classification, env_in.\`arb.p_land_est\` AS p_land_est,
  env_in.\`arb.tip_ladder\` AS tip_ladder FROM env_in WHERE env_in.type = 1`,
  `CREATE MATERIALIZED VIEW view_mev TO mev_opportunities AS SELECT fromUnixTimestamp64Nano(toInt64(event_ns), 'UTC') AS dt,
  toFixedString(decision_id, 16) AS decision_id, producer_id, seq, event_ns, env_in.\`mev.slot\` AS slot,
  env_in.\`mev.attacker\` AS attacker, env_in.\`mev.net_sol\` AS net_sol, env_in.\`mev.type\` AS type
  FROM env_in WHERE env_in.type = 2`,
  `CREATE MATERIALIZED VIEW view_outcome TO bundle_outcomes_typed AS SELECT fromUnixTimestamp64Nano(toInt64(event_ns), 'UTC') AS dt,
  toFixedString(decision_id, 16) AS decision_id, producer_id, seq, event_ns, env_in.\`outcome.bundle_id\` AS bundle_id,
  env_in.\`outcome.landed\` AS landed, env_in.\`outcome.tip_lamports\` AS tip_lamports FROM env_in WHERE env_in.type = 3`,
];

export async function sinkBench(): Promise<BenchRow[]> {
  await must(`${ROOT}/compile.sh`, ["--slim", "--fast"]);
  const library = new Library(LIBRARY);
  const folder = await Deno.makeTempDir({ prefix: "legend-bench-" });
  const { url, part } = await startClickHouse(`${folder}/clickhouse`);
  try {
    const data = `${folder}/data`;
    await fill(data, library);
    const address = new URL(url);
    const store = new Store(() => ({
      url: `${address.origin}/`,
      user: address.username,
      password: address.password,
      database: "mev",
    }));
    const options = { ttlDays: 30, storagePolicy: "", tierVolume: "", tierDays: 7, kafkaBrokers: "" };
    await migrate(store, options);
    await Deno.copyFile(
      `${ROOT}/proto/realtime.proto`,
      `${folder}/clickhouse/store/format_schemas/realtime.proto`,
    );
    for (const sql of VIEWS) await store.command(sql);
    const rates = { ours: [] as number[], hand: [] as number[], views: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      await store.command("DROP TABLE IF EXISTS by_hand SYNC");
      await store.command("CREATE TABLE by_hand AS arb_opportunities");
      rates.hand.push(RECORDS / await byHand(data, library, store, "by_hand"));
      await store.command("TRUNCATE TABLE by_view");
      rates.views.push(RECORDS / await throughViews(data, library, store));
      const [viewed] = await store.query<{ rows: string }>("SELECT count() AS rows FROM by_view");
      if (Number(viewed!.rows) !== RECORDS) throw new Error(`the views stored ${viewed!.rows} of ${RECORDS}`);
      for (const table of ["arb_opportunities", "sink_batches"]) {
        await store.command(`TRUNCATE TABLE ${table}`);
      }
      const sink = new Part(["run", "sink", "--data-dir", data], { CLICKHOUSE_URL: url }).start();
      rates.ours.push(await untilStored(store));
      await sink.end();
    }
    const [rate, peer, views] = [median(rates.ours), median(rates.hand), median(rates.views)];
    const [p50, p99] = await visibleAfter(`${folder}/paced`, store, url);
    return [
      { name: "sink_visible_p50_ms", value: p50, unit: "ms at 50,000/s", ratio: 1 },
      { name: "sink_visible_p99_ms", value: p99, unit: "ms at 50,000/s", ratio: 1 },
      {
        name: "sink",
        value: rate,
        unit: "rows/s",
        peer: "the same rows by hand",
        peer_value: peer,
        ratio: rate / peer,
        figure: { better: "higher", limit: 0.8 },
      },
      {
        name: "sink_columns_or_views",
        value: peer,
        unit: "rows/s by hand",
        peer: "Protobuf through views, by hand",
        peer_value: views,
        ratio: peer / views,
        figure: { better: "higher", limit: 1 },
      },
    ];
  } finally {
    await part.end("SIGKILL");
    await Deno.remove(folder, { recursive: true });
  }
}

/** Time from an event until its row can be read, sampled at 50,000 records a second: median and p99 in milliseconds. */
async function visibleAfter(data: string, store: Store, url: string): Promise<[number, number]> {
  for (const table of ["arb_opportunities", "sink_batches"]) await store.command(`TRUNCATE TABLE ${table}`);
  const sink = new Part(["run", "sink", "--data-dir", data], { CLICKHOUSE_URL: url }).start();
  const writer = new Writer(data, TOPIC, 50_000).start();
  const ages: number[] = [];
  const begin = performance.now();
  while (performance.now() - begin < PACED_MS) {
    const [row] = await store.query<{ newest: string }>(
      "SELECT max(event_ns) AS newest FROM arb_opportunities",
    );
    const age = Date.now() - Number(BigInt(row!.newest) / 1_000_000n);
    // Exclude the first seconds: they contain the start.
    if (performance.now() - begin > PACED_MS / 3) ages.push(age);
    await delay(20);
  }
  const { acknowledged } = await writer.kill();
  await sink.end();
  say(`${Math.round(acknowledged / (performance.now() - begin) * 1000)} events/s were written`);
  ages.sort((a, b) => a - b);
  return [ages[ages.length >> 1]!, ages[Math.floor(ages.length * 0.99)]!];
}

/**
 * Rows per second of the full batches, from the first mark to the last one, by the server's clock. Polled seldom,
 * because polling costs the server time. The rest at the end waits for more records, so it does not measure speed.
 */
async function untilStored(store: Store): Promise<number> {
  for (;;) {
    const [row] = await store.query<{ all: string; full: string; ms: string }>(
      `SELECT sumIf(rows, state = 'stored') AS all, sumIf(rows, state = 'stored' AND records >= {full:UInt64}) AS full,
  dateDiff('millisecond', min(at), maxIf(at, state = 'stored' AND records >= {full:UInt64})) AS ms FROM sink_batches`,
      { params: { full: BATCH_RECORDS_MAX } },
    );
    if (Number(row!.all) >= RECORDS) return Number(row!.full) / Number(row!.ms) * 1000;
    await delay(250);
  }
}
