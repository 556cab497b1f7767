/** The store's tables (SPEC 9), made and brought up to date step by step. */
import { AppError } from "../platform/errors.ts";
import type { Store } from "./client.ts";

export interface SchemaOptions {
  /** Days that rows are kept; 0 = for ever. */
  readonly ttlDays: number;
  /** Storage policy of the server that the tables use; "" = its default. */
  readonly storagePolicy: string;
  /** Volume of that policy that rows move to after `tierDays`; "" = none. */
  readonly tierVolume: string;
  readonly tierDays: number;
  /** Brokers for the optional Kafka engine tables; "" = none. */
  readonly kafkaBrokers: string;
}

const COMMON = `
  dt DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
  decision_id FixedString(16),
  producer_id LowCardinality(String),
  seq UInt64 CODEC(Delta, ZSTD),
  event_ns UInt64 CODEC(Delta, ZSTD),
  kind LowCardinality(String),
  tier LowCardinality(String),
  module LowCardinality(String),
  partition UInt16,
  offset UInt64 CODEC(Delta, ZSTD),
  stored_at DateTime DEFAULT now(),`;

const LADDER = "p_land_est Float64, tip_ladder Array(Float64), bundle_id String";

interface Table {
  readonly name: string;
  readonly columns: string;
  readonly order: string;
}

const TABLES: readonly Table[] = [
  {
    name: "arb_opportunities",
    columns: `${COMMON}
  version LowCardinality(String), slot UInt64, tx_signature String, net_sol Float64,
  classification LowCardinality(String), ${LADDER}`,
    order: "(slot, tx_signature)",
  },
  {
    name: "mev_opportunities",
    columns: `${COMMON}
  version LowCardinality(String), slot UInt64, attacker String, net_sol Float64,
  type LowCardinality(String), ${LADDER}`,
    order: "(slot, attacker)",
  },
  {
    name: "bundle_outcomes_typed",
    columns: `${COMMON}
  bundle_id String, landed Bool, tip_lamports UInt64, path LowCardinality(String), leader String,
  simulated Bool, reason String, outcome_module LowCardinality(String), slot UInt64`,
    order: "(dt, bundle_id)",
  },
  {
    name: "metrics_typed",
    columns: `${COMMON}
  hotpath_p50 Float64, hotpath_p99 Float64, send_p99 Float64, landed_pct Float64, pnl_1h Float64,
  metrics_module LowCardinality(String), instance LowCardinality(String), paper Bool`,
    order: "(metrics_module, dt)",
  },
  {
    name: "decision_evidence",
    columns: `
  dt DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
  decision_id FixedString(16),
  evidence String CODEC(ZSTD(3)),
  partition UInt16,
  offset UInt64 CODEC(Delta, ZSTD),
  stored_at DateTime DEFAULT now()`,
    order: "(decision_id, dt)",
  },
];

/** A retried insert is recognised by its token as long as it is among so many. */
const DEDUPLICATION_WINDOW = 10_000;

/** As ClickHouse writes it down; by the time of storing: a replay of old slots is as young as a live row. */
function ttlOf(options: SchemaOptions): string {
  return [
    ...(options.tierVolume
      ? [`stored_at + toIntervalDay(${options.tierDays}) TO VOLUME '${options.tierVolume}'`]
      : []),
    ...(options.ttlDays > 0 ? [`stored_at + toIntervalDay(${options.ttlDays})`] : []),
  ].join(", ");
}

function tableSql({ name, columns, order }: Table, options: SchemaOptions): string {
  const ttl = ttlOf(options);
  return [
    `CREATE TABLE IF NOT EXISTS ${name} (${columns}\n)`,
    "ENGINE = MergeTree PARTITION BY toYYYYMM(dt)",
    `ORDER BY ${order}`,
    ...(ttl ? [`TTL ${ttl}`] : []),
    `SETTINGS non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}` +
    (options.storagePolicy ? `, storage_policy = '${options.storagePolicy}'` : ""),
  ].join("\n");
}

/** Puts policy and TTL in force on tables that were made under other options. */
async function follow(store: Store, options: SchemaOptions): Promise<void> {
  const made = await store.query<{ name: string; engine_full: string; storage_policy: string }>(
    "SELECT name, engine_full, storage_policy FROM system.tables WHERE database = currentDatabase()",
  );
  const policy = options.storagePolicy;
  for (const { name } of TABLES) {
    const table = made.find((one) => one.name === name);
    if (!table) continue;
    if (policy && table.storage_policy !== policy) {
      await store.command(`ALTER TABLE ${name} MODIFY SETTING storage_policy = '${policy}'`);
    }
    const [, known = ""] = / TTL (.+?) SETTINGS /.exec(table.engine_full) ?? [];
    const wanted = ttlOf(options);
    if (known === wanted) continue;
    await store.command(`ALTER TABLE ${name} ${wanted ? `MODIFY TTL ${wanted}` : "REMOVE TTL"}`);
  }
}

/** Batches of the sink: what is being sent, what is stored, and what each producer was seen to send. */
const BATCHES = `CREATE TABLE IF NOT EXISTS sink_batches (
  topic LowCardinality(String), batch UInt64, state Enum8('sending' = 1, 'stored' = 2),
  from_offsets Array(UInt64), to_offsets Array(UInt64),
  records UInt64, rows UInt64, dead UInt64, duplicates UInt64, lost UInt64,
  seen String, at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree ORDER BY (topic, batch, state) TTL toDateTime(at) + INTERVAL 90 DAY`;

const VERSION_TABLE =
  "CREATE TABLE IF NOT EXISTS schema_version (version UInt32, at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY version";

