/** Commands over the API: the answer states what happened, for any text in the request and any damage. */
import assert from "node:assert/strict";
import type { Scope } from "../../core/auth/rights.ts";
import type { ModuleName, Sent } from "../../core/control/control.ts";
import { bearer, eventually, type Server, withServer } from "./server.ts";

/** Half a UTF-16 character, as sent by a client that cuts texts by length. */
const HALF = "\\ud83d";

/** Whether the policy on disk, with which the module's agent starts, is killed. */
function killedOnDisk({ folder }: Server, module: ModuleName): boolean {
  const bytes = Deno.readFileSync(`${folder}/agents/${module}.state`);
  // Two JSON slots, each after a magic, a counter, a length and a checksum; the higher counter is valid.
  const slots = [0, 32 << 10].map((at) => {
    const view = new DataView(bytes.buffer, at, 32 << 10);
    const text = new TextDecoder().decode(bytes.subarray(at + 24, at + 24 + view.getUint32(16, true)));
    return { counter: view.getBigUint64(8, true), text };
  }).filter(({ text }) => text !== "");
  const newest = slots.reduce((one, other) => other.counter > one.counter ? other : one);
  return JSON.parse(newest.text).policy.killed;
}

const keyOf = async ({ deps, clock }: Server, ...scopes: Scope[]) => ({
  "x-api-key": (await deps.accounts.addKey("t", scopes, "admin", clock.now + 1e9)).key,
});

Deno.test("C1: every kill that is answered with 202 has killed, whatever its reason holds", () =>
  withServer(async (server) => {
    const { call, person, deps } = server;
    const headers = bearer((await person("admin")).token);
    const reasons = [
      `pool drained ${HALF}`,
      `${HALF}${HALF}`,
      "\\udc00\\ud83d",
      "\\u0000",
      "\\u001b[2J",
      '\\"}',
      "x".repeat(500),
      "\\ud83d\\ude00",
      "",
    ];
    const routes: [path: string, body: (reason: string) => string, modules: ModuleName[]][] = [
      ["kill-switch", (reason) => `{"module":"all","reason":"${reason}"}`, ["arbitrage", "mev"]],
      ["module/mev:kill", (reason) => `{"reason":"${reason}"}`, ["mev"]],
      ["command", (reason) => `{"module":"mev","action":"kill","args":{"reason":"${reason}"}}`, ["mev"]],
    ];
    for (const [path, body, modules] of routes) {
      for (const [at, reason] of reasons.entries()) {
        for (const module of modules) {
          const lifted = await call("POST", `/api/control/module/${module}:kill?wait=receipt`, {
            headers,
            body: { kill: false },
          });
          assert.ok((await lifted.json()).ok, `un-kill before ${path} ${at}`);
          assert.equal(killedOnDisk(server, module), false);
        }
        const answer = await call("POST", `/api/control/${path}`, { headers, raw: body(reason) });
        const { request_id, ok, sent } = await answer.json();
        assert.deepEqual([answer.status, ok], [202, true], `${path} ${at}`);
        assert.deepEqual(sent.map((one: Sent) => one.taken), modules.map(() => true));
        for (const module of modules) assert.ok(killedOnDisk(server, module), `${module} by ${path} ${at}`);
        await eventually(
          () =>
            deps.chain.list().filter((entry) => entry.request_id === request_id).length === modules.length,
          "the audit of a kill",
        );
        for (const { detail } of deps.chain.list().filter((entry) => entry.request_id === request_id)) {
          assert.ok(detail.isWellFormed());
          assert.deepEqual(JSON.parse(detail).came_of, [{ taken: true, path: "disk" }]);
        }
      }
    }
  }));

