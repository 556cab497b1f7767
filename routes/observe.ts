/** What there is to see: decisions, metrics, health, the OpenAPI file's neighbours. */
import { type AgentStatus, type ModuleName, MODULES } from "../core/control/control.ts";
import { may } from "../core/auth/rights.ts";
import { briefly, type DecisionQuery } from "../core/decisions/decisions.ts";
import { AppError } from "../core/platform/errors.ts";
import { funnelOf, isSimulated, sourceOf } from "../core/decisions/funnel.ts";
import type { ApiDeps } from "./deps.ts";
import { seriesAfter } from "../core/decisions/metrics.ts";
import { jsonText, PackedText, type Route, route, type RouteContext } from "./route.ts";
import { prometheus } from "./prometheus.ts";

const IDS_MAX = 100;
const KINDS: Partial<Record<ModuleName, readonly string[]>> = {
  arbitrage: ["arbitrage", "open_arbitrage"],
  mev: ["sandwich", "wide_sandwich", "open_sandwich"],
};

/** How long a summary's text is good: its numbers change once a second. */
const SUMMARY_GOOD_MS = 100;

/** A module's summary as JSON, made a few times a second however many ask; without its series it is small. */
function summaryTexts(deps: ApiDeps): (module: ModuleName, withSeries: boolean) => PackedText {
  const made = new Map<string, { at: number; text: PackedText }>();
  return (module, withSeries) => {
    const now = performance.now();
    const key = `${module} ${withSeries}`;
    const known = made.get(key);
    if (known && now - known.at < SUMMARY_GOOD_MS) return known.text;
    const agents = deps.agents().filter((one) => one.module === module);
    const { series, ...latest } = deps.metrics.summary(module);
    const text = new PackedText(JSON.stringify({
      module,
      paper: true,
      source: sourceOf(agents),
      simulated: isSimulated(agents),
      ...latest,
      funnel: funnelOf(agents),
      counters: countersOf(agents),
      ...(withSeries ? { series } : {}),
    }));
    made.set(key, { at: now, text });
    return text;
  };
}

/** What the agents of a module have counted since they started, all hosts together. */
function countersOf(agents: readonly AgentStatus[]): Record<string, unknown> {
  if (agents.length === 0) return {};
  const sum = (of: (agent: AgentStatus) => number) => agents.reduce((total, agent) => total + of(agent), 0);
  const terms = new Set(agents.flatMap((agent) => Object.keys(agent.why_not)));
  return {
    candidates: sum((agent) => agent.candidates),
    passed: sum((agent) => agent.passed),
    published: sum((agent) => agent.published),
    observed_withheld: sum((agent) => agent.observed_withheld ?? 0),
    why_not: Object.fromEntries([...terms].map((term) => [term, sum(({ why_not }) => why_not[term] ?? 0)])),
  };
}

const ALL_KINDS = [...new Set(Object.values(KINDS).flat())];
/** As ffi/engine/src/gate.rs names them. */
const GATES: readonly string[] = [
  "pass",
  "observed",
  "killed",
  "stopped",
  "throttled",
  "score_min",
  "ev_positive",
  "ev_min",
  "fee_share",
  "slippage",
  "state_age",
  "pools_deny",
  "mints_deny",
  "mints_allow",
  "liquidity_min",
  "liquidity_unknown",
  "mint_freeze",
  "mint_delegate",
  "mint_hook",
  "mint_fee",
  "mint_unknown",
];

/** What a list of decisions is asked for; a value that selects nothing that there is, is refused. */
function decisionQuery(c: RouteContext): DecisionQuery {
  const one = (name: string, allowed: readonly string[]) => {
    const value = c.req.query(name);
    if (value !== undefined && value !== "" && !allowed.includes(value)) {
      throw new AppError("invalid", `${name}: \`${value.slice(0, 64)}\`, need ${allowed.join(", ")}`);
    }
    return value;
  };
  const [kind, module] = [one("kind", ALL_KINDS), one("module", MODULES)];
  const [gate, published] = [one("gate", GATES), one("published", ["true", "false"])];
  const before = c.req.query("before");
  const kinds = kind ? [kind] : KINDS[module as ModuleName];
  return {
    limit: Math.min(200, Math.max(1, Number(c.req.query("limit")) || 50)),
    ...(kinds ? { kinds } : {}),
    ...(gate ? { gate } : {}),
    ...(published ? { published: published === "true" } : {}),
    ...(before ? { before } : {}),
  };
}

