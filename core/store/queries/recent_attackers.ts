import { hours, limit, type StoredQuery } from "./query.ts";

export const recentAttackers: StoredQuery = {
  name: "recent_attackers",
  summary: "Attackers of tier A sandwiches by their net gain",
  params: { hours, limit },
  sql:
    `SELECT attacker, count() AS attacks, sum(net_sol) AS net_sol, uniqExact(type) AS dexes, max(slot) AS last_slot
FROM mev_opportunities
WHERE stored_at >= now() - toIntervalHour({hours:UInt32}) AND tier = 'A'
GROUP BY attacker ORDER BY net_sol DESC LIMIT {limit:UInt32}`,
};
