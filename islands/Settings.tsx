/** Does every agent run what I wanted? Policy, kill, transport, users and keys. */
import { useEffect, useState } from "preact/hooks";
import type { ModuleName, PolicyState } from "../core/control.ts";
import type { FleetAgent } from "../core/fleet.ts";
import { Icon, State } from "./_icons.tsx";
import { type AgentsState, drift, MODULE_TITLES, ofModule, policyOf, stateOf, useAgents } from "./agents.ts";
import { api, Problem } from "./api.ts";
import { type CommandAnswer, sendCommand } from "./commands.ts";
import type { Viewer } from "./Layout.tsx";
import { Receipts } from "./Receipts.tsx";

export interface SettingsProps {
  agents: FleetAgent[];
  viewer: Viewer;
}

export default function Settings({ agents: initial, viewer }: SettingsProps) {
  const { agents, wanted, late_s } = useAgents(initial);
  const [module, setModule] = useState<ModuleName>("arbitrage");
  useEffect(() => {
    if (new URLSearchParams(location.search).get("m") === "mev") setModule("mev");
  }, []);
  const admin = viewer.role === "admin";
  const mine = ofModule(agents, module);
  const policy = policyOf(mine, wanted.find((one) => one.module === module));
  const killed = mine.filter((agent) => agent.killed).length;
  return (
    <div class="stack-4">
      {!admin && (
        <div class="notice">
          <Icon name="skip" />
          <div class="grow s">You are {viewer.role}. An admin can send commands.</div>
        </div>
      )}
      <div class="seg" role="group" aria-label="Module">
        {(["arbitrage", "mev"] as const).map((name) => (
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
              ? <PolicyForm key={module} module={module} policy={policy} />
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
            {admin && killed > 0 && <LiftKill module={module} />}
            <div class="cmd">
              <code>legend kill {module}</code>
            </div>
          </div>
        </section>
      </div>
      <InForce agents={agents} wanted={wanted} late_s={late_s} />
      <Transport admin={admin} />
      {viewer.role !== "viewer" && <People admin={admin} />}
    </div>
  );
}

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
                          {`${term} ${one.policy[term]} ≠ ${want.policy[term]}`}
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

const PolicyView = ({ policy }: { policy: PolicyState }) => (
  <dl class="panel-b kv">
    <dt>ev_min</dt>
    <dd>{policy.ev_min} SOL</dd>
    <dt>Throttle</dt>
    <dd>{policy.throttle_pct} %</dd>
    <dt>Least score</dt>
    <dd>{policy.score_min}</dd>
    <dt>Tip ladder</dt>
    <dd>{policy.tip_ladder.join(", ")}</dd>
  </dl>
);

const FIELDS = [
  ["ev_min", "ev_min", "SOL", "Least expected value of a decision, 0..10"],
  ["throttle_pct", "Throttle", "%", "Share of decisions skipped by hash; 100 stops emission"],
  ["score_min", "Least score", "", "0..1"],
  ["tip_ladder", "Tip ladder", "", "Quantiles of recently landed tips, rising"],
] as const;
type FieldName = (typeof FIELDS)[number][0];

function PolicyForm({ module, policy }: { module: ModuleName; policy: PolicyState }) {
  const now: Record<FieldName, string> = {
    ev_min: String(policy.ev_min),
    throttle_pct: String(policy.throttle_pct),
    score_min: String(policy.score_min),
    tip_ladder: policy.tip_ladder.join(", "),
  };
  const [edited, setEdited] = useState<Partial<Record<FieldName, string>>>({});
  const [reason, setReason] = useState("");
  const [answer, setAnswer] = useState<CommandAnswer | Problem | null>(null);
  const changes = FIELDS.filter(([name]) => edited[name] !== undefined && edited[name] !== now[name]);
  const value = (name: FieldName) => {
    const text = edited[name]!.trim();
    return name === "tip_ladder"
      ? text.split(",").map((rung) => Number(rung.trim()))
      : text === ""
      ? NaN
      : Number(text);
  };
  async function send(event: Event) {
    event.preventDefault();
    const body = Object.fromEntries(changes.map(([name]) => [name, value(name)]));
    try {
      const sent = await sendCommand(module, "policy", { ...body, ...(reason ? { reason } : {}) });
      setAnswer(sent);
      if (sent.ok) setEdited({});
    } catch (error) {
      setAnswer(error instanceof Problem ? error : new Problem(0, String(error)));
    }
  }
  const problem = answer instanceof Problem ? answer : null;
  return (
    <form class="panel-b stack-3" onSubmit={send}>
      <div class="form">
        {FIELDS.map(([name, title, unit, hint]) => (
          <div class={name === "tip_ladder" ? "f full" : "f"} key={name}>
            <label for={`p-${name}`}>{title}</label>
            <div class={unit ? "in-u" : ""}>
              <input
                class="in"
                id={`p-${name}`}
                value={edited[name] ?? now[name]}
                inputMode="decimal"
                aria-describedby={`h-${name}`}
                aria-invalid={problem?.field?.startsWith(name) ?? false}
                onInput={(event) =>
                  setEdited({ ...edited, [name]: event.currentTarget.value })}
              />
              {unit && <span>{unit}</span>}
            </div>
            <span class="hint" id={`h-${name}`}>{hint}</span>
          </div>
        ))}
        <div class="f full">
          <label for="p-reason">Reason</label>
          <input
            class="in"
            id="p-reason"
            placeholder="Goes to the audit log"
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </div>
      </div>
      {changes.length > 0 && (
        <div class="stack">
          <h3>Change to be sent</h3>
          <div class="diff mono s stack">
            {changes.map(([name]) => (
              <div key={name}>
                {name} <del>{now[name]}</del> <ins>{edited[name]}</ins>
              </div>
            ))}
          </div>
        </div>
      )}
      {problem && (
        <p class="bad s" role="alert">
          {problem.detail} <span class="t3">{problem.requestId ? `req ${problem.requestId}` : ""}</span>
        </p>
      )}
      {answer && "sent" in answer && <Receipts answer={answer} />}
      <div class="row wrap">
        <button type="submit" class="btn btn-p" disabled={changes.length === 0}>Sign and send</button>
        <button type="button" class="btn" disabled={changes.length === 0} onClick={() => setEdited({})}>
          Discard
        </button>
      </div>
    </form>
  );
}

/** Lifting needs more effort than killing: the name typed, and a reason. */
function LiftKill({ module }: { module: ModuleName }) {
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const [answer, setAnswer] = useState<CommandAnswer | Problem | null>(null);
  async function lift(event: Event) {
    event.preventDefault();
    try {
      setAnswer(await sendCommand(module, "kill", { kill: false, reason }));
    } catch (error) {
      setAnswer(error instanceof Problem ? error : new Problem(0, String(error)));
    }
  }
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
      {answer && "sent" in answer && <Receipts answer={answer} />}
      {answer instanceof Problem && <p class="bad s" role="alert">{answer.detail}</p>}
    </form>
  );
}

function Transport({ admin }: { admin: boolean }) {
  const [settings, setSettings] = useState({ batch_window_ms: 20, batch_max_size: 256 });
  const [said, setSaid] = useState("");
  useEffect(() => {
    api<typeof settings>("GET", "/api/realtime/settings").then(setSettings, () => {});
  }, []);
  const save = async (event: Event) => {
    event.preventDefault();
    try {
      await api("POST", "/api/realtime/settings", settings);
      setSaid("In force.");
    } catch (error) {
      setSaid(error instanceof Problem ? error.detail : String(error));
    }
  };
  return (
    <section class="panel" id="realtime">
      <div class="panel-h">
        <h2>Transport</h2>
        <span class="s t2">how events are gathered for browsers</span>
      </div>
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
                disabled={!admin}
                value={settings[name]}
                inputMode="numeric"
                onInput={(event) => setSettings({ ...settings, [name]: Number(event.currentTarget.value) })}
              />
              <span class="hint">{hint}</span>
            </div>
          ))}
        </div>
        {admin && (
          <div class="row">
            <button type="submit" class="btn">Apply</button>
            <span class="s t2" role="status">{said}</span>
          </div>
        )}
      </form>
    </section>
  );
}