Deno.test("C1: every route that takes a text accepts half a character in it, or refuses it with a message", () =>
  withServer(async ({ call, person, routes, deps }) => {
    const headers = bearer((await person("admin")).token);
    const range = { start: "2026-11-01T00:00:00Z", end: "2026-11-02T00:00:00Z" };
    const texts: Record<string, unknown> = {
      "/api/auth/login": { user: "HALF", password: "HALF" },
      "/api/auth/refresh": { refresh_token: "HALF" },
      "/api/auth/password": { current: "HALF", next: "a long password HALF" },
      "/api/users": { name: "HALF", role: "viewer", password: "a long password HALF" },
      "/api/users/:name": { role: "HALF" },
      "/api/keys": { label: "HALF", scopes: ["read"] },
      "/api/control/module/:target": { reason: "HALF" },
      "/api/policy/update": { module: "mev", ev_min: 1, reason: "HALF" },
      "/api/control/policy": { module: "mev", ev_min: 1, reason: "HALF" },
      "/api/control/command": { module: "mev", action: "stop", args: { reason: "HALF" } },
      "/api/control/kill-switch": { module: "all", reason: "HALF" },
      "/api/control/model-swap": { model_id: "mev", model_path: "HALF" },
      "/api/training/models/:id/deploy": { reason: "HALF" },
      "/api/training/models/:id/rollback": { reason: "HALF" },
      "/api/datasets/scrape": { ...range, output: "HALF.parquet" },
      "/api/datasets/export": { ...range, output: "HALF.jsonl", format: "jsonl" },
      "/api/training/start": { module: "mev", range, params: { HALF: 1 } },
      "/api/training/train": { module: "mev", range, params: { HALF: 1 } },
      "/api/store/query": { name: "HALF", params: { HALF: "HALF" } },
      "/api/schedules": { schedules: [{ name: "HALF" }] },
      "/api/realtime/settings": {},
    };
    let asked = 0;
    for (const row of routes.filter(({ body }) => body)) {
      const body = texts[row.path] ?? {};
      const path = row.path.replace(":target", "mev:stop").replace(":name", "stranger").replaceAll(
        /:[a-z_]+/g,
        "000000000000",
      );
      const raw = JSON.stringify(body).replaceAll("HALF", HALF);
      if (raw.includes(HALF)) asked += 1;
      const answer = await call(row.method, path, { headers, raw });
      const answered = await answer.text();
      // Errors that must not occur anywhere; a missing file is an expected one.
      assert.ok(
        !/bug in legend|unexpected end of hex escape/.test(answered),
        `${row.method} ${path}: ${answered}`,
      );
    }
    assert.ok(asked >= 15, `${asked} routes were asked with a text`);
    for (const entry of deps.chain.list({ limit: 1_000 })) {
      for (const text of Object.values(entry)) {
        assert.ok(typeof text !== "string" || text.isWellFormed(), JSON.stringify(entry));
      }
    }
  }));

Deno.test("C1: a damaged status file hides no other agent and prevents no kill", () =>
  withServer(async (server) => {
    const { call, person, folder } = server;
    const headers = bearer((await person("admin")).token);
    await Deno.mkdir(`${folder}/agents`, { recursive: true });
    for (const text of ['{"broken', "", "null", "{}", "[1]", '{"module":"mev","at_ns":{}}', "\xff\xfe"]) {
      await Deno.writeTextFile(`${folder}/agents/mev.status.json`, text);
      for (const path of ["/api/agents", "/metrics", "/api/health/ready", "/overview"]) {
        const answer = await call("GET", path, { headers });
        const answered = await answer.text();
        assert.equal(answer.status, 200, `${path} with ${JSON.stringify(text)}: ${answered}`);
        if (path === "/api/agents") {
          const { agents, unreadable } = JSON.parse(answered);
          assert.deepEqual([agents.length, unreadable.map((one: { module: string }) => one.module)], [0, [
            "mev",
          ]]);
        }
        if (path === "/metrics") assert.match(answered, /legend_agent_status_unreadable\{module="mev"\} 1/);
      }
      for (
        const path of ["kill-switch", "module/mev:kill?wait=receipt", "module/arbitrage:kill?wait=receipt"]
      ) {
        const body = path === "kill-switch" ? { module: "all" } : {};
        const answer = await call("POST", `/api/control/${path}`, { headers, body });
        assert.equal(answer.status, 202, path);
        assert.ok((await answer.json()).ok);
      }
      for (const module of ["arbitrage", "mev"] as const) assert.ok(killedOnDisk(server, module));
    }
  }));

const outcome = (taken: boolean, agent_error: string | null): Sent => ({
  request_id: "r",
  at_ms: 0,
  path: taken ? "signal" : "none",
  taken,
  receipt: null,
  log_error: null,
  agent_error,
});

