/** What the API shows: decisions with their outcome, small answers, parameters that have an effect. */
import assert from "node:assert/strict";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import type { AgentStatus } from "../../core/control/control.ts";
import { realtime } from "../../proto/wire.ts";
import { bearer, withServer } from "./server.ts";
import { delay } from "../../core/platform/delay.ts";

const encoder = new TextEncoder();
const id = (n: number) => new Uint8Array(16).fill(n);
const hex = (n: number) => n.toString(16).padStart(2, "0").repeat(16);

const DECISIONS = [
  { n: 1, kind: "sandwich", tier: "A", gate: "observed", published: true },
  { n: 2, kind: "sandwich", tier: "C", gate: "observed", published: false },
  { n: 3, kind: "wide_sandwich", tier: "B", gate: "observed", published: false },
  { n: 4, kind: "open_sandwich", tier: null, gate: "pass", published: true },
  { n: 5, kind: "open_sandwich", tier: null, gate: "ev_min", published: false },
  { n: 6, kind: "arbitrage", tier: null, gate: "observed", published: true },
  { n: 7, kind: "open_sandwich", tier: null, gate: "pass", published: true },
];

const outcome = (n: number, landed: boolean) =>
  realtime.Envelope.encode({
    schemaVersion: "rt-v1",
    type: realtime.Envelope.Type.OUTCOME,
    decisionId: id(n),
    outcome: { bundleId: `paper-${hex(n)}`, landed, simulated: true, reason: "paper: its target landed" },
  }).finish();

interface Row {
  decision_id: string;
  published: boolean;
  outcome: { landed: boolean; simulated: boolean; reason: string } | null;
}

async function withDecisions(run: (get: (path: string) => Promise<Response>) => Promise<void>) {
  await withServer(async ({ call, deps, log, person }) => {
    const end = new AbortController();
    const following = deps.decisions.follow(end.signal);
    try {
      using evidence = await log.topic("decision-evidence", { create: true });
      await evidence.append(DECISIONS.map(({ n, kind, tier, gate }) => ({
        key: id(n),
        value: encoder.encode(JSON.stringify({ decision_id: hex(n), kind, tier, gate, gate_terms: [] })),
      })));
      using outcomes = await log.topic("bundle-outcomes-proto", { create: true });
      await outcomes.append([{ value: encoder.encode("no Envelope") }, { value: outcome(4, true) }]);
      const { token } = await person("viewer");
      const get = (path: string) => call("GET", path, { headers: bearer(token) });
      for (const begin = performance.now();;) {
        const { decisions } = await (await get("/api/decisions?limit=200")).json();
        if (decisions.length === DECISIONS.length && decisions.some((one: Row) => one.outcome)) break;
        assert.ok(performance.now() - begin < 60_000, "the decisions are not read");
        await delay(20);
      }
      await run(get);
    } finally {
      end.abort();
      await following;
    }
  });
}

Deno.test("F6, F8: a decision has its outcome and whether it was published, in every query", async () => {
  await withDecisions(async (get) => {
    const all: Row[] = (await (await get("/api/decisions?limit=200")).json()).decisions;
    for (const { n, published } of DECISIONS) {
      const row = all.find(({ decision_id }) => decision_id === hex(n));
      assert.equal(row?.published, published, `${n}`);
    }
    const landed = { landed: true, simulated: true, reason: "paper: its target landed" };
    assert.deepEqual(all.find(({ decision_id }) => decision_id === hex(4))?.outcome, landed);
    // Without a report, a decision is not shown as missed.
    assert.equal(all.find(({ decision_id }) => decision_id === hex(7))?.outcome, null);
    assert.deepEqual((await (await get(`/api/decisions/${hex(4)}`)).json()).outcome, landed);
    const byId = await (await get(`/api/decisions?ids=${hex(4)}`)).json();
    assert.deepEqual(byId.decisions[0].outcome, landed);
  });
});

