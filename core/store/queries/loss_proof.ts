import type { StoredQuery } from "./query.ts";

export const lossProof: StoredQuery = {
  name: "loss_proof",
  summary: "For each topic: records read = rows + dead letters + duplicates, and records lost before that",
  params: {},
  sql:
    `SELECT topic, sum(records) AS records, sum(rows) AS rows, sum(dead) AS dead, sum(duplicates) AS duplicates,
  sum(lost) AS lost, max(batch) AS batches, records = rows + dead + duplicates AS whole
FROM (SELECT topic, batch, any(records) AS records, any(rows) AS rows, any(dead) AS dead,
  any(duplicates) AS duplicates, any(lost) AS lost FROM sink_batches WHERE state = 'stored' GROUP BY topic, batch)
GROUP BY topic ORDER BY topic`,
};
