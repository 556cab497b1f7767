/** Does every agent run what I wanted? Policy, kill, transport, users and keys. */
import { useEffect, useState } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import type { FleetAgent } from "../core/control/fleet.ts";
import { Icon, State } from "./_icons.tsx";
import {
  type AgentsState,
  drift,
  MODULE_TITLES,
  ofModule,
  policyOf,
  stateOf,
  termText,
  useAgents,
} from "./agents.ts";
import { NoAnswer } from "./_ui.tsx";
import { type Answer, api, Problem, wordsOf } from "./api.ts";
import { useAsked } from "./ask.ts";
import type { CommandAnswer } from "./client.gen.ts";
import { sendCommand } from "./commands.ts";
import type { Viewer } from "./viewer.ts";
import { confirmed } from "./Confirm.tsx";
import { HostKill } from "./Banner.tsx";
import { Ignored } from "./Ignored.tsx";
import { Killed } from "./Killed.tsx";
import { useModule } from "./module.ts";
import { People } from "./People.tsx";
import { PolicyForm, PolicyView } from "./PolicyEditor.tsx";
import { Receipts } from "./Receipts.tsx";
import { MODULES } from "../proto/gen/names.ts";

export interface SettingsProps {
  agents: FleetAgent[];
  viewer: Viewer;
}

export default function Settings({ agents: initial, viewer }: SettingsProps) {
  const { agents, wanted, late_s } = useAgents(initial);
  const [dirty, setDirty] = useState(false);
  const leave = () => (dirty ? confirmed(UNSENT) : Promise.resolve(true));
  const [module, setModule] = useModule("arbitrage", leave);
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: Event) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [dirty]);
  const admin = viewer.role === "admin";
  const mine = ofModule(agents, module);
  const policy = policyOf(mine, wanted.find((one) => one.module === module));
  const killed = mine.filter((agent) => agent.killed).length;
  return (
    <div class="stack-4">
      <Ignored known={["m"]} />
      {!admin && (
        <div class="notice">
          <Icon name="skip" />
          <div class="grow s">You are {viewer.role}. An admin can send commands.</div>
        </div>
      )}
      <div class="seg" role="group" aria-label="Module">
        {MODULES.map((name) => (
          <button
            type="button"
            key={name}
            aria-pressed={module === name}
            onClick={() => setModule(name)}
          >
            {MODULE_TITLES[name]}
          </button>
        ))}
      </div>
      <div class="g2">
        <section class="panel" id="policy">
          <div class="panel-h">
            <h2>Policy, {MODULE_TITLES[module].toLowerCase()}</h2>
          </div>
          {policy
            ? admin
              ? <PolicyForm key={module} module={module} policy={policy} onDirty={setDirty} />
              : <PolicyView policy={policy} />
            : <p class="panel-b t2">No agent has run yet.</p>}
        </section>
        <section class="panel" id="kill">
          <div class="panel-h">
            <h2>Kill switch</h2>
            <div class="end">
              {killed > 0
                ? (
                  <State kind="bad" icon="kill">
                    {killed < mine.length ? `Killed, ${killed} of ${mine.length}` : "Killed"}
                  </State>
                )
                : <State kind="ok" icon="ok">Not killed</State>}
            </div>
          </div>
          <div class="panel-b stack-3">
            <p class="t2">
              Stops emission and submission within one event on every agent, and stays over restarts.
            </p>
            {admin && (mine.length === 0 || killed < mine.length) && (
              <div class="row wrap">
                <button type="button" class="btn btn-d" data-open-kill>
                  <Icon name="kill" />Kill…
                </button>
                <span class="s t2">
                  or <kbd>Shift+K</kbd> anywhere
                </span>
              </div>
            )}
            {killed > 0 && <Killed module={module} audit={viewer.role !== "viewer"} lift={null} />}
            {admin && <LiftKill key={module} module={module} killed={killed > 0} />}
            <HostKill module={module} />
          </div>
        </section>
      </div>
      <InForce agents={agents} wanted={wanted} late_s={late_s} />
      <Transport admin={admin} />
      {viewer.role !== "viewer" && <People admin={admin} />}
    </div>
  );
}

const UNSENT = {
  title: "Leave the change unsent?",
  body: <p>What you typed has not been sent and is lost when you go on.</p>,
  yes: "Leave it unsent",
};

