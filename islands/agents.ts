/** The agents as the page knows them, asked for once a second for all islands. */
import { useEffect, useState } from "preact/hooks";
import type { AgentStatus } from "../core/control.ts";
import { api } from "./api.ts";

const EVERY_MS = 1_000;
/** Seconds after which what an agent said is not its state any more. */
export const SILENT_S = 3;

type Listener = (agents: AgentStatus[], error: string | null) => void;
const listeners = new Set<Listener>();
let timer: ReturnType<typeof setInterval> | undefined;

export async function ask(): Promise<void> {
  try {
    const { agents } = await api<{ agents: AgentStatus[] }>("GET", "/api/agents");
    for (const listener of listeners) listener(agents, null);
  } catch (error) {
    for (const listener of listeners) listener([], error instanceof Error ? error.message : String(error));
  }
}

/** The agents and, when they could not be asked, why; the last answer stays. */
export function useAgents(
  initial: AgentStatus[],
): { agents: AgentStatus[]; error: string | null; now: number } {
  const [state, setState] = useState<{ agents: AgentStatus[]; error: string | null; now: number }>({
    agents: initial,
    error: null,
    now: 0,
  });
  useEffect(() => {
    const listener: Listener = (agents, error) =>
      setState((before) => ({ agents: error ? before.agents : agents, error, now: Date.now() }));
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
