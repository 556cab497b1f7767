/** `/metrics`: one row a metric. */
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
    help: "Decisions lost because the publisher was behind",
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
  { name: "agent_slot", type: "gauge", help: "Newest slot seen to its end", of: (s) => s.slot },
  {
    name: "agent_throttle_pct",
    type: "gauge",
    help: "Share of decisions skipped, 0..100",
    of: (s) => s.policy.throttle_pct,
  },
  { name: "agent_transactions_total", type: "counter", help: "Transactions read", of: (s) => s.transactions },
];

/** Counters by topic of the link and the sink: sent, stored, dead, lost. */
const FLOW: readonly (readonly [name: string, help: string])[] = [
  ["link_lost_total", "Records that the full spool took before they were sent"],
  ["link_shipped_total", "Records sent to Kafka"],
  ["sink_dead_total", "Records on the dead-letter topic"],
  ["sink_duplicates_total", "Records that were stored already and left out"],
  ["sink_lag", "Records not stored yet"],
  ["sink_lost_total", "Records that were gone before the sink read them"],
  ["sink_records_total", "Records taken off the log"],
  ["sink_rows_total", "Rows stored"],
];

/** As the exposition format writes the text of a label. */
const labelText = (text: unknown) =>
  String(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

export function prometheus(
  { ownAgents, unreadableAgents, realtime, chain, flow, connections: port }: ApiDeps,
): string {
  // Each host is asked for its own: nothing is counted twice.
  const statuses = ownAgents();
  const lines: string[] = [];
  const head = (name: string, type: string, help: string) =>
    lines.push(`# HELP legend_${name} ${help}\n# TYPE legend_${name} ${type}`);
  /** A figure that is not known has no sample. */
  const sample = (name: string, named: Record<string, unknown>, value: unknown) => {
    const figure = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof figure !== "number" || !Number.isFinite(figure)) return;
    const labels = Object.entries(named).map(([key, text]) => `${key}="${labelText(text)}"`).join(",");
    lines.push(`legend_${name}${labels && `{${labels}}`} ${value}`);
  };
  const label = ({ module, instance }: AgentStatus) => ({ module, instance });
  for (const { name, type, help, of } of AGENT_METRICS) {
    head(name, type, help);
    for (const status of statuses) sample(name, label(status), of(status));
  }
  head("agent_status_unreadable", "gauge", "1 = what the agent of this host says of itself cannot be read");
  for (const { module } of unreadableAgents()) {
    sample("agent_status_unreadable", { module }, 1);
  }
  head(
    "source_info",
    "gauge",
    "Where an agent's frames come from: sim is a simulated chain; mode paper submits nothing",
  );
  for (const status of statuses) {
    const { class: kind = "unknown", name = "unknown" } = status.source ?? {};
    const mode = typeof status.mode === "string" ? status.mode : "paper";
    sample("source_info", { ...label(status), class: kind, name, mode }, 1);
  }
  head("agent_refused_total", "counter", "Opportunities that a term of the gate refused, by every such term");
  for (const status of statuses) {
    for (const [term, count] of Object.entries(status.why_not)) {
      sample("agent_refused_total", { ...label(status), term }, count);
    }
  }
  head(
    "agent_missed_swaps_total",
    "counter",
    "Calls that look like a swap and gave no leg, by program and tag",
  );
  for (const status of statuses) {
    for (const { program, dex, tag, count } of status.missed_by_program ?? []) {
      const name = dex ?? `unknown:${program}`;
      sample("agent_missed_swaps_total", { ...label(status), dex: name, tag }, count);
    }
  }
  head("agent_tips_total", "counter", "Tips of landed transactions by landing service");
  for (const status of statuses) {
    for (const { service, payments } of status.tip_services ?? []) {
      sample("agent_tips_total", { ...label(status), service }, payments);
    }
  }
  head("agent_tip_lamports_total", "counter", "Lamports of these tips");
  for (const status of statuses) {
    for (const { service, lamports } of status.tip_services ?? []) {
      sample("agent_tip_lamports_total", { ...label(status), service }, lamports);
    }
  }
  head(
    "agent_tip_candidates",
    "gauge",
    "Accounts that 8 wallets or more paid and no table of tip accounts names",
  );
  for (const status of statuses) {
    sample("agent_tip_candidates", label(status), status.tip_candidates);
  }
  head(
    "agent_tip_candidate_payers",
    "gauge",
    "Different wallets that paid such an account, up to 32; the 16 most often paid ones",
  );
  for (const status of statuses) {
    for (const { account, payers } of status.tip_candidate_accounts ?? []) {
      sample("agent_tip_candidate_payers", { ...label(status), account }, payers);
    }
  }
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
    if (value === undefined || value === null) continue;
    head(name, "gauge", help);
    sample(name, {}, value);
  }
  for (const [name, help] of FLOW) {
    const key = name.replace(/^(link|sink)_|_total$/g, "");
    const topics: readonly object[] = (name.startsWith("link") ? link : sink)?.topics ?? [];
    if (topics.length === 0) continue;
    head(name, name.endsWith("_total") ? "counter" : "gauge", help);
    for (const topic of topics as readonly Record<string, unknown>[]) {
      sample(name, { topic: String(topic.topic) }, topic[key]);
    }
  }
  const connections = realtime.connections();
  head("realtime_connections", "gauge", "Live connections");
  sample("realtime_connections", {}, connections.length);
  const door = port.status();
  if (door) {
    head("api_connections", "gauge", "Connections of the page and the API");
    sample("api_connections", {}, door.connections);
    head("api_connections_max", "gauge", "As many as there may be with the files that may be open");
    sample("api_connections_max", {}, door.connections_max);
    head("api_connections_shut_total", "counter", "Connections ended: late, idle, talking streams, surplus");
    for (const [reason, count] of Object.entries(door.shut)) {
      sample("api_connections_shut_total", { reason }, count);
    }
  }
  head("audit_entries_total", "counter", "Entries of the audit chain");
  sample("audit_entries_total", {}, chain.count());
  return `${lines.join("\n")}\n`;
}
