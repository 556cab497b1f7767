/**
 * The evidence of a decision, as `ffi/engine/src/envelope.rs` writes it. Amounts are decimal strings.
 * `ffi/json_types_test.ts` checks real evidence against these types.
 */

export interface EvidenceLeg {
  slot: number;
  index: number;
  signature: string;
  /** The transaction's instruction, as `2`, or `2.1` for one inside it. */
  ix: string;
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
  /** The model's input by feature name; null: unknown. Null for the whole: the decision has no features. */
  features?: Record<string, number | null> | null;
  attackers?: string[];
  /** The mint in which gains are counted. */
  quote_mint?: string;
  net_lamports?: string | null;
  net_raw?: string;
  net_mint?: string;
  fee_lamports?: string;
  tip_lamports?: string;
  /** Tips of landed transactions by landing service, lamports; older versions do not separate them. */
  tips_by_service?: Record<string, string>;
  /** What the legs alone gained of `net_mint`. */
  gross_raw?: string;
  /** Arbitrage: amount sent to wallets that do not belong to the party. */
  moved_out_lamports?: string;
  /** The part of it that filled empty wallets: it is not a loss, and is not in the net. */
  funded_lamports?: string;
  cycle?: EvidenceLeg[];
  front?: EvidenceLeg[];
  victims?: EvidenceLeg[];
  back?: EvidenceLeg[];
  links?: string[];
  tips?: string[];
  failed?: string[];
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
  /** Score of the model in shadow. */
  shadow?: { model: string; score: number } | null;
  ev?: {
    p_land: number;
    edge_lamports: string;
    tip_lamports: string;
    landed_fee_lamports: string;
    fail_cost_lamports: string;
    ev_sol: number;
  };
  landing?: { tip_quantile: number; contention: number; bundle_len: number };
  /** The policy's quantiles of landed tips. */
  tip_ladder?: number[];
  gate_terms?: { term: string; value: unknown; limit: unknown; passes: boolean }[];
}
