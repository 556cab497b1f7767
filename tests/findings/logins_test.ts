/** Logins and their tokens: many tabs, a thief, bookmarks, a clock that is set back. */
import assert from "node:assert/strict";
import { bearer, PASSWORD, withServer } from "../api/server.ts";
import { until } from "./running_api.ts";

const PAGE = { "x-requested-with": "dashboard" };
/** A login by the page; returns its cookies by name. */
async function logIn(
  call: Parameters<Parameters<typeof withServer>[0]>[0]["call"],
): Promise<Map<string, string>> {
  const answer = await call("POST", "/api/auth/login", {
    headers: PAGE,
    body: { user: "ann", password: PASSWORD },
  });
  assert.equal(answer.status, 200);
  return jarOf(answer);
}

const jarOf = (answer: Response) =>
  new Map(
    answer.headers.getSetCookie().map((one) => {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(one)!;
      return [name!, value!];
    }),
  );

Deno.test("F2: ten refreshes of one token at once with 200 ms of latency, 50 times: one renews, none ends the login or drops a cookie", () =>
  withServer(async ({ call, deps, clock }) => {
    await deps.accounts.add("ann", "admin", PASSWORD, false);
    let token = (await logIn(call)).get("legend_refresh")!;
    for (let round = 0; round < 50; round++) {
      const sent = token;
      const answers = await Promise.all(Array.from({ length: 10 }, () =>
        call("POST", "/api/auth/refresh", {
          headers: { ...PAGE, cookie: `legend_refresh=${sent}` },
          body: {},
        })));
      const statuses = answers.map(({ status }) => status).sort();
      assert.deepEqual(statuses, [200, ...Array(9).fill(409)], `round ${round}`);
      for (const answer of answers) {
        const jar = jarOf(answer);
        if (answer.status === 200) token = jar.get("legend_refresh")!;
        else assert.equal(jar.size, 0, "a late one touches no cookie");
      }
      // The tabs' requests arrive 200 ms later; the next renewal is a quarter of an hour away.
      clock.now += 200;
      const late = await call("POST", "/api/auth/refresh", {
        headers: { ...PAGE, cookie: `legend_refresh=${sent}` },
        body: {},
      });
      assert.deepEqual([late.status, late.headers.getSetCookie()], [409, []]);
      clock.now += 10 * 60_000;
    }
    assert.equal(deps.accounts.sessions("ann").length, 1);
  }));

Deno.test("H6: a token that a thief exchanged twice ends the login, and the audit records it", () =>
  withServer(async ({ call, deps, clock }) => {
    await deps.accounts.add("ann", "admin", PASSWORD, false);
    const exchange = (token: string) =>
      call("POST", "/api/auth/refresh", {
        headers: { ...PAGE, cookie: `legend_refresh=${token}` },
        body: {},
      });
    const first = (await logIn(call)).get("legend_refresh")!;
    const second = jarOf(await exchange(first)).get("legend_refresh")!;
    const answer = await exchange(second);
    const [third, access] = ["legend_refresh", "legend_access"].map((name) => jarOf(answer).get(name)!);
    clock.now += 6_000;
    const victim = await exchange(first);
    assert.deepEqual([victim.status, victim.headers.getSetCookie()], [401, []]);
    assert.equal((await exchange(third!)).status, 401, "the thief is out");
    assert.equal(
      (await call("GET", "/api/auth/me", { headers: { cookie: `legend_access=${access}` } })).status,
      401,
    );
    const entries = deps.chain.list().filter(({ action }) => action === "refresh token used again");
    assert.deepEqual(entries.map(({ who }) => who), ["ann"]);
  }));

Deno.test("F2: a bookmark with a living refresh cookie opens its page; without one the login keeps the page", () =>
  withServer(async ({ call, deps, clock }) => {
    await deps.accounts.add("ann", "admin", PASSWORD, false);
    const jar = await logIn(call);
    const [refresh, device] = [jar.get("legend_refresh")!, jar.get("legend_device")!];
    const target = "/arbitrage?gate=ev_min&sort=net";
    const asked = await call("GET", target, { headers: { cookie: `legend_device=${device}` } });
    assert.deepEqual([asked.status, asked.headers.get("location")], [
      302,
      `/api/auth/renew?next=${encodeURIComponent(target)}`,
    ]);
    const renew = asked.headers.get("location")!;
    const open = await call("GET", renew, {
      headers: { cookie: `legend_refresh=${refresh}; legend_device=${device}` },
    });
    assert.deepEqual([open.status, open.headers.get("location")], [302, target]);
    const renewed = jarOf(open);
    const access = `legend_access=${renewed.get("legend_access")}`;
    assert.equal((await call("GET", target, { headers: { cookie: access } })).status, 200);
    // Another tab came first: its cookies are on their way, and the page retries by itself.
    const late = await call("GET", renew, { headers: { cookie: `legend_refresh=${refresh}` } });
    assert.deepEqual([late.status, late.headers.getSetCookie()], [200, []]);
    assert.ok((await late.text()).includes('content="0;url=/arbitrage?gate=ev_min&amp;sort=net"'));
    clock.now += 13 * 3_600_000;
    const over = await call("GET", renew, {
      headers: { cookie: `legend_refresh=${renewed.get("legend_refresh")}` },
    });
    assert.equal(over.headers.get("location"), `/login?next=${encodeURIComponent(target)}`);
    const form = await (await call("GET", over.headers.get("location")!)).text();
    assert.ok(form.includes("/arbitrage?gate=ev_min"), "the form knows where to go");
  }));

Deno.test("F2: `next` leads only to our own pages", () =>
  withServer(async ({ call }) => {
    const foreign = [
      "https://evil.example/",
      "//evil.example/overview",
      "/\\evil.example",
      "/overview/../../api/auth/logout",
      "/api/users",
      "javascript:alert(1)",
      "/overview\n",
      "/login",
      `/overview?${"x".repeat(2_000)}`,
    ];
    for (const next of foreign) {
      const html = await (await call("GET", `/login?next=${encodeURIComponent(next)}`)).text();
      const [, props] = /data-island="LoginForm" data-props="([^"]*)"/.exec(html)!;
      assert.equal(JSON.parse(props!.replaceAll("&quot;", '"')).next, "/overview", next);
      const renew = await call("GET", `/api/auth/renew?next=${encodeURIComponent(next)}`);
      assert.equal(renew.headers.get("location"), "/login", next);
    }
  }));

Deno.test("operator 10: a wall clock that is set back does not keep an ended login", () =>
  withServer(async ({ call, person, deps }) => {
    const { token, session } = await person("viewer");
    const wall = Date.now;
    try {
      assert.equal((await call("GET", "/api/agents", { headers: bearer(token) })).status, 200);
      await deps.accounts.end(session);
      Date.now = () => wall() - 3_600_000;
      await until("the login has ended", async () => {
        const { status } = await call("GET", "/api/agents", { headers: bearer(token) });
        return status === 401;
      });
    } finally {
      Date.now = wall;
    }
  }));
