/**
 * Cron lines of five fields, in UTC: minute, hour, day of the month, month, day of the week (0 = Sunday). The syntax of
 * a line is checked here, with an error message for each mistake; croner computes the times, from plain lists.
 */
import { Cron as Croner } from "croner";
import { AppError } from "../platform/errors.ts";

const FIELDS = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of the month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12 },
  { name: "day of the week", min: 0, max: 7 },
] as const;

/** The times of a cron line. Arguments are Unix milliseconds, results the start of a minute. */
export interface Cron {
  /** The first matching minute after `ms`; null when there is none. */
  next(ms: number): number | null;
  /** The last matching minute that has begun at `ms`; null when there was none. */
  newest(ms: number): number | null;
}

function field(text: string, { name, min, max }: (typeof FIELDS)[number]): string {
  // Keep `*` for croner: if both days are given, either may match.
  if (text === "*") return text;
  const wrong = () =>
    new AppError(
      "invalid",
      `Cannot use cron field ${name} \`${text}\`: need ${min}..${max}, *, lists, ranges or */steps`,
    );
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [, from, to, step] = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
    if (!/^[\d*]/.test(part) || (from === undefined && !part.startsWith("*"))) throw wrong();
    const low = from === undefined ? min : Number(from);
    const high = to !== undefined ? Number(to) : from === undefined || step !== undefined ? max : low;
    const by = step === undefined ? 1 : Number(step);
    if (low < min || high > max || low > high || by < 1) throw wrong();
    for (let value = low; value <= high; value += by) {
      values.add(name === "day of the week" ? value % 7 : value);
    }
  }
  return [...values].sort((a, b) => a - b).join(",");
}

const MINUTE_MS = 60_000;

/** Throws `invalid` with the name of the wrong field. */
export function parseCron(line: string): Cron {
  const words = line.trim().split(/\s+/);
  if (words.length !== FIELDS.length) {
    throw new AppError(
      "invalid",
      `Cannot use cron \`${line}\`: it has ${words.length} fields, need ${FIELDS.length}`,
    );
  }
  const plain = words.map((word, at) => field(word, FIELDS[at]!)).join(" ");
  const cron = new Croner(plain, { timezone: "UTC", mode: "5-part" });
  return {
    next: (ms) => cron.nextRun(new Date(ms))?.getTime() ?? null,
    // croner returns only runs before the given time.
    newest: (ms) => {
      const end = Math.floor(ms / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
      return cron.previousRuns(1, new Date(end))[0]?.getTime() ?? null;
    },
  };
}
