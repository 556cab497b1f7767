/** The agents of all hosts as this page knows them, fetched once a second for all islands. */
import { useEffect, useState } from "preact/hooks";
import type { ModuleName, PolicyState } from "../core/control/control.ts";
import type { FleetAgent } from "../core/control/fleet.ts";
import type { Answer as ApiAnswer } from "./api.ts";
import { type Fetched, NOT_FETCHED, type Poll, poll } from "./polling.ts";
import { useClock } from "./clock.ts";
import { BLIND_MS, contact, POLL_EVERY_MS } from "./contact.ts";

type Answer = ApiAnswer<"GET /api/agents">;
type DesiredState = Answer["wanted"][number];
const listeners = new Set<(asked: Fetched<Answer>) => void>();
let polling: Poll | undefined;
let last: Fetched<Answer> = NOT_FETCHED;

/** Fetches now: a command has just been sent. */
export async function pollAgents(): Promise<void> {
  await polling?.refresh();
}

export interface AgentsState extends Pick<Answer, "agents" | "wanted"> {
  /** Why the last request got no answer; null: it was answered. */
  error: string | null;
  /** Seconds since the server's last answer about them, by this browser's clock; null = not fetched yet. */
  late_s: number | null;
}

/** The agents, their desired state and, when they could not be fetched, why; the last answer stays and ages. */
export function useAgents(initial: FleetAgent[]): AgentsState {
  const [asked, setAsked] = useState<Fetched<Answer>>(NOT_FETCHED);
  const now = useClock();
  useEffect(() => {
    listeners.add(setAsked);
    // Without the long list, which only one panel shows and fetches less often.
    polling ??= poll("GET /api/agents", { query: { brief: 1 } }, POLL_EVERY_MS, (asked) => {
      last = asked;
      for (const listener of listeners) listener(asked);
    });
    setAsked(last);
    return () => {
      listeners.delete(setAsked);
    };
  }, []);
  return {
    agents: asked.value?.agents ?? initial,
    wanted: asked.value?.wanted ?? [],
    error: asked.problem || null,
    late_s: asked.at === null ? null : Math.max(0, now - asked.at) / 1000,
  };
}

/** Seconds since the agent reported its state. */
export const silence = (agent: FleetAgent, late_s: number | null) => agent.age_s + (late_s ?? 0);

/**
 * Whether this page cannot see the agents: then it knows nothing about them, and none is called silent. Without an
 * answer about them there may still be contact with the server.
 */
export const isBlind = (late_s: number | null): boolean =>
  late_s !== null && (1000 * late_s >= BLIND_MS || contact().login_ended_at !== null);

/** An agent that the server has not heard from for too long. What only this browser misses is not the agent's fault. */
export const isSilent = (agent: FleetAgent, late_s: number | null) =>
  late_s !== null && !isBlind(late_s) && agent.state === "running" && agent.age_s > agent.silent_after_s;

type Icon = "run" | "part" | "kill" | "stop" | "wait" | "no";

/** Word, icon and colour of a state. */
export interface Shown {
  kind: string;
  icon: Icon;
  word: string;
}

export function stateOf(agent: FleetAgent | undefined, late_s: number | null): Shown {
  const known = lastStateOf(agent, late_s);
  return isBlind(late_s) ? { kind: "off", icon: "wait", word: `Unknown, was ${known.word}` } : known;
}

function lastStateOf(agent: FleetAgent | undefined, late_s: number | null): Shown {
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

/** Running, stopped, throttled, silent, failed, killed: in order of rising urgency. */
const URGENCY: readonly Icon[] = ["run", "stop", "part", "wait", "no", "kill"];

/** The state of all agents of a module: the most urgent one, and how many agents have it. */
export function moduleState(agents: readonly FleetAgent[], late_s: number | null): Shown {
  const states = agents.map((agent) => lastStateOf(agent, late_s));
  const [first, ...rest] = states;
  const shown = first ? worstOf(first, rest, states) : lastStateOf(undefined, late_s);
  return isBlind(late_s) ? { kind: "off", icon: "wait", word: `Unknown, was ${shown.word}` } : shown;
}

function worstOf(first: Shown, rest: readonly Shown[], states: readonly Shown[]): Shown {
  const worst = rest.reduce(
    (worst, one) => URGENCY.indexOf(one.icon) > URGENCY.indexOf(worst.icon) ? one : worst,
    first,
  );
  const count = states.filter(({ word }) => word === worst.word).length;
  return states.length === 1 ? worst : { ...worst, word: `${worst.word}, ${count} of ${states.length}` };
}

/** What an agent reads, and whether its decisions are submitted. Agents of older versions do not report it. */
export interface Provenance {
  /** "sim", "replay", "files", "live"; null: unknown. */
  source_class: string | null;
  source_name: string | null;
  mode: "paper" | "live" | null;
}

type Sourced = { source?: { class?: string; name?: string } | null; mode?: string };

export function provenance(agents: readonly FleetAgent[]): Provenance {
  const common = (values: (string | undefined)[]) => {
    const known = new Set(values);
    return known.size === 1 ? [...known][0] ?? null : known.size === 0 ? null : "several";
  };
  const sourced = agents as readonly (FleetAgent & Sourced)[];
  const mode = common(sourced.map(({ mode }) => mode));
  return {
    source_class: common(sourced.map(({ source }) => source?.class)),
    source_name: common(sourced.map(({ source }) => source?.name)),
    mode: mode === "paper" || mode === "live" ? mode : null,
  };
}

export const ofModule = (agents: readonly FleetAgent[], module: ModuleName) =>
  agents.filter((agent) => agent.module === module);

/** The policy from which an edit starts: what all agents of a module run, or their desired policy. */
export function policyOf(
  agents: readonly FleetAgent[],
  desired: DesiredState | undefined,
): PolicyState | undefined {
  const [first, ...rest] = agents;
  const isSame = rest.every(({ policy_hash }) => policy_hash === first?.policy_hash);
  return isSame ? first?.policy : desired?.policy ?? first?.policy;
}

export const MODULE_TITLES = { arbitrage: "Arbitrage", mev: "Sandwich" } as const;

/** The value of a gate that a policy omits: off. */
const OFF: Partial<PolicyState> = {
  pools_deny: [],
  mints_allow: [],
  mints_deny: [],
  liquidity_min: 0,
  mint_refuse: [],
  unknown: "refuse",
};

/** A term of a policy as text; an omitted term and one that is set to off give the same text. */
export function termText(policy: PolicyState, term: keyof PolicyState): string {
  return String(policy[term] ?? OFF[term]) || "none";
}

/** The terms in which the applied policy differs from the desired one. */
export function drift(desired: PolicyState, applied: PolicyState): (keyof PolicyState)[] {
  const names = [...new Set([...Object.keys(desired), ...Object.keys(applied)])] as (keyof PolicyState)[];
  return names.filter((name) => termText(desired, name) !== termText(applied, name));
}
