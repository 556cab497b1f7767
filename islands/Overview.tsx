/** Alive? Earning or losing? Does anything need me? */
import type { ComponentChildren } from "preact";
import type { FleetAgent } from "../core/control/fleet.ts";
import { Attention } from "./Attention.tsx";
import { ofModule, useAgents } from "./agents.ts";
import type { Fetched } from "./polling.ts";
import { useClock } from "./clock.ts";
import { blindness } from "./contact.ts";
import { age, latency, percent, sol } from "./format.ts";
import { HotPath } from "./HotPath.tsx";
import { ModuleCard } from "./ModuleCard.tsx";
import { ModeBadges } from "./ModeBadges.tsx";
import { type BothFigures, most, pnlTime, sum, together, useBothFigures } from "./summaries.ts";
import { SwapsNotRead } from "./SwapsNotRead.tsx";
import { WhyNot } from "./WhyNot.tsx";
import { MODULES } from "../proto/gen/names.ts";

export interface OverviewProps {
  agents: FleetAgent[];
  admin: boolean;
  audit: boolean;
  prefix: string;
}

export default function Overview({ agents: initial, admin, audit, prefix }: OverviewProps) {
  const { agents, late_s } = useAgents(initial);
  const figures = useBothFigures();
  return (
    <>
      <Attention agents={agents} late_s={late_s} prefix={prefix} />
      <Tiles figures={figures} agents={agents} />
      <div class="g2 eq">
        {MODULES.map((module) => (
          <ModuleCard
            key={module}
            module={module}
            agents={ofModule(agents, module)}
            figures={figures[module]}
            {...{ late_s, admin, audit, prefix }}
          />
        ))}
      </div>
      <div class="g2 eq">
        {MODULES.map((module) => (
          <WhyNot
            key={module}
            module={module}
            agents={ofModule(agents, module)}
            figures={figures[module]}
            prefix={prefix}
          />
        ))}
      </div>
      <HotPath figures={figures} />
      <SwapsNotRead />
    </>
  );
}

const LATENCIES = [
  ["hotpath_p50", "Hot path P50, slower module"],
  ["hotpath_p99", "Hot path P99, slower module"],
  ["send_p99", "Log write P99, slower module"],
] as const;

/** Each number and the line under it cover the same modules. */
function Tiles({ figures, agents }: { figures: BothFigures; agents: FleetAgent[] }) {
  const all = MODULES.map((module) => figures[module].latest);
  const series = MODULES.flatMap((module) => figures[module].series.value?.series ?? []);
  const known = (of: "pnl_1h" | "hotpath_p50" | "hotpath_p99" | "send_p99") =>
    all.flatMap(({ value }) => value?.[of] ?? []);
  const pnl = known("pnl_1h");
  const time = pnlTime(agents);
  const arbitrage = figures.arbitrage.series.value?.series;
  return (
    <section class="g-tiles" aria-label="Key figures">
      <Tile
        label={<>PnL {time}, both</>}
        badges={<ModeBadges agents={agents} />}
        value={pnl.length > 0 ? `≈ ${sol(sum(pnl), 4)}` : "–"}
        unit="SOL"
        asked={all}
        values={together(series, (one) => one.pnl, sum).values}
        words={`PnL ${time}: its course over the last ten minutes`}
      />
      <Tile
        label={<>Landed, 10 min, arbitrage</>}
        badges={<ModeBadges agents={ofModule(agents, "arbitrage")} />}
        value={percent(figures.arbitrage.latest.value?.landed_pct)}
        unit=""
        asked={[figures.arbitrage.latest]}
        values={arbitrage?.p_land ?? []}
        words="Landed share of the last ten minutes"
      />
      {LATENCIES.map(([name, title]) => {
        const [value, unit] = latency(known(name).length > 0 ? most(known(name)) : null);
        return (
          <Tile
            key={name}
            label={title}
            value={value}
            unit={unit}
            asked={all}
            values={together(series, (one) => one[name], most).values}
            words={`${title} of the last ten minutes`}
          />
        );
      })}
    </section>
  );
}

interface TileProps {
  label: ComponentChildren;
  badges?: ComponentChildren;
  value: string;
  unit: string;
  /** The requests that its number comes from. */
  asked: readonly Fetched<{ age_s: number | null }>[];
  values: readonly (number | null)[];
  words: string;
}

/** An older sample is not shown as current. */
const STALE_S = 5;

function Tile({ label, badges, value, unit, asked, values, words }: TileProps) {
  const now = useClock();
  const isAsked = asked.every((one) => one.value !== undefined || one.problem !== "");
  const problem = asked.find((one) => one.problem)?.problem;
  const ages = asked.flatMap(({ value, at }) =>
    value?.age_s === null || value === undefined || at === null
      ? []
      : [value.age_s + Math.max(0, now - at) / 1000]
  );
  const blind = now === 0 ? null : blindness(now);
  const oldest = blind && ages.length > 0 ? blind.for_ms / 1000 : ages.length > 0 ? Math.max(...ages) : null;
  const stale = oldest !== null && (blind !== null || oldest > STALE_S);
  return (
    <div class={stale || problem ? "tile stale" : "tile"} {...(problem ? { title: problem } : {})}>
      <div class="lab">
        <span>{label}</span>
        <span class="row">{badges}</span>
      </div>
      <div class="val">
        {isAsked || value !== "–"
          ? (
            <>
              {value}
              <span class="unit">{unit}</span>
            </>
          )
          : <span class="skel h2 w2" role="img" aria-label="Not known yet" />}
      </div>
      {problem && oldest === null
        ? <div class="sub bad">no answer yet</div>
        : stale
        ? (
          <div class="sub bad" data-stale>
            {blind
              ? `no answer for ${age(oldest)}`
              : problem
              ? `no answer, ${age(oldest)} old`
              : `${age(oldest)} old`}
          </div>
        )
        : null}
      <Spark values={values.slice(-60)} words={words} />
    </div>
  );
}

function Spark({ values: all, words }: { values: readonly (number | null)[]; words: string }) {
  const values = all.filter((value) => value !== null);
  if (values.length < 2) return <svg class="spark" viewBox="0 0 59 26" role="img" aria-label="No line yet" />;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const y = (value: number) => (high === low ? 13 : 24 - 22 * (value - low) / (high - low)).toFixed(1);
  const step = 59 / (all.length - 1);
  // Leave a gap: a line across missing seconds would be invented.
  const path = all.map((value, at) =>
    value === null ? "" : `${(all[at - 1] ?? null) === null ? "M" : "L"}${(at * step).toFixed(1)} ${y(value)}`
  ).join("");
  return (
    <svg class="spark" viewBox="0 0 59 26" preserveAspectRatio="none" role="img" aria-label={words}>
      <path d={path} />
    </svg>
  );
}
