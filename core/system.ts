/** What the host and this process use, off the kernel's own files. */
import { freeBytes } from "./files.ts";

export interface SystemHealth {
  readonly host: string;
  readonly cpus: number;
  /** Processes that want a processor, over 1, 5 and 15 minutes. */
  readonly load: readonly number[];
  readonly memory: {
    readonly total_bytes: number;
    readonly available_bytes: number;
    /** Of the API alone. */
    readonly process_bytes: number;
  };
  /** Of the disk that holds the data folder. */
  readonly disk: { readonly free_bytes: number };
  /** Of the API alone. */
  readonly descriptors: { readonly open: number; readonly limit: number };
  readonly host_uptime_s: number;
  readonly process_uptime_s: number;
}

/** How many files and sockets this process may have open; the limit that the kernel enforces. */
export function descriptorLimit(): number {
  const row = /^Max open files\s+(\d+|unlimited)/m.exec(Deno.readTextFileSync("/proc/self/limits"))![1]!;
  return row === "unlimited" ? Number.MAX_SAFE_INTEGER : Number(row);
}

/** Descriptors of this process that are in use. */
export function openDescriptors(): number {
  // The listing has one itself while it is read.
  return [...Deno.readDirSync("/proc/self/fd")].length - 1;
}

export function systemHealth(dataDir: string): SystemHealth {
  const { total, available } = Deno.systemMemoryInfo();
  return {
    host: Deno.hostname(),
    cpus: navigator.hardwareConcurrency,
    load: Deno.loadavg(),
    memory: {
      total_bytes: total,
      available_bytes: available,
      process_bytes: Deno.memoryUsage().rss,
    },
    disk: { free_bytes: freeBytes(dataDir) },
    descriptors: { open: openDescriptors(), limit: descriptorLimit() },
    host_uptime_s: Deno.osUptime(),
    process_uptime_s: Math.floor(performance.now() / 1000),
  };
}
