/** Every route with every caller: the answer is as in the table, and a refused call has no effect. */
import assert from "node:assert/strict";
import type { Log } from "../../core/log/log.ts";
import { ACCESS, EVERYBODY } from "./access_table.ts";
import type { Server } from "./server.ts";
import { bearer, eventually, PASSWORD, withServer } from "./server.ts";

interface Caller {
  name: string;
  headers: Record<string, string>;
  /** Whether they identify themselves; the others are anonymous. */
  isKnown: boolean;
}

async function callers(server: Server): Promise<Caller[]> {
  const { deps, clock, person } = server;
  const list: Caller[] = [{ name: "anonymous", headers: {}, isKnown: false }];
  for (const role of ["viewer", "auditor", "admin"] as const) {
    const { token } = await person(role);
    list.push({ name: role, headers: bearer(token), isKnown: true });
  }
  for (const scope of ["read", "control", "config", "metrics", "jobs", "models"] as const) {
    const { key } = await deps.accounts.addKey(scope, [scope], "admin", clock.now + 1e9);
    list.push({ name: `key ${scope}`, headers: { "x-api-key": key }, isKnown: true });
  }
  list.push({ name: "master key", headers: { "x-api-key": deps.masterKey }, isKnown: true });
  const revoked = await deps.accounts.addKey("revoked", ["control"], "admin", clock.now + 1e9);
  await deps.accounts.revokeKey(revoked.id);
  const expired = await deps.accounts.addKey("expired", ["control"], "admin", clock.now - 1);
  const ended = await person("admin");
  await deps.accounts.end(ended.session);
  const late = await person("admin");
  clock.now -= 3_600_000;
  const old = await deps.tokens.sign(late.name, "admin", late.session);
  clock.now += 3_600_000;
  for (
    const [name, headers] of [
      ["revoked key", { "x-api-key": revoked.key }],
      ["expired key", { "x-api-key": expired.key }],
      ["garbage key", { "x-api-key": "lgk_x" }],
      ["expired token", bearer(old)],
      ["ended login", bearer(ended.token)],
      ["garbage token", bearer("a.b.c")],
    ] as const
  ) {
    list.push({ name, headers, isKnown: false });
  }
  return list;
}

/** Number of records of a topic. */
async function endOf(log: Log, name: string): Promise<bigint> {
  if (!(await log.topics()).includes(name)) return 0n;
  using topic = await log.topic(name);
  return (await topic.info()).end;
}

const commandsEnd = (log: Log) => endOf(log, "control-commands-proto");

/** Everything that a call could have changed, as one text. */
async function world({ deps, folder, log }: Server): Promise<string> {
  const commands = String(await commandsEnd(log));
  const states = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name === "agents");
  return JSON.stringify([
    commands,
    String(await endOf(log, "jobs-proto")),
    deps.schedules.read(),
    states,
    deps.accounts.users(),
    deps.accounts.keys(),
    deps.accounts.sessions().length,
    deps.batch,
  ]);
}

/** Pages answer users with a redirect, and the WebSocket checks its caller itself. */
const isPage = (path: string) => !path.startsWith("/api/") && path !== "/metrics";

