import assert from "node:assert/strict";
import { type AppError } from "../platform/errors.ts";
import { Store } from "./client.ts";

/** Runs with a server that answers a statement as `answer` does, byte for byte. */
async function withServer(
  answer: (write: (text: string) => Promise<void>) => Promise<void>,
  run: (store: Store, asked: () => string) => Promise<void>,
): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let asked = "";
  const serving = (async () => {
    for await (const connection of listener) {
      const room = new Uint8Array(1 << 16);
      const read = await connection.read(room);
      asked = new TextDecoder().decode(room.subarray(0, read ?? 0));
      try {
        await answer(async (text) => void await connection.write(new TextEncoder().encode(text)));
      } catch {
        // The client went away, as some of the tests want it to.
      }
      connection.close();
    }
  })();
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  await run(new Store(() => ({ url, user: "u", password: "secret", database: "mev" })), () => asked);
  listener.close();
  await serving.catch(() => {});
}

const HEAD = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${"x".repeat(bytes)}\r\n`;

Deno.test("stream gives whole blocks and then the rest, with database, query id and parameters in the call", () =>
  withServer(async (write) => {
    await write(HEAD);
    for (let at = 0; at < 600; at++) await write(chunk(4_096));
    await write("0\r\n\r\n");
  }, async (store, asked) => {
    const sizes: number[] = [];
    for await (const block of store.stream("SELECT 1", { queryId: "q-1", params: { day: "a\tb" } })) {
      assert.ok(block.every((byte) => byte === 120));
      sizes.push(block.length);
    }
    assert.deepEqual(sizes, [1 << 20, 1 << 20, 600 * 4_096 - (2 << 20)]);
    assert.match(asked(), /^POST \/\?database=mev&query_id=q-1&param_day=a%5Ctb HTTP\/1\.1\r\n/);
    assert.match(asked().toLowerCase(), /x-clickhouse-key: secret\r\n/);
  }));

Deno.test("a parameter is escaped as the server reads it, by itself and in a list", async () => {
  const odd = "a'b\\c\td\ne";
  const texts = new Map<string, string>();
  await withServer(async (write) => {
    await write(`${HEAD}0\r\n\r\n`);
  }, async (store, asked) => {
    for await (const _ of store.stream("SELECT 1", { params: { one: odd, list: [odd, 7, "x"], number: 5 } }));
    const query = /^POST (\S+) /.exec(asked())![1]!;
    for (const [name, value] of new URL(query, "http://x").searchParams) texts.set(name, value);
  });
  assert.deepEqual([texts.get("param_one"), texts.get("param_list"), texts.get("param_number")], [
    "a'b\\\\c\\td\\ne",
    "['a\\'b\\\\c\td\ne',7,'x']",
    "5",
  ]);
});

Deno.test("stream says what was wrong: refused, wrong password, cut off, no server", async () => {
  const refuse = (status: string, code: string, text: string) =>
    `HTTP/1.1 ${status}\r\nX-ClickHouse-Exception-Code: ${code}\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`;
  const cases: [string, string, RegExp][] = [
    ["refused", refuse("500 Oops", "62", "Code: 62. DB::Exception: Syntax error"), /: Syntax error$/],
    ["login", refuse("401 No", "516", "no"), /check the user and password of CLICKHOUSE_URL$/],
    ["cut in a chunk", `${HEAD}${chunk(9)}ffff\r\nxxx`, /its answer was cut off/],
    ["cut between chunks", `${HEAD}${chunk(9)}`, /its answer was cut off/],
  ];
  for (const [name, text, expected] of cases) {
    await withServer((write) => write(text), async (store) => {
      const read = async () => {
        for await (const _ of store.stream("SELECT 1")) { /* Read to its end. */ }
      };
      await assert.rejects(read, (error: AppError) => expected.test(error.message), name);
    });
  }
  const unreachable = new Store(() => ({
    url: "http://127.0.0.1:1/",
    user: "",
    password: "",
    database: "mev",
  }));
  await assert.rejects(
    () => unreachable.stream("SELECT 1").next(),
    /Cannot reach ClickHouse at http:\/\/127\.0\.0\.1:1\//,
  );
});

Deno.test("stream ends the query when its reader stops or aborts", async () => {
  for (const how of ["stops", "aborts"]) {
    let gone = false;
    await withServer(async (write) => {
      await write(HEAD);
      try {
        for (;;) await write(chunk(1 << 16));
      } catch (error) {
        gone = true;
        throw error;
      }
    }, async (store) => {
      const stop = new AbortController();
      const read = async () => {
        for await (const _ of store.stream("SELECT 1", { signal: stop.signal })) {
          if (how === "stops") break;
          stop.abort();
        }
      };
      if (how === "stops") await read();
      else await assert.rejects(read, { name: "AbortError" });
    });
    assert.ok(gone, how);
  }
});
