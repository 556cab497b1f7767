/** The two ways to read a topic: follow it for ever, or read it through to its current end. */
import { AppError } from "../platform/errors.ts";
import type { Log, LogGap, LogTopic, ReadFrom, StoredRecord } from "./log.ts";
import { delay } from "../platform/delay.ts";

const WAIT_MS = 1_000;
/** Records processed in one go before other work gets its turn. */
const BURST = 2_000;
/** Pause before a log that did not answer is retried. */
const RETRY_MS = 1_000;

/** Errors that are retried: a log that cannot be reached, and a topic that does not exist yet. */
const RETRIED_CODES: ReadonlySet<string> = new Set(["unavailable", "not_found"]);

export interface FollowOptions {
  readonly from: ReadFrom;
  readonly signal: AbortSignal;
  /** Milliseconds of one wait for a record, and so the longest delay before the signal is noticed. */
  readonly waitMs?: number;
  take(record: StoredRecord): void;
  gap?(gap: LogGap): void;
  /** Called after each read with the position: the next offset of each partition. */
  reached?(position: readonly bigint[]): void;
  /** Called each time an error prevents reading, and with null when it works again. */
  onProblem?(message: string | null): void;
}

/**
 * Follows a topic until the signal ends it. When the log does not answer, it is retried from the last position: nothing
 * is skipped, nothing is read twice.
 */
export async function follow(log: Log, name: string, options: FollowOptions): Promise<void> {
  const { signal, onProblem: trouble, waitMs = WAIT_MS } = options;
  let from = options.from;
  while (!signal.aborted) {
    try {
      using topic = await log.topic(name, { create: true });
      using reader = await topic.reader(from);
      trouble?.(null);
      let taken = 0;
      while (!signal.aborted) {
        const answer = reader.read();
        from = reader.position;
        if ("gap" in answer) {
          options.gap?.(answer.gap);
          options.reached?.(reader.position);
          continue;
        }
        answer.records.forEach(options.take);
        options.reached?.(reader.position);
        taken += answer.records.length;
        if (answer.records.length === 0) {
          taken = 0;
          await reader.wait(waitMs);
        } else if (taken > BURST) {
          // A burst must not block timers and sockets.
          taken = 0;
          await delay(0);
        }
      }
    } catch (error) {
      if (!(error instanceof AppError) || !RETRIED_CODES.has(error.code)) throw error;
      trouble?.(error.message);
      await delay(RETRY_MS, signal);
    }
  }
}

/** Everything from `from` to the topic's current end, in blocks. */
export async function* readThrough(
  topic: LogTopic,
  from: ReadFrom,
): AsyncGenerator<{ records: StoredRecord[] } | { gap: LogGap }> {
  const { partitions } = await topic.info();
  using reader = await topic.reader(from);
  const lags = () =>
    reader.position.some((offset, at) => offset < (partitions[at]?.end ?? 0n) && offset >= 0n);
  while (lags()) {
    const answer = reader.read();
    if ("gap" in answer || answer.records.length > 0) yield answer;
    else await reader.wait(WAIT_MS);
  }
}
