/** Answers of the routes for decisions and their figures. */
import { z } from "zod";
import type { MetricsSeries } from "../../core/decisions/metrics.ts";
import {
  array,
  count,
  counts,
  digits,
  flag,
  maybe,
  moduleName,
  number,
  object,
  one,
  record,
  text,
} from "./common.ts";
import { funnel } from "./control.ts";

const leg = object({
  slot: number(),
  index: number(),
  signature: text(),
  ix: text(),
  dex: text(),
  pool: text(),
  trader: text(),
  in_mint: text(),
  in_amount: digits,
  out_mint: text(),
  out_amount: digits,
}).meta({ id: "Leg" });
const hop = object({
  dex: text(),
  pool: text(),
  in_mint: text(),
  in_amount: digits,
  out_mint: text(),
  out_amount: digits,
  reserve_in: digits,
  reserve_out: digits,
});
const loss = object({
  signature: text(),
  mint: text(),
  out_actual: digits,
  out_without: digits,
  loss: digits,
});
const outcome = object({ landed: flag(), simulated: flag(), reason: text() });
/** As `ffi/engine/src/envelope.rs` writes it; fields that a kind of decision does not have are omitted. */
export const decision = object({
  decision_id: text(),
  rule: text(),
  kind: text(),
  tier: maybe(text()),
  gate: text(),
  classification: text(),
  slot: number(),
  event_ns: digits,
  /** An unknown feature is null; null for the whole: the decision has no features. */
  features: maybe(record(text(), maybe(number()))).optional(),
  published: flag(),
  outcome: maybe(outcome),
  attackers: array(text()).optional(),
  quote_mint: text().optional(),
  net_lamports: maybe(digits).optional(),
  net_raw: digits.optional(),
  net_mint: text().optional(),
  gross_raw: digits.optional(),
  moved_out_lamports: digits.optional(),
  funded_lamports: digits.optional(),
  fee_lamports: digits.optional(),
  tip_lamports: digits.optional(),
  tips_by_service: record(text(), digits).optional(),
  cycle: array(leg).optional(),
  front: array(leg).optional(),
  victims: array(leg).optional(),
  back: array(leg).optional(),
  victim_losses: array(loss).optional(),
  links: array(text()).optional(),
  tips: array(text()).optional(),
  failed: array(text()).optional(),
  trigger: text().optional(),
  hops: array(hop).optional(),
  target: maybe(object({ amount_in: digits, min_out: digits, out_planned: digits, out_alone: digits }))
    .optional(),
  model: text().optional(),
  score: number().optional(),
  shadow: maybe(object({ model: text(), score: number() })).optional(),
  ev: object({
    p_land: number(),
    edge_lamports: digits,
    tip_lamports: digits,
    landed_fee_lamports: digits,
    fail_cost_lamports: digits,
    ev_sol: number(),
  }).optional(),
  landing: object({ tip_quantile: number(), contention: number(), bundle_len: number() }).optional(),
  gate_terms: array(object({ term: text(), value: z.unknown(), limit: z.unknown(), passes: flag() }))
    .optional(),
  tip_ladder: array(number()).optional(),
}).meta({ id: "Decision" });
/** The fields that a table row needs. */
const brief = object({
  decision_id: text(),
  kind: text(),
  tier: maybe(text()).optional(),
  slot: number(),
  event_ns: digits,
  classification: text(),
  gate: text(),
  net_lamports: maybe(digits).optional(),
  net_raw: digits.optional(),
  net_mint: text().optional(),
  trigger: text().optional(),
  published: flag(),
  outcome: maybe(outcome),
  gate_terms: array(object({ term: text(), passes: flag() })).optional(),
  ev: object({ edge_lamports: digits, tip_lamports: digits, landed_fee_lamports: digits, p_land: number() })
    .optional(),
  attackers: array(text()).optional(),
  cycle: array(object({ signature: text() })).optional(),
}).meta({ id: "DecisionBrief" });
export const decisions = object({
  decisions: array(z.union([decision, brief])),
  next: maybe(text()).optional(),
});

const column = array(maybe(number()));
const series: z.ZodType<MetricsSeries> = object({
  t: array(number()),
  hotpath_p50: column,
  hotpath_p99: column,
  send_p99: column,
  p_land: column,
  pnl: column,
}).meta({ id: "Series" });
export const summary = object({
  module: moduleName,
  paper: z.literal(true),
  source: maybe(object({ class: one(["sim", "file", "kafka", "mixed"]), name: text() })),
  simulated: flag(),
  /** Milliseconds, like the next two. */
  hotpath_p50: maybe(number()),
  hotpath_p99: maybe(number()),
  send_p99: maybe(number()),
  landed_pct: maybe(number()),
  pnl_1h: maybe(number()),
  age_s: maybe(number()),
  funnel: maybe(funnel),
  counters: object({
    candidates: count.optional(),
    passed: count.optional(),
    published: count.optional(),
    observed_withheld: count.optional(),
    why_not: counts.optional(),
  }),
  series: series.optional(),
});
