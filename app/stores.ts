/** The analytics store that this installation uses, and how its tables are created. */
import { kafkaOf } from "../core/config/kafka.ts";
import { LOCAL_TIER, serverAddress, storeAddress } from "../core/store/address.ts";
import { Store } from "../core/store/client.ts";
import type { SchemaOptions } from "../core/store/schema.ts";
import type { Context } from "./context.ts";

/** Whether this build has ClickHouse's library. */
export const hasClickHouse = () =>
  Deno.env.get("LEGEND_CHDB") !== undefined || Deno.env.get("LEGEND_CLICKHOUSE") === "packed";

/** Whether this installation stores what it publishes. */
export const usesStore = (context: Context) =>
  serverAddress(context.config()) !== null || (context.setting("store.enabled") && hasClickHouse());

/** The store in use: the configured server, or this host's own. */
export function storeOf(context: Context): Store {
  // A configured server needs no data folder.
  return new Store(() =>
    serverAddress(context.config()) ?? storeAddress(context.config(), context.dataDir().path, hasClickHouse())
  );
}

export function schemaOptions(context: Context): SchemaOptions {
  const kafka = context.setting("clickhouse.kafka_engine") ? kafkaOf(context.config()) : null;
  // This host's own store creates its storage policy itself.
  const own = serverAddress(context.config()) === null && context.setting("store.tier_url") !== "";
  return {
    ttlDays: context.setting("clickhouse.ttl_days"),
    storagePolicy: own ? LOCAL_TIER.policy : context.setting("clickhouse.storage_policy"),
    tierVolume: own ? LOCAL_TIER.volume : context.setting("clickhouse.tier_volume"),
    tierDays: context.setting("clickhouse.tier_days"),
    kafkaBrokers: kafka?.brokers ?? "",
  };
}
