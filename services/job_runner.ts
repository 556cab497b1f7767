/**
 * Takes jobs off the queue and runs each in its own Web Worker. The first claim of a job wins. Its holder reports once
 * a second that it is alive. A holder that was silent for `LEASE_MS`, by the reader's clock, loses the job: it is
 * claimed again under the next token, and whatever the old holder still reports or produces is discarded.
 */
import { type Job, statusRecord } from "../core/jobs/projection.ts";
import type { JobQueue } from "../core/jobs/queue.ts";
import type { FromWorker, JobSettings, LiveRequest, ToWorker } from "../core/jobs/worker_protocol.ts";
import { delay } from "../core/platform/delay.ts";
import { messageOf } from "../core/platform/errors.ts";
import type { Say } from "../core/platform/logger.ts";
import type { JobStateName } from "../proto/jobs.ts";

const BEAT_MS = 1_000;
const LEASE_MS = 5_000;
const POLL_MS = 200;
/** How long a Worker may take to end after it was asked to; native work is never cut off before that. */
const CANCEL_MS = 30_000;

export interface JobRunnerOptions {
  readonly queue: JobQueue;
  /** Names this runner: only one runner has this name at a time. */
  readonly name: string;
  /** Maximum jobs at once. */
  readonly slots: number;
  settings(): JobSettings;
  spawn(): Worker;
  readonly signal: AbortSignal;
  readonly say: Say;
  /** Log connection errors here; no other component does. */
  readonly alone: boolean;
  /** Deploys a model version in the name of the job's issuer. Throws when something prevents it. */
  goLive(job: Job, request: LiveRequest): Promise<void>;
  /** Called after each change of a job that runs here. */
  publish(job: Job): Promise<void>;
}

interface Running {
  readonly job: Job;
  readonly token: number;
  readonly worker: Worker;
  progress: number;
  message: string;
  ended: boolean;
  cancelled: boolean;
}

