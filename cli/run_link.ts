import { kafkaOf } from "../core/config/kafka.ts";
import { AppError } from "../core/errors.ts";
import { endWithParent } from "../ffi/engine.ts";
import { Link } from "../ffi/link.ts";
import { type TopicDefinition, TOPICS } from "../proto/topics.ts";
import { type Command, EXIT } from "./command.ts";
import { PART_FLAG } from "./run_agent.ts";
import { makeTopics, topicLimits } from "./topics.ts";

/** How often the status is told. */
const STATUS_MS = 250;
const HAS_DEAD_LETTERS: ReadonlySet<string> = new Set(["envelope", "evidence", "json"]);
/** Commands reach every agent by their topic; a late starter asks for the state alone. */
const INBOUND: Readonly<Record<string, { history: boolean }>> = {
  "control-commands-proto": { history: false },
  "control-state-proto": { history: true },
};

/** Every topic, and the dead letters of those that the sink and the mirror read. */
const LINK_TOPICS: readonly TopicDefinition[] = TOPICS.flatMap((topic) =>
  HAS_DEAD_LETTERS.has(topic.content)
    ? [topic, { ...topic, name: `${topic.name}-dlq`, partitions: 1 }]
    : [topic]
);

export const runLink: Command = {
  name: "run link",
  args: "",
  summary: "Bring every record of this host's log to Kafka, and commands back",
  flags: [PART_FLAG, { name: "until-sent", doc: "End when nothing waits any more" }],
  details: [
    "Every part writes to its own host's log whether Kafka is there or not; the link sends each record once and in",
    "order. While Kafka is away records wait here, within log.retention_bytes a topic: then the oldest opportunities",
    "go and are counted, outcomes, receipts, commands and audit stay.",
  ],
  async run({ flags }, context) {
    if (flags.part) endWithParent(context.library());
    const kafka = kafkaOf(context.config());
    if (!kafka) throw new AppError("invalid", "Cannot run the link: no kafka.brokers, set KAFKA_BROKERS");
    const { path, instance } = context.dataDir();
    await makeTopics(context);
    const { segmentBytes, retentionBytes, retentionMs } = topicLimits(context);
    await using link = new Link(context.library(), {
      data_dir: path,
      instance,
      kafka,
      topics: LINK_TOPICS.map(({ name, partitions, compacted }) => ({
        name,
        partitions,
        compacted: compacted ?? false,
        inbound: name in INBOUND,
        history: INBOUND[name]?.history ?? false,
      })),
      create: context.setting<boolean>("kafka.create_topics"),
      replicas: context.setting<number>("kafka.replicas"),
      limits: { segment_bytes: segmentBytes, retention_bytes: retentionBytes, retention_ms: retentionMs },
    });
    let said: string | null = null;
    while (!context.signal.aborted) {
      const status = link.status();
      const file = `${path}/link/status.json`;
      Deno.writeTextFileSync(`${file}.new`, JSON.stringify(status));
      Deno.renameSync(`${file}.new`, file);
      if (status.trouble !== said) {
        if (status.trouble) context.say(status.trouble);
        else context.say(`Kafka answers again; ${status.waiting} records wait`);
        said = status.trouble;
      }
      if (flags["until-sent"] && status.waiting === 0 && !status.trouble && status.looked) break;
      await new Promise((resolve) => setTimeout(resolve, STATUS_MS));
    }
    return EXIT.done;
  },
};
