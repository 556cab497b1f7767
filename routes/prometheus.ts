/** `/metrics`: one row per metric. */
import type { AgentStatus } from "../core/control/control.ts";
import type { ApiDeps } from "./deps.ts";

interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  of(status: AgentStatus): number;
}

const AGENT_METRICS: readonly Metric[] = [
  { name: "agent_candidates_total", type: "counter", help: "Opportunities found", of: (s) => s.candidates },
  {
    name: "agent_dropped_total",
    type: "counter",
    help: "Decisions lost because the publisher was too slow",
    of: (s) => s.dropped,
  },
  { name: "agent_evidence_total", type: "counter", help: "Evidence records written", of: (s) => s.evidence },
  { name: "agent_killed", type: "gauge", help: "1 = killed", of: (s) => Number(s.killed) },
  { name: "agent_legs_total", type: "counter", help: "Swap legs decoded", of: (s) => s.legs },
  {
    name: "agent_malformed_total",
    type: "counter",
    help: "Frames that could not be read",
    of: (s) => s.malformed,
  },
  {
    name: "agent_passed_total",
    type: "counter",
    help: "Opportunities that passed the gate",
    of: (s) => s.passed,
  },
  { name: "agent_published_total", type: "counter", help: "Envelopes written", of: (s) => s.published },
  { name: "agent_slot", type: "gauge", help: "Newest slot that was seen completely", of: (s) => s.slot },
  {
    name: "agent_throttle_pct",
    type: "gauge",
    help: "Share of decisions skipped, 0..100",
    of: (s) => s.policy.throttle_pct,
  },
  { name: "agent_transactions_total", type: "counter", help: "Transactions read", of: (s) => s.transactions },
];

/** Counters of the link and the sink by topic: sent, stored, dead, lost. */
const FLOW: readonly (readonly [name: string, help: string])[] = [
  ["link_lost_total", "Records that the full spool dropped before they were sent"],
  ["link_shipped_total", "Records sent to Kafka"],
  ["sink_dead_total", "Records on the dead-letter topic"],
  ["sink_duplicates_total", "Records left out because they were stored already"],
  ["sink_lag", "Records not stored yet"],
  ["sink_lost_total", "Records that were deleted before the sink read them"],
  ["sink_records_total", "Records read from the log"],
  ["sink_rows_total", "Rows stored"],
];

