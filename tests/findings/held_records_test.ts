/** legend.db and the anchor held by another process, or broken: kills succeed, and nothing hangs. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { freePort } from "../../tools/kafka.ts";
import { bearer, withServer } from "../api/server.ts";
import { legend, withFolder } from "../e2e/executable.ts";
import { delay } from "../../core/platform/delay.ts";
import { LIMIT_MS, until, up, withRun } from "./running_api.ts";

Deno.test("M10: with accounts that cannot be read a kill goes through, and nothing else does", () =>
  withServer(async ({ call, person, deps }) => {
    const { token } = await person("admin");
    const key = (await deps.accounts.addKey("k", ["control"], "x", Date.now() + 1e9)).key;
    const post = async (path: string, headers: Record<string, string>) => {
      const answer = await call("POST", `/api/control/module/mev:${path}?wait=receipt`, {
        headers,
        body: {},
      });
      return { status: answer.status, text: await answer.text() };
    };
    // Used once while the file was intact: the key is known; the body is invalid.
    assert.equal((await post("throttle", { "x-api-key": key })).status, 422);
    deps.accounts.user = deps.accounts.keyHolder = () => {
      throw new Error("database disk image is malformed");
    };
    for (const headers of [bearer(token), { "x-api-key": key }]) {
      const { status, text } = await post("kill", headers);
      assert.ok(![401, 403].includes(status) && !/cannot be read/.test(text), text);
    }
    const unknown = await post("kill", { "x-api-key": "lgk_000000000000_x" });
    assert.deepEqual([unknown.status, /legend\.db cannot be read/.test(unknown.text)], [503, true]);
    const reads = await call("GET", "/api/agents", { headers: { "x-api-key": key } });
    assert.deepEqual([reads.status, /legend\.db cannot be read/.test(await reads.text())], [503, true]);
    // The kills are in the audit, which can be written here.
    await until(
      "their entries",
      () => deps.chain.list().filter(({ action }) => action === "kill").length === 2,
    );
  }));

/** How long a test holds the lock. */
const HELD_MS = 12_000;

Deno.test("M8: of two APIs that start at once one runs, and the first login opens it", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const ports = [freePort(), freePort()];
    const ends: Promise<void>[] = [];
    const running = ports.map((port) =>
      withRun(["run", "api", "--port", String(port), "--data-dir", data], async (_, printed) => {
        await until("it runs or is refused", () => /the page is at|another one runs/.test(printed()));
        if (/another one runs/.test(printed())) return;
        const url = `http://127.0.0.1:${port}`;
        await up(url);
        const password = /^password: (.*)$/m.exec(await Deno.readTextFile(`${data}/first-login`))![1]!;
        const answer = await fetch(`${url}/api/auth/login`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ user: "admin", password }),
        });
        assert.equal(answer.status, 200, await answer.text());
      })
    );
    const printed = await Promise.all([...running, ...ends]);
    assert.equal(printed.filter((text) => text?.includes("the page is at")).length >= 1, true);
    for (const text of printed) assert.doesNotMatch(text ?? "", /no such table|bug in legend/);
  }));

