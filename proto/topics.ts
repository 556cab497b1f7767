/** The topics: names, partitions on Kafka, contents. One sorted row each. */

/** Format of a record's value. */
export type TopicContent =
  | "agent-report"
  | "command"
  | "control-state"
  | "envelope"
  | "evidence"
  | "job"
  | "json"
  | "model-event"
  | "model-news"
  | "receipt"
  | "audit";

/** A topic, and which parts use it how. */
export interface TopicDefinition {
  readonly name: string;
  readonly content: TopicContent;
  /** Partitions on Kafka; the embedded log has a single one, so that records are ordered over the whole topic. */
  readonly partitions: number;
  /** Only the newest record of each key matters. */
  readonly compacted?: true;
  /** Kept regardless of age, up to {@link KEPT_BYTES}. */
  readonly kept?: true;
  /** Its oldest records may be dropped when the spool is full, even those that the link has not sent yet. */
  readonly droppable?: true;
  /** The bridge sends its Envelopes to browsers. */
  readonly bridged?: true;
  /** The store's table for which the sink makes rows of it. */
  readonly table?: string;
  /** The topic of older JSON lines that the mirror maintains beside it. */
  readonly mirror?: string;
  /** The link copies it from Kafka to every host: all of it, or only records after the link's start. */
  readonly inbound?: "all" | "new";
}

/** Room for about a hundred million heads of the audit. */
export const KEPT_BYTES = 32 * 2 ** 30;

/** One sorted row each. To add a topic, add a row; Rust has it in `wire::topics` after `deno task gen`. */
export const TOPICS = [
  { name: "agent-status-proto", content: "agent-report", partitions: 1, compacted: true, droppable: true },
  { name: "arbitrage-decisions", content: "json", partitions: 6, droppable: true },
  {
    name: "arbitrage-decisions-proto",
    content: "envelope",
    partitions: 6,
    droppable: true,
    bridged: true,
    table: "arb_opportunities",
    mirror: "arbitrage-decisions",
  },
  { name: "audit-proto", content: "audit", partitions: 1, kept: true },
  {
    name: "bundle-outcomes-proto",
    content: "envelope",
    partitions: 6,
    bridged: true,
    table: "bundle_outcomes_typed",
    mirror: "sandwich-outcomes",
  },
  { name: "control-commands", content: "json", partitions: 6 },
  // Commands reach every agent through this topic; an agent that starts later asks only for the state.
  { name: "control-commands-proto", content: "command", partitions: 3, inbound: "new" },
  { name: "control-receipts-proto", content: "receipt", partitions: 3 },
  { name: "control-state-proto", content: "control-state", partitions: 1, compacted: true, inbound: "all" },
  {
    name: "decision-evidence",
    content: "evidence",
    partitions: 6,
    droppable: true,
    table: "decision_evidence",
  },
  { name: "job-status-proto", content: "envelope", partitions: 3, bridged: true },
  { name: "jobs-proto", content: "job", partitions: 3 },
  {
    name: "metrics-proto",
    content: "envelope",
    partitions: 6,
    droppable: true,
    bridged: true,
    table: "metrics_typed",
  },
  { name: "model-artefacts-proto", content: "model-news", partitions: 1, compacted: true, inbound: "all" },
  { name: "model-events-proto", content: "model-event", partitions: 3 },
  { name: "sandwich-decisions", content: "json", partitions: 6, droppable: true },
  {
    name: "sandwich-decisions-proto",
    content: "envelope",
    partitions: 6,
    droppable: true,
    bridged: true,
    table: "mev_opportunities",
    mirror: "sandwich-decisions",
  },
  { name: "sandwich-outcomes", content: "json", partitions: 6 },
  { name: "sandwich-raw", content: "json", partitions: 6, droppable: true },
] as const satisfies readonly TopicDefinition[];

/** The name of a declared topic: `const X: TopicName = "…"` does not compile when it is misspelt. */
export type TopicName = typeof TOPICS[number]["name"];

const DEAD_LETTER = "-dlq";
const HAS_DEAD_LETTERS: ReadonlySet<TopicContent> = new Set(["envelope", "evidence", "json"]);

/** All topics with the dead letters of those that a sink or a mirror reads. */
export const ALL_TOPICS: readonly TopicDefinition[] = TOPICS.flatMap((topic: TopicDefinition) =>
  HAS_DEAD_LETTERS.has(topic.content)
    ? [topic, { name: `${topic.name}${DEAD_LETTER}`, content: topic.content, partitions: 1 }]
    : [topic]
);

/** The row of a topic; a dead-letter topic has the content of its original topic. */
export function topicDefinition(name: string): TopicDefinition | undefined {
  return ALL_TOPICS.find((topic) => topic.name === name);
}