/** A label's text as the exposition format writes it. */
const labelText = (text: unknown) =>
  String(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

/** Builds the lines of the exposition format. */
class Exposition {
  readonly #lines: string[] = [];

  /** Starts a metric. */
  head(name: string, type: Metric["type"], help: string): void {
    this.#lines.push(`# HELP legend_${name} ${help}\n# TYPE legend_${name} ${type}`);
  }

  /** Adds a sample; an unknown figure gets none. */
  sample(name: string, named: Record<string, unknown>, value: unknown): void {
    const figure = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof figure !== "number" || !Number.isFinite(figure)) return;
    const labels = Object.entries(named).map(([key, text]) => `${key}="${labelText(text)}"`).join(",");
    this.#lines.push(`legend_${name}${labels && `{${labels}}`} ${value}`);
  }

  /** A metric with one sample without labels. */
  single(name: string, type: Metric["type"], help: string, value: unknown): void {
    this.head(name, type, help);
    this.sample(name, {}, value);
  }

  text(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}

/** A metric of agents with one sample for each entry of a list that an agent reports. */
interface ListMetric extends Omit<Metric, "of"> {
  of(status: AgentStatus): Iterable<readonly [labels: Record<string, unknown>, value: unknown]>;
}

const LIST_METRICS: readonly ListMetric[] = [
  {
    name: "source_info",
    type: "gauge",
    help: "Where an agent's frames come from: sim is a simulated chain; mode paper submits nothing",
    of({ source, mode }) {
      const { class: kind = "unknown", name = "unknown" } = source ?? {};
      return [[{ class: kind, name, mode: typeof mode === "string" ? mode : "paper" }, 1]];
    },
  },
  {
    name: "agent_refused_total",
    type: "counter",
    help: "Opportunities that the gate refused, by each refusing term",
    of: ({ why_not }) => Object.entries(why_not).map(([term, count]) => [{ term }, count] as const),
  },
  {
    name: "agent_missed_swaps_total",
    type: "counter",
    help: "Calls that look like swaps but could not be read, by program and tag",
    of: ({ missed_by_program }) =>
      (missed_by_program ?? []).map(({ program, dex, tag, count }) =>
        [{ dex: dex ?? `unknown:${program}`, tag }, count] as const
      ),
  },
  {
    name: "agent_tips_total",
    type: "counter",
    help: "Tips of landed transactions by landing service",
    of: ({ tip_services }) =>
      (tip_services ?? []).map(({ service, payments }) => [{ service }, payments] as const),
  },
  {
    name: "agent_tip_lamports_total",
    type: "counter",
    help: "Lamports of the tips of landed transactions by landing service",
    of: ({ tip_services }) =>
      (tip_services ?? []).map(({ service, lamports }) => [{ service }, lamports] as const),
  },
  {
    name: "agent_tip_candidates",
    type: "gauge",
    help: "Accounts that 8 wallets or more paid and that no table of tip accounts names",
    of: ({ tip_candidates }) => [[{}, tip_candidates]],
  },
  {
    name: "agent_tip_candidate_payers",
    type: "gauge",
    help:
      "Different wallets that paid a tip candidate, counted up to 32; only the 16 candidates that were paid most often",
    of: ({ tip_candidate_accounts }) =>
      (tip_candidate_accounts ?? []).map(({ account, payers }) => [{ account }, payers] as const),
  },
];

function agentMetrics(out: Exposition, { ownAgents, unreadableAgents }: ApiDeps): void {
  // Each host reports its own agents: nothing is counted twice.
  const statuses = ownAgents();
  const label = ({ module, instance }: AgentStatus) => ({ module, instance });
  for (const { name, type, help, of } of AGENT_METRICS) {
    out.head(name, type, help);
    for (const status of statuses) out.sample(name, label(status), of(status));
  }
  out.head(
    "agent_status_unreadable",
    "gauge",
    "1 = the status of the agent of this host cannot be read",
  );
  for (const { module } of unreadableAgents()) out.sample("agent_status_unreadable", { module }, 1);
  for (const { name, type, help, of } of LIST_METRICS) {
    out.head(name, type, help);
    for (const status of statuses) {
      for (const [labels, value] of of(status)) out.sample(name, { ...label(status), ...labels }, value);
    }
  }
}

function flowMetrics(out: Exposition, { flow }: ApiDeps): void {
  const { link, sink } = flow();
  const gauges = [
    ["link_waiting", "Records of this host that Kafka does not have yet", link?.waiting],
    [
      "link_trouble",
      "1 = something is wrong between this host and Kafka",
      link && Number(link.trouble !== null),
    ],
    [
      "sink_trouble",
      "1 = something is wrong between the log and the store",
      sink && Number(sink.trouble !== null),
    ],
  ] as const;
  for (const [name, help, value] of gauges) {
    if (value !== undefined && value !== null) out.single(name, "gauge", help, value);
  }
  for (const [name, help] of FLOW) {
    const key = name.replace(/^(link|sink)_|_total$/g, "");
    const topics: readonly object[] = (name.startsWith("link") ? link : sink)?.topics ?? [];
    if (topics.length === 0) continue;
    out.head(name, name.endsWith("_total") ? "counter" : "gauge", help);
    for (const topic of topics as readonly Record<string, unknown>[]) {
      out.sample(name, { topic: String(topic.topic) }, topic[key]);
    }
  }
}

function connectionMetrics(out: Exposition, { realtime, connections }: ApiDeps): void {
  out.single("realtime_connections", "gauge", "Live connections", realtime.connections().length);
  const port = connections.status();
  if (!port) return;
  out.single("api_connections", "gauge", "Connections of the page and the API", port.connections);
  out.single(
    "api_connections_max",
    "gauge",
    "Limit of connections, given the limit of open files",
    port.connections_max,
  );
  out.head(
    "api_connections_shut_total",
    "counter",
    "Connections closed by the server: request late, idle, too much data on a stream, surplus",
  );
  for (const [reason, count] of Object.entries(port.shut)) {
    out.sample("api_connections_shut_total", { reason }, count);
  }
}

/** The text of `/metrics`. */
export function prometheus(deps: ApiDeps): string {
  const out = new Exposition();
  agentMetrics(out, deps);
  flowMetrics(out, deps);
  connectionMetrics(out, deps);
  out.single("audit_entries_total", "counter", "Entries of the audit chain", deps.chain.count());
  return out.text();
}
