/**
 * All jobs, as a fold of `jobs-proto` in its order: every process that reads the same records computes the same states,
 * on one host and over Kafka. A claim names the next fencing token. Of several claims the first one on the log counts,
 * and later reports from the holder of an older token are ignored.
 */
import type { JobStateName } from "../../proto/jobs.ts";
import { jobs, long } from "../../proto/wire.ts";
import type { LogRecord, StoredRecord } from "../log/log.ts";
import type { JobKinds } from "./kind.ts";
import { startOfKey } from "./schedules.ts";
import type { TopicName } from "../../proto/topics.ts";

export const JOBS_TOPIC: TopicName = "jobs-proto";
const HEADER = "job";
/** Maximum log lines kept per job. */
const LOG_LINES_MAX = 500;
/** Maximum ended jobs kept. */
const ENDED_MAX = 2_000;
/** Maximum keys of scheduled starts kept: seven days of one start each minute. */
const STARTS_MAX = 10_080;
/** Pause before another try: it doubles from `first` up to `last`. */
const BACK_OFF_MS = { first: 1_000, last: 60_000 };

export interface Job {
  readonly id: string;
  /** Name of a known kind. */
  readonly kind: string;
  readonly args: unknown;
  readonly issuer: string;
  readonly uniqueKey: string;
  readonly attemptsMax: number;
  /** Unix milliseconds. */
  readonly createdMs: number;
  state: JobStateName;
  /** Fencing token of the newest claim; 0 = not claimed yet. */
  token: number;
  worker: string;
  attempts: number;
  /** 0..1. */
  progress: number;
  message: string;
  startedMs: number | null;
  endedMs: number | null;
  /** The next try is not due before this time. */
  notBeforeMs: number;
  cancelRequested: boolean;
  result: unknown;
  log: { at_ms: number; line: string }[];
  /** Incremented by every record that counts; it stays the same while the holder is silent. */
  version: number;
}

const STATE_NAMES: readonly JobStateName[] = ["queued", "running", "done", "error", "cancelled"];

const isEnded = ({ state }: Job) => state === "done" || state === "error" || state === "cancelled";

export class JobProjection {
  readonly #jobs = new Map<string, Job>();
  /** The most recently queued job of each key. */
  readonly #byKey = new Map<string, Job>();
  /** Keys of scheduled starts with their jobs, oldest first. Each is kept after its job has ended. */
  readonly #starts = new Map<string, string>();

  /** Jobs of unknown kinds are skipped: a newer version submitted them, and its workers run them. */
  constructor(readonly kinds: JobKinds) {}

