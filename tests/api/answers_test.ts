/** Every route that reads returns what it is for: its keys, written by hand. */
import assert from "node:assert/strict";
import { scrape as scrapeKind } from "../../workers/kinds/scrape.ts";
import { train as trainKind } from "../../workers/kinds/train.ts";
import { bearer, type Server, withServer } from "./server.ts";

const RANGE = { start: "2026-11-01", end: "2026-11-02" };
const VERSION = "0123456789ab";
const LIST = {
  latest: VERSION,
  shadow: null,
  pinned: null,
  models: [{ version: VERSION, module: "mev" as const }],
  history: [],
};

/** A server with a job of each kind, a model and a receipt; ids by their names in `ROWS`. */
async function withThings(
  run: (server: Server, ids: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  await withServer(async (server) => {
    const { deps } = server;
    const { jobs } = deps;
    const scrape = await jobs.submit("scrape", scrapeKind.asked.parse({ ...RANGE, output: "x" }), {
      issuer: "ann",
    });
    const train = await jobs.submit(
      "train",
      trainKind.asked.parse({ module: "mev", range: RANGE, model: "torch" }),
      {
        issuer: "bob",
      },
    );
    const end = new AbortController();
    const following = jobs.follow(end.signal);
    await jobs.sync(60_000);
    end.abort();
    await following;
    deps.models.list = (module) => module === "mev" ? { module, ...LIST } : { module, ...LIST, models: [] };
    deps.models.report = (module, version, theme) =>
      version === VERSION ? `<svg>${module} ${theme}</svg>` : null;
    deps.models.compare = (module, hours) => Promise.resolve({ module, hours } as never);
    deps.decisions.get = (id) => Promise.resolve(id === "d1" ? { decision_id: id } as never : undefined);
    deps.receipts.of = (id) => id === "r1" ? [{ instance: "i" } as never] : [];
    await run(server, { scrape, train, version: VERSION });
  });
}

const JOB =
  "about args attempts attempts_max created_ms ended_ms issuer job_id kind message progress result started_ms state worker";
const PROBLEM = "detail request_id status title type";
/** Keys of a problem with a parameter. */
const WRONG = `${PROBLEM} field`;
const SUMMARY_KEYS = "counters funnel module paper simulated source";

/** Keys of the answer in alphabetical order; `-`: not an object. `+`: at least these. */
const ROWS: readonly [path: string, status: number, keys: string][] = [
  ["/api/auth/me", 200, "expires must_change role user"],
  ["/api/auth/sessions", 200, "sessions"],
  ["/api/users", 200, "users"],
  ["/api/keys", 200, "keys"],
  ["/api/control/audit-log", 200, "entries total"],
  ["/api/control/commands/r1", 200, "receipts request_id"],
  ["/api/control/commands/r2", 404, PROBLEM],
  ["/api/health", 200, "ok"],
  ["/api/health/ready", 200, "ready reasons"],
  ["/api/agents", 200, "agents unreadable wanted"],
  ["/api/decisions", 200, "decisions next"],
  ["/api/decisions?ids=d1,d2", 200, "decisions"],
  ["/api/decisions/d1", 200, "decision_id"],
  ["/api/decisions/d2", 404, PROBLEM],
  ["/api/metrics/summary", 200, `+${SUMMARY_KEYS} series`],
  ["/api/metrics/summary?module=mev&series=0", 200, `+${SUMMARY_KEYS}`],
  ["/api/metrics/summary?module=mev&since=1", 200, `+${SUMMARY_KEYS} series`],
  ["/api/metrics/summary?module=x", 422, WRONG],
  ["/api/metrics/summary?since=x", 422, WRONG],
  ["/api/metrics/summary?hours=6", 503, PROBLEM],
  ["/api/datasets/schema/arb", 200, "columns type"],
  ["/api/datasets/schema/mev", 200, "columns type"],
  ["/api/datasets/schema/x", 404, PROBLEM],
  ["/api/datasets/status/{scrape}", 200, JOB],
  ["/api/datasets/export/{scrape}", 200, JOB],
  ["/api/datasets/status/{train}", 404, PROBLEM],
  ["/api/training/status/{train}", 200, JOB],
  ["/api/training/jobs/{train}", 200, JOB],
  ["/api/training/jobs/{scrape}", 404, PROBLEM],
  ["/api/jobs", 200, "jobs lacks total"],
  ["/api/jobs?kind=reap", 422, WRONG],
  ["/api/jobs?state=lost", 422, WRONG],
  ["/api/jobs?page=audit", 422, WRONG],
  ["/api/jobs?nothing=1", 422, WRONG],
  ["/api/control/audit-log?nothing=1", 422, WRONG],
  ["/api/jobs/{scrape}", 200, `${JOB} log`],
  ["/api/jobs/none", 404, PROBLEM],
  ["/api/schedules", 200, "schedules"],
  ["/api/training/models", 200, "modules"],
  ["/api/training/shadow?module=mev", 200, "hours module"],
  ["/api/training/shadow?module=mev&hours=0", 422, WRONG],
  ["/api/training/shadow?module=mev&hours=1.5", 422, WRONG],
  ["/api/training/shadow", 422, WRONG],
  ["/api/training/models/{version}/report", 200, "-"],
  ["/api/training/models/{version}/report?theme=x", 422, WRONG],
  ["/api/training/models/ffffffffffff/report", 404, PROBLEM],
  ["/api/realtime/connections", 200, "connections"],
  ["/api/realtime/settings", 200, "batch_max_size batch_window_ms"],
  ["/api/openapi.json", 200, "components info openapi paths security servers"],
];

Deno.test("each route that is read answers with its own keys", () =>
  withThings(async ({ call, person }, ids) => {
    const headers = bearer((await person("admin")).token);
    for (const [path, status, keys] of ROWS) {
      const answer = await call("GET", path.replace(/\{(\w+)\}/, (_, name) => ids[name]!), { headers });
      const text = await answer.text();
      assert.equal(answer.status, status, `${path}: ${text.slice(0, 300)}`);
      const type = answer.headers.get("content-type");
      const expectedType = status >= 400
        ? "application/problem+json"
        : keys === "-"
        ? "image/svg+xml"
        : "application/json";
      assert.equal(type, expectedType, path);
      if (keys === "-") continue;
      const found = Object.keys(JSON.parse(text)).sort();
      const expected = keys.replace("+", "").split(" ").sort();
      if (keys.startsWith("+")) assert.deepEqual(expected.filter((key) => !found.includes(key)), [], path);
      else assert.deepEqual(found, expected, path);
    }
  }));

const LONG = "x".repeat(200);
/** How much of a wrong value the answer quotes. */
const CUT: readonly [path: string, detail: RegExp][] = [
  [`/api/metrics/summary?since=${LONG}`, /^since: `x{64}`, need Unix seconds$/],
  [`/api/decisions?kind=y${LONG}`, /^kind: `yx{63}`, need /],
  [`/api/decisions?${LONG}=1`, /^x{64}: no such parameter, need ids, /],
  [`/api/training/models/${VERSION}/report?theme=${LONG}`, /^theme: `x{20}`, need light or dark$/],
];

for (const [path, detail] of CUT) {
  Deno.test(`a long value is given back cut: ${path.slice(0, 50)}`, () =>
    withThings(async ({ call, person }) => {
      const answer = await call("GET", path, { headers: bearer((await person("viewer")).token) });
      assert.equal(answer.status, 422);
      assert.match((await answer.json()).detail, detail);
    }));
}

Deno.test("what is read says what is there", () =>
  withThings(async ({ call, person, deps }, ids) => {
    const admin = await person("admin");
    const get = async (path: string) =>
      await (await call("GET", path, { headers: bearer(admin.token) })).json();
    const me = await get("/api/auth/me");
    assert.deepEqual([me.user, me.role, me.must_change], [admin.name, "admin", false]);
    assert.deepEqual((await get("/api/users")).users.map(({ name }: { name: string }) => name), [admin.name]);
    await deps.audit({ who: "x", action: "one" });
    await deps.audit({ who: "y", action: "two" });
    await deps.audit({ who: "y", action: "three" });
    const actions = async (query: string) =>
      (await get(`/api/control/audit-log${query}`)).entries.map(({ action }: { action: string }) => action);
    assert.deepEqual(await actions(""), ["three", "two", "one"]);
    assert.deepEqual(await actions("?limit=1"), ["three"]);
    assert.deepEqual(
      await actions("?limit=0"),
      ["three", "two", "one"],
      "no number of entries is all of a page",
    );
    assert.deepEqual(await actions("?before=3"), ["two", "one"]);
    for (const before of ["abc", "-1", "0", "1.5", "0x3"]) {
      const refused = await call("GET", `/api/control/audit-log?before=${before}`, {
        headers: bearer(admin.token),
      });
      const { field, detail } = await refused.json();
      assert.deepEqual([refused.status, field], [422, "before"], before);
      assert.match(detail, /need the number of an entry/);
    }
    assert.deepEqual(await actions("?who=y&action=two"), ["two"]);
    assert.equal((await get("/api/control/audit-log?limit=1")).total, 3);
    assert.deepEqual(await actions("?limit=1.5"), ["three"]);

    const jobs = async (query: string) => {
      const { jobs, total } = await get(`/api/jobs${query}`);
      return [...jobs.map(({ job_id }: { job_id: string }) => job_id), total];
    };
    assert.deepEqual(await jobs(""), [ids.train, ids.scrape, 2]);
    assert.deepEqual(await jobs("?kind=train"), [ids.train, 1]);
    assert.deepEqual(await jobs("?kind=train&state=done"), [0]);
    assert.deepEqual(await jobs("?page=training"), [ids.train, 1]);
    assert.deepEqual(await jobs("?page=datasets&kind="), [ids.scrape, 1]);
    assert.deepEqual(await jobs("?state=queued"), [ids.train, ids.scrape, 2]);

    const { schedules } = await get("/api/schedules");
    assert.ok(schedules.length > 0);
    for (const one of schedules) assert.equal(one.next_ms === null, !one.enabled, one.name);
    const { modules } = await get("/api/training/models");
    assert.deepEqual(modules.map(({ module }: { module: string }) => module), ["arbitrage", "mev"]);
    assert.deepEqual(await get("/api/training/shadow?module=arbitrage"), { module: "arbitrage", hours: 1 });
    assert.deepEqual(await get("/api/training/shadow?module=mev&hours=24"), { module: "mev", hours: 24 });
    const report = (query: string) =>
      call("GET", `/api/training/models/${VERSION}/report${query}`, { headers: bearer(admin.token) });
    assert.equal(await (await report("")).text(), "<svg>mev light</svg>");
    assert.equal(await (await report("?theme=dark")).text(), "<svg>mev dark</svg>");
    assert.deepEqual(await get("/api/realtime/settings"), { batch_window_ms: 20, batch_max_size: 256 });
    assert.deepEqual((await get("/api/decisions?ids=d2,d1")).decisions, [{ decision_id: "d1" }]);
  }));

Deno.test("readiness answers 503 until all is well, and gives details only to those who may read", async () => {
  for (const ready of [true, false]) {
    const reasons = [{ part: "store", ok: ready, brief: "in short", detail: "with a path" }];
    await withServer(async ({ call, person }) => {
      const { token } = await person("viewer");
      for (const [headers, detail] of [[{}, "in short"], [bearer(token), "with a path"]] as const) {
        const answer = await call("GET", "/api/health/ready", { headers });
        assert.equal(answer.status, ready ? 200 : 503);
        assert.deepEqual(await answer.json(), { ready, reasons: [{ part: "store", ok: ready, detail }] });
      }
    }, { ready: () => ({ ready, reasons }) });
  }
});

Deno.test("a version is deployed to the module that has it; the baseline needs its module named", () =>
  withThings(async ({ call, person, deps }) => {
    const headers = bearer((await person("admin")).token);
    const lived: string[] = [];
    let receipts = [{ applied: true }];
    let silent: string[] = [];
    deps.models.deploy = ({ module, version, action, requestId }) => {
      lived.push(`${action} ${module} ${version}`);
      assert.match(requestId, /^[0-9a-f]{32}$/);
      return Promise.resolve({ request_id: "r", receipts, silent } as never);
    };
    const post = async (path: string, body: unknown) => {
      const answer = await call("POST", path, { headers, body });
      return [answer.status, (await answer.json()).ok];
    };
    const models = "/api/training/models";
    assert.deepEqual(await post(`${models}/${VERSION}/deploy`, {}), [202, true]);
    assert.deepEqual(await post(`${models}/${VERSION}/deploy`, { module: "mev" }), [202, true]);
    assert.deepEqual(await post(`${models}/baseline/deploy`, { module: "arbitrage" }), [202, true]);
    assert.deepEqual(lived.splice(0), [
      `model deploy mev ${VERSION}`,
      `model deploy mev ${VERSION}`,
      "model deploy arbitrage baseline",
    ]);
    assert.deepEqual(await post(`${models}/baseline/deploy`, {}), [422, undefined]);
    assert.deepEqual(await post(`${models}/${VERSION}/deploy`, { module: "arbitrage" }), [422, undefined]);
    assert.deepEqual(await post(`${models}/ffffffffffff/deploy`, {}), [404, undefined]);
    assert.deepEqual(await post("/api/control/model-swap", { model_id: "mev" }), [422, undefined]);
    assert.deepEqual(await post(`${models}/baseline/rollback`, { module: "mev" }), [409, undefined]);
    assert.deepEqual(lived, [], "nothing of it went live");
    assert.deepEqual(await post("/api/control/model-swap", { model_id: "mev", version: VERSION }), [
      202,
      true,
    ]);
    assert.deepEqual(await post(`${models}/${VERSION}/rollback`, {}), [202, true]);
    assert.deepEqual(lived.splice(0), [`model swap mev ${VERSION}`, "model rollback mev baseline"]);
    receipts = [{ applied: true }, { applied: false }];
    assert.deepEqual(await post(`${models}/${VERSION}/deploy`, {}), [202, false]);
    [receipts, silent] = [[{ applied: true }], ["i2"]];
    assert.deepEqual(await post(`${models}/${VERSION}/deploy`, {}), [202, false]);
  }));

Deno.test("a version is put in shadow and out of it, with its entry, and out of it only if it was in", () =>
  withThings(async ({ call, person, deps }) => {
    const headers = bearer((await person("admin")).token);
    const pointed: unknown[] = [];
    let shadow: string | null = null;
    deps.models.list = (module) => ({ module, ...LIST, shadow, models: module === "mev" ? LIST.models : [] });
    deps.models.shadow = (module, version) => void pointed.push([module, version]);
    const post = async (body: unknown) =>
      (await call("POST", `/api/training/models/${VERSION}/shadow`, { headers, body })).status;
    const entries = () =>
      deps.chain.list().map(({ action, module, detail }) => `${action} ${module} ${detail}`);
    assert.equal(await post({ on: false }), 409);
    assert.deepEqual([pointed, entries()], [[], []]);
    assert.equal(await post({}), 202);
    shadow = VERSION;
    assert.equal(await post({ on: false }), 202);
    assert.deepEqual(pointed, [["mev", VERSION], ["mev", null]]);
    assert.deepEqual(entries(), [`model shadow off mev ${VERSION}`, `model shadow mev ${VERSION}`]);
    deps.models.shadow = () => assert.fail("without its entry");
    deps.audit = () => Promise.reject(new Error("no disk"));
    assert.equal(await post({}), 500);
  }));
