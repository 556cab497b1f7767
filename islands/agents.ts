/** The agents as the page knows them, asked for once a second for all islands. */
import { useEffect, useState } from "preact/hooks";
import type { AgentStatus, PolicyState } from "../core/control.ts";
import type { WantedState } from "../core/wanted.ts";
import { api } from "./api.ts";

const EVERY_MS = 1_000;
/** Seconds after which what an agent said is not its state any more. */
export const SILENT_S = 3;

interface Answer {
  agents: AgentStatus[];
  wanted: WantedState[];
}
type Listener = (answer: Answer | null, error: string | null) => void;
const listeners = new Set<Listener>();
let timer: ReturnType<typeof setInterval> | undefined;

export async function ask(): Promise<void> {
  try {
    const answer = await api<Answer>("GET", "/api/agents");
    for (const listener of listeners) listener(answer, null);
  } catch (error) {
    for (const listener of listeners) listener(null, error instanceof Error ? error.message : String(error));
  }
}

export interface AgentsState extends Answer {
  error: string | null;
  /** The clock when they were asked; 0 = not yet. */
  now: number;
}

/** The agents, what is wanted of them and, when they could not be asked, why; the last answer stays. */
export function useAgents(initial: AgentStatus[]): AgentsState {
  const [state, setState] = useState<AgentsState>({ agents: initial, wanted: [], error: null, now: 0 });
  useEffect(() => {
    const listener: Listener = (answer, error) =>
      setState((before) => ({ ...before, ...answer, error, now: Date.now() }));
    listeners.add(listener);
    timer ??= setInterval(ask, EVERY_MS);
    ask();
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return state;
}

/** Seconds since the agent told its state. */
export const silence = (agent: AgentStatus, now: number) =>
  Math.max(0, now - Number(BigInt(agent.at_ns) / 1_000_000n)) / 1000;

/** Word, icon and colour of an agent's state. */
export function stateOf(
  agent: AgentStatus | undefined,
  now: number,
): { kind: string; icon: "run" | "part" | "kill" | "stop" | "wait" | "no"; word: string } {
  if (!agent) return { kind: "off", icon: "stop", word: "No agent" };
  if (agent.killed) return { kind: "bad", icon: "kill", word: "KILLED" };
  if (agent.error) return { kind: "bad", icon: "no", word: "Failed" };
  if (now > 0 && (agent.state !== "running" || silence(agent, now) > SILENT_S)) {
    return { kind: "warn", icon: "wait", word: "Silent" };
  }
  if (!agent.policy.running) return { kind: "off", icon: "stop", word: "Stopped" };
  if (agent.policy.throttle_pct > 0) {
    return { kind: "warn", icon: "part", word: `Throttled ${agent.policy.throttle_pct} %` };
  }
  return { kind: "ok", icon: "run", word: "Running" };
}

export const MODULE_TITLES = { arbitrage: "Arbitrage", mev: "Sandwich" } as const;

/** The terms in which what is in force differs from what is wanted. */
export function drift(wanted: PolicyState, applied: PolicyState): (keyof PolicyState)[] {
  const names = Object.keys(wanted) as (keyof PolicyState)[];
  return names.filter((name) => String(wanted[name]) !== String(applied[name]));
}
