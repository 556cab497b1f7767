import { cpus } from "node:os";

/** Describes the machine, so that no figure is taken for another machine's. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() || "unknown processor";
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return `${navigator.hardwareConcurrency} cores ${model}, ${memory} GiB, Linux ${Deno.osRelease()}`;
}

/**
 * Number of threads of one training; `configured` is `jobs.threads`. By default one processor stays free for urgent
 * work.
 */
export function trainingThreads(configured: number, processors = navigator.hardwareConcurrency): number {
  return configured || Math.max(1, processors - 1);
}