Deno.test("C1: a kill that not all agents confirmed answers 503 and names each module; the audit has the result", () => {
  const frozen =
    "the mev agent is frozen, and the kill latch cannot be written: the file system is read-only";
  const log: string[] = [];
  return withServer(async ({ call, person, deps }) => {
    const headers = bearer((await person("admin")).token);
    for (const wait of ["", "?wait=receipt"]) {
      const answer = await call("POST", `/api/control/kill-switch${wait}`, {
        headers,
        body: { module: "all" },
      });
      const problem = await answer.json();
      assert.deepEqual([answer.status, problem.type], [503, "/problems/unavailable"]);
      assert.equal(problem.detail, `Cannot kill mev: ${frozen}; arbitrage has accepted it`);
      assert.deepEqual(problem.sent.map((one: Sent & { module: string }) => [one.module, one.taken]), [
        ["arbitrage", true],
        ["mev", false],
      ]);
      await eventually(
        () => deps.chain.list().filter(({ request_id }) => request_id === problem.command_id).length === 2,
        "the audit",
      );
      const entry = deps.chain.list().find((one) =>
        one.request_id === problem.command_id && one.module === "mev"
      )!;
      assert.deepEqual(JSON.parse(entry.detail).came_of, [{ taken: false, path: "none", note: frozen }]);
    }
    // An exception in the sender is an outcome like others, not only a line in a log.
    const thrown = await call("POST", "/api/control/module/arbitrage:kill", {
      headers,
      body: { reason: "throw" },
    });
    assert.deepEqual([thrown.status, (await thrown.json()).detail], [
      503,
      "Cannot kill arbitrage: Cannot control: the library is gone",
    ]);
    // A command that was audited before it was sent is not reported as done either.
    const throttle = await call("POST", "/api/control/module/mev:throttle", {
      headers,
      body: { throttle_pct: 5 },
    });
    assert.equal(throttle.status, 503);
    assert.match((await throttle.json()).detail, /Cannot throttle mev: /);
    assert.deepEqual(log, []);
  }, {
    say: (line) => log.push(line),
    send: ({ module, args }) => {
      if (args.reason === "throw") {
        const gone = Promise.reject(new Error("Cannot control: the library is gone"));
        return { here: gone, all: gone };
      }
      const sent = module === "mev" ? outcome(false, frozen) : outcome(true, null);
      return { here: Promise.resolve(sent), all: Promise.resolve([sent]) };
    },
  });
});

Deno.test("C1: on a host without agents a kill counts as accepted only when the agents of all other hosts have answered", () => {
  let far: Sent[] = [];
  return withServer(async ({ call, person }) => {
    const headers = bearer((await person("admin")).token);
    const kill = async () => {
      const answer = await call("POST", "/api/control/kill-switch", { headers, body: { module: "mev" } });
      return { status: answer.status, ...await answer.json() };
    };
    assert.equal((await kill()).status, 503, "no agent is known");
    far = [{ ...outcome(true, null), path: "kafka" }, {
      ...outcome(false, "mev-two has not answered"),
      path: "kafka",
    }];
    const part = await kill();
    assert.equal(part.status, 503);
    assert.match(part.detail, /mev-two has not answered/);
    far = [far[0]!];
    assert.equal((await kill()).status, 202);
  }, { send: () => ({ here: null, all: Promise.resolve(far) }) });
});

Deno.test("H5: only an admin can lift a kill, on every route; the scope control is refused and it is audited", () =>
  withServer(async (server) => {
    const { call, person, deps, refusalsWritten } = server;
    const control = await keyOf(server, "control");
    const admin = bearer((await person("admin")).token);
    const rows: [path: string, kill: unknown, lift: unknown][] = [
      ["module/mev:kill", {}, { kill: false }],
      ["command", { module: "mev", action: "kill" }, {
        module: "mev",
        action: "kill",
        args: { kill: false },
      }],
    ];
    for (const [path, kill, lift] of rows) {
      const killed = await call("POST", `/api/control/${path}`, { headers: control, body: kill });
      assert.equal(killed.status, 202, `${path}: who may control may kill`);
      const refusals = deps.chain.list({ action: "refused" }).length;
      const refused = await call("POST", `/api/control/${path}`, { headers: control, body: lift });
      assert.equal(refused.status, 403, path);
      assert.ok(killedOnDisk(server, "mev"), `${path} lifted nothing`);
      await (await call("POST", `/api/control/${path}`, { headers: control, body: lift })).body?.cancel();
      // Counted like every refusal: repeating it does not fill the audit.
      assert.equal(deps.chain.list({ action: "refused" }).length, refusals);
      await refusalsWritten();
      const [entry] = deps.chain.list({ action: "refused" });
      assert.equal(deps.chain.list({ action: "refused" }).length, refusals + 1);
      assert.match(entry!.detail, /un-kill of mev: .*`admin`, from 192\.0\.2\.1, 2 times/);
      assert.ok(!deps.chain.list().some(({ action }) => action === "un-kill"), "nothing was lifted");
      // The switch only kills: its body has no field that lifts.
      const odd = await call("POST", "/api/control/kill-switch", {
        headers: admin,
        body: { module: "mev", kill: false },
      });
      assert.equal(odd.status, 422);
    }
    for (const headers of [admin, { "x-api-key": deps.masterKey }]) {
      for (const [path, kill, lift] of rows) {
        await call("POST", `/api/control/${path}`, { headers: control, body: kill });
        const answer = await call("POST", `/api/control/${path}?wait=receipt`, { headers, body: lift });
        assert.ok(answer.status === 202 && (await answer.json()).ok, path);
        assert.equal(killedOnDisk(server, "mev"), false);
      }
    }
  }));

