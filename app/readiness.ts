/** The answer of `/api/health/ready`: every part has recently proved that it is alive, and none has a problem. */
import { decidingText, readAgents } from "../core/control/control.ts";
import { freeBytes } from "../core/platform/atomic_file.ts";
import { linkStatus } from "../core/platform/link_status.ts";
import { crashing, partsStatus, silenceOf, workerStatus } from "../core/platform/parts.ts";
import { delay } from "../core/platform/delay.ts";
import type { Store } from "../core/store/client.ts";
import { sinkStatus } from "../core/store/sink_status.ts";
import type { Readiness, ReadyReason } from "../routes/deps.ts";
import { messageOf } from "../core/platform/errors.ts";

/** With less free space the log, which reserves 4 MiB at a time, soon holds in memory what agents write. */
const DISK_FULL_BYTES = 8 << 20;
const PROBE_EVERY_MS = 500;
/** A store that does not answer within this time does not serve. */
const PROBE_LIMIT_MS = 1_000;

/** What readiness needs to know from the API. */
export interface ReadyOptions {
  kafka: boolean;
  sink: boolean;
  /** Whether the API runs below `legend run`, which runs the other parts too. */
  supervised: boolean;
  /** Why the control key cannot be used; null: it can. */
  keyProblem: string | null;
  /** The store's last answer. */
  store: StoreProbe;
  /** Agents on any host that have reported metrics recently. */
  seenAgents(): string[];
  /** Whether the live stream is reading its topics. */
  isReading: boolean;
}

/** Polls the store: a stopped server still accepts connections, but does not answer. */
export class StoreProbe {
  #problem: string | null = null;
  #atMs = 0;

  constructor(private readonly store: Pick<Store, "command">) {}

  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.store.command("SELECT 1", { timeoutMs: PROBE_LIMIT_MS, database: "default" });
        this.#problem = null;
      } catch (error) {
        this.#problem = messageOf(error);
      }
      this.#atMs = Date.now();
      await delay(PROBE_EVERY_MS, signal);
    }
  }

  /** Null: it has answered recently. */
  problem(now = Date.now()): string | null {
    if (this.#atMs === 0) return "not checked yet";
    if (silenceOf(now - this.#atMs)) return "not checked recently";
    return this.#problem;
  }
}

/** Whether every part has recently proved that it is alive, and none has a problem. */
export function readiness(path: string, options: ReadyOptions): Readiness {
  const now = Date.now();
  const reasons: ReadyReason[] = [...agentReasons(path, options, now)];
  const add = (part: string, wrong: { brief: string; detail: string } | null, detail: string, brief = "ok") =>
    reasons.push({ part, ok: wrong === null, brief: wrong?.brief ?? brief, detail: wrong?.detail ?? detail });
  /** Checks a part by its status: present, recent, and without a problem. */
  const wrongWith = (status: { at_ms: number; trouble?: string | null } | null) => {
    if (!status) return { brief: "has not started", detail: "has not started" };
    const silence = silenceOf(now - status.at_ms);
    if (silence) return { brief: "silent", detail: silence };
    return status.trouble ? { brief: "in trouble", detail: status.trouble } : null;
  };
  const unread = options.isReading ? null : "not all topics are read yet";
  add("stream", unread === null ? null : { brief: unread, detail: unread }, "all topics are read");
  const { keyProblem } = options;
  add(
    "control key",
    keyProblem === null ? null : { brief: "cannot be used", detail: keyProblem },
    "it signs",
  );
  add("disk", diskProblem(path), `${mib(freeBytes(path))} MiB free`);
  const supervisor = partsStatus(path);
  if (options.supervised) {
    add("supervisor", wrongWith(supervisor), "its parts are supervised");
    const bad = crashing(supervisor, now);
    for (const { name, words } of bad) {
      add(`part ${name}`, { brief: "crashes again and again", detail: words }, "");
    }
  }
  const worker = workerStatus(path);
  // A worker that runs alone is only missed when it was killed: one that ends normally removes its file.
  if (options.supervised || worker) add("worker", wrongWith(worker), "jobs are taken");
  if (options.kafka) {
    const link = linkStatus(path);
    add("kafka", wrongWith(link), `${link?.waiting ?? 0} records wait on this host`);
  }
  if (options.sink) {
    const sink = sinkStatus(path);
    const lag = sink?.topics.reduce((sum, topic) => sum + topic.lag, 0) ?? 0;
    const silent = options.store.problem(now);
    const wrong = wrongWith(sink) ?? (silent ? { brief: "the store does not answer", detail: silent } : null);
    add("store", wrong, `${lag} records are not stored yet`);
  }
  return { ready: reasons.every(({ ok }) => ok), reasons };
}

const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0);

function diskProblem(path: string): { brief: string; detail: string } | null {
  const free = freeBytes(path);
  if (free >= DISK_FULL_BYTES) return null;
  return {
    brief: "full",
    detail: `the disk of ${path} is full: ${mib(free)} MiB free, need ${
      DISK_FULL_BYTES >> 20
    }; free some space`,
  };
}

function agentReasons(path: string, { seenAgents }: ReadyOptions, now: number): ReadyReason[] {
  const { agents, unreadable } = readAgents(path);
  const reasons = agents.map((status): ReadyReason => {
    const silentMs = now - Number(BigInt(status.at_ns) / 1_000_000n);
    const part = `agent ${status.module}`;
    if (status.state !== "running") {
      return { part, ok: false, brief: status.state, detail: status.error ?? status.state };
    }
    const silence = silenceOf(silentMs);
    if (silence) return { part, ok: false, brief: "silent", detail: silence };
    if (status.trouble) return { part, ok: false, brief: "in trouble", detail: status.trouble };
    // An agent that does not decide does so by its operator's will; that is only reported.
    const word = decidingText(status);
    return { part, ok: true, brief: word, detail: word };
  });
  for (const { module, reason } of unreadable) {
    reasons.push({ part: `agent ${module}`, ok: false, brief: "its status is damaged", detail: reason });
  }
  if (reasons.length > 0) return reasons;
  const far = seenAgents().length;
  return far > 0
    ? [{ part: "agents", ok: true, brief: "on other hosts", detail: `${far} on other hosts` }]
    : [{ part: "agents", ok: false, brief: "none has run yet", detail: "none has run yet" }];
}
