/** What stands between the network and the handlers, in one process: addresses, origins, hosts, cookies, rights. */
import assert from "node:assert/strict";
import { bearer, withServer } from "./server.ts";
import { ROOT } from "../../tools/paths.ts";

/** Contract: these GETs answer without login, whatever follows the last letter. */
const OPEN = [
  ["/api/health", 200],
  ["/api/health/", 200],
  ["/api/health/ready", 200],
  ["/login", 200],
  ["/", 302],
] as const;

Deno.test("H4: every open GET is there, with and without a prefix, and no row ends in a slash", () =>
  withServer(async ({ call, routes, person }) => {
    for (const [path, status] of OPEN) assert.equal((await call("GET", path)).status, status, path);
    assert.deepEqual(
      routes.map(({ path }) => path).filter((path) => path.length > 1 && path.endsWith("/")),
      [],
    );
    const fixed = routes.filter((row) =>
      row.method === "GET" && row.right === "open" && !row.path.includes(":") &&
      row.path !== "/api/realtime/ws"
    );
    for (const row of fixed) {
      const { status } = await call("GET", row.path);
      assert.ok(
        status === 200 || (status === 302 && !row.path.startsWith("/api/")),
        `${row.path}: ${status}`,
      );
    }
    const { token } = await person("viewer");
    for (const path of ["system", "performance"]) {
      const answer = await call("GET", `/api/health/metrics/${path}`, { headers: bearer(token) });
      assert.equal(answer.status, 200, path);
      assert.equal((await call("GET", `/api/health/metrics/${path}`)).status, 401, path);
    }
  }));

Deno.test("H4: the routes are at their places below a prefix too", () =>
  withServer(async ({ call }) => {
    for (const [path, status] of OPEN) assert.equal((await call("GET", `/p${path}`)).status, status, path);
    assert.equal((await call("GET", "/p")).status, 302);
  }, { prefix: "/p" }));

Deno.test("health in figures tells what the kernel tells, and null where nothing is known", () =>
  withServer(async ({ call, person }) => {
    const headers = bearer((await person("viewer")).token);
    const system = await (await call("GET", "/api/health/metrics/system", { headers })).json();
    const limit = Number(
      new TextDecoder().decode(
        (await new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).output()).stdout,
      ),
    );
    // "unlimited" is no number.
    if (limit) assert.equal(system.descriptors.limit, limit);
    assert.ok(system.descriptors.open >= 3 && system.descriptors.open < limit);
    const [, total] = /MemTotal:\s+(\d+) kB/.exec(await Deno.readTextFile("/proc/meminfo"))!;
    assert.equal(system.memory.total_bytes, Number(total) * 1024);
    assert.ok(system.memory.process_bytes > 1 << 20 && system.disk.free_bytes > 0 && system.cpus >= 1);
    const performance = await (await call("GET", "/api/health/metrics/performance", { headers })).json();
    assert.deepEqual(performance, {
      modules: Object.fromEntries(
        ["arbitrage", "mev"].map((
          module,
        ) => [module, { hotpath_p50: null, hotpath_p99: null, send_p99: null, age_s: null }]),
      ),
      store: null,
      link: null,
      streams: { open: 0, sent: "0", dropped: "0" },
    });
  }));

/** The contract's REST routes, written down by hand. */
const CONTRACT = `
POST /api/control/module/:  POST /api/policy/update  POST /api/control/policy  POST /api/control/command
POST /api/control/model-swap  POST /api/control/kill-switch  POST /api/control/config
GET /api/control/commands/:  GET /api/control/audit-log  GET /api/agents  POST /api/agents/bundle/retry
GET /api/decisions  GET /api/decisions/:
POST /api/datasets/scrape  POST /api/datasets/export  GET /api/datasets/status/:  GET /api/datasets/export/:
GET /api/datasets/schema/:
POST /api/training/start  POST /api/training/train  GET /api/training/status/:  GET /api/training/jobs/:
GET /api/training/models  POST /api/training/models/:/deploy  POST /api/training/models/:/rollback
GET /api/jobs  GET /api/jobs/:  POST /api/jobs/:/cancel  POST /api/jobs/:/retry  GET /api/schedules  PUT /api/schedules
GET /api/metrics/summary  GET /api/health  GET /api/health/ready  GET /api/health/metrics/system
GET /api/health/metrics/performance  GET /metrics  GET /api/openapi.json
POST /api/clickhouse/query
POST /api/auth/login  POST /api/auth/refresh  POST /api/auth/logout  GET /api/auth/sessions
GET /api/users  POST /api/users  GET /api/keys  POST /api/keys
GET /api/realtime/ws`.trim().split(/ {2,}|\n/);

/** What may be missing. */
const LATER = ["POST /api/control/config", "POST /api/agents/bundle/retry"];

Deno.test("H4: every route of the contract is there, or docs/NEXT.md says when it comes", () =>
  withServer(async ({ routes }) => {
    const there = new Set(routes.map(({ method, path }) => `${method} ${path.replaceAll(/:[a-z_]+/g, ":")}`));
    const missing = CONTRACT.filter((one) => !there.has(one));
    assert.deepEqual(missing.sort(), [...LATER].sort());
    const next = await Deno.readTextFile(`${ROOT}/docs/NEXT.md`);
    for (const one of missing) assert.ok(next.includes(`\`${one}\``), one);
  }));
