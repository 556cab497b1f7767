/** How far the opportunities of the last ten minutes came, and what refused the others: the numbers add up. */
import type { Funnel, ModuleName } from "../core/control/control.ts";
import type { FleetAgent } from "../core/control/fleet.ts";
import { NoAnswer, Skeleton } from "./_ui.tsx";
import { MODULE_TITLES } from "./agents.ts";
import { grouped } from "./format.ts";
import { GATE_TERMS, gateLabel, isKept } from "./gates.ts";
import { ModeBadges } from "./ModeBadges.tsx";
import type { Figures } from "./summaries.ts";

export interface WhyNotProps {
  module: ModuleName;
  agents: FleetAgent[];
  figures: Figures;
  prefix: string;
}

export function WhyNot({ module, agents, figures: { latest }, prefix }: WhyNotProps) {
  const funnel = latest.value?.funnel;
  return (
    <section class="panel" data-funnel={module}>
      <div class="panel-h">
        <h2>Why not, {MODULE_TITLES[module].toLowerCase()}</h2>
        <ModeBadges agents={agents} />
        {funnel && <span class="s t2">opportunities of the {windowOf(funnel)}</span>}
      </div>
      <div class="panel-b stack">
        <NoAnswer asked={latest} what="Why not" />
        {funnel
          ? <Stages module={module} funnel={funnel} prefix={prefix} />
          : latest.value === undefined
          ? <Skeleton what="Why not" lines={6} />
          : (
            <p class="t2 s">
              No agent of this module counts its opportunities: either none runs, or it is an older version.
            </p>
          )}
        {agents.length > 0 && (
          <p class="s t2">
            Apart from these: {grouped(factsOf(agents))}{" "}
            observed facts: what others did on the chain since the agents started. They are not our decisions.
          </p>
        )}
      </div>
    </section>
  );
}

const windowOf = ({ window_s }: Funnel) =>
  window_s >= 120
    ? `last ${Math.min(10, Math.floor(window_s / 60))} minutes`
    : `last ${window_s} s (since the start)`;

const factsOf = (agents: readonly FleetAgent[]) =>
  agents.reduce(
    (total, { arbitrage, sandwich, wide_sandwich }) => total + arbitrage + sandwich + wide_sandwich,
    0,
  );

/** Seen, minus what each term refused first, is what passed; of that what was published and landed. */
function Stages({ module, funnel, prefix }: { module: ModuleName; funnel: Funnel; prefix: string }) {
  const terms = [
    ...Object.keys(GATE_TERMS),
    ...Object.keys(funnel.refused_first).filter((term) => !(term in GATE_TERMS)),
  ].filter((term) => (funnel.refused_first[term] ?? 0) > 0);
  const page = `${prefix}/${module === "mev" ? "sandwich" : "arbitrage"}`;
  return (
    <ol class="funnel">
      <li>
        <span class="hd">Stage</span>
        <span class="hd">share</span>
        <span class="hd r">refused</span>
        <span class="hd r">left</span>
      </li>
      <Stage label="Seen" left={funnel.seen} of={funnel.seen} stage="seen" />
      {terms.map((term) => {
        const count = funnel.refused_first[term]!;
        return (
          <li
            key={term}
            data-term={term}
            title={`${term}: ${GATE_TERMS[term]?.[1] ?? "a newer agent's term"}`}
          >
            <span>
              {gateLabel(term)} <span class="t3 hide-s">· {GATE_TERMS[term]?.[1] ?? term}</span>
            </span>
            <Bar share={count / Math.max(1, funnel.seen)} fill="fill-mute" />
            <span class="r">
              {isKept(term)
                ? (
                  <a
                    href={`${page}?gate=${term}`}
                    aria-label={`${grouped(count)} refused: ${gateLabel(term)}`}
                  >
                    {grouped(count)}
                  </a>
                )
                : (
                  <>
                    {grouped(count)} <span class="t2">counted only, not kept</span>
                  </>
                )}
            </span>
            <span class="r"></span>
          </li>
        );
      })}
      <Stage label="Passed every term" left={funnel.passed} of={funnel.seen} stage="passed" />
      {/* Published and passed are counted by two threads: published may be a moment ahead. */}
      <Stage
        label="Written to the log"
        left={Math.min(funnel.published, funnel.passed)}
        of={funnel.seen}
        stage="published"
      />
      <Stage label="Landed ≈ paper" left={funnel.landed} of={funnel.seen} stage="landed" />
    </ol>
  );
}

const Stage = ({ label, left, of, stage }: { label: string; left: number; of: number; stage: string }) => (
  <li data-stage={stage}>
    <span class="top1">{label}</span>
    <Bar share={left / Math.max(1, of)} fill="fill-ok" />
    <span class="r"></span>
    <span class="r top1">{grouped(left)}</span>
  </li>
);

const Bar = ({ share, fill }: { share: number; fill: string }) => (
  <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    <rect class="fill-inset" width="100" height="8" />
    <rect class={fill} width={Math.min(100, 100 * share).toFixed(1)} height="8" />
  </svg>
);
