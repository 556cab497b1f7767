/** Named queries on the analytics store. */
import { queryBody } from "../proto/api.ts";
import * as answers from "./answers.ts";
import type { ApiDeps } from "./deps.ts";
import { type Route, route } from "./route.ts";

export function storeRoutes(deps: ApiDeps): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/clickhouse/query",
      right: "read",
      summary: "Run a named query with typed parameters; never SQL",
      answer: answers.rows,
      body: queryBody,
      handle: async (c, { name, params }) => {
        const rows = await deps.query(name, params ?? {}, c.req.raw.signal);
        return c.json({ name, rows });
      },
    }),
  ];
}
