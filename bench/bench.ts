/** What a benchmark gives back. */

export interface BenchRow {
  name: string;
  value: number;
  unit: string;
  peer?: string;
  /** Measured in the same run, never stored. */
  peer_value?: number;
  /** Value over peer as the figure means it. */
  ratio: number;
  figure?: { better: "higher" | "lower"; limit: number };
}

/** The machine, so that nobody takes a figure for another's. */
export function machine(): string {
  const info = Deno.readTextFileSync("/proc/cpuinfo");
  const model = /model name\s*:\s*(.+)/.exec(info)?.[1]?.trim() ?? "unknown processor";
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return `${navigator.hardwareConcurrency} cores ${model}, ${memory} GiB, Linux ${Deno.osRelease()}`;
}

/** Middle value. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