Deno.test("F8: the server selects by kind, gate and whether it was published", async () => {
  await withDecisions(async (get) => {
    const names = async (query: string) =>
      (await (await get(`/api/decisions?limit=200&${query}`)).json()).decisions
        .map(({ decision_id }: Row) => Number.parseInt(decision_id.slice(0, 2), 16));
    assert.deepEqual(await names("module=mev&published=true"), [7, 4, 1]);
    assert.deepEqual(await names("module=mev&published=false"), [5, 3, 2]);
    assert.deepEqual(await names("kind=wide_sandwich"), [3]);
    assert.deepEqual(await names("gate=ev_min"), [5]);
    const first = await (await get("/api/decisions?limit=3&module=mev")).json();
    assert.equal(first.next, hex(4), "where the next list begins");
    assert.deepEqual(await names(`module=mev&before=${first.next}`), [3, 2, 1]);
    assert.equal((await (await get("/api/decisions?limit=200")).json()).next, null);
  });
});

Deno.test("F11: an unknown parameter is refused by its name, and so is an unknown value", async () => {
  await withServer(async ({ call, person }) => {
    const { token } = await person("viewer");
    for (
      const [path, field] of [
        ["/api/decisions?dex=raydium", "dex"],
        ["/api/metrics/summary?foo=1", "foo"],
      ] as const
    ) {
      const answer = await call("GET", path, { headers: bearer(token) });
      assert.equal(answer.status, 422, path);
      const problem = await answer.json();
      assert.equal(problem.field, field);
      assert.match(problem.detail, new RegExp(`^${field}: no such parameter, need `));
    }
    for (const path of ["kind=x", "gate=x", "module=x", "published=x"]) {
      const answer = await call("GET", `/api/decisions?${path}`, { headers: bearer(token) });
      assert.equal(answer.status, 422, path);
    }
  });
});

const agent = (instance: string): Partial<AgentStatus> => ({
  module: "mev",
  instance,
  mode: "paper",
  source: { class: "sim", name: "simulated chain, seed 7" },
  candidates: 3,
  passed: 1,
  why_not: { ev_min: 2 },
  funnel: {
    window_s: 60,
    seen: 3,
    fresh: 3,
    weighed: 3,
    passed: 1,
    published: 1,
    landed: 1,
    refused_first: { ev_min: 2 },
    refused_any: { ev_min: 2 },
  },
});

Deno.test("F5, F10, F23: a summary names the simulator, its funnel adds up, and it is small without its series", async () => {
  const agents = ["mev-1", "mev-2"].map(agent) as AgentStatus[];
  await withServer(async ({ call, deps, person }) => {
    // One time for all: a second could begin while they are taken.
    const now = Date.now();
    for (let second = 0; second < 600; second++) {
      const value = realtime.Envelope.encode({ metrics: { module: "mev", instance: "mev-1", paper: true } });
      deps.metrics.take(value.finish(), now - second * 1000, now);
    }
    const { token } = await person("viewer");
    const get = (query: string, accepted = "") =>
      call("GET", `/api/metrics/summary?module=mev${query}`, {
        headers: { ...bearer(token), "accept-encoding": accepted },
      });
    const small = await get("&series=0");
    const text = await small.text();
    const summary = JSON.parse(text);
    assert.deepEqual(summary.source, { class: "sim", name: "simulated chain, seed 7" });
    assert.deepEqual([summary.simulated, summary.paper], [true, true]);
    const { seen, passed, refused_first } = summary.funnel;
    assert.deepEqual([seen, passed, refused_first], [6, 2, { ev_min: 4 }]);
    assert.equal("series" in summary, false);
    assert.ok(text.length < 2_000, `${text.length} bytes`);
    const whole = await (await get("")).text();
    assert.equal(JSON.parse(whole).series.t.length, 600);
    for (const [name, unpack] of [["gzip", gunzipSync], ["zstd", zstdDecompressSync]] as const) {
      const answer = await get("", name);
      assert.equal(answer.headers.get("content-encoding"), name);
      assert.equal(answer.headers.get("vary"), "accept-encoding");
      const bytes = new Uint8Array(await answer.arrayBuffer());
      assert.ok(bytes.length < whole.length / 4, `${name}: ${bytes.length} of ${whole.length}`);
      assert.equal(JSON.parse(new TextDecoder().decode(unpack(bytes))).series.t.length, 600);
    }
    // A client that has most of the data requests the rest.
    const last = Math.floor(now / 1000);
    const rest = await (await get(`&since=${last - 3}`)).json();
    assert.deepEqual(rest.series.t, [last - 2, last - 1, last]);
    assert.equal(rest.series.pnl.length, 3);
    assert.equal(rest.age_s !== null && rest.simulated, true);
    assert.deepEqual((await (await get(`&since=${last}`)).json()).series.t, []);
    assert.equal((await get("&since=soon")).status, 422);
    const plain = await get("", "gzip;q=0, br");
    assert.equal(plain.headers.get("content-encoding"), null);
    JSON.parse(await plain.text());
  }, { agents: () => agents as never });
});

