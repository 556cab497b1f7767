/** Logins of browsers and programs: cookies, which logins end together, and who is answered without a login. */
import assert from "node:assert/strict";
import { bearer, PASSWORD, type Server, withServer } from "./server.ts";

const PAGE = { "x-requested-with": "dashboard" };
const NEXT = "another good password";

/** A cookie's value and its attributes, as text. */
function cookiesOf(answer: Response): Record<string, { value: string; rest: string }> {
  return Object.fromEntries(
    answer.headers.getSetCookie().map((one) => {
      const [pair, ...rest] = one.split("; ");
      const [name, value] = pair!.split("=");
      return [name, { value: value!, rest: rest.sort().join("; ") }];
    }),
  );
}

const jarOf = (answer: Response) =>
  Object.entries(cookiesOf(answer)).map(([name, { value }]) => `${name}=${value}`).join("; ");

const loginOf = ({ call }: Server, user: string, password = PASSWORD) =>
  call("POST", "/api/auth/login", { headers: PAGE, body: { user, password } });

Deno.test("a page's cookies go where they are needed, for as long as they hold, and logging out takes them back", () =>
  withServer(async (server) => {
    const { deps, call } = server;
    await deps.accounts.add("ann", "admin", PASSWORD, false);
    const login = await loginOf(server, "ann");
    const kept = (path: string, age?: number) =>
      `HttpOnly; ${age === undefined ? "" : `Max-Age=${age}; `}Path=${path}; SameSite=Strict`;
    const rests = (answer: Response) =>
      Object.fromEntries(Object.entries(cookiesOf(answer)).map(([name, { rest }]) => [name, rest]));
    assert.deepEqual(rests(login), {
      legend_access: kept("/", 900),
      legend_device: kept("/", 180 * 86_400),
      legend_refresh: kept("/api/auth"),
    });
    const { legend_access } = cookiesOf(login);
    const logout = await call("POST", "/api/auth/logout", {
      headers: { ...PAGE, cookie: `legend_access=${legend_access!.value}` },
      body: {},
    });
    assert.deepEqual(rests(logout), { legend_access: kept("/", 0), legend_refresh: kept("/api/auth", 0) });
    assert.ok(Object.values(cookiesOf(logout)).every(({ value }) => value === ""));
  }));

Deno.test("below a prefix the cookies are only for its paths", () =>
  withServer(async ({ deps, call }) => {
    await deps.accounts.add("ann", "admin", PASSWORD, false);
    const login = await call("POST", "/legend/api/auth/login", {
      headers: PAGE,
      body: { user: "ann", password: PASSWORD },
    });
    const paths = Object.values(cookiesOf(login)).map(({ rest }) => /Path=([^;]*)/.exec(rest)![1]);
    assert.deepEqual(paths.sort(), ["/legend", "/legend", "/legend/api/auth"]);
  }, { prefix: "/legend" }));

Deno.test("a page whose access cookie has expired renews the login on its way, and goes only to one of our pages", () =>
  withServer(async (server) => {
    const { deps, call } = server;
    await deps.accounts.add("ann", "admin", PASSWORD, false);
    let jar = jarOf(await loginOf(server, "ann"));
    const rows: [next: string, to: string][] = [
      ["", "/overview"],
      ["?next=%2Faudit%3Fwho%3Dann", "/audit?who=ann"],
      ["?next=https%3A%2F%2Fevil.example%2F", "/overview"],
      ["?next=%2F%2Fevil.example%2Faudit", "/overview"],
      ["?next=%2Fnowhere", "/overview"],
    ];
    for (const [next, to] of rows) {
      const answer = await call("GET", `/api/auth/renew${next}`, { headers: { cookie: jar } });
      assert.deepEqual([answer.status, answer.headers.get("location")], [302, to], next);
      const { legend_access, legend_refresh } = cookiesOf(answer);
      const cookie = `legend_access=${legend_access!.value}`;
      assert.equal((await call("GET", "/api/agents", { headers: { cookie } })).status, 200);
      jar = `legend_refresh=${legend_refresh!.value}`;
    }
    const stranger = await call("GET", "/api/auth/renew?next=%2Faudit", {});
    assert.deepEqual([stranger.status, stranger.headers.get("location")], [302, "/login?next=%2Faudit"]);
    assert.deepEqual(stranger.headers.getSetCookie(), []);
  }));

Deno.test("a tab that is late to a renewal is redirected, and the login continues", () =>
  withServer(async (server) => {
    const { deps, call } = server;
    await deps.accounts.add("ann", "admin", PASSWORD, false);
    const login = cookiesOf(await loginOf(server, "ann"));
    const cookie = `legend_refresh=${login.legend_refresh!.value}`;
    const first = await call("GET", "/api/auth/renew", { headers: { cookie } });
    assert.equal(first.status, 302);
    const late = await call("GET", "/api/auth/renew?next=%2Faudit%3Fa%3D1%26b%3D%22%3C", {
      headers: { cookie },
    });
    assert.equal(late.status, 200);
    assert.deepEqual(late.headers.getSetCookie(), []);
    const page = await late.text();
    assert.match(
      page,
      /^<!doctype html><meta http-equiv="refresh" content="0;url=\/audit\?a=1&amp;b=[^"<]*">/,
    );
    const program = await call("POST", "/api/auth/refresh", { headers: { ...PAGE, cookie }, body: {} });
    assert.equal(program.status, 409);
    assert.deepEqual(program.headers.getSetCookie(), [], "the browser may have newer ones");
    assert.equal(deps.accounts.sessions("ann").length, 1);
  }));

