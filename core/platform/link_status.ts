/** Status that the link to Kafka publishes. */
import { statusIn } from "./status_file.ts";

export interface LinkTopicStatus {
  topic: string;
  /** The next offset of this host's log to be sent. */
  offset: string;
  /** Records of this host that Kafka does not have yet. */
  waiting: number;
  shipped: number;
  /** Records that came from Kafka, or were there already. */
  skipped: number;
  /** Records that the full spool dropped before they were sent. */
  lost: number;
  /** Records brought to this host. */
  taken: number;
  trouble: string | null;
}

export interface LinkStatus {
  /** Unix milliseconds. */
  at_ms: number;
  waiting: number;
  shipped: number;
  lost: number;
  taken: number;
  trouble: string | null;
  /** Whether every topic has been looked at, so that `waiting` is all. */
  looked: boolean;
  topics: LinkTopicStatus[];
}

/** Figures when the status file is damaged: NaN means unknown. */
const UNKNOWN = { waiting: NaN, shipped: NaN, lost: NaN, taken: NaN, looked: false, topics: [] };

/** The newest status that the link of a data folder has written; null when none has run. */
export const linkStatus = (dataDir: string): LinkStatus | null =>
  statusIn<LinkStatus>(`${dataDir}/link/status.json`, "link", UNKNOWN);