Deno.test("every route answers every caller as the table says, and nothing fires when it refuses", () =>
  withServer(async (server) => {
    const rows = server.routes.filter(({ path }) => !isPage(path) && path !== "/api/realtime/ws");
    assert.deepEqual(
      rows.map(({ method, path }) => `${method} ${path}`).sort(),
      Object.keys(ACCESS).sort(),
      "each route has its row, and each row its route",
    );
    // Log out last: after it no caller is known.
    rows.sort((a, b) => Number(a.path.endsWith("logout")) - Number(b.path.endsWith("logout")));
    let refused = 0;
    for (const caller of await callers(server)) {
      const before = await world(server);
      for (const row of rows) {
        const path = row.path.replaceAll(/:[a-z_]+/g, "mev:kill");
        // A body that no schema accepts: a caller with access gets that error, and nothing happens.
        const body = row.method === "GET" ? {} : { body: { surely_unknown: 1 } };
        const { status } = await server.call(row.method, path, { headers: caller.headers, ...body });
        const label = `${caller.name}: ${row.method} ${row.path} gave ${status}`;
        const allowed = ACCESS[`${row.method} ${row.path}`]!;
        if (allowed === EVERYBODY || allowed.includes(caller.name)) {
          // A login with an empty body is refused by the login itself, a nonsensical body by its schema.
          if (row.path !== "/api/auth/refresh") assert.ok(![401, 403].includes(status), label);
        } else {
          refused += 1;
          assert.equal(status, caller.isKnown ? 403 : 401, label);
        }
      }
      if (!caller.isKnown) assert.equal(await world(server), before, `${caller.name} changed something`);
    }
    assert.ok(refused > 200, `${refused} refusals`);
    assert.equal(await commandsEnd(server.log), 0n, "no command was sent by any of it");
  }));

Deno.test("mutating routes with a body that would be right are refused without a right, and fire with it", () =>
  withServer(async (server) => {
    const { call, person, deps } = server;
    const bodies: [path: string, body: unknown][] = [
      ["/api/control/module/mev:throttle", { throttle_pct: 25 }],
      ["/api/control/module/mev:kill", {}],
      ["/api/control/kill-switch", { module: "all" }],
      ["/api/policy/update", { module: "mev", ev_min: 0.1 }],
      ["/api/control/command", { module: "mev", action: "stop" }],
    ];
    for (const role of ["viewer", "auditor"] as const) {
      const { token } = await person(role);
      for (const [path, body] of bodies) {
        assert.equal((await call("POST", path, { headers: bearer(token), body })).status, 403);
      }
    }
    assert.equal(await commandsEnd(server.log), 0n);
    const { token, name } = await person("admin");
    for (const [path, body] of bodies) {
      const answer = await call("POST", `${path}?wait=receipt`, { headers: bearer(token), body });
      assert.equal(answer.status, 202, path);
      const { request_id, ok, sent } = await answer.json();
      assert.ok(ok && sent[0].receipt.genuine, path);
      // No command without its entry; the entry of a kill is written after the kill has been answered.
      await eventually(
        () => deps.chain.list().some((entry) => entry.request_id === request_id && entry.who === name),
        `the entry of ${path}`,
      );
    }
    assert.equal(await commandsEnd(server.log), 6n);
    assert.deepEqual(server.auditFaults(), []);
  }));

