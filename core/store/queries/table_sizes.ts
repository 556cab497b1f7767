import type { StoredQuery } from "./query.ts";

export const tableSizes: StoredQuery = {
  name: "table_sizes",
  summary: "Rows and bytes on disk of each table",
  params: {},
  sql: `SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes, count() AS parts
FROM system.parts WHERE database = currentDatabase() AND active GROUP BY table ORDER BY table`,
};
