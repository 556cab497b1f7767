/** A named query as the server is asked it: read-only, bounded, with parameters that fit and no others. */
import assert from "node:assert/strict";
import { QUERIES, runQuery } from "./queries.ts";
import type { CallOptions, Store } from "./client.ts";

interface Asked {
  sql: string;
  options: CallOptions;
}

/** A store that keeps what it is asked. */
function withStore() {
  const asked: Asked[] = [];
  const killed: unknown[] = [];
  const store = {
    query: (sql: string, options: CallOptions) => {
      asked.push({ sql, options });
      return Promise.resolve([{ a: 1 }]);
    },
    command: (sql: string, { params }: CallOptions) => {
      killed.push([sql, params]);
      return Promise.resolve();
    },
  } as unknown as Store;
  return { store, asked, killed };
}

Deno.test("each named query changes nothing, and is bounded in time, rows, bytes and memory", async () => {
  for (const { name, sql } of QUERIES) {
    const { store, asked } = withStore();
    assert.deepEqual(await runQuery(store, name, {}), [{ a: 1 }]);
    assert.equal(asked.length, 1);
    assert.equal(asked[0]!.sql, sql);
    assert.deepEqual(asked[0]!.options.settings, {
      readonly: 2,
      max_execution_time: 10,
      max_result_rows: 10_000,
      result_overflow_mode: "break",
      max_result_bytes: 16_777_216,
      max_rows_to_read: 2_000_000_000,
      max_memory_usage: 1_073_741_824,
    });
    assert.match(sql, /^\s*(SELECT|WITH)\b/i);
  }
});

Deno.test("a query has the parameters that are its own, and refuses those that do not fit before it asks", async () => {
  const { store, asked } = withStore();
  await runQuery(store, "recent_attackers", { hours: 6, limit: "5" });
  assert.deepEqual(asked[0]!.options.params, { hours: 6, limit: 5 });
  const wrong: [name: string, params: Record<string, unknown>, code: string][] = [
    ["no_such_query", {}, "not_found"],
    ["recent_attackers", { hour: 6 }, "invalid"],
    ["recent_attackers", { hours: "6; DROP TABLE x" }, "invalid"],
    ["recent_attackers", { hours: 0 }, "invalid"],
    ["recent_attackers", { hours: 1.5 }, "invalid"],
    ["recent_attackers", { hours: 1e9 }, "invalid"],
    ["recent_attackers", { hours: "" }, "invalid"],
    ["recent_attackers", { hours: [6] }, "invalid"],
  ];
  for (const [name, params, code] of wrong) {
    await assert.rejects(runQuery(store, name, params), { code }, `${name} ${JSON.stringify(params)}`);
  }
  assert.equal(asked.length, 1);
});

Deno.test("a query whose reader has gone is killed by its own id, and one that has ended is not", async () => {
  const { store, asked, killed } = withStore();
  const [gone, stays] = [new AbortController(), new AbortController()];
  const { promise, resolve } = Promise.withResolvers<[]>();
  const query = store.query;
  store.query = ((sql: string, options: CallOptions) => {
    void query(sql, options);
    return promise;
  }) as Store["query"];
  const waiting = runQuery(store, "table_sizes", {}, gone.signal);
  gone.abort();
  const [{ options }] = asked as [Asked];
  assert.deepEqual(killed, [["KILL QUERY WHERE query_id = {id:String} ASYNC", { id: options.queryId }]]);
  resolve([]);
  await waiting;
  await runQuery(store, "table_sizes", {}, stays.signal);
  stays.abort();
  assert.equal(killed.length, 1);
});
