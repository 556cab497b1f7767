/** The evidence of a decision from the API, and the row made from it. */
import type { Decision, DecisionBrief } from "./client.gen.ts";
import type { LiveRow } from "./envelope.ts";
import { grouped, lamportsToSol, short, sol } from "./format.ts";

/** A decision with its result: complete, or only the fields of a row. */
export type DecisionRow = Decision | DecisionBrief;

/** SOL after fees and tip; for a plan, what it would gain if it lands. Null: the gain is not in SOL, or not known. */
export function netSol({ ev, net_lamports }: DecisionRow): number | null {
  if (ev) {
    const lamports = BigInt(ev.edge_lamports) - BigInt(ev.tip_lamports) - BigInt(ev.landed_fee_lamports);
    return Number(lamports) / 1e9;
  }
  return lamportsToSol(net_lamports);
}

/** A net with its unit: SOL, or base units of its mint. */
export function netText(evidence: DecisionRow): string {
  const net = netSol(evidence);
  if (net !== null) return `${sol(net)} SOL`;
  const { net_raw, net_mint } = evidence;
  return net_raw === undefined
    ? "–"
    : `${otherNet(net_raw)} base units of ${short(net_mint ?? "unknown mint")}`;
}

const otherNet = (raw: string) => `${raw.startsWith("-") ? "" : "+"}${grouped(raw)}`;

/** The gate terms that refused it, in the gate's order. */
export const refusedBy = ({ gate_terms = [] }: DecisionRow): string[] =>
  gate_terms.filter(({ passes }) => !passes).map(({ term }) => term);

/** The module that made the decision. */
export const moduleOf = ({ kind }: Pick<DecisionRow, "kind">) =>
  kind.endsWith("sandwich") ? "mev" as const : "arbitrage" as const;

export function rowOf(evidence: DecisionRow): LiveRow {
  const { decision_id, kind, tier, slot, event_ns, classification, attackers, cycle, trigger, ev } = evidence;
  const module = moduleOf(evidence);
  const net = netSol(evidence);
  const { net_raw, net_mint, outcome, gate } = evidence;
  return {
    id: decision_id,
    module,
    kind,
    tier: tier ?? "",
    slot,
    at: Number(BigInt(event_ns) / 1_000_000n),
    net,
    ...(net === null && net_raw !== undefined && net_mint
      ? { other: { amount: net_raw, mint: net_mint } }
      : {}),
    pLand: ev ? ev.p_land : null,
    what: classification,
    who: module === "mev" ? attackers?.[0] ?? "" : cycle?.[0]?.signature ?? trigger ?? "",
    ...(outcome ? { landed: outcome.landed } : {}),
    ...(gate === "pass" || gate === "observed" ? {} : { refused: refusedBy(evidence) }),
  };
}