Deno.test("jobs, schedules and models are changed by those who may, and by no one else", () =>
  withServer(async ({ call, person, deps, log, clock, folder }) => {
    const range = { start: "2026-11-01", end: "2026-11-02" };
    const rows: [method: string, path: string, body: unknown, scope: "jobs" | "models", status: number][] = [
      ["POST", "/api/datasets/scrape", { ...range, output: "a.parquet" }, "jobs", 202],
      ["POST", "/api/datasets/export", { ...range, output: "b.jsonl", format: "jsonl" }, "jobs", 202],
      ["POST", "/api/training/start", { module: "mev", range, params: { lr: 0.1 } }, "jobs", 202],
      ["POST", "/api/training/train", { module: "arbitrage", range, model: "torch" }, "jobs", 202],
      ["PUT", "/api/schedules", { schedules: [] }, "jobs", 200],
      ["POST", "/api/control/model-swap", { model_id: "mev", version: "000000000000" }, "models", 404],
      ["POST", "/api/training/models/000000000000/deploy", {}, "models", 404],
    ];
    const key = async (scope: "read" | "control" | "jobs" | "models") => ({
      "x-api-key": (await deps.accounts.addKey(scope, [scope], "admin", clock.now + 1e9)).key,
    });
    for (
      const headers of [
        bearer((await person("viewer")).token),
        bearer((await person("auditor")).token),
        await key("read"),
        await key("control"),
      ]
    ) {
      for (const [method, path, body] of rows) {
        assert.equal((await call(method, path, { headers, body })).status, 403, path);
      }
    }
    assert.equal(await endOf(log, "jobs-proto"), 0n);
    for (const [method, path, body, scope, status] of rows) {
      const other = scope === "jobs" ? "models" : "jobs";
      assert.equal((await call(method, path, { headers: await key(other), body })).status, 403, path);
      assert.equal((await call(method, path, { headers: await key(scope), body })).status, status, path);
    }
    assert.equal(await endOf(log, "jobs-proto"), 4n);
    assert.deepEqual(deps.schedules.read(), []);
    const [changed] = deps.chain.list().filter(({ action }) => action === "schedules");
    assert.equal(changed!.detail, '{"schedules":[]}');
    const { token } = await person("admin");
    const bad: [path: string, body: unknown, status: number, word: RegExp][] = [
      ["/api/datasets/scrape", { ...range, output: "../x" }, 422, /empty parts/],
      ["/api/datasets/scrape", { ...range, output: "s3://theirs/x" }, 403, /not among s3\.buckets/],
      ["/api/datasets/scrape", { start: range.end, end: range.start, output: "x" }, 422, /end/],
      ["/api/datasets/scrape", { ...range, output: "x", sql: "DROP" }, 422, /sql/],
      ["/api/training/start", { module: "mev", range, params: { max_depth: 99 } }, 422, /max_depth/],
      ["/api/training/start", { module: "mev", range, model: "gpt" }, 422, /model/],
    ];
    for (const [path, body, status, word] of bad) {
      const answer = await call("POST", path, { headers: bearer(token), body });
      assert.equal(answer.status, status, `${path} ${JSON.stringify(body)}`);
      assert.match(await answer.text(), word);
    }
    assert.equal(await endOf(log, "jobs-proto"), 4n, "nothing of it became a job");
    const late = await call("PUT", "/api/schedules", {
      headers: bearer(token),
      body: { schedules: [{ name: "n", cron: "61 * * * *", kind: "train", args: { module: "mev" } }] },
    });
    assert.equal(late.status, 422);
    assert.match(await late.text(), /cron field minute/);
    const acts = deps.chain.list().filter(({ action }) => action === "schedules");
    assert.equal(acts.length, 1, "what was refused is not an act");
    assert.ok([...Deno.readDirSync(folder)].every(({ name }) => name !== "models"), "no model came of it");
  }));

Deno.test("a cookie needs the header against forgery, a bearer does not", () =>
  withServer(async ({ call, person }) => {
    const { token } = await person("admin");
    const cookie = { cookie: `legend_access=${token}` };
    const path = "/api/control/module/mev:stop?wait=receipt";
    assert.equal((await call("POST", path, { headers: cookie, body: {} })).status, 403);
    assert.equal(
      (await call("POST", path, { headers: { ...cookie, "x-requested-with": "dashboard" }, body: {} }))
        .status,
      202,
    );
    assert.equal((await call("POST", path, { headers: bearer(token), body: {} })).status, 202);
    assert.equal((await call("GET", "/api/agents", { headers: cookie })).status, 200);
  }));

