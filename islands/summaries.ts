/** The figures of both modules: the newest each second, the ten minutes behind them each ten seconds. */
import type { Funnel, ModuleName } from "../core/control.ts";
import type { MetricsSummary } from "../core/metrics.ts";
import { type Asked, useAsked } from "./ask.ts";

type Series = MetricsSummary["series"];
type Latest = Omit<MetricsSummary, "series"> & { funnel?: Funnel | null };

export interface Figures {
  latest: Asked<Latest>;
  series: Asked<{ series: Series }>;
}
export type BothFigures = Record<ModuleName, Figures>;

export const MODULES = ["arbitrage", "mev"] as const;
const LATEST_EVERY_MS = 1_000;
const SERIES_EVERY_MS = 10_000;

function useFigures(module: ModuleName): Figures {
  return {
    latest: useAsked<Latest>(`/api/metrics/summary?module=${module}&series=0`, LATEST_EVERY_MS),
    series: useAsked<{ series: Series }>(`/api/metrics/summary?module=${module}`, SERIES_EVERY_MS),
  };
}

export const useBothFigures = (): BothFigures => ({
  arbitrage: useFigures("arbitrage"),
  mev: useFigures("mev"),
});

/** Seconds for which a module's sample stands beside the other's newer one. */
const GOOD_S = 3;

/** One line of several modules: at each second what `fold` makes of what they know then; a module that is silent is left out, a second of none is null. */
export function together(
  all: readonly Series[],
  of: (series: Series) => readonly (number | null)[],
  fold: (values: number[]) => number,
): { t: number[]; values: (number | null)[] } {
  const lines = all.map((series) => new Map(series.t.map((second, at) => [second, of(series)[at]!])));
  const t = [...new Set(all.flatMap((series) => series.t))].sort((one, other) => one - other);
  const at = (line: Map<number, number | null>, second: number) => {
    for (let back = 0; back < GOOD_S; back++) {
      const value = line.get(second - back);
      if (value !== undefined) return value === null ? [] : [value];
    }
    return [];
  };
  const folded = (values: number[]) => values.length === 0 ? null : fold(values);
  return { t, values: t.map((second) => folded(lines.flatMap((line) => at(line, second)))) };
}

export const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
export const most = (values: readonly number[]) => Math.max(...values);

/** The funnel counts no longer than this, also of an agent that has run for longer. */
const FUNNEL_S = 600;

/** Of which time the PnL is: agents count it in memory, so that one which began less than an hour ago has no hour. */
export function pnlTime(windows_s: readonly number[]): string {
  const least = Math.min(...windows_s);
  if (least >= FUNNEL_S) return "since the start, at most 1 h";
  return `since the start, ${least < 60 ? `${Math.floor(least)} s` : `${Math.floor(least / 60)} min`}`;
}