export function observeRoutes(deps: ApiDeps): Route[] {
  const summaries = summaryTexts(deps);
  return [
    route({
      method: "GET",
      path: "/api/decisions",
      right: "read",
      summary:
        "Newest decisions with their evidence and outcome; `ids=a,b`, or `limit`, `kind` or `module`, `gate`, `published`, `before`; `brief=1`: what a row of a table is made of",
      query: ["ids", "limit", "kind", "module", "gate", "published", "before", "brief"],
      handle: async (c) => {
        const ids = c.req.query("ids");
        if (ids !== undefined) {
          const list = ids.split(",").filter(Boolean).slice(0, IDS_MAX);
          const found = await Promise.all(list.map((id) => deps.decisions.get(id)));
          return c.json({ decisions: found.filter((one) => one !== undefined) });
        }
        const { decisions, next } = await deps.decisions.list(decisionQuery(c));
        return c.json({ decisions: c.req.query("brief") === "1" ? decisions.map(briefly) : decisions, next });
      },
    }),
    route({
      method: "GET",
      path: "/api/decisions/:id",
      right: "read",
      summary: "The evidence of one decision",
      handle: async (c) => {
        const id = c.req.param("id")!;
        const evidence = await deps.decisions.get(id);
        if (!evidence) {
          throw new AppError("not_found", `Cannot find ${id}: no decision with this id is kept here`);
        }
        return c.json(evidence);
      },
    }),
    route({
      method: "GET",
      path: "/api/metrics/summary",
      right: "read",
      summary:
        "Latency, landed share, PnL and funnel of a module (`?module=`), with ten minutes of each second, without them `?series=0`, those after a Unix second `?since=`; `?hours=` takes the minutes off the store",
      query: ["module", "hours", "series", "since"],
      handle: async (c) => {
        const module = c.req.query("module") ?? "arbitrage";
        if (!MODULES.includes(module as ModuleName)) {
          throw new AppError("invalid", `module: \`${module}\`, need arbitrage or mev`);
        }
        const hours = c.req.query("hours");
        const withSeries = c.req.query("series") !== "0";
        const since = c.req.query("since");
        if (since !== undefined && !/^\d{1,12}$/.test(since)) {
          throw new AppError("invalid", `since: \`${since.slice(0, 64)}\`, need Unix seconds`);
        }
        if (hours === undefined && since !== undefined) {
          const series = seriesAfter(deps.metrics.summary(module as ModuleName).series, Number(since));
          return c.json({ ...JSON.parse(summaries(module as ModuleName, false).text), series });
        }
        if (hours === undefined) return jsonText(c, summaries(module as ModuleName, withSeries));
        const rows = await deps.query("latency_by_minute", { hours, module }, c.req.raw.signal);
        // Unknown is null in the store's answer, and stays so.
        const column = (name: string) =>
          rows.map((row) => row[name] === null || row[name] === "nan" ? null : Number(row[name]));
        const series = {
          t: column("t"),
          hotpath_p50: column("hotpath_p50"),
          hotpath_p99: column("hotpath_p99"),
          send_p99: column("send_p99"),
          p_land: column("landed_pct"),
          pnl: column("pnl_1h"),
        };
        return c.json({ ...JSON.parse(summaries(module as ModuleName, false).text), series });
      },
    }),
    route({
      method: "GET",
      path: "/api/health/ready",
      right: "open",
      early: true,
      summary: "Whether everything it needs is there, with reasons",
      handle: (c) => {
        const { ready, reasons } = deps.ready();
        const principal = c.get("principal");
        const mayRead = principal !== undefined && may(principal, "read");
        const told = reasons.map(({ part, ok, brief, detail }) => ({
          part,
          ok,
          detail: mayRead ? detail : brief,
        }));
        return c.json({ ready, reasons: told }, ready ? 200 : 503);
      },
    }),
    route({
      method: "GET",
      path: "/metrics",
      right: "metrics",
      summary: "Prometheus",
      handle: (c) => c.text(prometheus(deps), 200, { "content-type": "text/plain; version=0.0.4" }),
    }),
  ];
}