Deno.test("M10: a kill by API is answered while another process holds legend.db, and its entry follows", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const port = freePort();
    const url = `http://127.0.0.1:${port}`;
    const headers = { "x-api-key": "master-key-of-the-test-01234567", "content-type": "application/json" };
    await withRun(["run", "api", "--port", String(port), "--data-dir", data], async () => {
      await up(url);
      const post = (path: string, body: unknown) =>
        fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
      // Warm up with one kill, as on a day with kills.
      await (await post("/api/control/module/mev:kill", {})).body?.cancel();
      const database = new DatabaseSync(`${data}/legend.db`);
      database.exec("pragma busy_timeout = 60000; begin immediate");
      const begun = performance.now();
      const times: number[] = [];
      for (let n = 0; n < 5; n++) {
        const at = performance.now();
        await (await post("/api/control/module/mev:kill", { reason: `locked ${n}` })).body?.cancel();
        times.push(performance.now() - at);
      }
      const reads = performance.now();
      await (await fetch(`${url}/api/agents`, { headers })).body?.cancel();
      const readMs = performance.now() - reads;
      const refused = await post("/api/control/module/mev:throttle", { throttle_pct: 7 });
      assert.equal(refused.status, 503, "no command without its entry");
      await refused.body?.cancel();
      assert.ok(performance.now() - begun > 2_500, "it was waited for");
      // A request that waited for the lock would take as long as the lock is held; the soak checks the 200 ms.
      await delay(HELD_MS - (performance.now() - begun));
      database.exec("rollback");
      database.close();
      const heldMs = performance.now() - begun;
      assert.ok(readMs < heldMs / 2, `a read took ${readMs} ms of ${heldMs}`);
      assert.ok(times.toSorted((a, b) => a - b)[2]! < heldMs / 4, times.join(" "));
      await until("the entries of the kills", async () => {
        const answer = await fetch(`${url}/api/control/audit-log?limit=50`, { headers });
        const { entries } = await answer.json() as { entries: { action: string; detail: string }[] };
        assert.ok(!entries.some(({ action }) => action === "throttle"));
        return entries.filter(({ detail }) => detail.includes("locked ")).length === 5;
      });
    });
    const verdict = await legend(["audit", "verify", "--data-dir", data]);
    assert.deepEqual([verdict.code, verdict.stdout], [0, verdict.stdout.replace(/: .*\n$/, ": whole\n")]);
  }));

Deno.test("M10: with the anchor held by another process a kill by API and by verb is answered and ends", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const config = `${folder}/legend.toml`;
    const anchor = `${folder}/anchor`;
    await Deno.writeTextFile(config, `[audit]\nanchor = "${anchor}"\n[store]\nenabled = false\n`);
    await Deno.writeTextFile(anchor, "");
    const port = freePort();
    const url = `http://127.0.0.1:${port}`;
    const headers = { "x-api-key": "master-key-of-the-test-01234567", "content-type": "application/json" };
    const words = ["--config", config, "--data-dir", data];
    await withRun(["run", "api", "--port", String(port), ...words], async (_, printed) => {
      await up(url);
      await Deno.mkdir(`${data}/agents`, { recursive: true });
      using holder = await Deno.open(anchor, { read: true, write: true });
      await holder.lock(true);
      const kill = async () => {
        const answer = await fetch(`${url}/api/control/module/mev:kill`, {
          method: "POST",
          headers,
          body: "{}",
          signal: AbortSignal.timeout(LIMIT_MS),
        });
        await answer.body?.cancel();
      };
      // The head of the first entry is on its way to the anchor when the others arrive.
      await kill();
      await until("the anchor is said to be held", () => /another process has held it/.test(printed()));
      await kill();
      const added = await legend(["user", "add", "ann", "viewer", ...words]);
      assert.deepEqual([added.code, /another process has held it/.test(added.stderr)], [0, true]);
      const verb = await legend(["kill", "mev", ...words]);
      assert.ok(verb.code !== 2, verb.stderr);
      await kill();
      assert.equal(await Deno.readTextFile(anchor), "");
      await holder.unlock();
      await until("the heads in the anchor", async () => {
        const lines = (await Deno.readTextFile(anchor)).trimEnd().split("\n").length;
        return lines >= 4;
      });
    });
  }));

Deno.test("M10: `run api` ends while another process holds legend.db and a refusal waits for it", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const port = freePort();
    const url = `http://127.0.0.1:${port}`;
    await withRun(["run", "api", "--port", String(port), "--data-dir", data], async (pid) => {
      await up(url);
      const refused = await fetch(`${url}/api/auth/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ user: "stranger", password: "x" }),
      });
      assert.equal(refused.status, 401, await refused.text());
      const database = new DatabaseSync(`${data}/legend.db`);
      database.exec("pragma busy_timeout = 60000; begin immediate");
      try {
        Deno.kill(pid, "SIGTERM");
        await until("it has ended", () => !runs(pid));
      } finally {
        database.exec("rollback");
        database.close();
      }
    });
  }));

/** Whether the process runs and is not a zombie. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}
