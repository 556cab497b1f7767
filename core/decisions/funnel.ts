/** The agents of a module taken together: their sources, their funnel. */
import type { AgentSource, AgentStatus, Funnel } from "../control/control.ts";

/** A common name for several sources; null when no agent has reported its source. */
export interface SourceSummary {
  readonly class: AgentSource["class"] | "mixed";
  readonly name: string;
}

const STAGES = ["seen", "fresh", "weighed", "passed", "published", "landed"] as const;

/** Combines the sources of some agents; null when none of them reports one. */
export function sourceOf(agents: readonly Pick<AgentStatus, "source">[]): SourceSummary | null {
  const sources = new Map(
    agents.flatMap(({ source }) => source ? [[`${source.class} ${source.name}`, source]] : []),
  );
  const [first, ...more] = sources.values();
  if (!first) return null;
  if (more.length === 0) return { class: first.class, name: first.name };
  return { class: "mixed", name: [first, ...more].map(({ name }) => name).join(", ") };
}

/** Whether any of them reads a simulated chain. */
export const isSimulated = (agents: readonly Pick<AgentStatus, "source">[]) =>
  agents.some(({ source }) => source?.class === "sim");

/** A line shown before every total. */
export function sourceLine(agents: readonly Pick<AgentStatus, "source">[]): string {
  const source = sourceOf(agents);
  const words = source ? source.name : "unknown source";
  return isSimulated(agents) ? `${words}: these figures say nothing about a market` : words;
}

/** The sum of some agents' funnels; null when none of them reports one. */
export function funnelOf(agents: readonly Pick<AgentStatus, "funnel">[]): Funnel | null {
  const funnels = agents.flatMap(({ funnel }) => funnel ?? []);
  if (funnels.length === 0) return null;
  const sum = (of: (funnel: Funnel) => number) => funnels.reduce((total, one) => total + of(one), 0);
  const byTerm = (name: "refused_first" | "refused_any") => {
    const terms = new Set(funnels.flatMap((funnel) => Object.keys(funnel[name])));
    return Object.fromEntries([...terms].map((term) => [term, sum((funnel) => funnel[name][term] ?? 0)]));
  };
  const stages = Object.fromEntries(STAGES.map((stage) => [stage, sum((funnel) => funnel[stage])]));
  return {
    ...stages as Pick<Funnel, typeof STAGES[number]>,
    window_s: Math.max(...funnels.map(({ window_s }) => window_s)),
    refused_first: byTerm("refused_first"),
    refused_any: byTerm("refused_any"),
  };
}
