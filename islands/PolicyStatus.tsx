/** The desired policy beside the policy that each agent runs. */
import type { FleetAgent } from "../core/control/fleet.ts";
import { State } from "./_icons.tsx";
import { type AgentsState, drift, stateOf, termText } from "./agents.ts";

/** The desired policy beside that of each agent: a term that differs shows both values. */
export function PolicyStatus(
  { agents, wanted: desired, late_s }: Pick<AgentsState, "agents" | "wanted" | "late_s">,
) {
  return (
    <section class="panel">
      <div class="panel-h">
        <h2>Desired and in force</h2>
      </div>
      <div class="tw" tabIndex={0} role="region" aria-label="Policy desired and in force (scrollable)">
        <table>
          <caption class="sr">Policy desired and in force by agent</caption>
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
            {agents.map((one) => (
              <AgentRow
                key={one.instance}
                agent={one}
                want={desired.find(({ module }) => module === one.module)}
                late_s={late_s}
              />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface AgentRowProps {
  agent: FleetAgent;
  want: AgentsState["wanted"][number] | undefined;
  late_s: AgentsState["late_s"];
}

/** An agent, and each term that differs from the desired policy. */
function AgentRow({ agent, want, late_s }: AgentRowProps) {
  const state = stateOf(agent, late_s);
  const terms = want ? drift(want.policy, agent.policy) : [];
  return (
    <tr>
      <th scope="row" class="mono">{agent.instance}</th>
      <td>
        <State kind={state.kind} icon={state.icon}>{state.word}</State>
      </td>
      <td>
        {!want
          ? <State kind="off" icon="wait">No command yet</State>
          : terms.length === 0
          ? <State kind="ok" icon="ok">In sync</State>
          : terms.map((term) => (
            <State kind="warn" icon="no" key={term}>
              {`${term} ${termText(agent.policy, term)} ≠ ${termText(want.policy, term)}`}
            </State>
          ))}
      </td>
      <td class="mono p2">{agent.policy_hash.slice(0, 6)}</td>
      <td class="n p2">{agent.policy.throttle_pct} %</td>
      <td class="n">{agent.policy.ev_min}</td>
      <td class="p3">{agent.policy.tip_ladder.join(" ")}</td>
      <td class="mono p3">{agent.model ?? "baseline"}</td>
    </tr>
  );
}