Deno.test("login gives cookies that scripts cannot read, refresh rotates them, logout ends them", () =>
  withServer(async ({ call, deps, refusalsWritten }) => {
    await deps.accounts.add("ann", "admin", PASSWORD, false);
    const wrong = await call("POST", "/api/auth/login", { body: { user: "ann", password: "wrong" } });
    assert.equal(wrong.status, 401);
    assert.equal(wrong.headers.get("content-type"), "application/problem+json");
    await refusalsWritten();
    const page = { "x-requested-with": "dashboard" };
    const login = await call("POST", "/api/auth/login", {
      headers: page,
      body: { user: "ann", password: PASSWORD },
    });
    const cookies = login.headers.getSetCookie();
    assert.ok(
      cookies.length === 3 && cookies.every((one) => /HttpOnly/.test(one) && /SameSite=Strict/.test(one)),
    );
    assert.deepEqual(Object.keys(await login.json()).sort(), ["expires_in", "must_change", "role", "user"]);
    const jar = cookies.map((one) => one.split(";")[0]).join("; ");
    const alone = await call("POST", "/api/auth/refresh", { headers: { cookie: jar }, body: {} });
    assert.equal(alone.status, 403, "a cookie that came by itself exchanges nothing");
    assert.deepEqual(alone.headers.getSetCookie(), [], "and ends nothing");
    const next = await call("POST", "/api/auth/refresh", { headers: { cookie: jar, ...page }, body: {} });
    assert.equal(next.status, 200);
    assert.ok(!/token/.test(await next.text()), "no script of the page sees a token");
    assert.equal(next.headers.getSetCookie().length, 2);
    assert.equal((await call("GET", "/api/auth/me", { headers: { cookie: jar } })).status, 200);
    assert.equal(
      (await call("POST", "/api/auth/logout", { headers: { cookie: jar, "x-requested-with": "dashboard" } }))
        .status,
      200,
    );
    assert.equal((await call("GET", "/api/auth/me", { headers: { cookie: jar } })).status, 401);
    assert.deepEqual(deps.chain.list().map(({ action }) => action).reverse().slice(0, 3), [
      "login refused",
      "login",
      "logout",
    ]);
  }));

Deno.test("the first password opens nothing but its own change", () =>
  withServer(async ({ call, deps }) => {
    await deps.accounts.add("admin", "admin", PASSWORD);
    const { access_token } =
      await (await call("POST", "/api/auth/login", { body: { user: "admin", password: PASSWORD } })).json();
    const headers = bearer(access_token);
    assert.equal((await call("GET", "/api/agents", { headers })).status, 403);
    assert.equal((await call("POST", "/api/control/module/mev:kill", { headers, body: {} })).status, 403);
    const changed = await call("POST", "/api/auth/password", {
      headers,
      body: { current: PASSWORD, next: "another good password" },
    });
    assert.equal(changed.status, 200);
    assert.equal((await call("GET", "/api/agents", { headers })).status, 200);
  }));

const BAD_BODIES: [name: string, raw: string | Uint8Array<ArrayBuffer>, status: number, field?: string][] = [
  ["not JSON", "{", 400],
  // In a string whose text would be valid: with U+FFFD in its place it would be accepted.
  [
    "not UTF-8",
    new Uint8Array([...new TextEncoder().encode('{"throttle_pct":25,"reason":"'), 0xff, 0x22, 0x7d]),
    400,
  ],
  ["an unknown key", '{"throttle_pct":1,"throtle":2}', 422, "throtle"],
  ["out of range", '{"throttle_pct":101}', 422, "throttle_pct"],
  ["a wrong type", '{"throttle_pct":"25"}', 422, "throttle_pct"],
  ["a key of another action", '{"ev_min":1}', 422],
  ["nothing", "{}", 422],
  ["too much", `{"reason":"${"x".repeat(70_000)}"}`, 413],
];

for (const [name, raw, status, field] of BAD_BODIES) {
  Deno.test(`POST mev:throttle with ${name} answers ${status} and sends nothing`, () =>
    withServer(async ({ call, person, log }) => {
      const { token } = await person("admin");
      const answer = await call("POST", "/api/control/module/mev:throttle", { headers: bearer(token), raw });
      const problem = await answer.json();
      assert.equal(answer.status, status, JSON.stringify(problem));
      if (field) assert.equal(problem.field, field);
      assert.equal(answer.headers.get("content-type"), "application/problem+json");
      assert.equal(await commandsEnd(log), 0n);
    }));
}

