import assert from "node:assert/strict";
import { ROOT } from "../../tools/paths.ts";
import type { Store } from "./client.ts";
import { TOPICS } from "../../proto/topics.ts";
import { migrate } from "./schema.ts";
import { datasetSchema, TABLES } from "./tables.ts";

/**
 * Every statement sent to a new store, with the Kafka engine and tiers. Spaces and line breaks mean nothing to the
 * store.
 */
async function commands(): Promise<string> {
  const statements: string[] = [];
  const store = {
    address: () => ({ database: "legend" }),
    command: (sql: string) => Promise.resolve(void statements.push(sql.replaceAll(/\s+/g, " ").trim())),
    query: () => Promise.resolve([]),
  } as unknown as Store;
  await migrate(store, {
    ttlDays: 30,
    storagePolicy: "tiered",
    tierVolume: "cold",
    tierDays: 7,
    kafkaBrokers: "broker:9092",
  });
  return statements.map((sql) => `${sql};\n`).join("");
}

Deno.test("a new store gets the same statements, column by column, as before there was one table of columns", async () => {
  assert.equal(await commands(), await Deno.readTextFile(`${ROOT}/tests/fixtures/store_schema.sql`));
});

Deno.test("a dataset says of its columns what it always has", () => {
  const common = {
    p_land_est: "Float64 (0..1)",
    tip_ladder: "Array(Float64)",
    bundle_id: "String",
    kind: "String",
  };
  const ids = {
    decision_id: "String (32 hex digits)",
    producer_id: "String",
    seq: "UInt64",
    event_ns: "UInt64 (Unix nanoseconds)",
  };
  const arb = {
    dt: "DateTime64(3)",
    slot: "UInt64",
    tx_signature: "String",
    net_sol: "Float64 (SOL)",
    classification: "String",
    ...common,
    ...ids,
  };
  const mev = {
    dt: "DateTime64(3)",
    slot: "UInt64",
    attacker: "String",
    net_sol: "Float64 (SOL)",
    type: "String",
    ...common,
    tier: "String",
    ...ids,
  };
  assert.deepEqual(Object.entries(datasetSchema("arb")), Object.entries(arb));
  assert.deepEqual(Object.entries(datasetSchema("mev")), Object.entries(mev));
});

Deno.test("each topic that becomes rows has its table, and each table its topic", () => {
  const ofTopics = TOPICS.flatMap((topic) => "table" in topic ? [topic.table] : []);
  assert.deepEqual(ofTopics.toSorted(), TABLES.map(({ name }) => name).toSorted());
});
