/** Answers of the routes for health and the store. */
import { z } from "zod";
import type { SystemHealth } from "../../core/platform/system.ts";
import { array, count, counts, digits, flag, maybe, number, object, record, text } from "./common.ts";

export const ready = object({
  ready: flag(),
  reasons: array(object({ part: text(), ok: flag(), detail: text() })),
});
const systemShape = {
  host: text(),
  cpus: count,
  load: array(number()),
  memory: object({ total_bytes: number(), available_bytes: number(), process_bytes: number() }),
  disk: object({ free_bytes: number() }),
  descriptors: object({ open: count, limit: count }),
  host_uptime_s: number(),
  process_uptime_s: number(),
};
export const system: z.ZodType<SystemHealth & { version: string }> = object({
  version: text(),
  ...systemShape,
});
const latency = object({
  hotpath_p50: maybe(number()),
  hotpath_p99: maybe(number()),
  send_p99: maybe(number()),
  age_s: maybe(number()),
});
export const performance = object({
  modules: object({ arbitrage: latency, mev: latency }),
  store: maybe(
    object({ rows_per_s: maybe(number()), waiting: count, at_ms: number(), trouble: maybe(text()) }),
  ),
  link: maybe(object({ waiting: count, lost: count, at_ms: number(), trouble: maybe(text()) })),
  connections: maybe(object({ connections: count, connections_max: count, shut: counts })),
  streams: object({ open: count, sent: digits, dropped: digits }),
});
export const rows = object({ name: text(), rows: array(record(text(), z.unknown())) });
