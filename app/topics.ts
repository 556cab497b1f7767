/** The topics of this host's log, and the limits that the configuration gives them. */
import { configValue } from "../core/config/load.ts";
import type { TopicLimits } from "../core/log/log.ts";
import type { LogLimits } from "../ffi/engine.ts";
import { TOPICS } from "../proto/topics.ts";
import type { Context } from "./context.ts";

/** Limits of the embedded log from the configuration. */
export function topicLimits(context: Pick<Context, "config">): Required<TopicLimits> {
  const config = context.config();
  return {
    segmentBytes: configValue(config, "log.segment_bytes"),
    retentionBytes: configValue(config, "log.retention_bytes"),
    retentionMs: configValue(config, "log.retention_hours") * 3_600_000,
  };
}

/** As {@link topicLimits} for threads of the library that write the log. */
export function logLimits(context: Context): LogLimits {
  const { segmentBytes, retentionBytes, retentionMs } = topicLimits(context);
  return { segment_bytes: segmentBytes, retention_bytes: retentionBytes, retention_ms: retentionMs };
}

/** Makes all topics of this host's log that are missing. */
export async function makeTopics(context: Context): Promise<void> {
  for (const { name } of TOPICS) {
    (await context.outbox().topic(name, { create: true }))[Symbol.dispose]();
  }
}
