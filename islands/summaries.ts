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

/** One line of several modules: at each second what `fold` makes of what they know then; a module that is silent is left out. */
export function together(
  all: readonly Series[],
  of: (series: Series) => readonly number[],
  fold: (values: number[]) => number,
): { t: number[]; values: number[] } {
  const lines = all.map((series) => new Map(series.t.map((second, at) => [second, of(series)[at]!])));
  const t = [...new Set(all.flatMap((series) => series.t))].sort((one, other) => one - other);
  const at = (line: Map<number, number>, second: number) => {
    for (let back = 0; back < GOOD_S; back++) {
      const value = line.get(second - back);
      if (value !== undefined) return [value];
    }
    return [];
  };
  return { t, values: t.map((second) => fold(lines.flatMap((line) => at(line, second)))) };
}

export const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
export const most = (values: readonly number[]) => Math.max(...values);
