/** Alive? Earning or losing? Does anything wait for me? */
import { useEffect, useState } from "preact/hooks";
import type { ActionName, ModuleName } from "../core/control.ts";
import type { FleetAgent } from "../core/fleet.ts";
import type { MetricsSummary } from "../core/metrics.ts";
import { Icon, State } from "./_icons.tsx";
import {
  type AgentsState,
  isSilent,
  MODULE_TITLES,
  moduleState,
  ofModule,
  silence,
  stateOf,
  useAgents,
} from "./agents.ts";
import { api, Problem } from "./api.ts";
import { Chart } from "./Chart.tsx";
import { type CommandAnswer, sendCommand } from "./commands.ts";
import { age, grouped, latency, percent, sol } from "./format.ts";
import { Receipts } from "./Receipts.tsx";

export interface OverviewProps {
  agents: FleetAgent[];
  admin: boolean;
  prefix: string;
}

type Summary = MetricsSummary & { module: ModuleName };
const MODULES = ["arbitrage", "mev"] as const;
const EVERY_MS = 1_000;

type Summaries = Partial<Record<ModuleName, Summary>>;

function useSummaries(): Summaries {
  const [summaries, setSummaries] = useState<Summaries>({});
  useEffect(() => {
    const look = () =>
      MODULES.forEach((module) =>
        api<Summary>("GET", `/api/metrics/summary?module=${module}`)
          .then((summary) => setSummaries((before) => ({ ...before, [module]: summary })), () => {})
      );
    look();
    const timer = setInterval(() => document.hidden || look(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return summaries;
}

export default function Overview({ agents: initial, admin, prefix }: OverviewProps) {
  const { agents, late_s } = useAgents(initial);
  const summaries = useSummaries();
  const both = MODULES.map((module) => summaries[module]).filter((one) => one !== undefined);
  const worst = (of: (one: Summary) => number | null) =>
    both.reduce<number | null>(
      (most, one) => (of(one) === null ? most : Math.max(most ?? 0, of(one)!)),
      null,
    );
  const pnl = both.length > 0 ? both.reduce((sum, one) => sum + (one.pnl_1h ?? 0), 0) : null;
  return (
    <>
      <Attention agents={agents} late_s={late_s} prefix={prefix} />
      <section class="g-tiles" aria-label="Key figures">
        <Tile
          label="PnL, last hour ≈ paper"
          value={sol(pnl, 4)}
          unit="SOL"
          series={both[0]?.series.pnl ?? []}
          words="PnL of the last minutes"
        />
        <Tile
          label="Landed, 10 min ≈ paper"
          value={percent(summaries.arbitrage?.landed_pct)}
          unit=""
          series={summaries.arbitrage?.series.p_land ?? []}
          words="Landed share of the last minutes"
        />
        {(["hotpath_p50", "hotpath_p99", "send_p99"] as const).map((name) => {
          const [value, unit] = latency(worst((one) => one[name]));
          const title =
            { hotpath_p50: "Hot path P50", hotpath_p99: "Hot path P99", send_p99: "Log write P99" }[name];
          return (
            <Tile
              key={name}
              label={title}
              value={value}
              unit={unit}
              series={summaries.arbitrage?.series[name] ?? []}
              words={`${title} of the last minutes`}
            />
          );
        })}
      </section>
      <div class="g2 eq">
        {MODULES.map((module) => (
          <ModuleCard
            key={module}
            module={module}
            agents={ofModule(agents, module)}
            summary={summaries[module]}
            late_s={late_s}
            admin={admin}
            prefix={prefix}
          />
        ))}
      </div>
      <div class="g2 eq">
        {MODULES.map((module) => (
          <WhyNot
            key={module}
            module={module}
            agents={ofModule(agents, module)}
            prefix={prefix}
          />
        ))}
      </div>
      <HotPath live={summaries} />
    </>
  );
}

/** Hours of the store that may be drawn; 0 = the last ten minutes, off the log. */
const RANGES = [[0, "10 min"], [6, "6 h"], [24, "24 h"], [168, "7 d"]] as const;
const STORE_EVERY_MS = 60_000;

function HotPath({ live }: { live: Summaries }) {
  const [hours, setHours] = useState(0);
  const [stored, setStored] = useState<Summaries>({});
  const [problem, setProblem] = useState("");
  useEffect(() => {
    setStored({});
    setProblem("");
    if (hours === 0) return;
    const look = () =>
      Promise.all(
        MODULES.map(async (module) =>
          [module, await api<Summary>("GET", `/api/metrics/summary?module=${module}&hours=${hours}`)] as const
        ),
      ).then((all) => {
        setStored(Object.fromEntries(all));
        setProblem("");
      }, (error) => setProblem(error instanceof Problem ? error.detail : String(error)));
    look();
    const timer = setInterval(look, STORE_EVERY_MS);
    return () => clearInterval(timer);
  }, [hours]);
  const shown = hours === 0 ? live : stored;
  const t = shown.arbitrage?.series.t ?? [];
  // Off the store the modules' minutes need not be the same.
  const at = (module: ModuleName) =>
    new Map(shown[module]?.series.t.map((second, at) => [second, shown[module]!.series.hotpath_p99[at]!]));
  const values = (module: ModuleName) => {
    if (hours === 0) return shown[module]?.series.hotpath_p99 ?? [];
    const known = at(module);
    return t.map((second) => known.get(second) ?? NaN);
  };
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
        {problem ? <p class="t2" role="status">{problem}</p> : (
          <Chart
            t={t}
            lines={MODULES.map((module) => ({
              label: MODULE_TITLES[module],
              values: values(module).map((ms) => ms * 1000),
            }))}
            label={`Hot path P99 of both agents over the last ${range}, microseconds`}
          />
        )}
      </div>
    </section>
  );
}

function Attention({ agents, late_s, prefix }: Pick<AgentsState, "agents" | "late_s"> & { prefix: string }) {
  const items = agents.flatMap((agent) => {
    const isOne = ofModule(agents, agent.module).length === 1;
    const title = isOne ? MODULE_TITLES[agent.module] : `${MODULE_TITLES[agent.module]} (${agent.instance})`;
    if (agent.killed) {
      return [{
        kind: "bad",
        what: `${title} is killed.`,
        detail: "It stays so over restarts until an admin lifts it.",
        link: `${prefix}/settings#kill`,
      }];
    }
    if (agent.error) return [{ kind: "bad", what: `${title} failed.`, detail: agent.error, link: "" }];
    if (agent.trouble) {
      return [{ kind: "bad", what: `${title} cannot tell what it finds.`, detail: agent.trouble, link: "" }];
    }
    if (isSilent(agent, late_s)) {
      return [{
        kind: "warn",
        what: `${title} has said nothing for ${age(silence(agent, late_s))}.`,
        detail: agent.here
          ? "Its supervisor starts it again when it has ended."
          : "Its host is cut off, or the agent has ended there; it obeys what it missed when it is back.",
        link: "",
      }];
    }
    return agent.dropped > 0
      ? [{
        kind: "warn",
        what: `${title} lost ${grouped(agent.dropped)} decisions.`,
        detail: "Its publisher was behind.",
        link: "",
      }]
      : [];
  });
  if (items.length === 0) return null;
  return (
    <section class="stack" aria-label="Needs attention">
      {items.map(({ kind, what, detail, link }) => (
        <div class="notice" data-s={kind} key={what}>
          <Icon name="warn" />
          <div class="grow">
            <b>{what}</b> <span class="t2">{detail}</span>
          </div>
          {link && (
            <div class="end">
              <a href={link}>See</a>
            </div>
          )}
        </div>
      ))}
    </section>
  );
}

function Tile(
  { label, value, unit, series, words }: {
    label: string;
    value: string;
    unit: string;
    series: readonly number[];
    words: string;
  },
) {
  return (
    <div class="tile">
      <div class="lab">
        <span>{label}</span>
      </div>
      <div class="val">
        {value}
        <span class="unit">{unit}</span>
      </div>
      <Spark values={series.slice(-60)} words={words} />
    </div>
  );
}

function Spark({ values, words }: { values: readonly number[]; words: string }) {
  if (values.length < 2) return <svg class="spark" viewBox="0 0 59 26" role="img" aria-label="No data yet" />;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const y = (value: number) => (high === low ? 13 : 24 - 22 * (value - low) / (high - low)).toFixed(1);
  const step = 59 / (values.length - 1);
  const path = values.map((value, at) => `${at === 0 ? "M" : "L"}${(at * step).toFixed(1)} ${y(value)}`).join(
    "",
  );
  return (
    <svg class="spark" viewBox="0 0 59 26" preserveAspectRatio="none" role="img" aria-label={words}>
      <path d={path} />
    </svg>
  );
}

interface CardProps {
  module: ModuleName;
  agents: FleetAgent[];
  summary: Summary | undefined;
  late_s: number | null;
  admin: boolean;
  prefix: string;
}

function ModuleCard({ module, agents, summary, late_s, admin, prefix }: CardProps) {
  const [answer, setAnswer] = useState<CommandAnswer | Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const send = async (action: ActionName) => {
    setBusy(true);
    try {
      setAnswer(await sendCommand(module, action, {}));
    } catch (error) {
      setAnswer(error instanceof Problem ? error : new Problem(0, String(error)));
    }
    setBusy(false);
  };
  const state = moduleState(agents, late_s);
  const killed = agents.some((agent) => agent.killed);
  // What no agent could obey is not offered; without agents known here there may be some all the same.
  const none = agents.length === 0;
  const can = {
    start: none || agents.some((agent) => !agent.killed && !agent.policy.running),
    stop: agents.some((agent) => agent.policy.running),
    restart: none || agents.some((agent) => !agent.killed),
  };
  const sum = (of: (agent: FleetAgent) => number) =>
    none ? "–" : grouped(agents.reduce((total, agent) => total + of(agent), 0));
  return (
    <section class="panel" data-module={module} {...(killed ? { "data-s": "bad" } : {})}>
      <div class="panel-h">
        <h2>{MODULE_TITLES[module]}</h2>
        <div class="end">
          <span class="badge" data-s="paper" title="Nothing is submitted; outcomes are inferred">PAPER</span>
        </div>
      </div>
      <div class="panel-b stack-3">
        <div class="kv-2">
          <dl class="kv left">
            <dt>State</dt>
            <dd>
              <State kind={state.kind} icon={state.icon}>{state.word}</State>
            </dd>
            <dt>{agents.length > 1 ? "Agents" : "Agent"}</dt>
            <dd class="mono">{agents.length > 1 ? agents.length : agents[0]?.instance ?? "–"}</dd>
            <dt>ev_min</dt>
            <dd>{shared(agents, (agent) => `${agent.policy.ev_min} SOL`)}</dd>
            <dt>Policy</dt>
            <dd class="mono t3">{shared(agents, (agent) => agent.policy_hash.slice(0, 6))}</dd>
          </dl>
          <dl class="kv left">
            <dt>Emitted</dt>
            <dd>{sum((agent) => agent.published)}</dd>
            <dt>Weighed</dt>
            <dd>{sum((agent) => agent.candidates)}</dd>
            <dt>PnL, 1 h</dt>
            <dd>≈ {sol(summary?.pnl_1h, 4)} SOL</dd>
            <dt>Transactions</dt>
            <dd>{sum((agent) => agent.transactions)}</dd>
          </dl>
        </div>
        {agents.length > 1 && (
          <ul class="acks" aria-label={`Agents of ${MODULE_TITLES[module]}`}>
            {agents.map((agent) => {
              const { kind, icon, word } = stateOf(agent, late_s);
              return (
                <li key={agent.instance}>
                  <span class="mono">{agent.instance}</span>
                  <State kind={kind} icon={icon}>{word}</State>
                  <span class="t3 r">{`${age(silence(agent, late_s))} ago`}</span>
                </li>
              );
            })}
          </ul>
        )}
        {admin && (
          <div class="row wrap actions-s">
            <button
              type="button"
              class="btn"
              disabled={busy || !can.start}
              onClick={() => send("start")}
            >
              Start
            </button>
            <button type="button" class="btn" disabled={busy || !can.stop} onClick={() => send("stop")}>
              Stop
            </button>
            <button type="button" class="btn" disabled={busy || !can.restart} onClick={() => send("restart")}>
              Restart
            </button>
            <a class="btn" href={`${prefix}/settings?m=${module}#policy`}>Policy…</a>
          </div>
        )}
        {answer && "sent" in answer && <Receipts answer={answer} />}
        {answer instanceof Problem && <p class="bad s" role="alert">{answer.detail}</p>}
      </div>
    </section>
  );
}

/** What was weighed, and which terms of the gate refused how much of it. */
/** What all agents have in common, or that they differ. */
function shared(agents: readonly FleetAgent[], of: (agent: FleetAgent) => string): string {
  const values = new Set(agents.map(of));
  return values.size > 1 ? "differ" : [...values][0] ?? "–";
}

function WhyNot({ module, agents, prefix }: { module: ModuleName; agents: FleetAgent[]; prefix: string }) {
  const sum = (of: (agent: FleetAgent) => number) => agents.reduce((total, agent) => total + of(agent), 0);
  const terms = [...new Set(agents.flatMap(({ why_not }) => Object.keys(why_not)))];
  const rows = terms.map((term) => [term, sum(({ why_not }) => why_not[term] ?? 0)] as const)
    .filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
  const [candidates, passed] = [sum((agent) => agent.candidates), sum((agent) => agent.passed)];
  const most = Math.max(1, candidates);
  const page = module === "mev" ? "sandwich" : "arbitrage";
  return (
    <section class="panel">
      <div class="panel-h">
        <h2>Why not, {MODULE_TITLES[module].toLowerCase()}</h2>
        <span class="s t2">since the agent's start; one decision may fail several terms</span>
      </div>
      <div class="panel-b">
        <ol class="funnel">
          <li>
            <span class="hd">Term</span>
            <span class="hd">share</span>
            <span class="hd r"></span>
            <span class="hd r">refused</span>
          </li>
          {rows.map(([term, count]) => (
            <li key={term}>
              <span>{term}</span>
              <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect class="fill-inset" width="100" height="8" />
                <rect class="fill-a" width={Math.min(100, 100 * count / most).toFixed(1)} height="8" />
              </svg>
              <span class="r"></span>
              <span class="r">
                <a href={`${prefix}/${page}?gate=${term}`}>{grouped(count)}</a>
              </span>
            </li>
          ))}
          <li>
            <span class="top1">Passed</span>
            <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
              <rect class="fill-inset" width="100" height="8" />
              <rect
                class="fill-ok"
                width={Math.min(100, 100 * passed / most).toFixed(1)}
                height="8"
              />
            </svg>
            <span class="r">{grouped(candidates)}</span>
            <span class="r top1">{grouped(passed)}</span>
          </li>
        </ol>
      </div>
    </section>
  );
}
