import { hours, type StoredQuery } from "./query.ts";

export const netByHour: StoredQuery = {
  name: "net_by_hour",
  summary: "Landed arbitrages and tier A sandwiches by hour of storing: how many, and their net in SOL",
  params: { hours },
  sql: `SELECT hour, module, sum(events) AS events, sum(net) AS net_sol FROM (
  SELECT toStartOfHour(stored_at) AS hour, 'arbitrage' AS module, count() AS events, sum(net_sol) AS net
  FROM arb_opportunities WHERE stored_at >= now() - toIntervalHour({hours:UInt32}) AND kind = 'arbitrage' GROUP BY hour
  UNION ALL
  SELECT toStartOfHour(stored_at) AS hour, 'mev' AS module, count() AS events, sum(net_sol) AS net
  FROM mev_opportunities WHERE stored_at >= now() - toIntervalHour({hours:UInt32}) AND tier = 'A' GROUP BY hour
) GROUP BY hour, module ORDER BY hour, module`,
};