Deno.test("F23: every long answer is packed for clients that can unpack it, the page's files at build time", async () => {
  const bytes = encoder.encode("a".repeat(5_000));
  const [gzip, zstd] = [encoder.encode("gz"), encoder.encode("zst")];
  const asset = { bytes, packed: { gzip, zstd }, type: "text/javascript; charset=utf-8", etag: '"abc-1"' };
  await withServer(async ({ call }) => {
    const get = (path: string, headers: Record<string, string>) => call("GET", path, { headers });
    const text = async (answer: Response) => await answer.text();
    assert.equal(
      await text(await get("/assets/main.js", { "accept-encoding": "gzip, deflate, br, zstd" })),
      "zst",
    );
    assert.equal(await text(await get("/assets/main.js", { "accept-encoding": "gzip" })), "gz");
    const plain = await get("/assets/main.js", {});
    assert.equal((await text(plain)).length, 5_000);
    const tag = plain.headers.get("etag")!;
    const known = await get("/assets/main.js", { "if-none-match": tag, "accept-encoding": "gzip" });
    assert.equal(known.status, 304);
    const page = await get("/login", { "accept-encoding": "gzip" });
    assert.equal(page.headers.get("content-encoding"), "gzip");
    assert.match(gunzipSync(await page.arrayBuffer()).toString(), /^<!doctype html>/);
  }, { asset: () => asset });
});

Deno.test("F23: an answer that has not changed is not sent again, and only those who may read it learn so", () =>
  withServer(async ({ call, person }) => {
    const { token } = await person("viewer");
    const ask = (has?: string, login: Record<string, string> = bearer(token)) =>
      call("GET", "/api/openapi.json", {
        headers: { ...login, "accept-encoding": "gzip", ...(has ? { "if-none-match": has } : {}) },
      });
    const first = await ask();
    const etag = first.headers.get("etag")!;
    assert.equal(first.headers.get("cache-control"), "no-store");
    await first.body!.cancel();
    const second = await ask(etag);
    assert.deepEqual([second.status, second.body, second.headers.get("etag")], [304, null, etag]);
    const changed = await ask('W/"another"');
    assert.equal(changed.status, 200);
    await changed.body!.cancel();
    const stranger = await ask(etag, {});
    assert.equal(stranger.status, 401);
    await stranger.body!.cancel();
    // A request that changes something is never answered from a cache.
    const posted = await call("POST", "/api/control/kill-switch", {
      headers: { ...bearer((await person("admin")).token), "accept-encoding": "gzip", "if-none-match": etag },
      body: { module: "all" },
    });
    assert.deepEqual([posted.status, posted.headers.get("etag")], [202, null]);
    await posted.body!.cancel();
  }));
