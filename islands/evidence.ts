/** The evidence of a decision as the API gives it, and the row it makes. */
import type { LiveRow } from "./envelope.ts";
import { lamportsToSol } from "./format.ts";

export interface EvidenceLeg {
  slot: number;
  index: number;
  signature: string;
  dex: string;
  pool: string;
  trader: string;
  in_mint: string;
  in_amount: string;
  out_mint: string;
  out_amount: string;
}

export interface Evidence {
  decision_id: string;
  rule: string;
  kind: string;
  tier: string | null;
  gate: string;
  classification: string;
  slot: number;
  event_ns: string;
  attackers?: string[];
  net_lamports?: string | null;
  net_raw?: string;
  net_mint?: string;
  fee_lamports?: string;
  tip_lamports?: string;
  cycle?: EvidenceLeg[];
  front?: EvidenceLeg[];
  victims?: EvidenceLeg[];
  back?: EvidenceLeg[];
  victim_losses?: {
    signature: string;
    mint: string;
    out_actual: string;
    out_without: string;
    loss: string;
  }[];
  trigger?: string;
  hops?: {
    dex: string;
    pool: string;
    in_mint: string;
    in_amount: string;
    out_mint: string;
    out_amount: string;
    reserve_in: string;
    reserve_out: string;
  }[];
  target?: { amount_in: string; min_out: string; out_planned: string; out_alone: string } | null;
  model?: string;
  score?: number;
  ev?: {
    p_land: number;
    edge_lamports: string;
    tip_lamports: string;
    landed_fee_lamports: string;
    fail_cost_lamports: string;
    ev_sol: number;
  };
  landing?: { tip_quantile: number; contention: number; bundle_len: number };
  gate_terms?: { term: string; value: unknown; limit: unknown; passes: boolean }[];
}

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
