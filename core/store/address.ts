/** Address of the analytics store: a configured server, or this host's own. */
import { type Config, configValue } from "../config/load.ts";
import { AppError } from "../platform/errors.ts";
import type { StoreAddress } from "./client.ts";

/** What `run store` writes beside its files. */
export interface LocalStore {
  port: number;
  user: string;
  password: string;
  pid: number;
}

/** Storage policy and volume of the local store when `store.tier_url` names a bucket. */
export const LOCAL_TIER = { policy: "tiered", volume: "cold" } as const;

export const LOCAL_STORE_FILE = "store.json";
export const localStoreFile = (dataDir: string) => `${dataDir}/store/${LOCAL_STORE_FILE}`;

/** The configured server; null when this host's own store is to be used. */
export function serverAddress(config: Config): StoreAddress | null {
  const host = configValue(config, "clickhouse.host");
  const given = configValue(config, "clickhouse.url") ||
    (host ? `http://${host}:${configValue(config, "clickhouse.port")}` : "");
  if (!given) return null;
  const url = new URL(given);
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  [url.username, url.password] = ["", ""];
  return {
    url: url.href,
    user: user || configValue(config, "clickhouse.user"),
    password: password || configValue(config, "clickhouse.password"),
    database: configValue(config, "clickhouse.database"),
  };
}

/**
 * The store in use now; throws `unavailable` when this host's own store is not running. `hasOwn`: whether this build
 * has one, so that the error does not advise starting what the build lacks.
 */
export function storeAddress(config: Config, dataDir: string, hasOwn: boolean): StoreAddress {
  const server = serverAddress(config);
  if (server) return server;
  try {
    const { port, user, password }: LocalStore = JSON.parse(Deno.readTextFileSync(localStoreFile(dataDir)));
    const database = configValue(config, "clickhouse.database");
    return { url: `http://127.0.0.1:${port}/`, user, password, database };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new AppError(
      "unavailable",
      hasOwn
        ? "Cannot use the analytics store: it does not run on this host; start `legend run`, or set CLICKHOUSE_URL"
        : "Cannot use the analytics store: this build does not contain it; set CLICKHOUSE_URL",
    );
  }
}