Deno.test("a refresh token that is used again later ends the login everywhere, and the audit records it", () =>
  withServer(async (server) => {
    const { deps, call, clock } = server;
    await deps.accounts.add("ann", "admin", PASSWORD, false);
    for (const way of ["renew", "refresh"]) {
      const jar = cookiesOf(await loginOf(server, "ann"));
      const headers = { ...PAGE, cookie: `legend_refresh=${jar.legend_refresh!.value}` };
      const ask = () =>
        way === "renew"
          ? call("GET", "/api/auth/renew", { headers })
          : call("POST", "/api/auth/refresh", { headers, body: {} });
      const before = deps.chain.count();
      const good = await ask();
      const access = bearer(cookiesOf(good).legend_access!.value);
      assert.equal((await call("GET", "/api/agents", { headers: access })).status, 200);
      clock.now += 6_000;
      const second = await ask();
      assert.deepEqual(
        [second.status, second.headers.get("location")],
        way === "renew" ? [302, "/login"] : [401, null],
      );
      assert.equal((await call("GET", "/api/agents", { headers: access })).status, 401, "at once");
      assert.deepEqual(deps.accounts.sessions("ann"), []);
      assert.equal(deps.chain.count(), before + 1);
      const [entry] = deps.chain.list();
      assert.deepEqual([entry!.who, entry!.action], ["ann", "refresh token used again"]);
      assert.match(entry!.detail, /^login [0-9a-f]{24} ended; the token was used from 192\.0\.2\.1$/);
    }
  }));

Deno.test("a new password needs the old one and is another one; it ends the other logins and not its own", () =>
  withServer(async ({ deps, call }) => {
    await deps.accounts.add("ann", "viewer", PASSWORD);
    let firstDone = 0;
    deps.firstLoginDone = () => void (firstDone += 1);
    const login = async (password: string) => {
      const answer = await call("POST", "/api/auth/login", { body: { user: "ann", password } });
      return answer.ok ? bearer((await answer.json()).access_token) : undefined;
    };
    const [own, other] = [(await login(PASSWORD))!, (await login(PASSWORD))!];
    const change = async (current: string, next: string) =>
      (await call("POST", "/api/auth/password", { headers: own, body: { current, next } })).status;
    const me = async (headers: Record<string, string>) =>
      (await call("GET", "/api/auth/me", { headers })).status;
    assert.equal(await change("a wrong password", NEXT), 401);
    assert.equal(await change(PASSWORD, PASSWORD), 422);
    assert.equal(await change(PASSWORD, "short"), 422);
    assert.deepEqual([await me(own), await me(other), firstDone], [200, 200, 0]);
    assert.equal(deps.accounts.user("ann")!.must_change, true);
    assert.equal(await change(PASSWORD, NEXT), 200);
    assert.equal(deps.accounts.sessions("ann").length, 1);
    assert.deepEqual([await me(own), firstDone], [200, 1]);
    assert.equal(await login(PASSWORD), undefined);
    assert.ok(await login(NEXT));
    assert.equal(await change(NEXT, "a third good password"), 200);
    assert.equal(firstDone, 1, "the first password was changed once");
  }));

Deno.test("a user ends their own logins, an admin all, at once", () =>
  withServer(async ({ call, person, deps }) => {
    const [ann, bob, admin] = [await person("viewer"), await person("viewer"), await person("admin")];
    const end = async (by: { token: string }, session: string) =>
      (await call("DELETE", `/api/auth/sessions/${session}`, { headers: bearer(by.token) })).status;
    const agents = async ({ token }: { token: string }) =>
      (await call("GET", "/api/agents", { headers: bearer(token) })).status;
    const listed = async ({ token }: { token: string }) =>
      (await (await call("GET", "/api/auth/sessions", { headers: bearer(token) })).json()).sessions.length;
    assert.deepEqual([await listed(ann), await listed(admin)], [1, 3]);
    assert.deepEqual([await agents(ann), await agents(bob)], [200, 200]);
    assert.equal(await end(ann, bob.session), 404);
    assert.equal(await agents(bob), 200);
    assert.equal(await end(ann, ann.session), 200);
    assert.equal(await agents(ann), 401);
    assert.equal(await end(admin, bob.session), 200);
    assert.equal(await agents(bob), 401);
    assert.equal(deps.accounts.sessions().length, 1);
  }));

