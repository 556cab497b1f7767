import { hours, type StoredQuery } from "./query.ts";

export const outcomesByReason: StoredQuery = {
  name: "outcomes_by_reason",
  summary: "Outcomes of decisions: landed or not, by reason",
  params: { hours },
  sql: `SELECT outcome_module AS module, landed,
  replaceRegexpOne(bundle_outcomes_typed.reason, ' by [1-9A-HJ-NP-Za-km-z]{32,}.*', '') AS reason, simulated, count() AS outcomes, sum(tip_lamports) AS tip_lamports
FROM bundle_outcomes_typed WHERE stored_at >= now() - toIntervalHour({hours:UInt32})
GROUP BY module, landed, reason, simulated ORDER BY outcomes DESC`,
};
