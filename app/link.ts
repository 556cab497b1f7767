import { ModelReplicator } from "../services/model_replicator.ts";
import { kafkaOf } from "../core/config/kafka.ts";
import { AppError } from "../core/platform/errors.ts";
import { StatusFile } from "../core/platform/atomic_file.ts";
import { Link } from "../ffi/link.ts";
import { ALL_TOPICS } from "../proto/topics.ts";
import { registryOf } from "./registry.ts";
import { makeTopics, topicLimits } from "./topics.ts";
import { delay } from "../core/platform/delay.ts";
import type { Context } from "./context.ts";

/** How often the status is written. */
const STATUS_MS = 250;

/**
 * Sends records to Kafka and brings commands back until the signal ends it, or until nothing waits (`untilSent`).
 * Throws `invalid` without Kafka.
 */
export async function runLink(context: Context, untilSent: boolean): Promise<void> {
  const kafka = kafkaOf(context.config());
  if (!kafka) throw new AppError("invalid", "Cannot run the link: no kafka.brokers, set KAFKA_BROKERS");
  const { path, instance } = context.dataDir();
  await makeTopics(context);
  const { segmentBytes, retentionBytes, retentionMs } = topicLimits(context);
  await using link = new Link(context.library(), {
    data_dir: path,
    instance,
    kafka,
    topics: ALL_TOPICS.map(({ name, partitions, compacted, inbound }) => ({
      name,
      partitions,
      compacted: compacted ?? false,
      inbound: inbound !== undefined,
      history: inbound === "all",
    })),
    create: context.setting("kafka.create_topics"),
    replicas: context.setting("kafka.replicas"),
    limits: { segment_bytes: segmentBytes, retention_bytes: retentionBytes, retention_ms: retentionMs },
  });
  const stop = new AbortController();
  const replicator = await ModelReplicator.open({
    registry: registryOf(context),
    outbox: context.outbox(),
    folder: `${path}/link/models`,
    signal: AbortSignal.any([context.signal, stop.signal]),
    say: (line) => context.say(line),
  });
  let broken: unknown = null;
  const travelling = replicator.run().catch((error) => broken = error);
  let logged: string | null = null;
  const file = new StatusFile(`${path}/link/status.json`, context.say);
  while (!context.signal.aborted && broken === null) {
    const status = link.status();
    file.write(status);
    // Each topic words the same problem differently: the first message is logged, the rest is in the status.
    if ((status.trouble === null) !== (logged === null)) {
      context.say(status.trouble ?? `Kafka answers again; ${status.waiting} records wait`);
      logged = status.trouble;
    }
    if (untilSent && replicator.isCaughtUp && status.waiting === 0 && !status.trouble && status.looked) {
      break;
    }
    await delay(STATUS_MS, context.signal);
  }
  stop.abort();
  await travelling;
  if (broken !== null) throw broken;
}