Deno.test("a token is checked against the user's current state: another role or a disabled user ends it at once", () =>
  withServer(async ({ call, person, deps, clock }) => {
    const [ann, bob, admin] = [await person("admin"), await person("admin"), await person("admin")];
    const users = async (token: string) =>
      (await call("GET", "/api/users", { headers: bearer(token) })).status;
    const change = async (name: string, body: unknown) =>
      (await call("PATCH", `/api/users/${name}`, { headers: bearer(admin.token), body })).status;
    assert.deepEqual([await users(ann.token), await users(bob.token)], [200, 200]);
    assert.equal(await change(ann.name, { role: "viewer" }), 200);
    assert.equal(await change(bob.name, { disabled: true }), 200);
    assert.deepEqual([await users(ann.token), await users(bob.token)], [401, 401]);
    // A token with more rights than the user has now, for a login that is still valid.
    const usersWith = async (name: string, role: "admin" | "viewer") => {
      const { session } = await deps.accounts.begin(ann.name, "test");
      return await users(await deps.tokens.sign(name, role, session));
    };
    assert.equal(await usersWith(ann.name, "admin"), 401);
    assert.equal(await usersWith(ann.name, "viewer"), 403);
    assert.equal(await usersWith("stranger", "admin"), 401);
    clock.now += 901_000;
    assert.equal(await users(admin.token), 401, "a token ends by itself");
  }));

Deno.test("a key is for as many days as were asked for, and its secret is shown once", () =>
  withServer(async ({ call, person, clock, deps }) => {
    const admin = await person("admin");
    const headers = bearer(admin.token);
    const answer = await call("POST", "/api/keys", {
      headers,
      body: { label: "ci", scopes: ["read", "jobs"], days: 3 },
    });
    assert.equal(answer.status, 201);
    const { id, key } = await answer.json();
    const [listed] = (await (await call("GET", "/api/keys", { headers })).json()).keys;
    assert.deepEqual(listed, {
      id,
      label: "ci",
      scopes: ["read", "jobs"],
      created_by: admin.name,
      created_ms: clock.now,
      expires_ms: clock.now + 3 * 86_400_000,
      revoked: false,
    });
    const [entry] = deps.chain.list();
    assert.deepEqual([entry!.who, entry!.action, entry!.detail], [
      admin.name,
      "key made",
      "ci: read, jobs, 3 days",
    ]);
    const agents = async () => (await call("GET", "/api/agents", { headers: { "x-api-key": key } })).status;
    assert.equal(await agents(), 200);
    const revoked = await call("DELETE", `/api/keys/${id}`, { headers });
    assert.equal(revoked.status, 200);
    assert.equal(await agents(), 401);
    assert.deepEqual(deps.chain.list({ limit: 1 }).map(({ action, detail }) => [action, detail]), [
      ["key revoked", id],
    ]);
  }));

Deno.test("a body that comes in pieces is put together as it was", () =>
  withServer(async ({ deps, person }) => {
    const { createApp } = await import("../../routes/app.ts");
    const admin = await person("admin");
    const text = JSON.stringify({ name: "zoe", role: "viewer", password: "pieces of a long password" });
    const pieces = [text.slice(0, 1), text.slice(1, 20), text.slice(20)];
    const body = new ReadableStream<Uint8Array>({
      pull(to) {
        const next = pieces.shift();
        if (next === undefined) to.close();
        else to.enqueue(new TextEncoder().encode(next));
      },
    });
    const request = new Request("http://test/api/users", {
      method: "POST",
      headers: { ...bearer(admin.token), "content-type": "application/json" },
      body,
    });
    assert.equal((await createApp(deps, () => []).fetch(request, {})).status, 201);
    assert.equal(deps.accounts.user("zoe")?.role, "viewer");
  }));

Deno.test("open metrics are open to who says nothing, to no wrong key, and nothing else is open with them", async () => {
  for (const openMetrics of [true, false]) {
    await withServer(async ({ call, person }) => {
      const { token } = await person("viewer");
      const rows: [path: string, headers: Record<string, string>, status: number][] = [
        ["/metrics", {}, openMetrics ? 200 : 401],
        ["/api/openapi.json", {}, openMetrics ? 200 : 401],
        ["/metrics", { "x-api-key": "lgk_x" }, 401],
        ["/metrics", bearer(token), 200],
        ["/api/agents", {}, 401],
        ["/api/decisions", {}, 401],
        ["/api/users", {}, 401],
      ];
      for (const [path, headers, status] of rows) {
        assert.equal(
          (await call("GET", path, { headers })).status,
          status,
          `${path} ${JSON.stringify(headers)}`,
        );
      }
    }, { openMetrics });
  }
});

Deno.test("a token that was verified is known the next time, without another look at its signature", () =>
  withServer(async ({ call, person, deps }) => {
    const { token } = await person("viewer");
    let looks = 0;
    const verify = deps.tokens.verify.bind(deps.tokens);
    deps.tokens.verify = (...args) => {
      looks += 1;
      return verify(...args);
    };
    for (let n = 0; n < 3; n++) {
      assert.equal((await call("GET", "/api/agents", { headers: bearer(token) })).status, 200);
    }
    assert.equal(looks, 1);
    assert.equal((await call("GET", "/api/agents", { headers: bearer(`${token}x`) })).status, 401);
    assert.equal(looks, 2);
  }));
