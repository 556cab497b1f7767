import { hours, limit, type StoredQuery } from "./query.ts";

export const bestArbitrages: StoredQuery = {
  name: "best_arbitrages",
  summary: "Landed arbitrages with the largest net, stored in the last hours",
  params: { hours, limit },
  sql: `SELECT dt, slot, tx_signature, net_sol, classification, lower(hex(decision_id)) AS decision_id
FROM arb_opportunities
WHERE stored_at >= now() - toIntervalHour({hours:UInt32}) AND kind = 'arbitrage'
ORDER BY net_sol DESC LIMIT {limit:UInt32}`,
};
