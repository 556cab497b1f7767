/** Named queries: typed parameters, limits on rows, time and bytes, cancelled when the client has gone. */
import { AppError } from "../platform/errors.ts";
import type { QueryParams, Store } from "./client.ts";
import { bestArbitrages } from "./queries/best_arbitrages.ts";
import { latencyByMinute } from "./queries/latency_by_minute.ts";
import { lossProof } from "./queries/loss_proof.ts";
import { netByHour } from "./queries/net_by_hour.ts";
import { outcomesByReason } from "./queries/outcomes_by_reason.ts";
import type { StoredQuery } from "./queries/query.ts";
import { recentAttackers } from "./queries/recent_attackers.ts";
import { tableSizes } from "./queries/table_sizes.ts";

/** Sorted by name; a query is one file and one row. */
export const QUERIES: readonly StoredQuery[] = [
  bestArbitrages,
  latencyByMinute,
  lossProof,
  netByHour,
  outcomesByReason,
  recentAttackers,
  tableSizes,
];

const LIMITS = {
  readonly: 2,
  max_execution_time: 10,
  max_result_rows: 10_000,
  result_overflow_mode: "break",
  max_result_bytes: 16 << 20,
  max_rows_to_read: 2_000_000_000,
  max_memory_usage: 1 << 30,
};

/** Runs a query by name. Throws `not_found` for an unknown name, `invalid` for a parameter that does not fit. */
export async function runQuery(
  store: Store,
  name: string,
  given: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<Record<string, unknown>[]> {
  const query = QUERIES.find((one) => one.name === name);
  if (!query) {
    throw new AppError(
      "not_found",
      `Cannot query ${name}: need one of ${QUERIES.map(({ name }) => name).join(", ")}`,
    );
  }
  const params = checked(query, given);
  const queryId = crypto.randomUUID();
  const kill = () => {
    // The client has gone: the server need not continue. A query that has already ended is not there to kill.
    store.command("KILL QUERY WHERE query_id = {id:String} ASYNC", { params: { id: queryId } }).catch(
      () => {},
    );
  };
  signal?.addEventListener("abort", kill, { once: true });
  try {
    return await store.query(query.sql, {
      params,
      queryId,
      settings: LIMITS,
      ...(signal ? { signal } : {}),
    });
  } finally {
    signal?.removeEventListener("abort", kill);
  }
}

function checked(query: StoredQuery, given: Readonly<Record<string, unknown>>): QueryParams {
  const odd = Object.keys(given).find((key) => !(key in query.params));
  if (odd) throw new AppError("invalid", `params.${odd}: ${query.name} has no such parameter`);
  return Object.fromEntries(
    Object.entries(query.params).map(([key, param]) => {
      const raw = given[key] ?? param.default;
      const value = param.type === "number" ? Number(raw) : String(raw);
      const fits = typeof value === "number"
        ? Number.isInteger(value) && value >= param.min! && value <= param.max!
        : param.pattern!.test(value);
      if (raw === "" || raw === null || typeof raw === "object" || !fits) {
        const need = param.type === "number"
          ? `a whole number ${param.min}..${param.max}`
          : String(param.pattern);
        throw new AppError("invalid", `params.${key}: ${JSON.stringify(raw)}, need ${need}`);
      }
      return [key, value];
    }),
  );
}
