/** Every route answers in the form that its row declares, no more and no less: real parts, real agents. */
import assert from "node:assert/strict";
import { z } from "zod";
import { readThrough } from "../../core/log/follow.ts";
import { tipAccounts } from "../../core/decisions/tips.ts";
import type { ShadowComparison } from "../../core/models/shadow.ts";
import { sendCommand } from "../../ffi/control.ts";
import { Agent } from "../../ffi/engine.ts";
import { Library } from "../../ffi/library.ts";
import { ModelRegistry } from "../../ffi/models.ts";
import { receiptJson, type ReportedReceipt } from "../../proto/receipt.ts";
import { isMedia, type Route } from "../../routes/route.ts";
import { LIBRARY } from "../../tools/paths.ts";
import { registerSmallModel } from "../e2e/small_model.ts";
import { bearer, eventually, PASSWORD, type Server, withServer } from "./server.ts";

const RANGE = { start: "2026-11-01", end: "2026-11-02" };
const JUDGEMENT = {
  rows: 9,
  positives: 3,
  auc: null,
  pr_auc: 0.5,
  log_loss: 0.6,
  brier: 0.2,
  calibration_error: 0.1,
  curve: [[9, 0.5, 0.3]] as [number, number, number][],
};
const COMPARISON: ShadowComparison = {
  module: "mev",
  shadow: "0123456789ab",
  live: "baseline",
  hours: 1,
  decisions: 9,
  mean_difference: 0.1,
  passes: { both: 1, live_only: 2, shadow_only: 3, neither: 3 },
  judged: { live: JUDGEMENT, shadow: JUDGEMENT },
  answered: 9,
};

/** An agent on the simulated chain. */
const startAgent = (library: Library, module: "arbitrage" | "mev", data_dir: string): Agent =>
  new Agent(library, {
    module,
    sources: ["sim:7"],
    speed: 40,
    data_dir,
    instance: "contract",
    tips: tipAccounts(""),
    cluster: false,
    foreign_models: false,
    limits: { segment_bytes: 16 << 20, retention_bytes: 256 << 20, retention_ms: 86_400_000 },
  });

/** Runs agents of both modules on the simulated chain until every type of decision is on the log. */
async function withAgents(server: Server, run: () => Promise<void>): Promise<void> {
  const { deps, folder } = server;
  const library = new Library(LIBRARY);
  const end = new AbortController();
  const following = [deps.decisions, deps.metrics, deps.receipts, deps.desired, deps.jobs]
    .map((part) => part.follow(end.signal));
  const agentOf = (module: "arbitrage" | "mev") => startAgent(library, module, folder);
  try {
    await using _arbitrage = agentOf("arbitrage");
    await using _mev = agentOf("mev");
    const kinds = ["arbitrage", "open_arbitrage", "sandwich", "wide_sandwich", "open_sandwich"];
    for (const kind of kinds) {
      await eventually(
        async () => (await deps.decisions.list({ limit: 1, kinds: [kind] })).decisions.length > 0,
        `a decision of kind ${kind}`,
      );
    }
    await eventually(() => deps.metrics.summary("mev").age_s !== null, "metrics");
    await run();
  } finally {
    end.abort();
    await Promise.all(following);
  }
}

