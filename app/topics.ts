/** The topics of this host's log, and the limits that the configuration gives them. */
import { type Config, configValue } from "../core/config/load.ts";
import type { Log, TopicLimits } from "../core/log/log.ts";
import type { LogLimits } from "../ffi/engine.ts";
import { TOPICS } from "../proto/topics.ts";

/** Limits of the embedded log from the configuration. */
export function topicLimits(from: { config(): Config }): Required<TopicLimits> {
  const config = from.config();
  return {
    segmentBytes: configValue(config, "log.segment_bytes"),
    retentionBytes: configValue(config, "log.retention_bytes"),
    retentionMs: configValue(config, "log.retention_hours") * 3_600_000,
  };
}

/** Like {@link topicLimits}, for threads of the library that write the log. */
export function logLimits(from: { config(): Config }): LogLimits {
  const { segmentBytes, retentionBytes, retentionMs } = topicLimits(from);
  return { segment_bytes: segmentBytes, retention_bytes: retentionBytes, retention_ms: retentionMs };
}

/** Creates all missing topics of this host's log. */
export async function makeTopics(context: { outbox(): Log }): Promise<void> {
  for (const { name } of TOPICS) {
    (await context.outbox().topic(name, { create: true }))[Symbol.dispose]();
  }
}
