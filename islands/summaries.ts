/** The figures of both modules: the newest each second, the ten minutes behind them each ten seconds. */
import type { Funnel, ModuleName } from "../core/control.ts";
import type { MetricsSummary } from "../core/metrics.ts";
import type { FleetAgent } from "../core/fleet.ts";
import { type Asked, useAsked } from "./ask.ts";
import { age } from "./format.ts";

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

/** Agents add up their outcomes of so long, in memory. */
const PNL_S = 3_600;
/** Agents that began together tell their seconds at different moments. */
const SAME_S = 2;

/** Of which time the PnL of some agents is: the last hour's, or of an agent that began later all of its time. */
export function pnlTime(agents: readonly Pick<FleetAgent, "state" | "up_s">[]): string {
  const running = agents.filter(({ state }) => state === "running");
  const spans = (running.length > 0 ? running : agents).map(({ up_s }) => up_s ?? NaN);
  if (spans.length === 0 || spans.some(Number.isNaN)) return "of unknown time";
  const [least, longest] = [Math.min(...spans), Math.min(PNL_S, Math.max(...spans))];
  if (least >= PNL_S) return "of the last hour";
  const isSame = longest - least <= SAME_S || age(least) === age(longest);
  return isSame ? `of the last ${age(least)}` : `of the last ${age(least)} to ${age(longest)}`;
}
