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

/** Middle value. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