interface Users {
  users: { name: string; role: string; disabled: boolean; must_change: boolean }[];
}
interface Keys {
  keys: { id: string; label: string; scopes: string[]; expires_ms: number; revoked: boolean }[];
}

function People({ admin }: { admin: boolean }) {
  const [users, setUsers] = useState<Users["users"]>([]);
  const [keys, setKeys] = useState<Keys["keys"]>([]);
  const [made, setMade] = useState("");
  const look = () => {
    api<Users>("GET", "/api/users").then(({ users }) => setUsers(users), () => {});
    api<Keys>("GET", "/api/keys").then(({ keys }) => setKeys(keys), () => {});
  };
  useEffect(look, []);
  const act = (work: Promise<unknown>) =>
    work.then(look, (error) => setMade(error instanceof Problem ? error.detail : String(error)));
  return (
    <section class="panel" id="users">
      <div class="panel-h">
        <h2>Users and keys</h2>
        <span class="s t2">
          add users with <code>legend user add NAME ROLE</code>
        </span>
      </div>
      <div class="tw" tabIndex={0} role="region" aria-label="Users and keys, scrolls">
        <table>
          <caption class="sr">Users and keys</caption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Rights</th>
              <th scope="col">State</th>
              <th scope="col">
                <span class="sr">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {users.map((user) => (
              <tr key={user.name}>
                <th scope="row">{user.name}</th>
                <td>{user.role}</td>
                <td>{user.disabled ? "disabled" : user.must_change ? "first password" : "active"}</td>
                <td class="r">
                  {admin && (
                    <button
                      type="button"
                      class="btn btn-r"
                      onClick={() =>
                        act(api("PATCH", `/api/users/${user.name}`, { disabled: !user.disabled }))}
                    >
                      {user.disabled ? "Enable" : "Disable"}
                      <span class="sr">{` ${user.name}`}</span>
                    </button>
                  )}
                </td>
              </tr>
            ))}
            {keys.map((key) => (
              <tr key={key.id}>
                <th scope="row">
                  key {key.label} <span class="mono t3">{key.id}</span>
                </th>
                <td>{key.scopes.join(", ")}</td>
                <td>
                  {key.revoked ? "revoked" : `until ${new Date(key.expires_ms).toISOString().slice(0, 10)}`}
                </td>
                <td class="r">
                  {admin && !key.revoked && (
                    <button
                      type="button"
                      class="btn btn-r"
                      onClick={() => act(api("DELETE", `/api/keys/${key.id}`))}
                    >
                      Revoke<span class="sr">{` ${key.label}`}</span>
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {admin && (
        <div class="panel-f">
          <button
            type="button"
            class="btn"
            onClick={() =>
              act(
                api<{ key: string }>("POST", "/api/keys", { label: "page", scopes: ["read"] }).then((
                  { key },
                ) => setMade(`Shown this once: ${key}`)),
              )}
          >
            Make a read key
          </button>
          <span class="mono" role="status">{made}</span>
        </div>
      )}
    </section>
  );
}
