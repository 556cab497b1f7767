import { cpus } from "node:os";

/** The machine, so that nobody takes a figure for another's. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() || "unknown processor";
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return `${navigator.hardwareConcurrency} cores ${model}, ${memory} GiB, Linux ${Deno.osRelease()}`;
}
