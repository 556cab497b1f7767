/** Cron lines of five fields, in UTC: minute, hour, day of the month, month, day of the week (0 = Sunday). */
import { AppError } from "../platform/errors.ts";

const FIELDS = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of the month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12 },
  { name: "day of the week", min: 0, max: 7 },
] as const;

export interface Cron {
  /** Whether the minute that this time lies in is one of it. */
  matches(ms: number): boolean;
  /** Start of the next such minute after `ms`; null when there is none within four years. */
  next(ms: number): number | null;
}

function field(text: string, { name, min, max }: (typeof FIELDS)[number]): Set<number> {
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
  return values;
}

const MINUTE_MS = 60_000;
const MINUTES_MAX = 4 * 366 * 24 * 60;

/** Throws `invalid` with the field at fault. */
export function parseCron(line: string): Cron {
  const words = line.trim().split(/\s+/);
  if (words.length !== FIELDS.length) {
    throw new AppError(
      "invalid",
      `Cannot use cron \`${line}\`: it has ${words.length} fields, need ${FIELDS.length}`,
    );
  }
  const [minutes, hours, days, months, weekdays] = words.map((word, at) => field(word, FIELDS[at]!)) as [
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
  ];
  const [anyDay, anyWeekday] = [words[2] === "*", words[4] === "*"];
  const matches = (ms: number) => {
    const at = new Date(ms);
    if (
      !minutes.has(at.getUTCMinutes()) || !hours.has(at.getUTCHours()) || !months.has(at.getUTCMonth() + 1)
    ) return false;
    const [day, weekday] = [days.has(at.getUTCDate()), weekdays.has(at.getUTCDay())];
    // As cron does: of two that are given either will do.
    return anyDay || anyWeekday ? day && weekday : day || weekday;
  };
  return {
    matches,
    next(ms) {
      let at = Math.floor(ms / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
      for (let n = 0; n < MINUTES_MAX; n++, at += MINUTE_MS) if (matches(at)) return at;
      return null;
    },
  };
}
