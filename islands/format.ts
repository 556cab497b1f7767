/** Formats numbers for the tables: always UTC, always the same digits. */

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

/** Digits in groups of three before the point, and a real minus sign, in every browser and language. */
export function grouped(value: number | string): string {
  const [whole = "", ...rest] = String(value).replace(/^-/, MINUS).split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, ","), ...rest].join(".");
}

/** Digits after the point that are needed to distinguish ticks at this step. */
export const decimals = (step: number) =>
  step >= 1 || step <= 0 ? 0 : Math.min(6, Math.ceil(-Math.log10(step)));

/** A second of a chart, 24-hour UTC with its date. */
export const chartTime = (second: number) => `${utc(second * 1000).slice(0, 19)} UTC`;

const DAY_S = 86_400;

/**
 * Ticks of a time axis, 24-hour UTC: seconds where they differ by less than a minute, the date where the day begins.
 */
export const chartTimes = (seconds: readonly number[], step: number): string[] =>
  seconds.map((second) => {
    const text = utc(second * 1000);
    if (step >= DAY_S || (step >= 60 && second % DAY_S === 0)) return text.slice(5, 10);
    return text.slice(11, step < 60 ? 19 : 16);
  });

/** Width of the longest text, in pixels. */
export function wide(context: CanvasRenderingContext2D, font: string, texts: readonly string[]): number {
  context.save();
  context.font = font;
  const widths = texts.map((text) => context.measureText(text).width);
  context.restore();
  return Math.ceil(Math.max(0, ...widths));
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

/** Milliseconds from a histogram; microseconds below one millisecond. */
export function latency(ms: number | null | undefined): [value: string, unit: string] {
  if (ms === null || ms === undefined) return ["–", ""];
  return ms < 1 ? [(ms * 1000).toFixed(ms < 0.01 ? 1 : 0), "µs"] : [ms.toFixed(2), "ms"];
}

/** A number with this many digits after the point; a dash if unknown. */
export const fixed = (value: number | null | undefined, digits = 3) =>
  value === null || value === undefined ? "–" : value.toFixed(digits);
