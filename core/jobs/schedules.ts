/** The schedules of a data folder; without a file, a nightly training a module that is switched off. */
import { type Schedule, schedules } from "../../proto/jobs.ts";
import { AppError } from "../errors.ts";
import { replaceFile } from "../files.ts";
import { parseCron } from "./cron.ts";

const file = (dataDir: string) => `${dataDir}/schedules.json`;

export const DEFAULT_SCHEDULES: readonly Schedule[] = (["arbitrage", "mev"] as const).map((module, at) => ({
  name: `nightly-${module}`,
  cron: `${15 + 15 * at} 2 * * *`,
  enabled: false,
  kind: "train",
  days: 7,
  args: { module, features: "default", model: "xgb", promote: "if_better" },
}));

export function readSchedules(dataDir: string): readonly Schedule[] {
  let stored: unknown;
  try {
    stored = JSON.parse(Deno.readTextFileSync(file(dataDir)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return DEFAULT_SCHEDULES;
    if (!(error instanceof SyntaxError)) throw error;
  }
  const parsed = schedules.safeParse(stored);
  if (!parsed.success) throw new AppError("failed", `Cannot read ${file(dataDir)}: it is damaged, remove it`);
  return parsed.data.schedules;
}

/** Throws `invalid` for a cron line that is none, or a name that comes twice. */
export function writeSchedules(dataDir: string, list: readonly Schedule[]): void {
  const names = new Set<string>();
  for (const { name, cron } of list) {
    if (names.has(name)) throw new AppError("invalid", `Cannot keep two schedules ${name}`);
    names.add(name);
    if (parseCron(cron).next(Date.now()) === null) {
      throw new AppError("invalid", `Cannot use cron \`${cron}\` of ${name}: no day is like that`);
    }
  }
  replaceFile(file(dataDir), JSON.stringify({ schedules: list }, null, 2));
}