  /** Newest first. */
  list(): Job[] {
    return [...this.#jobs.values()].reverse();
  }

  get(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  /** The job with this key that has not ended. */
  withKey(key: string): Job | undefined {
    const job = this.#byKey.get(key);
    return job && !isEnded(job) ? job : undefined;
  }

  /** How many jobs of an issuer have not ended. */
  waiting(issuer: string): number {
    let count = 0;
    for (const job of this.#jobs.values()) if (job.issuer === issuer && !isEnded(job)) count += 1;
    return count;
  }

  /** The job that a scheduled start became, also when it has ended. */
  startedBy(key: string): string | undefined {
    return this.#starts.get(key);
  }

  /** Time of the newest start of a schedule on the log, up to `notAfter`, in Unix milliseconds. */
  newestStart(name: string, notAfter: number): number | null {
    let newest: number | null = null;
    for (const key of this.#starts.keys()) {
      const start = startOfKey(key)!;
      if (start.name === name && start.ms <= notAfter && start.ms > (newest ?? -1)) newest = start.ms;
    }
    return newest;
  }

  /** Applies one record and returns the job that it changed. */
  apply({ value, headers }: StoredRecord): Job | undefined {
    if (!value) return undefined;
    const name = headers.find(([name]) => name === HEADER)?.[1];
    const kind = name && new TextDecoder().decode(name);
    try {
      if (kind === "descriptor") return this.#applyDescriptor(jobs.JobDescriptor.decode(value));
      if (kind === "status") return this.#applyStatus(jobs.JobStatus.decode(value));
    } catch {
      // Skips foreign bytes on the topic.
    }
    return undefined;
  }

  #applyDescriptor(record: jobs.JobDescriptor): Job | undefined {
    const kind = this.kinds.numbered(record.kind)?.name;
    if (record.schemaVersion !== "job-v1" || !kind || this.#jobs.has(record.jobId)) return undefined;
    const same = this.withKey(record.uniqueKey);
    const isResubmitted = !same && this.#starts.has(record.uniqueKey);
    if (!same && !isResubmitted) this.#hold(record.uniqueKey, record.jobId);
    const job: Job = {
      id: record.jobId,
      kind,
      args: JSON.parse(record.argsJson),
      issuer: record.issuer,
      uniqueKey: record.uniqueKey,
      attemptsMax: Math.min(10, Math.max(1, record.attemptsMax)),
      createdMs: Number(record.createdMs),
      state: same || isResubmitted ? "cancelled" : "queued",
      token: 0,
      worker: "",
      attempts: 0,
      progress: 0,
      message: same
        ? `the same as ${same.id}`
        : isResubmitted
        ? "the schedule has already started a job for this minute"
        : "",
      startedMs: null,
      endedMs: same || isResubmitted ? Number(record.createdMs) : null,
      notBeforeMs: 0,
      cancelRequested: false,
      result: null,
      log: [],
      version: 1,
    };
    this.#jobs.set(job.id, job);
    if (job.state === "queued" && job.uniqueKey !== "") this.#byKey.set(job.uniqueKey, job);
    this.#forget();
    return job;
  }

  #applyStatus(record: jobs.JobStatus): Job | undefined {
    const job = this.#jobs.get(record.jobId);
    const state = STATE_NAMES[record.state];
    if (!job || !state) return undefined;
    const token = Number(record.fencingToken);
    const atMs = Number(record.atMs);
    const isCurrent = token === 0
      ? this.#applyRequest(job, state, atMs)
      : token === job.token + 1 && state === "running" && !isEnded(job)
      ? claim(job, record, atMs)
      : token === job.token && record.worker === job.worker && job.state === "running"
      ? report(job, state, record, atMs)
      : false;
    if (!isCurrent) return undefined;
    job.version += 1;
    return job;
  }

  /** Applies what a person requests: cancel or retry. */
  #applyRequest(job: Job, state: JobStateName, atMs: number): boolean {
    if (state === "cancelled" && !isEnded(job)) {
      job.cancelRequested = true;
      if (job.state === "queued") end(job, "cancelled", "cancelled", atMs);
      return true;
    }
    if (state !== "queued" || !isEnded(job) || job.state === "done" || this.withKey(job.uniqueKey)) {
      return false;
    }
    if (job.uniqueKey !== "") this.#byKey.set(job.uniqueKey, job);
    Object.assign(job, {
      state,
      attempts: 0,
      progress: 0,
      message: "",
      endedMs: null,
      notBeforeMs: 0,
      cancelRequested: false,
    });
    return true;
  }

  #hold(key: string, id: string): void {
    if (startOfKey(key) === null) return;
    this.#starts.set(key, id);
    for (const oldest of this.#starts.keys()) {
      if (this.#starts.size <= STARTS_MAX) return;
      this.#starts.delete(oldest);
    }
  }

  #forget(): void {
    if (this.#jobs.size <= ENDED_MAX) return;
    let ended = [...this.#jobs.values()].filter(isEnded).length;
    for (const job of this.#jobs.values()) {
      if (ended <= ENDED_MAX) return;
      if (isEnded(job)) {
        this.#jobs.delete(job.id);
        if (this.#byKey.get(job.uniqueKey) === job) this.#byKey.delete(job.uniqueKey);
        ended -= 1;
      }
    }
  }
}

function claim(job: Job, record: jobs.JobStatus, atMs: number): true {
  job.token += 1;
  if (job.attempts >= job.attemptsMax) {
    // Without this limit, a job that crashes its worker would be tried again for ever.
    end(job, "error", `given up after ${job.attempts} tries: their workers disappeared`, atMs);
    return true;
  }
  job.state = "running";
  job.worker = record.worker;
  job.attempts += 1;
  job.progress = 0;
  job.startedMs = atMs;
  note(job, atMs, `try ${job.attempts} by ${record.worker}`);
  return true;
}

function report(job: Job, state: JobStateName, record: jobs.JobStatus, atMs: number): true {
  job.progress = Math.min(1, Math.max(0, record.progress));
  if (state === "running") {
    note(job, atMs, record.message);
  } else if (state === "error" && !record.final && !job.cancelRequested && job.attempts < job.attemptsMax) {
    note(job, atMs, record.message);
    job.state = "queued";
    job.worker = "";
    job.notBeforeMs = atMs + Math.min(BACK_OFF_MS.last, BACK_OFF_MS.first * 2 ** (job.attempts - 1));
  } else {
    job.result = record.resultJson ? JSON.parse(record.resultJson) : null;
    if (state === "done") job.progress = 1;
    end(job, state, record.message, atMs);
  }
  return true;
}

function end(job: Job, state: JobStateName, message: string, atMs: number): void {
  job.state = state;
  job.endedMs = atMs;
  note(job, atMs, message);
}

function note(job: Job, atMs: number, line: string): void {
  if (line === "" || line === job.message) return;
  job.message = line;
  job.log.push({ at_ms: atMs, line });
  if (job.log.length > LOG_LINES_MAX) job.log.shift();
}

/** All records of a kind have the same key, so that they have one order on Kafka too. */
function record(kind: string, name: "descriptor" | "status", value: Uint8Array): LogRecord {
  const text = new TextEncoder();
  return { key: text.encode(kind), value, headers: [[HEADER, text.encode(name)]] };
}

export interface Submission {
  readonly id: string;
  readonly kind: string;
  readonly args: unknown;
  readonly issuer: string;
  readonly uniqueKey: string;
  readonly attemptsMax: number;
  readonly createdMs: number;
}

/** Throws `invalid` for an unknown kind. */
export function descriptorRecord(kinds: JobKinds, job: Submission): LogRecord {
  return record(
    job.kind,
    "descriptor",
    jobs.JobDescriptor.encode({
      schemaVersion: "job-v1",
      jobId: job.id,
      kind: kinds.named(job.kind).number,
      argsJson: JSON.stringify(job.args),
      createdMs: long(job.createdMs),
      issuer: job.issuer,
      uniqueKey: job.uniqueKey,
      attemptsMax: job.attemptsMax,
    }).finish(),
  );
}

export interface ReportedStatus {
  readonly state: JobStateName;
  readonly token: number;
  readonly worker: string;
  readonly progress?: number;
  readonly message?: string;
  readonly result?: unknown;
  readonly final?: boolean;
  readonly atMs: number;
}

export function statusRecord(job: Pick<Job, "id" | "kind">, reported: ReportedStatus): LogRecord {
  return record(
    job.kind,
    "status",
    jobs.JobStatus.encode({
      jobId: job.id,
      state: STATE_NAMES.indexOf(reported.state),
      progress: reported.progress ?? 0,
      message: (reported.message ?? "").slice(0, 2_000),
      fencingToken: long(reported.token),
      atMs: long(reported.atMs),
      worker: reported.worker,
      resultJson: reported.result === undefined ? "" : JSON.stringify(reported.result),
      final: reported.final ?? false,
    }).finish(),
  );
}
