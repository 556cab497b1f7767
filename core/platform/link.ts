/** What the link to Kafka says of itself. */
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
  /** Records that the full spool took before they were sent. */
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

/** The figures of one whose file is damaged: NaN is not known. */
const UNKNOWN = { waiting: NaN, shipped: NaN, lost: NaN, taken: NaN, looked: false, topics: [] };

/** The newest status that the link of a data folder has told; null when none has run. */
export const linkStatus = (dataDir: string): LinkStatus | null =>
  statusIn<LinkStatus>(`${dataDir}/link/status.json`, "link", UNKNOWN);
