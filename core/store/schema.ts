/** The store's tables, created and migrated step by step. */
import { AppError } from "../platform/errors.ts";
import type { Store } from "./client.ts";
import { type Column, columnsSql, payloadColumns, type Table, tableNamed, TABLES } from "./tables.ts";
import { TYPES } from "../../proto/gen/names.ts";
import { TOPICS } from "../../proto/topics.ts";

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

/** A retried insert is recognised by its token while it is among this many inserts. */
const DEDUPLICATION_WINDOW = 10_000;

/**
 * In ClickHouse's own notation. The TTL counts from the time of storing: a replay of old slots is as young as a live
 * row.
 */
function ttlOf(options: SchemaOptions): string {
  return [
    ...(options.tierVolume
      ? [`stored_at + toIntervalDay(${options.tierDays}) TO VOLUME '${options.tierVolume}'`]
      : []),
    ...(options.ttlDays > 0 ? [`stored_at + toIntervalDay(${options.ttlDays})`] : []),
  ].join(", ");
}

function tableSql(table: Table, options: SchemaOptions): string {
  const { name, order } = table;
  const ttl = ttlOf(options);
  return [
    `CREATE TABLE IF NOT EXISTS ${name} (${columnsSql(table)})`,
    "ENGINE = MergeTree PARTITION BY toYYYYMM(dt)",
    `ORDER BY ${order}`,
    ...(ttl ? [`TTL ${ttl}`] : []),
    `SETTINGS non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}` +
    (options.storagePolicy ? `, storage_policy = '${options.storagePolicy}'` : ""),
  ].join("\n");
}

/** Applies policy and TTL to tables that were created with other options. */
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
    const expectedTtl = ttlOf(options);
    if (known === expectedTtl) continue;
    await store.command(`ALTER TABLE ${name} ${expectedTtl ? `MODIFY TTL ${expectedTtl}` : "REMOVE TTL"}`);
  }
}

/** Batches of the sink: what is being sent, what is stored, and the last sequences seen of each producer. */
const BATCHES = `CREATE TABLE IF NOT EXISTS sink_batches (
  topic LowCardinality(String), batch UInt64, state Enum8('sending' = 1, 'stored' = 2),
  from_offsets Array(UInt64), to_offsets Array(UInt64),
  records UInt64, rows UInt64, dead UInt64, duplicates UInt64, lost UInt64,
  seen String, at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree ORDER BY (topic, batch, state) TTL toDateTime(at) + INTERVAL 90 DAY`;

const VERSION_TABLE =
  "CREATE TABLE IF NOT EXISTS schema_version (version UInt32, at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY version";

/** Each step runs once, in order; a released step is never changed. */
const STEPS: readonly ((options: SchemaOptions) => string[])[] = [
  (options) => [...TABLES.map((table) => tableSql(table, options)), BATCHES],
  // The owner of a batch: when two sinks begin the same one, the first mark stays and the other is dropped as a
  // repetition.
  () => [
    "ALTER TABLE sink_batches ADD COLUMN IF NOT EXISTS owner String DEFAULT ''",
    `ALTER TABLE sink_batches MODIFY SETTING non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`,
  ],
  // The log from which a batch was read, and a fingerprint of the last record of each partition.
  () => [
    "ALTER TABLE sink_batches ADD COLUMN IF NOT EXISTS log_id String DEFAULT ''",
    "ALTER TABLE sink_batches ADD COLUMN IF NOT EXISTS last Array(String) DEFAULT []",
  ],
];

export const SCHEMA_VERSION = STEPS.length;

/** Creates the database and every missing table. Returns the version before and after. */
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
      `Cannot use database ${database}: its tables are of version ${before}, this legend reads versions up to ${SCHEMA_VERSION}; use the newer legend`,
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

/** The tables that ClickHouse's own Kafka engine can fill. */
const ENGINE_TABLES = ["arb_opportunities", "mev_opportunities", "bundle_outcomes_typed"] as const;

/**
 * ClickHouse's own Kafka engine, as an alternative to the sink. `ProtobufSingle`: plain `Protobuf` expects a length
 * before each message and stalls with code 444. Columns are qualified in the views: an alias with a column's name
 * (`mev.type AS type`) would capture the WHERE, and rows would vanish while offsets are committed.
 */
function kafkaEngineSql(brokers: string): string[] {
  const payloads = ENGINE_TABLES.map((name) => tableNamed(name));
  const fieldOf = ({ name, field = name }: Column) => field;
  // The payload's version comes last.
  const engineColumns = (table: Table) => {
    const all = payloadColumns(table).map((column) =>
      `\`${table.payload}.${fieldOf(column)}\` ${column.type.replace("LowCardinality(String)", "String")}`
    );
    return [
      ...all.filter((text) => !text.includes(".version`")),
      ...all.filter((text) => text.includes(".version`")),
    ];
  };
  const columns = [
    "schema_version String, type Int32, decision_id String, producer_id String, seq UInt64, event_ns UInt64",
    ...payloads.flatMap(engineColumns),
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
  const [arb, mev] = payloads.map((table) => new Set(payloadColumns(table).map(({ name }) => name)));
  const isShared = ({ name }: Column) => arb!.has(name) && mev!.has(name);
  const view = (table: Table) => {
    const all = payloadColumns(table);
    // Columns that both kinds of opportunities share come first.
    const sorted = table.payload === "outcome"
      ? all
      : [...all.filter(isShared), ...all.filter((column) => !isShared(column))];
    const fields = sorted.map((column) =>
      `kafka_realtime_env.\`${table.payload}.${fieldOf(column)}\` AS ${column.name}`
    );
    return `CREATE MATERIALIZED VIEW IF NOT EXISTS mv_${table.payload}_proto TO ${table.name} AS SELECT ${common}, ${
      fields.join(", ")
    } FROM kafka_realtime_env WHERE kafka_realtime_env.type = ${TYPES.indexOf(table.payload!)}`;
  };
  const topics = payloads.map(({ name }) =>
    TOPICS.find((topic) => "table" in topic && topic.table === name)!.name
  );
  return [
    `CREATE TABLE IF NOT EXISTS kafka_realtime_env (\n  ${columns}\n) ENGINE = Kafka SETTINGS
  kafka_broker_list = '${brokers.replaceAll("'", "")}',
  kafka_topic_list = '${topics.join(",")}',
  kafka_group_name = 'ch-proto', kafka_format = 'ProtobufSingle', kafka_schema = 'realtime:Envelope'`,
    ...payloads.map(view),
  ];
}
