/** The topics of SPEC 2: names, partitions on Kafka, what is in them. One sorted row each. */

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

export interface TopicDefinition {
  readonly name: string;
  readonly content: TopicContent;
  /** Partitions on Kafka; the embedded log keeps one so that order holds over the whole topic. */
  readonly partitions: number;
  /** Only the newest record of each key matters. */
  readonly compacted?: true;
  /** Kept whatever its age, up to {@link KEPT_BYTES}. */
  readonly kept?: true;
}

/** About a hundred million heads of the audit. */
export const KEPT_BYTES = 32 * 2 ** 30;

export const TOPICS: readonly TopicDefinition[] = [
  { name: "agent-status-proto", content: "agent-report", partitions: 1, compacted: true },
  { name: "arbitrage-decisions", content: "json", partitions: 6 },
  { name: "arbitrage-decisions-proto", content: "envelope", partitions: 6 },
  { name: "audit-proto", content: "audit", partitions: 1, kept: true },
  { name: "bundle-outcomes-proto", content: "envelope", partitions: 6 },
  { name: "control-commands", content: "json", partitions: 6 },
  { name: "control-commands-proto", content: "command", partitions: 3 },
  { name: "control-receipts-proto", content: "receipt", partitions: 3 },
  { name: "control-state-proto", content: "control-state", partitions: 1, compacted: true },
  { name: "decision-evidence", content: "evidence", partitions: 6 },
  { name: "job-status-proto", content: "envelope", partitions: 3 },
  { name: "jobs-proto", content: "job", partitions: 3 },
  { name: "metrics-proto", content: "envelope", partitions: 6 },
  { name: "model-artefacts-proto", content: "model-news", partitions: 1, compacted: true },
  { name: "model-events-proto", content: "model-event", partitions: 3 },
  { name: "sandwich-decisions", content: "json", partitions: 6 },
  { name: "sandwich-decisions-proto", content: "envelope", partitions: 6 },
  { name: "sandwich-outcomes", content: "json", partitions: 6 },
  { name: "sandwich-raw", content: "json", partitions: 6 },
];

const DEAD_LETTER = "-dlq";
const HAS_DEAD_LETTERS: ReadonlySet<TopicContent> = new Set(["envelope", "evidence", "json"]);

/** All topics with the dead letters of those that a sink or a mirror reads. */
export const ALL_TOPICS: readonly TopicDefinition[] = TOPICS.flatMap((topic) =>
  HAS_DEAD_LETTERS.has(topic.content)
    ? [topic, { name: `${topic.name}${DEAD_LETTER}`, content: topic.content, partitions: 1 }]
    : [topic]
);

/** The row of a topic; a dead-letter topic has its origin's content. */
export function topicDefinition(name: string): TopicDefinition | undefined {
  return ALL_TOPICS.find((topic) => topic.name === name);
}
