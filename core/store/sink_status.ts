/** Status that the sink publishes. */
import { statusIn } from "../platform/status_file.ts";

export interface SinkCounters {
  topic: string;
  /** Records taken off the topic since the sink started. */
  records: number;
  rows: number;
  duplicates: number;
  /** Records that cannot be rows, on the dead-letter topic. */
  dead: number;
  /** Records that were gone before the sink read them. */
  lost: number;
  batches: number;
  /** Next offset of each partition. */
  position: string[];
  /** Records that are on the topic and not stored yet. */
  lag: number;
  /** Whether the topic's end was looked at, so that `lag` is all. */
  looked: boolean;
  trouble: string | null;
}

export interface SinkStatus {
  /** Unix milliseconds. */
  at_ms: number;
  trouble: string | null;
  topics: SinkCounters[];
}

export const sinkStatusFile = (dataDir: string) => `${dataDir}/sink.status.json`;

/** The newest status that the sink of a data folder has written; null when none has run. */
export const sinkStatus = (dataDir: string): SinkStatus | null =>
  statusIn<SinkStatus>(sinkStatusFile(dataDir), "sink", { topics: [] });
