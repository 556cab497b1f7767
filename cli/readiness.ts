/** What `/api/health/ready` answers: every part has told its status a moment ago, and none is in trouble. */
import { readAgents } from "../core/control.ts";
import { freeBytes } from "../core/files.ts";
import { linkStatus } from "../core/link.ts";
import { sinkStatus } from "../core/store/sink_status.ts";
import type { Readiness } from "../routes/deps.ts";

/** Seconds after which a part that says nothing is not there. */
export const SILENT_S = 5;

/** With less the log, which takes its room 4 MiB at a time, soon holds what agents write in memory. */
const DISK_FULL_BYTES = 8 << 20;

/** What readiness asks of the API. */
export interface ReadyOptions {
  kafka: boolean;
  sink: boolean;
  /** Agents anywhere that have told metrics lately. */
  heard(): string[];
  /** Whether the live stream reads its topics. */
  isReading: boolean;
}

/** Every part has told its status a moment ago, and none is in trouble. */
export function readiness(path: string, { kafka, sink, heard, isReading }: ReadyOptions): Readiness {
  const now = Date.now();
  const silent = (atMs: number) => (now - atMs) / 1000 > SILENT_S;
  const { agents, unreadable } = readAgents(path);
  const reasons = agents.map((status) => {
    const age = Math.max(0, now - Number(BigInt(status.at_ns) / 1_000_000n)) / 1000;
    const ok = status.state === "running" && age < SILENT_S && !status.trouble;
    const detail = ok
      ? "running"
      : status.error ?? status.trouble ?? `${status.state}, silent for ${age.toFixed(0)} s`;
    return { part: `agent ${status.module}`, ok, detail };
  });
  for (const { module, reason } of unreadable) {
    reasons.push({ part: `agent ${module}`, ok: false, detail: reason });
  }
  const far = heard();
  if (reasons.length === 0 && far.length > 0) {
    reasons.push({ part: "agents", ok: true, detail: `${far.length} on other hosts` });
  }
  if (reasons.length === 0) reasons.push({ part: "agents", ok: false, detail: "none has run yet" });
  reasons.push({
    part: "stream",
    ok: isReading,
    detail: isReading ? "all topics are read" : "not all topics are read yet",
  });
  const free = freeBytes(path);
  const mib = `${(free / 2 ** 20).toFixed(0)} MiB free`;
  reasons.push({
    part: "disk",
    ok: free >= DISK_FULL_BYTES,
    detail: free >= DISK_FULL_BYTES
      ? mib
      : `the disk of ${path} is full: ${mib}, need ${DISK_FULL_BYTES >> 20}; free some space`,
  });
  const part = (name: string, status: { at_ms: number; trouble: string | null } | null, detail: string) => {
    const wrong = !status ? "has not started" : silent(status.at_ms) ? "silent" : status.trouble;
    reasons.push({ part: name, ok: wrong === null, detail: wrong ?? detail });
  };
  if (kafka) {
    const link = linkStatus(path);
    part("kafka", link, `${link?.waiting ?? 0} records wait on this host`);
  }
  if (sink) {
    const status = sinkStatus(path);
    const lag = status?.topics.reduce((sum, topic) => sum + topic.lag, 0) ?? 0;
    part("store", status, `${lag} records are not stored yet`);
  }
  return { ready: reasons.every(({ ok }) => ok), reasons };
}
