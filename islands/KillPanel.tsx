/** The kill switch of a module: its state, the kill and the lift. */
import { useState } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import { Icon, State } from "./_icons.tsx";
import { Problem } from "./api.ts";
import { HostKill } from "./Banner.tsx";
import type { CommandAnswer } from "./client.gen.ts";
import { sendCommand } from "./commands.ts";
import { Killed } from "./Killed.tsx";
import { Receipts } from "./Receipts.tsx";
import type { CurrentUser } from "./current_user.ts";

export interface KillPanelProps {
  module: ModuleName;
  /** How many agents the module has, and how many of them are killed. */
  agents: number;
  killed: number;
  role: CurrentUser["role"];
}

/** Only an admin can kill and lift here; everyone sees the state. */
export function KillPanel({ module, agents, killed, role }: KillPanelProps) {
  const admin = role === "admin";
  return (
    <section class="panel" id="kill">
      <div class="panel-h">
        <h2>Kill switch</h2>
        <div class="end">
          {killed > 0
            ? (
              <State kind="bad" icon="kill">
                {killed < agents ? `Killed, ${killed} of ${agents}` : "Killed"}
              </State>
            )
            : <State kind="ok" icon="ok">Not killed</State>}
        </div>
      </div>
      <div class="panel-b stack-3">
        <p class="t2">
          Stops emission and submission within one event on every agent, and survives restarts.
        </p>
        {admin && (agents === 0 || killed < agents) && (
          <div class="row wrap">
            <button type="button" class="btn btn-d" data-open-kill>
              <Icon name="kill" />Kill…
            </button>
            <span class="s t2">
              or <kbd>Shift+K</kbd> anywhere
            </span>
          </div>
        )}
        {killed > 0 && <Killed module={module} audit={role !== "viewer"} lift={null} />}
        {admin && <LiftKill key={module} module={module} killed={killed > 0} />}
        <HostKill module={module} />
      </div>
    </section>
  );
}

/**
 * Lifting needs more effort than killing: a typed name and a reason. The result stays visible after the kill is lifted.
 */
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
            Type <b>{module}</b> to continue
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