export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #running = new Map<string, Running>();
  /** When a running job's holder last reported, by our own clock. */
  readonly #lastSeen = new Map<string, { version: number; at: number }>();
  #ends: Promise<void>[] = [];

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /** Runs until the signal ends it; then cancels the running jobs and waits for them. */
  async run(): Promise<void> {
    const { signal, slots } = this.#options;
    await this.#synced();
    using _beats = every(BEAT_MS, () => this.#beat());
    while (!signal.aborted) {
      this.#watch();
      const next = this.#running.size < slots ? this.#claimable() : undefined;
      const claimed = next && await this.#claim(next).then(() => true, (error) => {
        this.#options.say(`Cannot take job ${next.id}: ${messageOf(error)}`);
        return false;
      });
      if (!claimed) await delay(POLL_MS, signal);
    }
    for (const running of this.#running.values()) this.#cancel(running);
    await Promise.all(this.#ends);
  }

  /** Waits until the queue can be read. An error is logged once, unless another component logs it. */
  async #synced(): Promise<void> {
    const { queue, signal, alone, say } = this.#options;
    for (let logged = false; !signal.aborted;) {
      try {
        return await queue.sync();
      } catch (error) {
        if (alone && !logged) say(messageOf(error));
        logged = true;
        await delay(POLL_MS, signal);
      }
    }
  }

  /**
   * The oldest job that is due, or whose holder is gone. Issuers take turns, so that the many jobs of one do not delay
   * the others.
   */
  #claimable(): Job | undefined {
    const now = performance.now();
    const wall = Date.now();
    const jobs = this.#options.queue.projection.list().reverse();
    return fairest(jobs, (job) => {
      if (this.#running.has(job.id)) return false;
      if (job.state === "queued") return job.notBeforeMs <= wall;
      if (job.state !== "running") return false;
      // The job has our name and is not running here: we ran it before we crashed.
      if (job.worker === this.#options.name) return true;
      const lastSeen = this.#lastSeen.get(job.id);
      return lastSeen !== undefined && lastSeen.version === job.version && now - lastSeen.at > LEASE_MS;
    });
  }

  /**
   * Notes which holders have reported. Cancels a job here when its end is requested or another runner has claimed it.
   */
  #watch(): void {
    const now = performance.now();
    for (const job of this.#options.queue.projection.list()) {
      const running = this.#running.get(job.id);
      if (running && (job.cancelRequested || job.token !== running.token)) this.#cancel(running);
      if (job.state !== "running") {
        this.#lastSeen.delete(job.id);
        continue;
      }
      const lastSeen = this.#lastSeen.get(job.id);
      if (lastSeen?.version !== job.version) this.#lastSeen.set(job.id, { version: job.version, at: now });
    }
  }

  async #claim(job: Job): Promise<void> {
    const { queue, name } = this.#options;
    const token = job.token + 1;
    await queue.append(statusRecord(job, { state: "running", token, worker: name, atMs: Date.now() }));
    await queue.sync();
    const now = queue.projection.get(job.id);
    // Another runner's claim with the same token came first, or a user cancelled the job.
    if (!now || now.token !== token || now.worker !== name || now.state !== "running") return;
    if (now.cancelRequested) {
      await queue.append(
        statusRecord(job, {
          state: "cancelled",
          token,
          worker: name,
          message: "cancelled",
          atMs: Date.now(),
        }),
      );
      return;
    }
    try {
      this.#start(now, token);
    } catch (error) {
      this.#running.delete(job.id);
      const message = `Cannot start: ${messageOf(error)}`;
      await queue.append(
        statusRecord(job, { state: "error", token, worker: name, message, atMs: Date.now() }),
      );
      this.#logEnd(job, "error", message);
    }
  }

  #start(job: Job, token: number): void {
    const worker = this.#options.spawn();
    const running: Running = { job, token, worker, progress: 0, message: "", ended: false, cancelled: false };
    this.#running.set(job.id, running);
    const post = (message: ToWorker) => worker.postMessage(message);
    const ended = new Promise<void>((resolve) => {
      worker.onmessage = async ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === "progress") {
          [running.progress, running.message] = [data.progress, data.message];
        } else if (data.type === "confirm") {
          const answer = await this.#confirm(running, data.live);
          post({ type: "confirmed", call: data.call, ...answer });
        } else {
          await this.#end(running, data);
          resolve();
        }
      };
      worker.onerror = async (event) => {
        event.preventDefault();
        await this.#end(running, {
          type: "error",
          message: `its Web Worker failed: ${event.message}`,
          final: false,
        });
        resolve();
      };
    });
    this.#ends.push(ended);
    ended.then(() => (this.#ends = this.#ends.filter((end) => end !== ended)));
    post({
      type: "start",
      id: job.id,
      kind: job.kind,
      args: job.args,
      token,
      settings: this.#options.settings(),
    });
  }

  /** Whether this run still holds the job, by everything that is on the log now. */
  async #confirm(
    { job, token }: Running,
    live: LiveRequest | undefined,
  ): Promise<{ ours: boolean; why?: string; refused?: string }> {
    const { queue } = this.#options;
    try {
      await queue.sync();
    } catch (error) {
      return { ours: false, why: messageOf(error) };
    }
    const now = queue.projection.get(job.id);
    const ours = now?.token === token && now.state === "running" && !now.cancelRequested;
    if (!ours || !live) return { ours };
    try {
      await this.#options.goLive(job, live);
      return { ours };
    } catch (error) {
      return { ours, refused: messageOf(error) };
    }
  }

  #cancel(running: Running): void {
    if (running.cancelled) return;
    running.cancelled = true;
    running.worker.postMessage({ type: "cancel" } satisfies ToWorker);
    setTimeout(() => {
      if (!running.ended) {
        this.#options.say(`job ${running.job.id} does not end, its Web Worker is still running`);
      }
    }, CANCEL_MS);
  }

  async #end(running: Running, publish: Extract<FromWorker, { type: "done" | "error" }>): Promise<void> {
    if (running.ended) return;
    running.ended = true;
    running.worker.terminate();
    const { queue, name, signal } = this.#options;
    const { job, token } = running;
    const cancelRequested = queue.projection.get(job.id)?.cancelRequested ?? false;
    const done = publish.type === "done";
    const state = done ? "done" : cancelRequested ? "cancelled" : "error";
    const message = !done && signal.aborted && !cancelRequested ? "its worker was stopped" : publish.message;
    try {
      await queue.append(statusRecord(job, {
        state,
        token,
        worker: name,
        progress: done ? 1 : running.progress,
        message,
        result: done ? publish.result : undefined,
        final: !done && publish.final && !signal.aborted,
        atMs: Date.now(),
      }));
      await queue.sync();
      const now = queue.projection.get(job.id);
      // Where another worker has taken it over, that one's end counts.
      if (now?.token === token) this.#logEnd(job, state, message);
      if (now) await this.#options.publish(now);
    } catch (error) {
      this.#options.say(
        `Cannot publish the end of job ${job.id}: ${messageOf(error)}`,
      );
    }
    this.#running.delete(job.id);
  }

  /** One line for each job that ends here. */
  #logEnd({ id, kind }: Job, state: JobStateName, message: string): void {
    const level = state === "error" ? "error" : "info";
    this.#options.say(`job ${id} (${kind}) ended: ${state}: ${message}`, level, { job_id: id, kind, state });
  }

  async #beat(): Promise<void> {
    const { queue, name } = this.#options;
    for (const running of this.#running.values()) {
      if (running.ended) continue;
      const { job, token, progress, message } = running;
      try {
        await queue.append(
          statusRecord(job, { state: "running", token, worker: name, progress, message, atMs: Date.now() }),
        );
        const now = queue.projection.get(job.id);
        if (now?.token === token) await this.#options.publish(now);
      } catch (error) {
        this.#options.say(`Cannot publish the state of job ${job.id}: ${messageOf(error)}`);
      }
    }
  }
}

function every(ms: number, run: () => Promise<void>): Disposable {
  let busy = false;
  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    await run().finally(() => (busy = false));
  }, ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** How far back ended jobs count towards an issuer's turn. */
const TURN_MS = 60 * 60_000;

/** Of the jobs that may start, the oldest one of the issuer whose last start is longest ago. */
export function fairest(
  jobs: readonly Job[],
  mayStart: (job: Job) => boolean,
  now = Date.now(),
): Job | undefined {
  const started = new Map<string, number>();
  for (const { issuer, startedMs } of jobs) {
    if (startedMs !== null && now - startedMs < TURN_MS) {
      started.set(issuer, Math.max(started.get(issuer) ?? 0, startedMs));
    }
  }
  let best: Job | undefined;
  for (const job of jobs.filter(mayStart)) {
    if (!best || (started.get(job.issuer) ?? 0) < (started.get(best.issuer) ?? 0)) best = job;
  }
  return best;
}
