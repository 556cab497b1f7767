/** The slowest percent of the hot path over time, of both modules; the chosen time stands in the address. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import { NoAnswer } from "./_ui.tsx";
import { MODULE_TITLES } from "./agents.ts";
import { usePolled } from "./polling.ts";
import { Chart } from "./Chart.tsx";
import { type BothFigures } from "./summaries.ts";
import { MODULES } from "../proto/gen/names.ts";

/** Hours of the store that may be drawn; 0 = the last ten minutes, off the log. */
const RANGES = [[0, "10 min"], [6, "6 h"], [24, "24 h"], [168, "7 d"]] as const;
type Hours = (typeof RANGES)[number][0];
const STORE_EVERY_MS = 60_000;
/** While the store has no rows, as just after the first start: they come within seconds. */
const EMPTY_EVERY_MS = 5_000;
/** The store reads a week in one go. */
const STORE_LIMIT_MS = 20_000;
const MICROSECONDS = 1_000;

const rangeOfAddress = (hours: Hours) => hours === 0 ? null : `${hours}h`;

/** `?chart=24h`; anything else is the last ten minutes. */
function useRange(): [Hours, (hours: Hours) => void] {
  const [hours, setHours] = useState<Hours>(0);
  useEffect(() => {
    const read = () => {
      const asked = new URLSearchParams(location.search).get("chart");
      setHours(RANGES.find(([value]) => rangeOfAddress(value) === asked)?.[0] ?? 0);
    };
    read();
    addEventListener("popstate", read);
    return () => removeEventListener("popstate", read);
  }, []);
  return [hours, (next) => {
    setHours(next);
    const url = new URL(location.href);
    const word = rangeOfAddress(next);
    if (word) url.searchParams.set("chart", word);
    else url.searchParams.delete("chart");
    history.replaceState(history.state, "", url);
  }];
}

function useStored(module: ModuleName, hours: Hours) {
  const [isEmpty, setEmpty] = useState(false);
  const asked = usePolled(
    "GET /api/metrics/summary",
    hours === 0 ? null : { query: { module, hours } },
    isEmpty ? EMPTY_EVERY_MS : STORE_EVERY_MS,
    STORE_LIMIT_MS,
  );
  const isNowEmpty = asked.value?.series?.t.length === 0;
  useEffect(() => setEmpty(isNowEmpty), [isNowEmpty]);
  return asked;
}

export function HotPath({ figures }: { figures: BothFigures }) {
  const [hours, setHours] = useRange();
  const stored = { arbitrage: useStored("arbitrage", hours), mev: useStored("mev", hours) };
  const asked = MODULES.map((module) => hours === 0 ? figures[module].series : stored[module]);
  const series = asked.map(({ value }) => value?.series);
  const { t, lines } = useMemo(() => {
    const known = series.filter((one) => one !== undefined);
    // The modules' seconds need not be the same.
    const t = known.length === 0
      ? undefined
      : [...new Set(known.flatMap((one) => one.t))].sort((one, other) => one - other);
    const lines = MODULES.map((module, at) => {
      const values = new Map(
        series[at]?.t.map((second, at2) => [second, series[at]!.hotpath_p99[at2] ?? NaN]),
      );
      return {
        label: MODULE_TITLES[module],
        values: (t ?? []).map((second) => MICROSECONDS * (values.get(second) ?? NaN)),
      };
    });
    return { t, lines };
  }, series);
  const failed = asked.find(({ problem }) => problem);
  const range = RANGES.find(([value]) => value === hours)![1];
  return (
    <section class="panel">
      <div class="panel-h">
        <h2>Hot path P99, microseconds</h2>
        <div class="end seg" role="group" aria-label="Time shown">
          {RANGES.map(([value, title]) => (
            <button
              type="button"
              key={value}
              aria-pressed={hours === value}
              onClick={() => setHours(value)}
            >
              {title}
            </button>
          ))}
        </div>
      </div>
      <div class="panel-b">
        {failed && <NoAnswer asked={failed} what="Hot path P99" />}
        {(t !== undefined || !failed) && (
          <Chart
            t={t}
            lines={lines}
            label={`Hot path P99 of both modules over the last ${range}`}
            unit="µs"
            waiting={hours === 0
              ? "Loading the last 10 minutes."
              : `Loading the last ${range} from the store.`}
          />
        )}
      </div>
    </section>
  );
}
