import { hours, module, type StoredQuery } from "./query.ts";

export const latencyByMinute: StoredQuery = {
  name: "latency_by_minute",
  summary: "Hot path and send latency of a module's agents by minute, milliseconds",
  params: { hours, module },
  sql:
    `SELECT toStartOfMinute(stored_at) AS minute, toUnixTimestamp(minute) AS t, max(hotpath_p50) AS hotpath_p50, max(hotpath_p99) AS hotpath_p99,
  max(send_p99) AS send_p99, avgIf(landed_pct, isFinite(landed_pct)) AS landed_pct, argMax(pnl_1h, dt) AS pnl_1h
FROM metrics_typed
WHERE stored_at >= now() - toIntervalHour({hours:UInt32}) AND metrics_module = {module:String}
GROUP BY minute ORDER BY minute`,
};
