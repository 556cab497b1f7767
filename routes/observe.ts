/** Read-only views: decisions, metrics, health, and what belongs to the OpenAPI file. */
import { z } from "zod";
import type { AgentStatus, ModuleName } from "../core/control/control.ts";
import { may } from "../core/auth/rights.ts";
import { briefly, type DecisionQuery } from "../core/decisions/decisions.ts";
import { AppError } from "../core/platform/errors.ts";
import { funnelOf, isSimulated, sourceOf } from "../core/decisions/funnel.ts";
import * as answers from "./answers.ts";
import type { ApiDeps } from "./deps.ts";
import { seriesAfter } from "../core/decisions/metrics.ts";
import { limit, maybeText, maybeWord, seconds, word } from "./query.ts";
import { jsonText, PackedText, type Route, route } from "./route.ts";
import { prometheus } from "./prometheus.ts";
import { MODULES } from "../proto/gen/names.ts";

const IDS_MAX = 100;
const KINDS = {
  arbitrage: ["arbitrage", "open_arbitrage"],
  mev: ["sandwich", "wide_sandwich", "open_sandwich"],
} as const;

/** How long a summary's text is reused: its numbers change once a second. */
const SUMMARY_GOOD_MS = 100;

/** A module's summary as JSON, built a few times a second however many clients ask; it is small without its series. */
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

/** What the agents of a module have counted since they started, summed over all hosts. */
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

/** The names in ffi/engine/src/gate.rs. */
/** What became of a decision at the gate: the first term that refused, or none. */
export const GATES = [
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
] as const;

/** Filters of a list of decisions; a value that cannot match anything is refused. */
const decisionsQuery = z.strictObject({
  /** Joined by commas; other filters are then ignored. */
  ids: maybeText,
  limit,
  kind: maybeWord([...KINDS.arbitrage, ...KINDS.mev]),
  module: maybeWord(MODULES),
  gate: maybeWord(GATES),
  published: maybeWord(["true", "false"]),
  /** `next` of the previous list. */
  before: maybeText,
  /** `1`: only the fields of a table row. */
  brief: maybeText,
});

function requestedOf(
  { limit, kind, module, gate, published, before }: Omit<z.infer<typeof decisionsQuery>, "ids" | "brief">,
): DecisionQuery {
  const kinds = kind ? [kind] : module && KINDS[module];
  return {
    limit,
    ...(kinds ? { kinds } : {}),
    ...(gate ? { gate } : {}),
    ...(published ? { published: published === "true" } : {}),
    ...(before ? { before } : {}),
  };
}

const summaryQuery = z.strictObject({
  module: word(MODULES).default("arbitrage"),
  /** One value per minute for this many hours, from the store. */
  hours: maybeText,
  /** `0`: without the values per second. */
  series: maybeText,
  /** Seconds after this one. */
  since: seconds.optional(),
});

export function observeRoutes(deps: ApiDeps): Route[] {
  return [
    listDecisions(deps),
    explainDecision(deps),
    summary(deps),
    readiness(deps),
    metrics(deps),
  ];
}

function listDecisions(deps: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/decisions",
    right: "read",
    summary:
      "Newest decisions with their evidence and outcome; `ids=a,b`, or `limit`, `kind` or `module`, `gate`, `published`, `before`; `brief=1`: only the fields of a table row",
    answer: answers.decisions,
    query: decisionsQuery,
    handle: async (c, _, { ids, brief, ...query }) => {
      if (ids !== undefined) {
        const list = ids.split(",").filter(Boolean).slice(0, IDS_MAX);
        const found = await Promise.all(list.map((id) => deps.decisions.get(id)));
        return c.json({ decisions: found.filter((one) => one !== undefined) });
      }
      const { decisions, next } = await deps.decisions.list(requestedOf(query));
      return c.json({ decisions: brief === "1" ? decisions.map(briefly) : decisions, next });
    },
  });
}

function explainDecision(deps: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/decisions/:id",
    right: "read",
    summary: "The evidence of one decision",
    answer: answers.decision,
    handle: async (c) => {
      const id = c.req.param("id")!;
      const evidence = await deps.decisions.get(id);
      if (!evidence) {
        throw new AppError("not_found", `Cannot find ${id}: this server keeps no decision with this id`);
      }
      return c.json(evidence);
    },
  });
}

function summary(deps: ApiDeps): Route {
  const summaries = summaryTexts(deps);
  return route({
    method: "GET",
    path: "/api/metrics/summary",
    right: "read",
    summary:
      "Latency, landed share, PnL and funnel of a module (`?module=`), with one value per second for the last ten minutes; `?series=0` leaves these values out, `?since=` gives only those after a Unix second; `?hours=` reads minutes from the store",
    answer: answers.summary,
    query: summaryQuery,
    handle: async (c, _, { module, hours, series: requested, since }) => {
      if (hours === undefined && since !== undefined) {
        const series = seriesAfter(deps.metrics.summary(module).series, since);
        return c.json({ ...JSON.parse(summaries(module, false).text), series });
      }
      if (hours === undefined) return jsonText(c, summaries(module, requested !== "0"));
      const rows = await deps.query("latency_by_minute", { hours, module }, c.req.raw.signal);
      // A value that the store returns as unknown stays null.
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
      return c.json({ ...JSON.parse(summaries(module, false).text), series });
    },
  });
}

function readiness(deps: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/api/health/ready",
    right: "open",
    early: true,
    summary: "Whether everything that this server needs is available, and the state of each part",
    answer: answers.ready,
    handle: (c) => {
      const { ready, reasons } = deps.ready();
      const principal = c.get("principal");
      const mayRead = principal !== undefined && may(principal, "read");
      const reported = reasons.map(({ part, ok, brief, detail }) => ({
        part,
        ok,
        detail: mayRead ? detail : brief,
      }));
      return c.json({ ready, reasons: reported }, ready ? 200 : 503);
    },
  });
}

function metrics(deps: ApiDeps): Route {
  return route({
    method: "GET",
    path: "/metrics",
    right: "metrics",
    summary: "Prometheus",
    answer: { media: "text/plain" },
    handle: (c) => c.text(prometheus(deps), 200, { "content-type": "text/plain; version=0.0.4" }),
  });
}