/** Each step once, in order; a step is never changed after it was released. */
const STEPS: readonly ((options: SchemaOptions) => string[])[] = [
  (options) => [...TABLES.map((table) => tableSql(table, options)), BATCHES],
  // Who begins a batch: of two sinks the first one's mark stands, the other's is dropped as a repetition.
  () => [
    "ALTER TABLE sink_batches ADD COLUMN IF NOT EXISTS owner String DEFAULT ''",
    `ALTER TABLE sink_batches MODIFY SETTING non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`,
  ],
  // Which log a batch was read from, and a fingerprint of the last record of each partition.
  () => [
    "ALTER TABLE sink_batches ADD COLUMN IF NOT EXISTS log_id String DEFAULT ''",
    "ALTER TABLE sink_batches ADD COLUMN IF NOT EXISTS last Array(String) DEFAULT []",
  ],
];

export const SCHEMA_VERSION = STEPS.length;

/** Makes the database and every table that is missing; the version before and after. */
export async function migrate(
  store: Store,
  options: SchemaOptions,
): Promise<{ before: number; after: number }> {
  const { database } = store.address();
  await store.command(`CREATE DATABASE IF NOT EXISTS ${database}`, { database: "default" });
  await store.command(VERSION_TABLE);
  const [row] = await store.query<{ version: number }>("SELECT max(version) AS version FROM schema_version");
  const before = row?.version ?? 0;
  if (before > SCHEMA_VERSION) {
    throw new AppError(
      "unavailable",
      `Cannot use database ${database}: its tables are of version ${before}, this legend knows ${SCHEMA_VERSION}; use the newer legend`,
    );
  }
  for (let version = before; version < SCHEMA_VERSION; version++) {
    for (const sql of STEPS[version]!(options)) await store.command(sql);
    await store.command(`INSERT INTO schema_version (version) VALUES (${version + 1})`);
  }
  await follow(store, options);
  if (options.kafkaBrokers) {
    for (const sql of kafkaEngineSql(options.kafkaBrokers)) {
      await store.command(sql);
    }
  }
  return { before, after: SCHEMA_VERSION };
}

/**
 * ClickHouse's own Kafka engine, for who wants it instead of the sink. `ProtobufSingle`: plain `Protobuf` wants a
 * length before each message and stalls with code 444. Columns are qualified in the views: an alias named like a
 * column (`mev.type AS type`) would capture the WHERE, and rows vanish while offsets commit.
 */
function kafkaEngineSql(brokers: string): string[] {
  const columns = [
    "schema_version String, type Int32, decision_id String, producer_id String, seq UInt64, event_ns UInt64",
    "`arb.slot` UInt64, `arb.tx_signature` String, `arb.net_sol` Float64, `arb.classification` String",
    "`arb.p_land_est` Float64, `arb.tip_ladder` Array(Float64), `arb.bundle_id` String, `arb.version` String",
    "`mev.slot` UInt64, `mev.attacker` String, `mev.net_sol` Float64, `mev.type` String",
    "`mev.p_land_est` Float64, `mev.tip_ladder` Array(Float64), `mev.bundle_id` String, `mev.version` String",
    "`outcome.bundle_id` String, `outcome.landed` Bool, `outcome.tip_lamports` UInt64, `outcome.path` String",
    "`outcome.leader` String, `outcome.simulated` Bool, `outcome.reason` String, `outcome.module` String",
    "`outcome.slot` UInt64",
  ].join(",\n  ");
  const common = [
    "fromUnixTimestamp64Nano(toInt64(kafka_realtime_env.event_ns), 'UTC') AS dt",
    "toFixedString(kafka_realtime_env.decision_id, 16) AS decision_id",
    "kafka_realtime_env.producer_id AS producer_id",
    "kafka_realtime_env.seq AS seq",
    "kafka_realtime_env.event_ns AS event_ns",
    "toUInt16(_partition) AS partition",
    "toUInt64(_offset) AS offset",
  ].join(", ");
  const view = (name: string, table: string, type: number, fields: readonly string[], from: string) =>
    `CREATE MATERIALIZED VIEW IF NOT EXISTS ${name} TO ${table} AS SELECT ${common}, ${
      fields.map((field) =>
        `kafka_realtime_env.\`${from}.${field}\` AS ${field === "module" ? "outcome_module" : field}`
      )
        .join(", ")
    } FROM kafka_realtime_env WHERE kafka_realtime_env.type = ${type}`;
  const opportunity = ["version", "slot", "net_sol", "p_land_est", "tip_ladder", "bundle_id"];
  return [
    `CREATE TABLE IF NOT EXISTS kafka_realtime_env (\n  ${columns}\n) ENGINE = Kafka SETTINGS
  kafka_broker_list = '${brokers.replaceAll("'", "")}',
  kafka_topic_list = 'arbitrage-decisions-proto,sandwich-decisions-proto,bundle-outcomes-proto',
  kafka_group_name = 'ch-proto', kafka_format = 'ProtobufSingle', kafka_schema = 'realtime:Envelope'`,
    view("mv_arb_proto", "arb_opportunities", 1, [...opportunity, "tx_signature", "classification"], "arb"),
    view("mv_mev_proto", "mev_opportunities", 2, [...opportunity, "attacker", "type"], "mev"),
    view("mv_outcome_proto", "bundle_outcomes_typed", 3, [
      "bundle_id",
      "landed",
      "tip_lamports",
      "path",
      "leader",
      "simulated",
      "reason",
      "module",
      "slot",
    ], "outcome"),
  ];
}
