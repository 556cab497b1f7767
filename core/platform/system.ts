/** Resources used by the host and this process, from the kernel's files. */
import { freeBytes } from "./atomic_file.ts";

export interface SystemHealth {
  readonly host: string;
  readonly cpus: number;
  /** Runnable processes, averaged over 1, 5 and 15 minutes. */
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
  readonly descriptors: Descriptors;
  readonly host_uptime_s: number;
  readonly process_uptime_s: number;
}

/** Files and sockets of this process. */
export interface Descriptors {
  readonly open: number;
  /** The most that the kernel allows. */
  readonly limit: number;
}

export function systemHealth(dataDir: string, descriptors: Descriptors): SystemHealth {
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
    descriptors,
    host_uptime_s: Deno.osUptime(),
    process_uptime_s: Math.floor(performance.now() / 1000),
  };
}
