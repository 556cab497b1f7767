/** The evidence of a decision as the API gives it, and the row it makes. */
import type { Evidence } from "../core/evidence.ts";
import type { LiveRow } from "./envelope.ts";
import { lamportsToSol } from "./format.ts";

/** SOL after fees and tip; what a plan would gain when it lands. */
export function netSol({ ev, net_lamports }: Evidence): number {
  if (ev) {
    const lamports = BigInt(ev.edge_lamports) - BigInt(ev.tip_lamports) - BigInt(ev.landed_fee_lamports);
    return Number(lamports) / 1e9;
  }
  return lamportsToSol(net_lamports) ?? 0;
}

export function rowOf(evidence: Evidence): LiveRow {
  const { decision_id, kind, tier, slot, event_ns, classification, attackers, cycle, trigger, ev } = evidence;
  const module = kind.endsWith("sandwich") ? "mev" : "arbitrage";
  return {
    id: decision_id,
    module,
    kind,
    tier: tier ?? "",
    slot,
    at: Number(BigInt(event_ns) / 1_000_000n),
    net: netSol(evidence),
    pLand: ev?.p_land ?? 1,
    what: classification,
    who: module === "mev" ? attackers?.[0] ?? "" : cycle?.[0]?.signature ?? trigger ?? "",
  };
}
