/** What there is to see: decisions, metrics, health, the OpenAPI file's neighbours. */
import { type AgentStatus, type ModuleName, MODULES } from "../core/control.ts";
import { AppError } from "../core/errors.ts";
import { funnelOf, isSimulated, sourceOf } from "../core/funnel.ts";
import type { ApiDeps } from "./deps.ts";
import { jsonText, type Route, route } from "./route.ts";
import { prometheus } from "./prometheus.ts";

const IDS_MAX = 100;
const KINDS: Partial<Record<ModuleName, readonly string[]>> = {
  arbitrage: ["arbitrage", "open_arbitrage"],
  mev: ["sandwich", "wide_sandwich", "open_sandwich"],
};

/** How long a summary's text is good: its numbers change once a second. */
const SUMMARY_GOOD_MS = 100;

/** A module's summary as JSON, made a few times a second however many ask. */
function summaryTexts(deps: ApiDeps): (module: ModuleName) => string {
  const made = new Map<ModuleName, { at: number; text: string }>();
  return (module) => {
    const now = performance.now();
    const known = made.get(module);
    if (known && now - known.at < SUMMARY_GOOD_MS) return known.text;
    const agents = deps.agents().filter((one) => one.module === module);
    const text = JSON.stringify({
      module,
      paper: true,
      source: sourceOf(agents),
      simulated: isSimulated(agents),
      ...deps.metrics.summary(module),
      funnel: funnelOf(agents),
      counters: countersOf(agents),
    });
    made.set(module, { at: now, text });
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

export function observeRoutes(deps: ApiDeps): Route[] {
  const summaries = summaryTexts(deps);
  return [
    route({
      method: "GET",
      path: "/api/decisions",
      right: "read",
      summary:
        "Newest decisions with their evidence; `ids=a,b`, or `limit`, `kind` or `module`, `gate`, `before`",
      handle: async (c) => {
        const ids = c.req.query("ids");
        if (ids !== undefined) {
          const list = ids.split(",").filter(Boolean).slice(0, IDS_MAX);
          const found = await Promise.all(list.map((id) => deps.decisions.get(id)));
          return c.json({ decisions: found.filter((one) => one !== undefined) });
        }
        const [kind, module, gate, before] = ["kind", "module", "gate", "before"].map((name) =>
          c.req.query(name)
        );
        const kinds = kind ? [kind] : KINDS[module as ModuleName];
        const limit = Math.min(200, Math.max(1, Number(c.req.query("limit")) || 50));
        const query = {
          limit,
          ...(kinds ? { kinds } : {}),
          ...(gate ? { gate } : {}),
          ...(before ? { before } : {}),
        };
        return c.json({ decisions: await deps.decisions.list(query) });
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
        "Latency, landed share and PnL of a module (`?module=`), with ten minutes of each second; `?hours=` takes the minutes off the store",
      handle: async (c) => {
        const module = c.req.query("module") ?? "arbitrage";
        if (!MODULES.includes(module as ModuleName)) {
          throw new AppError("invalid", `module: \`${module}\`, need arbitrage or mev`);
        }
        const hours = c.req.query("hours");
        if (hours === undefined) return jsonText(c, summaries(module as ModuleName));
        const rows = await deps.query("latency_by_minute", { hours, module }, c.req.raw.signal);
        const column = (name: string) => rows.map((row) => Number(row[name]));
        const series = {
          t: column("t"),
          hotpath_p50: column("hotpath_p50"),
          hotpath_p99: column("hotpath_p99"),
          send_p99: column("send_p99"),
          p_land: column("landed_pct"),
          pnl: column("pnl_1h"),
        };
        return c.json({ ...JSON.parse(summaries(module as ModuleName)), series });
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
        return c.json({ ready, reasons }, ready ? 200 : 503);
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
