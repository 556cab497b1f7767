/** The topics: names, partitions on Kafka, what is in them. One sorted row each. */

/** What a record's value is. */
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

/** What a topic is and who does what with it. */
export interface TopicDefinition {
  readonly name: string;
  readonly content: TopicContent;
  /** Partitions on Kafka; the embedded log keeps one so that order holds over the whole topic. */
  readonly partitions: number;
  /** Only the newest record of each key matters. */
  readonly compacted?: true;
  /** Kept whatever its age, up to {@link KEPT_BYTES}. */
  readonly kept?: true;
  /** Its oldest records may go when the spool is full, also those that the link has not sent yet. */
  readonly droppable?: true;
  /** The bridge sends its Envelopes to browsers. */
  readonly bridged?: true;
  /** The table of the store whose rows the sink makes of it. */
  readonly table?: string;
  /** The topic of older JSON lines that the mirror keeps beside it. */
  readonly mirror?: string;
  /** The link brings it from Kafka to every host: all of it, or only what comes after its start. */
  readonly inbound?: "all" | "new";
}

/** About a hundred million heads of the audit. */
export const KEPT_BYTES = 32 * 2 ** 30;

/** One sorted row each. A new topic is a new row; Rust has it in `wire::topics` after `deno task gen`. */
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
  // Commands reach every agent by their topic; a late starter asks for the state alone.
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

/** The name of a topic that is declared: `const X: TopicName = "…"` does not compile when it is misspelt. */
export type TopicName = typeof TOPICS[number]["name"];

const DEAD_LETTER = "-dlq";
const HAS_DEAD_LETTERS: ReadonlySet<TopicContent> = new Set(["envelope", "evidence", "json"]);

/** All topics with the dead letters of those that a sink or a mirror reads. */
export const ALL_TOPICS: readonly TopicDefinition[] = TOPICS.flatMap((topic: TopicDefinition) =>
  HAS_DEAD_LETTERS.has(topic.content)
    ? [topic, { name: `${topic.name}${DEAD_LETTER}`, content: topic.content, partitions: 1 }]
    : [topic]
);

/** The row of a topic; a dead-letter topic has its origin's content. */
export function topicDefinition(name: string): TopicDefinition | undefined {
  return ALL_TOPICS.find((topic) => topic.name === name);
}
