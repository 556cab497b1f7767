/** The line under the bar, the same on all pages: is it alive, is it killed, does this browser see everything. */
import { useEffect, useState } from "preact/hooks";
import type { FleetAgent } from "../core/fleet.ts";
import { Icon, State } from "./_icons.tsx";
import { MODULE_TITLES, moduleState, ofModule, silence, useAgents } from "./agents.ts";
import { age, grouped } from "./format.ts";
import { listen } from "./stream.ts";
import type { StreamMessage } from "./stream_worker.ts";

export interface StatusStripProps {
  agents: FleetAgent[];
  admin: boolean;
}

const STREAM = {
  live: ["ok", "run", "Live"],
  connecting: ["warn", "wait", "Connecting"],
  lost: ["bad", "no", "Lost, trying again"],
  login: ["warn", "wait", "Logging in again"],
} as const;

export default function StatusStrip({ agents: initial, admin }: StatusStripProps) {
  const { agents, error, late_s } = useAgents(initial);
  const [stream, setStream] = useState<Pick<StreamMessage, "state" | "received" | "dropped" | "unreadable">>({
    state: "connecting",
    received: 0,
    dropped: 0,
    unreadable: 0,
  });
  useEffect(
    () =>
      listen(({ state, received, dropped, unreadable }) =>
        setStream({ state, received, dropped, unreadable })
      ),
    [],
  );
  const [kind, icon, word] = STREAM[stream.state];
  const killed = agents.some((agent) => agent.killed);
  const slot = Math.max(0, ...agents.map((agent) => agent.slot));
  const newest = agents.reduce((least, agent) => Math.min(least, silence(agent, late_s)), Infinity);
  const alarm = killed || stream.state === "lost" || error !== null ? "bad" : undefined;
  return (
    <section class="strip" aria-label="System status" {...(alarm ? { "data-s": alarm } : {})}>
      <dl>
        {(["arbitrage", "mev"] as const).map((module) => {
          const state = moduleState(ofModule(agents, module), late_s);
          return (
            <div key={module}>
              <dt>{MODULE_TITLES[module]}</dt>
              <dd>
                <span class="badge" data-s="paper">PAPER</span>
                <State kind={state.kind} icon={state.icon}>{state.word}</State>
              </dd>
            </div>
          );
        })}
        <div>
          <dt>Slot</dt>
          <dd>
            <span>{slot > 0 ? grouped(slot) : "–"}</span>
            <span class="t2">{late_s !== null && Number.isFinite(newest) ? `${age(newest)} ago` : ""}</span>
          </dd>
        </div>
        <div class="opt">
          <dt>Stream</dt>
          <dd>
            <State kind={kind} icon={icon}>{word}</State>
            <span class="t2">WS · proto · {grouped(stream.received)} received</span>
          </dd>
        </div>
        <div class="opt">
          <dt>Dropped here</dt>
          <dd>
            {grouped(stream.dropped)}
            {stream.unreadable > 0 && <span class="t2">{grouped(stream.unreadable)} unreadable</span>}
          </dd>
        </div>
        {error && (
          <div>
            <dt>Server</dt>
            <dd>
              <State kind="bad" icon="no">{error}</State>
            </dd>
          </div>
        )}
      </dl>
      {admin && (
        <button type="button" class="btn btn-d" data-open-kill aria-keyshortcuts="Shift+K">
          <Icon name="kill" />Kill…
        </button>
      )}
    </section>
  );
}
