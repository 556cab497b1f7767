/** Numbers as the tables show them: always UTC, always the same digits. */

const MINUS = "−";

/** Six decimals with a sign; unknown is a dash. */
export function sol(value: number | null | undefined, digits = 6): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const text = Math.abs(value).toFixed(digits);
  return `${value < 0 ? MINUS : "+"}${text}`;
}

/** Lamports as a decimal string to SOL. */
export const lamportsToSol = (lamports: string | null | undefined): number | null =>
  lamports === null || lamports === undefined ? null : Number(BigInt(lamports)) / 1e9;

/** A whole number with its digits in threes and a real minus sign. */
export function grouped(value: number | string): string {
  return String(value).replace(/^-/, MINUS).replace(/\B(?=(\d{3})+$)/g, ",");
}

export const short = (key: string, ends = 4) =>
  key.length > 2 * ends + 1 ? `${key.slice(0, ends)}…${key.slice(-ends)}` : key;

/** Seconds as an age. */
export function age(seconds: number): string {
  if (seconds < 1) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

export const utc = (ms: number) => new Date(ms).toISOString().replace("T", " ").slice(0, 23);

export const percent = (share: number | null | undefined) =>
  share === null || share === undefined ? "–" : `${(100 * share).toFixed(1)} %`;

/** Milliseconds from a histogram: microseconds below one. */
export function latency(ms: number | null | undefined): [value: string, unit: string] {
  if (ms === null || ms === undefined) return ["–", ""];
  return ms < 1 ? [(ms * 1000).toFixed(ms < 0.01 ? 1 : 0), "µs"] : [ms.toFixed(2), "ms"];
}

/** A figure with so many digits behind the point; a dash for what is not known. */
export const fixed = (value: number | null | undefined, digits = 3) =>
  value === null || value === undefined ? "–" : value.toFixed(digits);
