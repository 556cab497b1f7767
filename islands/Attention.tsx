/**
 * What needs a person's attention; renders nothing when nothing does. Silent agents are shown in the banner of every
 * page.
 */
import type { FleetAgent } from "../core/control/fleet.ts";
import { Icon } from "./_icons.tsx";
import { isBlind, MODULE_TITLES, ofModule } from "./agents.ts";
import { grouped } from "./format.ts";

interface Item {
  kind: "bad" | "warn";
  what: string;
  detail: string;
  link?: string;
}

/** The worst problem of one agent. */
function itemOf(agent: FleetAgent, agents: readonly FleetAgent[], prefix: string): Item | null {
  const isOne = ofModule(agents, agent.module).length === 1;
  const title = isOne ? MODULE_TITLES[agent.module] : `${MODULE_TITLES[agent.module]} (${agent.instance})`;
  const settings = `${prefix}/settings?m=${agent.module}`;
  if (agent.state === "done") return null;
  if (agent.killed) {
    return {
      kind: "bad",
      what: `${title} is killed.`,
      detail: "It stays killed over restarts until an admin lifts the kill.",
      link: `${settings}#kill`,
    };
  }
  if (agent.error) return { kind: "bad", what: `${title} failed.`, detail: agent.error };
  if (agent.trouble) {
    return { kind: "bad", what: `${title} cannot publish what it finds.`, detail: agent.trouble };
  }
  if (!agent.policy.running) {
    return {
      kind: "warn",
      what: `${title} is stopped.`,
      detail: "It decides nothing until someone starts it.",
    };
  }
  if (agent.policy.throttle_pct >= 100) {
    return {
      kind: "warn",
      what: `${title} skips everything.`,
      detail: "Its throttle is 100 %: it makes no decision.",
      link: `${settings}#policy`,
    };
  }
  if (agent.dropped > 0) {
    return {
      kind: "warn",
      what: `${title} lost ${grouped(agent.dropped)} decisions since its start.`,
      detail: "It made them faster than it could write them to the log.",
    };
  }
  return null;
}

export function Attention(
  { agents, late_s, prefix }: { agents: FleetAgent[]; late_s: number | null; prefix: string },
) {
  const items = agents.map((agent) => itemOf(agent, agents, prefix)).filter((item) => item !== null)
    .sort((one, other) => Number(other.kind === "bad") - Number(one.kind === "bad"));
  if (items.length === 0 || isBlind(late_s)) return null;
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
