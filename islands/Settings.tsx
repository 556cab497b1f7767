/** Does every agent run what I wanted? Policy, kill, transport, users and keys. */
import { useEffect, useState } from "preact/hooks";
import type { FleetAgent } from "../core/control/fleet.ts";
import { Icon } from "./_icons.tsx";
import { MODULE_TITLES, ofModule, policyOf, useAgents } from "./agents.ts";
import type { CurrentUser } from "./current_user.ts";
import { confirmed } from "./Confirm.tsx";
import { IgnoredParameters } from "./IgnoredParameters.tsx";
import { PolicyStatus } from "./PolicyStatus.tsx";
import { KillPanel } from "./KillPanel.tsx";
import { useModule } from "./module.ts";
import { People } from "./People.tsx";
import { PolicyForm, PolicyView } from "./PolicyEditor.tsx";
import { Transport } from "./Transport.tsx";
import { MODULES } from "../proto/gen/names.ts";

export interface SettingsProps {
  agents: FleetAgent[];
  viewer: CurrentUser;
}

/** Whether there are changes that were not sent; the browser then asks before the page is left. */
function useUnsent() {
  const [dirty, setDirty] = useState(false);
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: Event) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [dirty]);
  return [dirty, setDirty] as const;
}

export default function Settings({ agents: initial, viewer }: SettingsProps) {
  const { agents, wanted: desired, late_s } = useAgents(initial);
  const [dirty, setDirty] = useUnsent();
  const leave = () => (dirty ? confirmed(UNSENT) : Promise.resolve(true));
  const [module, setModule] = useModule("arbitrage", leave);
  const admin = viewer.role === "admin";
  const mine = ofModule(agents, module);
  const policy = policyOf(mine, desired.find((one) => one.module === module));
  const killed = mine.filter((agent) => agent.killed).length;
  return (
    <div class="stack-4">
      <IgnoredParameters known={["m"]} />
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
        <KillPanel module={module} agents={mine.length} killed={killed} role={viewer.role} />
      </div>
      <PolicyStatus agents={agents} wanted={desired} late_s={late_s} />
      <Transport admin={admin} />
      {viewer.role !== "viewer" && <People admin={admin} />}
    </div>
  );
}

const UNSENT = {
  title: "Discard the unsent change?",
  body: <p>What you typed has not been sent and is lost if you continue.</p>,
  yes: "Discard it",
};
