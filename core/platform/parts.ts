/** Status that the parts of an installation publish: the proof that each is alive, and how often it was restarted. */

/** When a status is older than this, its part is not running: each part writes it at least four times a second. */
const SILENT_MS = 2_500;

/**
 * What is wrong with a status of this age. A status from the future was written before the clock was set back: its
 * writer may have ended since, and a living one writes again within a second.
 */
export function silenceOf(ageMs: number): string | null {
  if (ageMs > SILENT_MS) return `silent for ${(ageMs / 1000).toFixed(0)} s`;
  return ageMs < -SILENT_MS ? "silent since the clock was set back" : null;
}
/** With this many restarts within {@link CRASHING_MS}, a part counts as crashing repeatedly. */
const CRASHES_MIN = 3;
const CRASHING_MS = 60_000;

/** The job worker's sign of life. */
export interface WorkerStatus {
  /** Unix milliseconds. */
  at_ms: number;
  pid: number;
}

/** One part as its supervisor sees it. */
export interface PartStatus {
  name: string;
  /** Restarts after an unintended end, since the supervisor started. */
  restarts: number;
  /** Unix milliseconds of the restarts in the last minute, oldest first. */
  recent_ms: number[];
  /** The exit code before the newest start; null: it has not ended yet. */
  last_code: number | null;
  /** The last line that it wrote before that; null: none. */
  last_line: string | null;
}

/** What `legend run` reports about its parts. */
export interface PartsStatus {
  /** Unix milliseconds. */
  at_ms: number;
  pid: number;
  parts: PartStatus[];
}

/** Where a running API can be reached. */
export interface ApiStatus {
  /** Unix milliseconds of its start. */
  at_ms: number;
  pid: number;
  /** What it listens on. */
  listen: string;
  port: number;
}

export const apiStatusFile = (dataDir: string) => `${dataDir}/api.status.json`;
export const workerStatusFile = (dataDir: string) => `${dataDir}/worker.status.json`;
export const partsStatusFile = (dataDir: string) => `${dataDir}/parts.status.json`;

/** The newest status that the worker has written; null when none has run, or when it ended on request. */
export const workerStatus = (dataDir: string) => readStatus<WorkerStatus>(workerStatusFile(dataDir));

/** Like {@link workerStatus}, of the API; it is written once, when it listens. */
export const apiStatus = (dataDir: string) => readStatus<ApiStatus>(apiStatusFile(dataDir));

/** Like {@link workerStatus}, of the supervisor. */
export const partsStatus = (dataDir: string) => readStatus<PartsStatus>(partsStatusFile(dataDir));

/** The status in a file; null when the file is missing or cannot be read: then nothing is known. */
function readStatus<T extends { at_ms: number }>(path: string): T | null {
  try {
    const status = JSON.parse(Deno.readTextFileSync(path)) as T;
    return typeof status?.at_ms === "number" ? status : null;
  } catch {
    return null;
  }
}

/** Counts the starts of each part. */
export class PartsReporter {
  readonly #parts = new Map<string, PartStatus>();

  constructor(names: readonly string[], private readonly now: () => number = Date.now) {
    for (const name of names) {
      this.#parts.set(name, { name, restarts: 0, recent_ms: [], last_code: null, last_line: null });
    }
  }

  /** A part has ended and is started again. */
  restarted(name: string, code: number, line: string | null): void {
    const part = this.#parts.get(name);
    if (!part) return;
    part.restarts += 1;
    part.recent_ms = [...recent(part, this.now()), this.now()];
    [part.last_code, part.last_line] = [code, line];
  }

  status(): PartsStatus {
    return { at_ms: this.now(), pid: Deno.pid, parts: [...this.#parts.values()] };
  }
}

const recent = ({ recent_ms }: PartStatus, now: number) => recent_ms.filter((at) => now - at < CRASHING_MS);

/** The parts that crash repeatedly, each described in words. */
export function crashing(status: PartsStatus | null, now = Date.now()): { name: string; words: string }[] {
  return (status?.parts ?? []).flatMap((part) => {
    const count = recent(part, now).length;
    if (count < CRASHES_MIN) return [];
    const why = part.last_line ? `: ${part.last_line}` : "";
    return [{
      name: part.name,
      words: `restarted ${count} times in a minute, it last ended with ${part.last_code}${why}`,
    }];
  });
}
