/** A row of a benchmark's result. */

export interface BenchRow {
  name: string;
  value: number;
  unit: string;
  peer?: string;
  /** Measured in the same run, never stored. */
  peer_value?: number;
  /** Ratio of value and peer, as the figure defines it. */
  ratio: number;
  figure?: { better: "higher" | "lower"; limit: number };
}

/** The median. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