Deno.test("a body without a length is read up to the limit and no further", () =>
  withServer(async ({ person, deps }) => {
    const { token } = await person("admin");
    let given = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        given += 16_384;
        controller.enqueue(new Uint8Array(16_384).fill(0x20));
      },
    });
    const { createApp } = await import("../../routes/app.ts");
    const request = new Request("http://test/api/control/module/mev:throttle", {
      method: "POST",
      headers: bearer(token),
      body: endless,
    });
    const answer = await createApp(deps, () => []).fetch(request, {});
    assert.equal(answer.status, 413);
    assert.ok(given < 1 << 20, `${given} bytes were read`);
  }));

Deno.test("many logins at once are asked to wait instead of taking the machine", () =>
  withServer(async ({ call }) => {
    const statuses = await Promise.all(
      Array.from(
        { length: 20 },
        (_, n) =>
          call("POST", "/api/auth/login", { body: { user: `stranger${n}`, password: "wrong" } }).then((
            { status },
          ) => status),
      ),
    );
    assert.ok(
      statuses.includes(401) && statuses.filter((status) => status === 429).length >= 10,
      statuses.join(" "),
    );
  }));

Deno.test("the live stream refuses strangers, foreign pages, ended logins and first passwords", () =>
  withServer(async ({ call, person, deps }) => {
    const open = (headers: Record<string, string>, query = "") =>
      call("GET", `/api/realtime/ws${query}`, { headers: { host: "test", ...headers } });
    assert.equal((await open({})).status, 401);
    const viewer = await person("viewer");
    // Everything is right, except that it is not a WebSocket.
    assert.equal((await open(bearer(viewer.token))).status, 400);
    assert.equal((await open({ ...bearer(viewer.token), origin: "http://evil.example" })).status, 403);
    const ticket = await deps.tokens.sign(viewer.name, "viewer", viewer.session, true);
    assert.equal((await open({}, `?token=${ticket}`)).status, 400);
    assert.equal((await open({}, `?token=${ticket}`)).status, 401, "a ticket is taken once");
    const { key } = await deps.accounts.addKey("c", ["control"], "x", Date.now() + 1e9);
    assert.equal((await open({ "x-api-key": key })).status, 403);
    await deps.accounts.end(viewer.session);
    assert.equal((await open(bearer(viewer.token))).status, 401);
    await deps.accounts.add("new", "viewer", PASSWORD);
    const { session } = await deps.accounts.begin("new", "t");
    assert.equal((await open(bearer(await deps.tokens.sign("new", "viewer", session)))).status, 401);
  }));

Deno.test("requests beyond the rate are answered with when to retry, a kill is not limited", () =>
  withServer(async ({ call, person, deps, refusalsWritten }) => {
    const { token } = await person("admin");
    const statuses: number[] = [];
    for (let n = 0; n < 30; n++) {
      statuses.push((await call("GET", "/api/agents", { headers: bearer(token) })).status);
    }
    assert.ok(statuses.includes(200) && statuses.includes(429));
    const limited = await call("GET", "/api/agents", { headers: bearer(token) });
    assert.ok(Number(limited.headers.get("retry-after")) >= 1);
    const entries = deps.chain.count();
    for (let n = 0; n < 60; n++) await call("POST", "/api/control/module/mev:kill", { body: {} });
    await refusalsWritten();
    assert.equal(deps.chain.count() - entries, 1, "a stranger's kills are one entry");
    assert.match(deps.chain.list()[0]!.detail, /not logged in, from 192\.0\.2\.1, ([1-9]|[1-3]\d) times$/);
    for (
      const [path, body] of [
        ["module/mev:kill", {}],
        ["module/arbitrage:kill", {}],
        ["kill-switch", { module: "all" }],
      ] as const
    ) {
      for (let n = 0; n < 8; n++) {
        const answer = await call("POST", `/api/control/${path}?wait=receipt`, {
          headers: bearer(token),
          body,
        });
        assert.equal(answer.status, 202, path);
      }
    }
  }, { ratePerSecond: 5 }));