Deno.test("L1: of all commands only the kill is free of the rate, and what does not exist is limited too", () =>
  withServer(async (server) => {
    const { call, person } = server;
    const admin = bearer((await person("admin")).token);
    const limited = async (ask: () => Promise<Response>) => {
      const statuses: number[] = [];
      for (let n = 0; n < 30; n++) {
        const answer = await ask();
        statuses.push(answer.status);
        await answer.body?.cancel();
      }
      return statuses.filter((status) => status === 429).length;
    };
    const post = (path: string, body: unknown) => () => call("POST", path, { headers: admin, body });
    assert.ok(await limited(post("/api/control/module/mev:throttle", { throttle_pct: 1 })) >= 15);
    for (
      const [path, body] of [
        ["/api/control/module/mev:start", {}],
        ["/api/control/module/mev:kill", { kill: false }],
        ["/api/control/module/unknown:kill", {}],
        ["/api/control/module/mev:kill", { surely_unknown: 1 }],
        ["/api/control/command", { module: "mev", action: "stop" }],
        ["/api/control/command", { module: "mev", action: "kill", args: { kill: false } }],
      ] as const
    ) {
      assert.ok(await limited(post(path, body)) >= 25, `${path} ${JSON.stringify(body)}`);
    }
    for (
      const [path, body] of [
        ["/api/control/module/mev:kill", {}],
        ["/api/control/command", { module: "mev", action: "kill" }],
        ["/api/control/kill-switch", { module: "mev" }],
      ] as const
    ) {
      assert.equal(await limited(post(path, body)), 0, path);
    }
    // Each anonymous address has a bucket of its own.
    assert.ok(await limited(() => call("GET", "/nowhere")) >= 15);
    assert.ok(await limited(() => call("POST", "/api/control/nothing", { body: {} })) >= 25);
  }, { ratePerSecond: 5 }));

Deno.test("at most 8 commands that are not kills are in flight; the next one is refused without an entry, kills never are", () => {
  let free = () => {};
  const answered = new Promise<void>((resolve) => (free = resolve));
  let sent = 0;
  return withServer(async ({ call, person, deps }) => {
    const headers = bearer((await person("admin")).token);
    const stop = () => call("POST", "/api/control/module/mev:stop", { headers, body: {} });
    const waiting = Array.from({ length: 8 }, stop);
    await eventually(() => sent === 8, "eight commands on their way");
    for (const body of [{}, { kill: false }]) {
      const entries = deps.chain.count();
      const refused = await call("POST", `/api/control/module/mev:${"kill" in body ? "kill" : "stop"}`, {
        headers,
        body,
      });
      assert.equal(refused.status, 503);
      assert.match((await refused.json()).detail, /^Cannot (stop|un-kill): 8 commands are in flight/);
      assert.deepEqual([sent, deps.chain.count()], [8, entries]);
    }
    for (let n = 0; n < 20; n++) {
      const kill = await call("POST", "/api/control/kill-switch", { headers, body: { module: "mev" } });
      assert.equal(kill.status, 202);
    }
    free();
    for (const answer of await Promise.all(waiting)) assert.equal(answer.status, 202);
    await eventually(async () => (await stop()).status === 202, "a place");
  }, {
    send: ({ action }) => {
      if (action !== "kill") sent += 1;
      const here = (action === "kill" ? Promise.resolve() : answered).then(() => outcome(true, null));
      return { here, all: here.then((one) => [one]) };
    },
  });
});

Deno.test("without the key to sign with no command is sent but a kill, and no entry says that one was", () => {
  const lack = "Cannot sign: the control key is gone";
  return withServer(async ({ call, person, deps }) => {
    const headers = bearer((await person("admin")).token);
    for (
      const [action, body] of [["stop", {}], ["throttle", { throttle_pct: 5 }], ["kill", {
        kill: false,
      }]] as const
    ) {
      const answer = await call("POST", `/api/control/module/mev:${action}`, { headers, body });
      assert.equal(answer.status, 503, action);
      assert.equal((await answer.json()).detail, lack);
    }
    assert.equal(deps.chain.count(), 0);
    const kill = await call("POST", "/api/control/module/mev:kill?wait=receipt", { headers, body: {} });
    assert.equal(kill.status, 202);
  }, { cannotSign: () => lack });
});
