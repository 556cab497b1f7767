/** The checks between the network and the handlers, in one process: addresses, origins, hosts, cookies, rights. */
import assert from "node:assert/strict";
import { Hono } from "hono";
import { bodyOf } from "../../routes/middleware/guard.ts";
import type { Route, Variables } from "../../routes/route.ts";
import { emptyBody } from "../../proto/api.ts";
import { AddressRanges } from "../../core/platform/net.ts";
import { bearer, PASSWORD, withServer } from "./server.ts";
import { ROOT } from "../../tools/paths.ts";

/** Contract: these GETs answer without login, with any suffix. */
const OPEN = [
  ["/api/health", 200],
  ["/api/health/", 200],
  ["/api/health/ready", 200],
  ["/login", 200],
  ["/", 302],
] as const;

Deno.test("H4: every open GET answers, with and without a prefix, and no row ends in a slash", () =>
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
        // Without a login, pages and the renewal on the way to a page redirect to the login.
        status === 200 ||
          (status === 302 && (!row.path.startsWith("/api/") || row.path === "/api/auth/renew")),
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

Deno.test("health in figures shows what the kernel reports, and null where nothing is known", () =>
  withServer(async ({ call, person }) => {
    const headers = bearer((await person("viewer")).token);
    const system = await (await call("GET", "/api/health/metrics/system", { headers })).json();
    const limit = Number(
      new TextDecoder().decode(
        (await new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).output()).stdout,
      ),
    );
    // "unlimited" is not a number.
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
      connections: null,
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

/** Routes that may be missing. */
const LATER = ["POST /api/control/config", "POST /api/agents/bundle/retry"];

Deno.test("H4: every route of the contract exists, or docs/NEXT.md says when it comes", () =>
  withServer(async ({ routes }) => {
    const there = new Set(routes.map(({ method, path }) => `${method} ${path.replaceAll(/:[a-z_]+/g, ":")}`));
    const missing = CONTRACT.filter((one) => !there.has(one));
    assert.deepEqual(missing.sort(), [...LATER].sort());
    const next = await Deno.readTextFile(`${ROOT}/docs/NEXT.md`);
    for (const one of missing) assert.ok(next.includes(`\`${one}\``), one);
  }));

const LOGIN = { user: "ann", password: PASSWORD };
const PAGE = { "x-requested-with": "dashboard" };

Deno.test("L2: a login is taken as JSON from the own page or from a program, and from no foreign page", () =>
  withServer(async ({ call, deps }) => {
    await deps.accounts.add("ann", "admin", PASSWORD, false);
    const login = (headers: Record<string, string>) =>
      call("POST", "/api/auth/login", { headers: { host: "test", ...headers }, body: LOGIN });
    const rows: [headers: Record<string, string>, status: number][] = [
      [{}, 200],
      [{ origin: "http://test" }, 200],
      [{ "content-type": "application/json; charset=utf-8" }, 200],
      [{ "content-type": "text/plain" }, 400],
      [{ "content-type": "application/x-www-form-urlencoded" }, 400],
      [{ "content-type": "" }, 400],
      [{ origin: "https://evil.example" }, 403],
      [{ origin: "null" }, 403],
      [{ origin: "http://test.evil.example" }, 403],
      [{ origin: "http://test:81" }, 403],
      [{ origin: "https://test" }, 403],
    ];
    for (const [headers, status] of rows) {
      const answer = await login(headers);
      assert.equal(answer.status, status, JSON.stringify(headers));
      if (status !== 200) assert.ok(!/token/.test(await answer.text()) && !answer.headers.has("set-cookie"));
    }
  }));

Deno.test("L2: with a cookie every mutating request names its origin rightly and carries the header", () =>
  withServer(async ({ call, person, routes }) => {
    const { token } = await person("admin");
    const cookie = `legend_access=${token}`;
    const rows = routes.filter(({ method, right }) => method !== "GET" && right !== "open");
    assert.ok(rows.length > 20);
    for (const { method, path } of rows) {
      for (
        const headers of [{}, { ...PAGE, origin: "https://evil.example" }, { ...PAGE, host: "evil.example" }]
      ) {
        const { status } = await call(method, path.replaceAll(/:[a-z_]+/g, "x"), {
          headers: { host: "test", cookie, ...headers },
          body: { surely_unknown: 1 },
        });
        assert.equal(status, 403, `${method} ${path} ${JSON.stringify(headers)}`);
      }
    }
    const good = await call("POST", "/api/auth/logout", {
      headers: { host: "test", cookie, ...PAGE, origin: "http://test" },
      body: {},
    });
    assert.equal(good.status, 200);
  }));

Deno.test("L2: a request under a foreign host name is answered only with a key or a token", () =>
  withServer(async ({ call, person, deps }) => {
    const { token } = await person("viewer");
    const status = async (host: string, headers: Record<string, string> = {}, path = "/api/health") =>
      (await call("GET", path, { headers: { host, ...headers } })).status;
    for (
      const host of ["test", "TEST:8080", "localhost", "127.0.0.1:9", "127.1.2.3", "[::1]:8080", "10.0.0.5"]
    ) {
      assert.equal(await status(host), 200, host);
    }
    for (
      const host of [
        "evil.example",
        "localhost.evil.example",
        "test.evil",
        "10.0.0.6",
        "127.0.0.1.evil.example",
      ]
    ) {
      assert.equal(await status(host), 403, host);
      assert.equal(await status(host, { cookie: `legend_access=${token}` }, "/api/agents"), 403, host);
      assert.equal(await status(host, { cookie: `legend_access=${token}` }, "/overview"), 403, host);
      assert.equal(await status(host, bearer(token), "/api/agents"), 200, host);
      assert.equal(await status(host, { "x-api-key": deps.masterKey }, "/api/agents"), 200, host);
    }
  }, { door: { listen: "10.0.0.5", origins: ["http://test"], proxies: new AddressRanges("") } }));

Deno.test("L2: when listening on all addresses, each address is a valid name, and no other name is", () =>
  withServer(async ({ call }) => {
    const status = async (host: string) => (await call("GET", "/api/health", { headers: { host } })).status;
    for (const host of ["192.0.2.9:8080", "[2001:db8::1]", "localhost"]) {
      assert.equal(await status(host), 200, host);
    }
    for (const host of ["evil.example", "192.0.2.9.evil.example"]) {
      assert.equal(await status(host), 403, host);
    }
  }, { door: { listen: "0.0.0.0", origins: [], proxies: new AddressRanges("") } }));

Deno.test("L8: a program gets tokens and no cookie, the page gets cookies and no token", () =>
  withServer(async ({ call, deps }) => {
    await deps.accounts.add("ann", "admin", PASSWORD, false);
    const login = await call("POST", "/api/auth/login", { body: LOGIN });
    assert.ok(!login.headers.has("set-cookie"));
    const { refresh_token, access_token } = await login.json();
    assert.equal((await call("GET", "/api/agents", { headers: bearer(access_token) })).status, 200);
    // Whatever the header is: a caller that sends the token in the body is not a page.
    const next = await call("POST", "/api/auth/refresh", { headers: PAGE, body: { refresh_token } });
    assert.ok(!next.headers.has("set-cookie"));
    assert.ok((await next.json()).access_token);
  }));

Deno.test("operator 19: the client's address is the right-most one that no trusted proxy has", () =>
  withServer(async ({ call, deps, refusalsWritten }) => {
    const seen = async (peer: string, forwarded?: string) => {
      const name = crypto.randomUUID().slice(0, 8);
      await call("POST", "/api/auth/login", {
        peer,
        headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
        body: { user: name, password: "wrong" },
      });
      await refusalsWritten();
      const entry = deps.chain.list({ limit: 50 }).find(({ action }) => action === "login refused")!;
      return /, from ([0-9a-f.:]+), once$/.exec(entry.detail)?.[1];
    };
    const rows: [peer: string, forwarded: string | undefined, seen: string][] = [
      ["198.51.100.1", "203.0.113.9", "198.51.100.1"],
      ["10.0.0.1", undefined, "10.0.0.1"],
      ["10.0.0.1", "203.0.113.9", "203.0.113.9"],
      ["::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"],
      ["10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"],
      ["10.0.0.1", "1.1.1.1, junk, 10.0.0.2", "10.0.0.2"],
      ["10.0.0.1", "junk", "10.0.0.1"],
      ["10.0.0.1", "203.0.113.9:4711", "203.0.113.9"],
      ["10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"],
      ["10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ];
    for (const [peer, forwarded, expected] of rows) {
      assert.equal(await seen(peer, forwarded), expected, `${peer} ${forwarded}`);
    }
  }, { door: { listen: "127.0.0.1", origins: [], proxies: new AddressRanges("10.0.0.0/8") } }));

Deno.test("operator 19: the live stream opens behind a proxy for the listed origin, and for no other", () =>
  withServer(async ({ call, person }) => {
    const { token } = await person("viewer");
    // 400: everything is right, except that it is not a WebSocket.
    const rows: [peer: string, headers: Record<string, string>, status: number][] = [
      ["10.0.0.1", { host: "backend", origin: "https://legend.example" }, 400],
      ["10.0.0.1", { host: "legend.example", origin: "https://legend.example" }, 400],
      ["10.0.0.1", { host: "legend.example", origin: "http://legend.example:8443" }, 400],
      ["10.0.0.1", { host: "backend", origin: "https://evil.example" }, 403],
      ["10.0.0.1", { host: "evil.example", origin: "https://evil.example" }, 403],
      ["10.0.0.1", { "x-forwarded-host": "evil.example", origin: "http://evil.example" }, 403],
      ["10.0.0.1", {
        "x-forwarded-host": "127.0.0.1:9443",
        "x-forwarded-proto": "https",
        origin: "https://127.0.0.1:9443",
      }, 400],
      ["10.0.0.1", { "x-forwarded-host": "127.0.0.1:9443", origin: "https://127.0.0.1:9443" }, 403],
      ["198.51.100.1", { host: "legend.example", origin: "https://legend.example" }, 400],
      ["198.51.100.1", { "x-forwarded-host": "legend.example", host: "evil.example" }, 403],
    ];
    for (const [peer, headers, status] of rows) {
      const answer = await call("GET", "/api/realtime/ws", {
        peer,
        headers: { cookie: `legend_access=${token}`, ...headers },
      });
      assert.equal(answer.status, status, JSON.stringify([peer, headers]));
    }
  }, {
    door: {
      listen: "127.0.0.1",
      origins: ["https://legend.example", "http://legend.example:8443"],
      proxies: new AddressRanges("10.0.0.0/8"),
    },
  }));

Deno.test("cookies are only for TLS when a trusted proxy says that the page came over it", () =>
  withServer(async ({ call, deps }) => {
    await deps.accounts.add("ann", "viewer", PASSWORD, false);
    const cookies = async (peer: string) => {
      const headers = { ...PAGE, "x-forwarded-proto": "https" };
      const answer = await call("POST", "/api/auth/login", { peer, headers, body: LOGIN });
      return answer.headers.getSetCookie().map((one) => /; Secure/.test(one));
    };
    assert.deepEqual(await cookies("10.0.0.1"), [true, true, true]);
    assert.deepEqual(await cookies("198.51.100.1"), [false, false, false]);
  }, { door: { listen: "127.0.0.1", origins: [], proxies: new AddressRanges("10.0.0.0/8") } }));

Deno.test("M2: a body that does not arrive is waited for only up to the limit", async () => {
  const app = new Hono<{ Variables: Variables }>();
  const ended = Promise.withResolvers<void>();
  app.post("/", async (c) => {
    const read = await bodyOf(c, { body: emptyBody, right: "self" } as unknown as Route, 50);
    return read instanceof Response ? read : c.json(read);
  });
  const body = new ReadableStream<Uint8Array>({
    start: (to) => to.enqueue(new Uint8Array([0x7b])),
    cancel: () => ended.resolve(),
  });
  const answer = await app.request("/", { method: "POST", body });
  assert.equal(answer.status, 400);
  assert.match((await answer.json()).detail, /did not arrive within 0.05 s/);
  await ended.promise;
  const whole = await app.request("/", { method: "POST", body: "{}" });
  assert.deepEqual([whole.status, await whole.json()], [200, { body: {} }]);
});

Deno.test("H7: the right to start jobs does not allow to choose the live model, in any way", () =>
  withServer(async ({ call, deps, clock, log }) => {
    const key = (...scopes: ("jobs" | "models" | "read")[]) => ({
      "x-api-key": deps.accounts.addKey(scopes.join("+"), scopes, "admin", clock.now + 1e9),
    });
    const [jobs, both] = await Promise.all([key("jobs"), key("jobs", "models")].map(async (one) => ({
      "x-api-key": (await one["x-api-key"]).key,
    })));
    const range = { start: 0, end: 4_000_000_000 };
    const train = (promote?: string) => ({
      module: "mev",
      range,
      model: "torch",
      ...(promote ? { promote } : {}),
    });
    const schedule = (promote?: string) => ({
      schedules: [{
        name: "n",
        cron: "* * * * *",
        kind: "train",
        args: { module: "mev", ...(promote ? { promote } : {}) },
      }],
    });
    const dataset = (output: string) => ({
      schedules: [{ name: "n", cron: "* * * * *", kind: "scrape", args: { output } }],
    });
    // Written by hand: by default a training does not promote a model, a schedule does.
    const rows: [method: string, path: string, body: unknown, onlyJobs: number, withModels: number][] = [
      ["POST", "/api/training/start", train(), 202, 202],
      ["POST", "/api/training/start", train("never"), 202, 202],
      ["POST", "/api/training/start", train("if_better"), 403, 202],
      ["POST", "/api/training/train", train("shadow"), 403, 202],
      ["PUT", "/api/schedules", schedule("never"), 200, 200],
      ["PUT", "/api/schedules", schedule(), 403, 200],
      ["PUT", "/api/schedules", schedule("shadow"), 403, 200],
      ["PUT", "/api/schedules", dataset("d-{day}.parquet"), 200, 200],
      ["PUT", "/api/schedules", dataset("d.parquet"), 422, 422],
      ["PUT", "/api/schedules", dataset("../{day}.parquet"), 422, 422],
    ];
    for (const [method, path, body, onlyJobs, withModels] of rows) {
      const label = `${path} ${JSON.stringify(body)}`;
      assert.equal((await call(method, path, { headers: jobs!, body })).status, onlyJobs, label);
      assert.equal((await call(method, path, { headers: both!, body })).status, withModels, label);
    }
    const wrong = await call("PUT", "/api/schedules", { headers: jobs!, body: dataset("../{day}.parquet") });
    assert.equal((await wrong.json()).field, "schedules.0.args.output");
    assert.deepEqual(deps.schedules.read().map(({ kind, args }) => [kind, args.output]), [
      ["scrape", "d-{day}.parquet"],
    ]);
    const entry = deps.chain.list({ limit: 50 }).find(({ detail }) => /promote if_better/.test(detail));
    assert.ok(entry, "the audit says what may become of it");
    void log;
  }));

Deno.test("L7: one issuer's unfinished jobs are bounded, another's are accepted", () =>
  withServer(async ({ call, deps, clock }) => {
    const key = async (label: string) => ({
      "x-api-key": (await deps.accounts.addKey(label, ["jobs"], "admin", clock.now + 1e9)).key,
    });
    const [many, other] = [await key("many"), await key("other")];
    const train = (seed: number) => ({
      module: "mev",
      range: { start: 0, end: 4_000_000_000 - seed },
      model: "torch",
    });
    const statuses = await Promise.all(
      Array.from(
        { length: 60 },
        (_, n) =>
          call("POST", "/api/training/start", { headers: many, body: train(n) }).then(({ status }) => status),
      ),
    );
    assert.deepEqual([202, 429].map((one) => statuses.filter((status) => status === one).length), [32, 28]);
    assert.equal(
      (await call("POST", "/api/training/start", { headers: other, body: train(99) })).status,
      202,
    );
  }));

Deno.test("L1: the rate of strangers counts a household's IPv6 addresses as one", () =>
  withServer(async ({ call }) => {
    const statuses: number[] = [];
    for (let n = 1; n <= 30; n++) {
      statuses.push((await call("GET", "/api/health", { peer: `2001:db8:0:7::${n}` })).status);
    }
    assert.ok(statuses.includes(200) && statuses.includes(429), statuses.join());
    assert.equal((await call("GET", "/api/health", { peer: "2001:db8:0:8::1" })).status, 200);
  }, { ratePerSecond: 5 }));
