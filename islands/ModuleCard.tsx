/** One module: its state, its agents, its commands; who killed it, when and why. */
import { useState } from "preact/hooks";
import type { ActionName, ModuleName } from "../core/control/control.ts";
import type { FleetAgent } from "../core/control/fleet.ts";
import { State } from "./_icons.tsx";
import { NoAnswer } from "./_ui.tsx";
import { MODULE_TITLES, moduleState, silence, stateOf } from "./agents.ts";
import { wordsOf } from "./api.ts";
import { confirmed } from "./Confirm.tsx";
import type { CommandAnswer } from "./client.gen.ts";
import { sendCommand } from "./commands.ts";
import { age, grouped, sol } from "./format.ts";
import { Killed } from "./Killed.tsx";
import { ModeBadges } from "./ModeBadges.tsx";
import { Receipts } from "./Receipts.tsx";
import { type Figures, pnlTime } from "./summaries.ts";

export interface CardProps {
  module: ModuleName;
  agents: FleetAgent[];
  figures: Figures;
  late_s: number | null;
  admin: boolean;
  /** Whether the viewer may read the audit. */
  audit: boolean;
  prefix: string;
}

export function ModuleCard({ module, agents, figures: { latest }, late_s, admin, audit, prefix }: CardProps) {
  const state = moduleState(agents, late_s);
  const killed = agents.some((agent) => agent.killed);
  const pnl = sol(latest.value?.pnl_1h, 4);
  const sumOf = (of: (agent: FleetAgent) => number) =>
    agents.length === 0 ? "–" : grouped(agents.reduce((total, agent) => total + of(agent), 0));
  return (
    <section class="panel" data-module={module} {...(killed ? { "data-s": "bad" } : {})}>
      <div class="panel-h">
        <h2>{MODULE_TITLES[module]}</h2>
        <div class="end">
          <ModeBadges agents={agents} />
        </div>
      </div>
      <div class="panel-b stack-3">
        <NoAnswer asked={latest} what="Figures" />
        <div class="kv-2">
          <dl class="kv left">
            <dt>State</dt>
            <dd>
              <State kind={state.kind} icon={state.icon}>{state.word}</State>
            </dd>
            <dt>{agents.length > 1 ? "Agents" : "Agent"}</dt>
            <dd class="mono">{agents.length > 1 ? agents.length : agents[0]?.instance ?? "–"}</dd>
            <dt>Model</dt>
            <dd class="mono">{shared(agents, (agent) => agent.model ?? "baseline")}</dd>
            <dt>ev_min</dt>
            <dd>{shared(agents, (agent) => `${agent.policy.ev_min} SOL`)}</dd>
          </dl>
          <dl class="kv left">
            <dt>Source</dt>
            <dd>{shared(agents, (agent) => agent.source?.name ?? "unknown")}</dd>
            <dt>PnL {pnlTime(agents)}</dt>
            <dd>{pnl === "–" ? "–" : `≈ ${pnl} SOL`}</dd>
            <dt>Transactions</dt>
            <dd>{sumOf((agent) => agent.transactions)} read</dd>
            <dt>Policy</dt>
            <dd class="mono t3">{shared(agents, (agent) => agent.policy_hash.slice(0, 6))}</dd>
          </dl>
        </div>
        {killed && (
          <Killed {...{ module, audit }} lift={admin ? `${prefix}/settings?m=${module}#kill` : null} />
        )}
        {agents.length > 1 && <Agents module={module} agents={agents} late_s={late_s} />}
        {admin && <Buttons module={module} agents={agents} prefix={prefix} />}
      </div>
    </section>
  );
}

/** The value that all agents have in common, or that they differ. */
function shared(agents: readonly FleetAgent[], of: (agent: FleetAgent) => string): string {
  const values = new Set(agents.map(of));
  return values.size > 1 ? "differ" : [...values][0] ?? "–";
}

const Agents = (
  { module, agents, late_s }: { module: ModuleName; agents: FleetAgent[]; late_s: number | null },
) => (
  <ul class="acks" aria-label={`Agents of ${MODULE_TITLES[module]}`}>
    {agents.map((agent) => {
      const { kind, icon, word } = stateOf(agent, late_s);
      return (
        <li key={agent.instance}>
          <span class="mono name">{agent.instance}</span>
          <State kind={kind} icon={icon}>{word}</State>
          <span class="t2 what">{`${age(silence(agent, late_s))} ago`}</span>
        </li>
      );
    })}
  </ul>
);

/** Describes the effect of an action before it is done. */
const question = (action: "stop" | "restart", module: ModuleName, count: number) => {
  const title = MODULE_TITLES[module].toLowerCase();
  const who = count === 1 ? "Its agent" : `Its ${count} agents`;
  return action === "stop"
    ? {
      title: `Stop ${title}?`,
      body: <p>{who} keeps watching the chain and emits nothing until someone presses Start.</p>,
      yes: `Stop ${title}`,
    }
    : {
      title: `Restart ${title}?`,
      body: (
        <p>
          {who}{" "}
          begins again; what is seen meanwhile may be missed. It emits afterwards, also if it was stopped.
        </p>
      ),
      yes: `Restart ${title}`,
    };
};

function Buttons({ module, agents, prefix }: { module: ModuleName; agents: FleetAgent[]; prefix: string }) {
  const [answer, setAnswer] = useState<CommandAnswer | string | null>(null);
  const [busy, setBusy] = useState(false);
  const send = async (action: ActionName) => {
    setBusy(true);
    try {
      setAnswer(await sendCommand(module, action, {}));
    } catch (error) {
      setAnswer(wordsOf(error));
    }
    setBusy(false);
  };
  const asked = async (action: "stop" | "restart") => {
    if (await confirmed(question(action, module, agents.length))) await send(action);
  };
  // Offers only what some agent could obey. If no agents are known here, some may exist all the same.
  const none = agents.length === 0;
  const can = {
    start: none || agents.some((agent) => !agent.killed && !agent.policy.running),
    stop: agents.some((agent) => agent.policy.running),
    restart: none || agents.some((agent) => !agent.killed),
  };
  return (
    <>
      <div class="row wrap actions-s">
        <button type="button" class="btn" disabled={busy || !can.start} onClick={() => send("start")}>
          Start
        </button>
        <button type="button" class="btn" disabled={busy || !can.stop} onClick={() => asked("stop")}>
          Stop…
        </button>
        <button type="button" class="btn" disabled={busy || !can.restart} onClick={() => asked("restart")}>
          Restart…
        </button>
        <a class="btn" href={`${prefix}/settings?m=${module}#policy`}>Policy…</a>
      </div>
      {answer !== null && typeof answer !== "string" && <Receipts answer={answer} />}
      {typeof answer === "string" && <p class="bad s" role="alert">{answer}</p>}
    </>
  );
}