/** What is wanted beside what each agent runs: a term that differs says both. */
function InForce({ agents, wanted, late_s }: Pick<AgentsState, "agents" | "wanted" | "late_s">) {
  return (
    <section class="panel">
      <div class="panel-h">
        <h2>Wanted and in force</h2>
      </div>
      <div class="tw" tabIndex={0} role="region" aria-label="Policy wanted and in force, scrolls">
        <table>
          <caption class="sr">Policy wanted and in force by agent</caption>
          <thead>
            <tr>
              <th scope="col">Agent</th>
              <th scope="col">State</th>
              <th scope="col">Drift</th>
              <th scope="col" class="p2">Hash</th>
              <th scope="col" class="n p2">Throttle</th>
              <th scope="col" class="n">
                ev_min <span class="u">SOL</span>
              </th>
              <th scope="col" class="p3">Ladder</th>
              <th scope="col" class="p3">Model</th>
            </tr>
          </thead>
          <tbody>
            {agents.map((one) => {
              const state = stateOf(one, late_s);
              const want = wanted.find(({ module }) => module === one.module);
              const terms = want ? drift(want.policy, one.policy) : [];
              return (
                <tr key={one.instance}>
                  <th scope="row" class="mono">{one.instance}</th>
                  <td>
                    <State kind={state.kind} icon={state.icon}>{state.word}</State>
                  </td>
                  <td>
                    {!want
                      ? <State kind="off" icon="wait">No command yet</State>
                      : terms.length === 0
                      ? <State kind="ok" icon="ok">As wanted</State>
                      : terms.map((term) => (
                        <State kind="warn" icon="no" key={term}>
                          {`${term} ${termText(one.policy, term)} ≠ ${termText(want.policy, term)}`}
                        </State>
                      ))}
                  </td>
                  <td class="mono p2">{one.policy_hash.slice(0, 6)}</td>
                  <td class="n p2">{one.policy.throttle_pct} %</td>
                  <td class="n">{one.policy.ev_min}</td>
                  <td class="p3">{one.policy.tip_ladder.join(" ")}</td>
                  <td class="mono p3">{one.model ?? "baseline"}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Lifting needs more effort than killing: the name typed, and a reason. What came of it stays when the kill is gone. */
function LiftKill({ module, killed }: { module: ModuleName; killed: boolean }) {
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const [answer, setAnswer] = useState<CommandAnswer | Problem | null>(null);
  async function lift(event: Event) {
    event.preventDefault();
    setAnswer(null);
    try {
      setAnswer(await sendCommand(module, "kill", { kill: false, reason }));
    } catch (error) {
      setAnswer(error instanceof Problem ? error : new Problem(0, String(error)));
    }
  }
  const outcome = (
    <>
      {answer && "sent" in answer && <Receipts answer={answer} />}
      {answer instanceof Problem && <p class="bad s" role="alert">{answer.detail}</p>}
    </>
  );
  if (!killed) return outcome;
  return (
    <form class="stack-3" onSubmit={lift}>
      <div class="form">
        <div class="f">
          <label for="lift-name">
            Type <b>{module}</b> to go on
          </label>
          <input
            class="in"
            id="lift-name"
            autocomplete="off"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </div>
        <div class="f">
          <label for="lift-reason">Reason</label>
          <input
            class="in"
            id="lift-reason"
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </div>
      </div>
      <button type="submit" class="btn" disabled={typed !== module || reason.trim() === ""}>
        Lift the kill on {module}
      </button>
      {outcome}
    </form>
  );
}

type Batching = Answer<"GET /api/realtime/settings">;

function Transport({ admin }: { admin: boolean }) {
  const asked = useAsked("GET /api/realtime/settings", {}, 0);
  const [edited, setEdited] = useState<Partial<Batching>>({});
  const [said, setSaid] = useState("");
  const settings = asked.value && { ...asked.value, ...edited };
  const save = async (event: Event) => {
    event.preventDefault();
    if (!settings) return;
    try {
      await api("POST /api/realtime/settings", { body: settings });
      setSaid("In force.");
    } catch (error) {
      setSaid(wordsOf(error));
    }
  };
  return (
    <section class="panel" id="realtime">
      <div class="panel-h">
        <h2>Transport</h2>
        <span class="s t2">how events are gathered for browsers</span>
      </div>
      <NoAnswer asked={asked} what="These settings" />
      <form class="panel-b stack-3" onSubmit={save}>
        <div class="form">
          {([["batch_window_ms", "Window", "ms, 10..25"], [
            "batch_max_size",
            "Most events in one frame",
            "1..4096",
          ]] as const).map(([name, title, hint]) => (
            <div class="f" key={name}>
              <label for={`t-${name}`}>{title}</label>
              <input
                class="in"
                id={`t-${name}`}
                disabled={!admin || !settings}
                value={settings?.[name] ?? ""}
                inputMode="numeric"
                onInput={(event) => {
                  setSaid("");
                  setEdited({ ...edited, [name]: Number(event.currentTarget.value) });
                }}
              />
              <span class="hint">{hint}</span>
            </div>
          ))}
        </div>
        {admin && (
          <div class="row">
            <button type="submit" class="btn" disabled={!settings}>Apply</button>
            <span class="s t2" role="status">{said}</span>
          </div>
        )}
      </form>
    </section>
  );
}
