/** The agents of all hosts as the page knows them, asked for once a second for all islands. */
import { useEffect, useState } from "preact/hooks";
import type { ModuleName, PolicyState } from "../core/control.ts";
import type { FleetAgent } from "../core/fleet.ts";
import type { WantedState } from "../core/wanted.ts";
import { api } from "./api.ts";

const EVERY_MS = 1_000;

interface Answer {
  agents: FleetAgent[];
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
  /** Seconds since the server told of them; null = not asked yet. */
  late_s: number | null;
}

/** The agents, what is wanted of them and, when they could not be asked, why; the last answer stays. */
export function useAgents(initial: FleetAgent[]): AgentsState {
  const [state, setState] = useState<AgentsState>({
    agents: initial,
    wanted: [],
    error: null,
    late_s: null,
  });
  useEffect(() => {
    let answeredAt = performance.now();
    const listener: Listener = (answer, error) => {
      if (answer) answeredAt = performance.now();
      const late_s = (performance.now() - answeredAt) / 1000;
      setState((before) => ({ ...before, ...answer, error, late_s }));
    };
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
export const silence = (agent: FleetAgent, late_s: number | null) => agent.age_s + (late_s ?? 0);

export const isSilent = (agent: FleetAgent, late_s: number | null) =>
  late_s !== null && agent.state === "running" && silence(agent, late_s) > agent.silent_after_s;

type Icon = "run" | "part" | "kill" | "stop" | "wait" | "no";

/** Word, icon and colour of a state. */
export interface Shown {
  kind: string;
  icon: Icon;
  word: string;
}

export function stateOf(agent: FleetAgent | undefined, late_s: number | null): Shown {
  if (!agent) return { kind: "off", icon: "stop", word: "No agent" };
  if (agent.killed) return { kind: "bad", icon: "kill", word: "KILLED" };
  if (agent.error) return { kind: "bad", icon: "no", word: "Failed" };
  if (agent.state === "done") return { kind: "off", icon: "stop", word: "Ended" };
  if (isSilent(agent, late_s)) return { kind: "warn", icon: "wait", word: "Silent" };
  if (!agent.policy.running) return { kind: "off", icon: "stop", word: "Stopped" };
  if (agent.policy.throttle_pct > 0) {
    return { kind: "warn", icon: "part", word: `Throttled ${agent.policy.throttle_pct} %` };
  }
  return { kind: "ok", icon: "run", word: "Running" };
}

/** Running, stopped, throttled, silent, failed, killed: the later, the sooner it must be looked at. */
const URGENCY: readonly Icon[] = ["run", "stop", "part", "wait", "no", "kill"];

/** The state of all agents of a module: the one that most needs looking at, and of how many it is. */
export function moduleState(agents: readonly FleetAgent[], late_s: number | null): Shown {
  const states = agents.map((agent) => stateOf(agent, late_s));
  const [first, ...rest] = states;
  if (!first) return stateOf(undefined, late_s);
  const worst = rest.reduce(
    (worst, one) => URGENCY.indexOf(one.icon) > URGENCY.indexOf(worst.icon) ? one : worst,
    first,
  );
  const count = states.filter(({ word }) => word === worst.word).length;
  return agents.length === 1 ? worst : { ...worst, word: `${worst.word}, ${count} of ${agents.length}` };
}

export const ofModule = (agents: readonly FleetAgent[], module: ModuleName) =>
  agents.filter((agent) => agent.module === module);

/** The policy to begin an edit from: what all agents of a module run, or what they are wanted to. */
export function policyOf(
  agents: readonly FleetAgent[],
  wanted: WantedState | undefined,
): PolicyState | undefined {
  const [first, ...rest] = agents;
  const isSame = rest.every(({ policy_hash }) => policy_hash === first?.policy_hash);
  return isSame ? first?.policy : wanted?.policy ?? first?.policy;
}

export const MODULE_TITLES = { arbitrage: "Arbitrage", mev: "Sandwich" } as const;

/** The terms in which what is in force differs from what is wanted. */
export function drift(wanted: PolicyState, applied: PolicyState): (keyof PolicyState)[] {
  const names = Object.keys(wanted) as (keyof PolicyState)[];
  return names.filter((name) => String(wanted[name]) !== String(applied[name]));
}
