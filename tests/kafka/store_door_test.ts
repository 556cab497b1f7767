/** The local store's HTTP interface: strangers on this host get nothing, and a store whose interface is closed ends. */
import assert from "node:assert/strict";
import { withFolder } from "../e2e/executable.ts";
import { startClickHouse } from "./cluster.ts";

Deno.test("H3: a stranger of this host gets no query, no version, no setting, and cannot close the store's door", () =>
  withFolder(async (folder) => {
    const { url, part } = await startClickHouse(`${folder}/data`);
    const { origin } = new URL(url);
    try {
      const words = [
        "SYSTEM STOP LISTEN HTTP",
        "SELECT version()",
        "SELECT 1",
        "SELECT * FROM system.settings",
      ];
      for (const sql of words) {
        for (const user of [undefined, "default", "legend"]) {
          const headers = user ? { "X-ClickHouse-User": user } : undefined;
          const answer = await fetch(origin, { method: "POST", body: sql, ...(headers ? { headers } : {}) });
          const text = await answer.text();
          assert.equal(answer.status, 404, sql);
          assert.ok(!/\d+\.\d+\.\d+|version\s*[:=(]/.test(text), text);
          assert.ok(![...answer.headers.keys()].some((name) => /clickhouse|server/.test(name)));
        }
      }
      for (
        const path of ["/?query=SELECT+1&user=default", "/ping", "/play", "/replicas_status", "/dashboard"]
      ) {
        const answer = await fetch(`${origin}${path}`);
        await answer.body?.cancel();
        assert.equal(answer.status, 404, path);
      }
      const [name, key] = await Promise.all(
        ["user", "password"].map((file) => Deno.readTextFile(`${folder}/data/store/${file}`)),
      ) as [string, string];
      const own = { "X-ClickHouse-User": name.trim(), "X-ClickHouse-Key": key.trim() };
      const ask = (body: string) => fetch(origin, { method: "POST", body, headers: own });
      assert.equal((await (await ask("SELECT 1 + 1")).text()).trim(), "2", "the parts are served as ever");
      // Whatever closes it: the part reports it and ends, so that it is restarted.
      await (await ask("SYSTEM STOP LISTEN HTTP")).body?.cancel();
      const { code, stderr } = await part.ended();
      assert.equal(code, 1);
      assert.match(stderr, /no longer accepts connections on 127\.0\.0\.1:\d+/);
    } finally {
      await part.end("SIGKILL");
    }
  }));
