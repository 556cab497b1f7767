/** The jobs of an installation: follow, submit, cancel, retry. */
import { AppError } from "../platform/errors.ts";
import { follow } from "../log/follow.ts";
import type { Log, LogRecord } from "../log/log.ts";
import { descriptorRecord, type Job, JobProjection, JOBS_TOPIC, statusRecord } from "./projection.ts";
import type { JobKinds } from "./kind.ts";
import { delay } from "../platform/delay.ts";

const ATTEMPTS_MAX = 5;
/** Maximum jobs of one issuer that have not ended. */
const WAITING_MAX = 32;
const SYNC_MS = 5_000;
const POLL_MS = 20;

export interface SubmitOptions {
  readonly issuer: string;
  /** Two jobs that have not ended never have the same key; the default is the arguments. */
  readonly uniqueKey?: string;
  readonly attemptsMax?: number;
  /** Runs when the job will be written to the log, before it is written; if it throws, the job is not written. */
  readonly first?: () => Promise<void>;
}

export class JobQueue {
  readonly projection: JobProjection;
  readonly #log: Log;
  readonly #outbox: Log;
  readonly #listeners = new Set<(job: Job) => void>();
  /** Issuers of jobs submitted here that have not been read back yet, by job id. */
  readonly #given = new Map<string, string>();
  /** Next offset of each partition. */
  #position: readonly bigint[] = [];
  #problem: string | null = null;

  /** `log`: where records are read; `outbox`: where they are written. */
  constructor(log: Log, outbox: Log, readonly kinds: JobKinds) {
    this.projection = new JobProjection(kinds);
    this.#log = log;
    this.#outbox = outbox;
  }

  /** Reads the topic until the signal is aborted. */
  follow(signal: AbortSignal): Promise<void> {
    return follow(this.#log, JOBS_TOPIC, {
      from: "start",
      signal,
      take: (record) => {
        const job = this.projection.apply(record);
        if (job) { for (const listener of this.#listeners) listener(job); }
      },
      reached: (position) => (this.#position = [...position]),
      onProblem: (message) => (this.#problem = message),
    });
  }

  /** Calls the listener for each job that changes from now on. */
  onChange(listener: (job: Job) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Waits until everything that is on the log now has been applied. Throws `unavailable` after `limitMs`. */
  async sync(limitMs = SYNC_MS): Promise<void> {
    const end = performance.now() + limitMs;
    using topic = await this.#log.topic(JOBS_TOPIC, { create: true });
    const { partitions } = await topic.info();
    // A partition that retention has emptied has nothing to read.
    const lags = () =>
      partitions.some(({ start, end }, at) => end > start && (this.#position[at] ?? -1n) < end);
    while (lags()) {
      if (performance.now() > end) {
        throw new AppError(
          "unavailable",
          `Cannot read the jobs: ${this.#problem ?? "their topic does not answer in time"}`,
        );
      }
      await delay(POLL_MS);
    }
  }

  async append(record: LogRecord): Promise<void> {
    using topic = await this.#outbox.topic(JOBS_TOPIC, { create: true });
    await topic.append([record]);
  }

  /**
   * Writes a job to the log. Returns the id of an equal job that has not ended, if there is one. `args` are the output
   * of the kind's schema. Throws `invalid` for an unknown kind.
   */
  async submit(kind: string, args: unknown, options: SubmitOptions): Promise<string> {
    this.kinds.named(kind);
    const uniqueKey = options.uniqueKey ?? `${kind}:${JSON.stringify(args)}`;
    const same = this.projection.withKey(uniqueKey)?.id ?? this.projection.startedBy(uniqueKey);
    if (same) return same;
    const waiting = this.#waiting(options.issuer);
    if (waiting >= WAITING_MAX) {
      throw new AppError(
        "rate_limited",
        `Cannot take the job: ${waiting} jobs of ${options.issuer} are unfinished, need fewer than ${WAITING_MAX}; cancel some or wait`,
      );
    }
    const id = crypto.randomUUID();
    this.#given.set(id, options.issuer);
    try {
      await options.first?.();
      await this.append(descriptorRecord(this.kinds, {
        id,
        kind,
        args,
        issuer: options.issuer,
        uniqueKey,
        attemptsMax: options.attemptsMax ?? ATTEMPTS_MAX,
        createdMs: Date.now(),
      }));
    } catch (error) {
      this.#given.delete(id);
      throw error;
    }
    return id;
  }

  /** Jobs of an issuer that have not ended, including those on their way to the log. */
  #waiting(issuer: string): number {
    for (const id of this.#given.keys()) if (this.projection.get(id)) this.#given.delete(id);
    return this.projection.waiting(issuer) + [...this.#given.values()].filter((one) => one === issuer).length;
  }

  /**
   * Throws `not_found`, `conflict`. `first` runs when the job can be cancelled; if it throws, the job is not cancelled.
   */
  cancel(id: string, first?: () => Promise<void>): Promise<void> {
    return this.#change(id, "cancelled", first);
  }

  /** Throws `not_found`, `conflict`. `first` runs when the job can be tried again; if it throws, the job is not. */
  retry(id: string, first?: () => Promise<void>): Promise<void> {
    return this.#change(id, "queued", first);
  }

  async #change(id: string, state: "cancelled" | "queued", first?: () => Promise<void>): Promise<void> {
    this.#changeable(id, state);
    await first?.();
    // The job may have changed meanwhile.
    const job = this.#changeable(id, state);
    await this.append(statusRecord(job, { state, token: 0, worker: "", atMs: Date.now() }));
  }

  #changeable(id: string, state: "cancelled" | "queued"): Job {
    const job = this.#known(id);
    const isOpen = job.state === "queued" || job.state === "running";
    if (state === "cancelled" && !isOpen) {
      throw new AppError("conflict", `Cannot cancel job ${id}: it is ${job.state}`);
    }
    if (state === "queued" && job.state !== "error" && job.state !== "cancelled") {
      throw new AppError("conflict", `Cannot try job ${id} again: it is ${job.state}`);
    }
    return job;
  }

  #known(id: string): Job {
    const job = this.projection.get(id);
    if (!job) throw new AppError("not_found", `Cannot find job ${id}: see \`legend job list\``);
    return job;
  }
}

/** An object, as every version writes it; anything else on the log is not shown. */
const objectOf = (value: unknown): Record<string, unknown> | null =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : null;

/** A job as the API and the command line show it. */
export function jobView(kinds: JobKinds, job: Job) {
  const { id, kind, issuer, state, progress, message, attempts, attemptsMax, worker } = job;
  const [args, result] = [objectOf(job.args) ?? {}, objectOf(job.result)];
  return {
    job_id: id,
    kind,
    about: kinds.named(kind).about(args, result),
    state,
    progress,
    message,
    attempts,
    attempts_max: attemptsMax,
    worker,
    issuer,
    args,
    created_ms: job.createdMs,
    started_ms: job.startedMs,
    ended_ms: job.endedMs,
    result,
  };
}