interface Call {
  /** The path, if the row's path has parameters. */
  path?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A row of the routes, as `METHOD path`, and how it is called. */
type Calls = (readonly [row: string, call: Call])[];

/** The objects that the calls use. */
interface Made {
  /** A registered model. */
  readonly version: string;
  readonly other: Awaited<ReturnType<Server["person"]>>;
  /** Id of an API key. */
  readonly key: string;
  /** Ids of jobs. */
  readonly scrape: string;
  readonly train: string;
  /** Id of a decision. */
  readonly decision: string;
}

async function make(server: Server): Promise<Made> {
  const { deps, folder, clock, person } = server;
  const registry = new ModelRegistry(new Library(LIBRARY), folder);
  const version = await registerSmallModel(registry, 1);
  const other = await person("viewer");
  const { id: key } = await deps.accounts.addKey("old", ["read"], "admin", clock.now + 1e9);
  const scrape = await deps.jobs.submit("scrape", {}, { issuer: "ann", uniqueKey: "a" });
  const train = await deps.jobs.submit("train", null, { issuer: "ann", uniqueKey: "b" });
  await deps.jobs.sync(60_000);
  const [newest] = (await deps.decisions.list({ limit: 1 })).decisions;
  const decision = String(newest!.decision_id);
  return { version, other, key, scrape, train, decision };
}

/** Logins, users and keys. */
const accountCalls = ({ other, key }: Made): Calls => [
  ["POST /api/auth/login", { body: { user: other.name, password: PASSWORD } }],
  ["POST /api/auth/login", {
    body: { user: other.name, password: PASSWORD },
    headers: { "x-requested-with": "dashboard" },
  }],
  ["GET /api/auth/me", {}],
  ["GET /api/auth/sessions", {}],
  ["DELETE /api/auth/sessions/:id", { path: `/api/auth/sessions/${other.session}` }],
  ["GET /api/users", {}],
  ["POST /api/users", { body: { name: "zoe", role: "viewer", password: "a long password" } }],
  ["PATCH /api/users/:name", { path: "/api/users/zoe", body: { disabled: true } }],
  ["POST /api/keys", { body: { label: "new", scopes: ["read"] } }],
  ["GET /api/keys", {}],
  ["DELETE /api/keys/:id", { path: `/api/keys/${key}` }],
];

/** Commands to agents; the last one kills all. */
const controlCalls = (): Calls => [
  ["POST /api/control/module/:target", {
    path: "/api/control/module/mev:throttle?wait=receipt",
    body: { throttle_pct: 1 },
  }],
  ["POST /api/control/policy", {
    body: { module: "arbitrage", ev_min: 0.1, mints_deny: ["So11111111111111111111111111111111111111112"] },
  }],
  ["POST /api/policy/update", { body: { module: "mev", liquidity_min: 1, unknown: "pass" } }],
  ["POST /api/control/command", { body: { module: "mev", action: "start" } }],
  ["GET /api/agents", {}],
  ["GET /api/agents", { path: "/api/agents?brief=1" }],
  ["POST /api/control/kill-switch", {
    path: "/api/control/kill-switch?wait=receipt&surely_unknown=1",
    body: { module: "all", request_id: "0".repeat(32) },
  }],
  ["GET /api/control/commands/:request_id", { path: `/api/control/commands/${"0".repeat(32)}` }],
  ["GET /api/control/audit-log", {}],
];

/** Health, decisions, figures, the store. */
const observeCalls = ({ decision }: Made): Calls => [
  ["GET /api/health", {}],
  ["GET /api/health/ready", {}],
  ["GET /api/health/metrics/system", {}],
  ["GET /api/health/metrics/performance", {}],
  ["GET /api/decisions", { path: "/api/decisions?limit=200" }],
  ["GET /api/decisions", { path: "/api/decisions?limit=200&module=arbitrage" }],
  ["GET /api/decisions", { path: "/api/decisions?limit=200&module=mev&brief=1" }],
  ["GET /api/decisions", { path: `/api/decisions?ids=${decision}` }],
  ["GET /api/decisions/:id", { path: `/api/decisions/${decision}` }],
  ["GET /api/metrics/summary", {}],
  ["GET /api/metrics/summary", { path: "/api/metrics/summary?module=mev&series=0" }],
  ["GET /api/metrics/summary", { path: "/api/metrics/summary?module=mev&since=1" }],
  ["GET /api/metrics/summary", { path: "/api/metrics/summary?module=mev&hours=6" }],
  ["POST /api/clickhouse/query", { body: { name: "latency_by_minute", params: { hours: 1 } } }],
];

/** Datasets, trainings, jobs and schedules. */
const jobCalls = ({ scrape, train }: Made): Calls => [
  ["POST /api/datasets/scrape", { body: { ...RANGE, output: "a.parquet" } }],
  ["POST /api/datasets/export", { body: { ...RANGE, output: "b.parquet" } }],
  ["GET /api/datasets/status/:id", { path: `/api/datasets/status/${scrape}` }],
  ["GET /api/datasets/export/:id", { path: `/api/datasets/export/${scrape}` }],
  ["GET /api/datasets/schema/:type", { path: "/api/datasets/schema/arb" }],
  ["POST /api/training/start", { body: { module: "mev", range: RANGE } }],
  ["POST /api/training/train", { body: { module: "arbitrage", range: RANGE } }],
  ["GET /api/training/status/:id", { path: `/api/training/status/${train}` }],
  ["GET /api/training/jobs/:id", { path: `/api/training/jobs/${train}` }],
  ["GET /api/jobs", {}],
  ["GET /api/jobs/:id", { path: `/api/jobs/${scrape}` }],
  ["POST /api/jobs/:id/cancel", { path: `/api/jobs/${scrape}/cancel`, body: {} }],
  ["POST /api/jobs/:id/retry", { path: `/api/jobs/${scrape}/retry`, body: {} }],
  ["GET /api/schedules", {}],
  ["PUT /api/schedules", { body: { schedules: [] } }],
];

/** Models. */
function modelCalls({ version }: Made): Calls {
  const models = `/api/training/models/${version}`;
  return [
    ["GET /api/training/models", {}],
    ["GET /api/training/shadow", { path: "/api/training/shadow?module=mev" }],
    ["POST /api/training/models/:id/shadow", { path: `${models}/shadow`, body: {} }],
    ["POST /api/training/models/:id/deploy", { path: `${models}/deploy`, body: {} }],
    ["POST /api/training/models/:id/rollback", { path: `${models}/rollback`, body: {} }],
    ["POST /api/control/model-swap", { body: { model_id: "mev", version } }],
  ];
}

/** The live stream, the description, and logout. */
const streamAndLogoutCalls = (): Calls => [
  ["POST /api/realtime/ticket", {}],
  ["GET /api/realtime/connections", {}],
  ["DELETE /api/realtime/connections/:id", { path: "/api/realtime/connections/c1" }],
  ["GET /api/realtime/settings", {}],
  ["POST /api/realtime/settings", { body: { batch_window_ms: 20, batch_max_size: 256 } }],
  ["GET /api/openapi.json", {}],
  ["POST /api/auth/password", { body: { current: PASSWORD, next: "another good password" } }],
  ["POST /api/auth/logout", {}],
];

/** All calls, in an order in which each finds what it needs. */
async function callsOf(server: Server): Promise<Calls> {
  const made = await make(server);
  return [
    ...accountCalls(made),
    ...controlCalls(),
    ...observeCalls(made),
    ...jobCalls(made),
    ...modelCalls(made),
    ...streamAndLogoutCalls(),
  ];
}

/** Replaces parts that need a store, a browser or another host. */
function fill({ deps }: Server): void {
  deps.query = () => Promise.resolve([{ t: 1, hotpath_p50: 0.5, landed_pct: null }]);
  deps.models.compare = () => Promise.resolve(COMPARISON);
  deps.realtime.kick = () => true;
  deps.realtime.connections = () => [{
    id: "c1",
    user: "ann",
    mode: "proto",
    since_ms: 1,
    sent: "2",
    dropped: "3",
    filtered: "4",
    queued_bytes: 5,
  }];
  deps.connections.status = () => ({ connections: 1, connections_max: 2, shut: { late: 3 } });
  const [sink, link] = [{ topics: [{ lag: 1 }], at_ms: 2, trouble: null }, {
    waiting: 1,
    lost: 0,
    at_ms: 2,
    trouble: "t",
  }];
  deps.flow = () => ({ sink, link } as unknown as ReturnType<typeof deps.flow>);
}

/** Compares one answer with its row. */
function check(row: Route, status: number, answer: unknown, label: string): void {
  assert.equal(status, row.status ?? 200, `${label}: ${JSON.stringify(answer).slice(0, 300)}`);
  assert.ok(!isMedia(row.answer));
  const parsed = row.answer.safeParse(answer);
  assert.ok(parsed.success, `${label}: ${parsed.error && z.prettifyError(parsed.error)}`);
  assert.deepEqual(parsed.data, answer, `${label}: every field is declared`);
  if (row.path === "/api/openapi.json") return;
  assert.ok(
    !row.answer.safeParse({ ...answer as object, surely_unknown: 1 }).success,
    `${label}: and no other`,
  );
}

Deno.test("every route answers in the form that it declares", () =>
  withServer((server) =>
    withAgents(server, async () => {
      fill(server);
      const { call, routes, person, deps } = server;
      const headers = bearer((await person("admin")).token);
      const rows = new Map(routes.map((row) => [`${row.method} ${row.path}`, row]));
      const isOver = () => deps.jobs.projection.list().some(({ state }) => state === "cancelled");
      const isAnswered = () => deps.receipts.of("0".repeat(32)).length > 0;
      const called = new Set<string>(["POST /api/auth/refresh"]);
      const tokens: string[] = [];
      for (const [name, { path, body, headers: more }] of await callsOf(server)) {
        const row = rows.get(name);
        assert.ok(row, name);
        if (name.endsWith("/retry")) await eventually(isOver, "the cancelled job");
        // On a busy machine a kill is sent by signal, and its receipts come after the answer.
        if (name.endsWith(":request_id")) await eventually(isAnswered, "the receipt of the kill");
        const options = { headers: { ...headers, ...more }, ...(body === undefined ? {} : { body }) };
        const answer = await call(row.method, path ?? row.path, options);
        const value = await answer.json();
        check(row, answer.status, value, `${name} ${path ?? ""}`);
        if (value.refresh_token) tokens.push(value.refresh_token);
        called.add(name);
      }
      const refresh = rows.get("POST /api/auth/refresh")!;
      const renewed = await call("POST", refresh.path, { body: { refresh_token: tokens[0] } });
      check(refresh, renewed.status, await renewed.json(), refresh.path);
      const missing = routes.filter(({ answer, method, path }) =>
        !isMedia(answer) && !called.has(`${method} ${path}`)
      );
      assert.deepEqual(missing.map(({ method, path }) => `${method} ${path}`), [], "each of them was called");
    })
  ));

interface Operation {
  parameters?: { name: string; in: string; schema: { type: string } }[];
  requestBody?: unknown;
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

Deno.test("the OpenAPI file has each route's parameters, body and answer, and every name that it points to", () =>
  withServer(async ({ call, person, routes }) => {
    const headers = bearer((await person("viewer")).token);
    const text = await (await call("GET", "/api/openapi.json", { headers })).text();
    const { paths, components } = JSON.parse(text);
    for (const row of routes.filter(({ path }) => path.startsWith("/api/"))) {
      const label = `${row.method} ${row.path}`;
      const { parameters = [], requestBody, responses }: Operation =
        paths[row.path.replaceAll(/:([a-z_]+)/g, "{$1}")][row.method.toLowerCase()];
      const named = (where: string) => parameters.filter((one) => one.in === where).map(({ name }) => name);
      assert.deepEqual(named("path"), [...row.path.matchAll(/:([a-z_]+)/g)].map(([, name]) => name), label);
      assert.deepEqual(named("query"), Object.keys(row.query?.shape ?? {}), label);
      assert.ok(parameters.every(({ schema }) => schema.type === "string"), label);
      assert.equal(requestBody !== undefined, row.body !== undefined, label);
      const { content = {} } = responses[row.status ?? 200]!;
      if (isMedia(row.answer)) assert.ok(!("application/json" in content), label);
      else assert.ok(Object.keys(content["application/json"]!.schema!).length > 0, label);
      assert.ok(responses["4XX"]!.content!["application/problem+json"], label);
    }
    const refs = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to!.split("/").at(-1)!);
    assert.ok(refs.length > 20);
    assert.deepEqual(refs.filter((name) => !components.schemas[name]), []);
    assert.ok(!text.includes("$defs"));
  }));

Deno.test("a receipt is the same JSON from Rust, which has it from the agent, and from TypeScript, which reads the log", () =>
  withServer(async ({ call, person, deps, folder, log }) => {
    const headers = bearer((await person("admin")).token);
    const end = new AbortController();
    const following = deps.receipts.follow(end.signal);
    try {
      const library = new Library(LIBRARY);
      await using _agent = startAgent(library, "mev", folder);
      // A long limit, so that the agent answers by its socket on a busy machine too.
      const patient = { data_dir: folder, instance: "contract", wait_ms: 60_000 };
      deps.send = (command) => {
        const here = sendCommand(library, { ...command, ...patient });
        return { here, all: here.then((sent) => [sent]) };
      };
      await eventually(() => deps.ownAgents().some(({ state }) => state === "running"), "the agent");
      const bodies = [
        ["mev:throttle", { throttle_pct: 7 }],
        ["mev:policy", {
          tip_ladder: [0.5, 0.75],
          mints_deny: ["So11111111111111111111111111111111111111112"],
        }],
        ["mev:stop", { reason: "to see \u00e9" }],
        // Refused by the agent, which is killed by then.
        ["mev:start", {}],
      ] as const;
      for (const [target, body] of bodies) {
        if (target === "mev:start") {
          await call("POST", "/api/control/module/mev:kill", { headers, body: {} });
          await eventually(() => deps.ownAgents().some(({ killed }) => killed), "the kill");
        }
        const answer = await call("POST", `/api/control/module/${target}?wait=receipt`, { headers, body });
        const { request_id, sent } = await answer.json();
        assert.equal(sent.length, 1, target);
        const [{ receipt: ofRust, path }] = sent;
        assert.equal(path, "socket", target);
        // A refused command is answered again when it arrives through the log, at another time.
        const same = () => deps.receipts.of(request_id).find((one) => one.applied_ns === ofRust.applied_ns);
        await eventually(() => same() !== undefined, `the receipt of ${target}`);
        assert.deepEqual(same(), ofRust, target);
        assert.equal(ofRust.genuine, true, target);
        assert.equal(ofRust.applied, target !== "mev:start", target);
        const { genuine: _, ...others } = ofRust;
        using topic = await log.topic("control-receipts-proto");
        const found: ReportedReceipt[] = [];
        for await (const block of readThrough(topic, "start")) {
          if (!("gap" in block)) {
            for (const { value } of block.records) if (value) found.push(receiptJson(value));
          }
        }
        assert.deepEqual(found.find((one) => one.applied_ns === ofRust.applied_ns), others, target);
      }
    } finally {
      end.abort();
      await following;
    }
  }));
