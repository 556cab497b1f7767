/** The metrics of both modules: the newest every second, the last ten minutes every ten seconds. */
import type { ModuleName } from "../core/control/control.ts";
import type { FleetAgent } from "../core/control/fleet.ts";
import { useEffect, useState } from "preact/hooks";
import type { Answer } from "./api.ts";
import type { Series } from "./client.gen.ts";
import { type Fetched, NOT_FETCHED, poll, usePolled } from "./polling.ts";
import { age } from "./format.ts";

type Latest = Answer<"GET /api/metrics/summary">;

export interface Figures {
  latest: Fetched<Latest>;
  series: Fetched<{ series: Series }>;
}
export type BothFigures = Record<ModuleName, Figures>;

const LATEST_EVERY_MS = 1_000;
const SERIES_EVERY_MS = 10_000;

/** Length of a series. */
const SERIES_S = 600;
/** A second's samples may arrive this much later, so these seconds are fetched again. */
const LATE_S = 5;

/** A series extended by what came after `since`: known seconds are not fetched again. */
export function longer(known: Series, since: number, newer: Series): Series {
  const last = newer.t.at(-1) ?? known.t.at(-1) ?? 0;
  const kept = known.t.flatMap((second, at) => second <= since && second > last - SERIES_S ? [at] : []);
  const column = <T>(of: (series: Series) => readonly T[]): T[] => [
    ...kept.map((at) => of(known)[at]!),
    ...of(newer),
  ];
  return {
    t: column((series) => series.t),
    hotpath_p50: column((series) => series.hotpath_p50),
    hotpath_p99: column((series) => series.hotpath_p99),
    send_p99: column((series) => series.send_p99),
    p_land: column((series) => series.p_land),
    pnl: column((series) => series.pnl),
  };
}

/** The series of a module; each answer contains only the newest seconds. */
function useSeries(module: ModuleName): Fetched<{ series: Series }> {
  const [asked, setAsked] = useState<Fetched<{ series: Series }>>(NOT_FETCHED);
  useEffect(() => {
    let known: Series | undefined;
    let since = 0;
    let taken: unknown;
    const question = () => {
      since = (known?.t.at(-1) ?? 0) - LATE_S;
      return { query: { module, since: since > 0 ? since : undefined } };
    };
    const asking = poll("GET /api/metrics/summary", question, SERIES_EVERY_MS, (asked) => {
      const { value, at, problem } = asked;
      if (value?.series && value !== taken) known = known ? longer(known, since, value.series) : value.series;
      taken = value;
      setAsked({ value: known && { series: known }, at, problem });
    });
    return () => asking.end();
  }, [module]);
  return asked;
}

function useFigures(module: ModuleName): Figures {
  return {
    latest: usePolled("GET /api/metrics/summary", { query: { module, series: 0 } }, LATEST_EVERY_MS),
    series: useSeries(module),
  };
}

export const useBothFigures = (): BothFigures => ({
  arbitrage: useFigures("arbitrage"),
  mev: useFigures("mev"),
});

/** For how many seconds a module's sample is combined with a newer one of the other module. */
const GOOD_S = 3;

/**
 * Combines several modules into one line: for each second, `fold` of the values known then. A silent module is left
 * out; a second without values is null.
 */
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

/** Agents sum up the results of this period, in memory. */
const PNL_S = 3_600;
/** Agents that started together report their seconds at different moments. */
const SAME_S = 2;

/** The period that the PnL of some agents covers: the last hour, or the whole uptime of an agent that started later. */
export function pnlTime(agents: readonly Pick<FleetAgent, "state" | "up_s">[]): string {
  const running = agents.filter(({ state }) => state === "running");
  const spans = (running.length > 0 ? running : agents).map(({ up_s }) => up_s ?? NaN);
  if (spans.length === 0 || spans.some(Number.isNaN)) return "of an unknown period";
  const [least, longest] = [Math.min(...spans), Math.min(PNL_S, Math.max(...spans))];
  if (least >= PNL_S) return "of the last hour";
  const isSame = longest - least <= SAME_S || age(least) === age(longest);
  return isSame ? `of the last ${age(least)}` : `of the last ${age(least)} to ${age(longest)}, by agent`;
}
