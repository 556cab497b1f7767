/** Every configuration key, once: defaults, types, TOML, environment, flags and documentation follow from these rows. */
import type { z } from "zod";
import { HOST_KEYS } from "./keys/host.ts";
import { SERVING_KEYS } from "./keys/serving.ts";
import { STORAGE_KEYS } from "./keys/storage.ts";
import type { ConfigKey } from "./keys/types.ts";

export type { ConfigKey };
const ROWS = [...SERVING_KEYS, ...STORAGE_KEYS, ...HOST_KEYS] as const;
/** Every key and its meaning, by name. */
export const CONFIG_KEYS: readonly ConfigKey[] = ROWS.toSorted((one, other) => one.key < other.key ? -1 : 1);

type Row = typeof ROWS[number];
/** The name of a key; any other name does not compile. */
export type SettingName = Row["key"];
/** The type of this key's value. */
export type SettingOf<Name extends SettingName> = z.output<Extract<Row, { key: Name }>["type"]>;

/** The row of a key. */
export function configKey(key: string): ConfigKey | undefined {
  return CONFIG_KEYS.find((row) => row.key === key);
}
