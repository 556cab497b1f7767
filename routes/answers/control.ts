/** Answers of the routes for commands and agents. */
import { z } from "zod";
import type { StoredEntry } from "../../core/audit/chain.ts";
import type { PolicyState, Receipt } from "../../core/control/control.ts";
import type { FleetAgent } from "../../core/control/fleet.ts";
import type { DesiredState } from "../../core/control/desired_state.ts";
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
  text,
} from "./common.ts";

const policy: z.ZodType<PolicyState> = object({
  running: flag(),
  killed: flag(),
  throttle_pct: number(),
  ev_min: number(),
  score_min: number(),
  tip_ladder: array(number()),
  pools_deny: array(text()).optional(),
  mints_allow: array(text()).optional(),
  mints_deny: array(text()).optional(),
  liquidity_min: number().optional(),
  mint_refuse: array(one(["freeze", "delegate", "hook", "fee"])).optional(),
  unknown: one(["refuse", "pass"]).optional(),
}).meta({ id: "Policy" });
export const receipt: z.ZodType<Receipt> = object({
  request_id: text(),
  instance: text(),
  module: moduleName,
  applied: flag(),
  reason: text(),
  sequence: digits,
  policy_hash: text(),
  applied_ns: digits,
  first_event_ns: digits,
  genuine: flag(),
}).meta({ id: "Receipt" });
export const command = object({
  ok: flag(),
  request_id: text(),
  sent: array(object({
    module: moduleName,
    instance: maybe(text()),
    path: one(["socket", "disk", "signal", "kafka", "none"]),
    taken: flag(),
    receipt: maybe(receipt),
    log_error: maybe(text()),
    agent_error: maybe(text()),
  })),
}).meta({ id: "CommandAnswer" });
export const receipts = object({ request_id: text(), receipts: array(receipt) });
const entry: z.ZodType<StoredEntry> = object({
  seq: number(),
  at_ms: number(),
  who: text(),
  action: text(),
  module: text(),
  detail: text(),
  request_id: text(),
  hash: text(),
}).meta({ id: "AuditEntry" });
export const entries = object({ entries: array(entry), total: count });

const source = object({ class: one(["sim", "file", "kafka"]), name: text() });
export const funnel = object({
  window_s: number(),
  seen: count,
  fresh: count,
  weighed: count,
  passed: count,
  published: count,
  landed: count,
  refused_first: counts,
  refused_any: counts,
}).meta({ id: "Funnel" });
const tips = object({ service: text(), payments: count, lamports: digits });
const candidate = object({ account: text(), payers: count, payments: count, lamports: digits });
const missed = object({
  program: text(),
  dex: maybe(text()),
  tag: text(),
  count,
  example: text().optional(),
});
/** Fields that agents of older versions omit are optional. */
export const agent: z.ZodType<FleetAgent> = object({
  state: one(["running", "done", "failed"]),
  error: maybe(text()),
  trouble: maybe(text()),
  warnings: array(text()),
  module: moduleName,
  instance: text(),
  mode: z.literal("paper"),
  source: maybe(source),
  pid: number(),
  at_ns: digits,
  up_s: maybe(number()),
  slot: number(),
  event_ns: digits,
  policy,
  policy_hash: text(),
  killed: flag(),
  model: maybe(text()),
  shadow_model: maybe(text()),
  model_refused: maybe(object({ version: text(), reason: text() })),
  files: count,
  blocks: count,
  transactions: count,
  failed: count,
  votes: count,
  pending: count,
  malformed: count,
  unknown_version: count,
  legs: count,
  unresolved_swaps: count,
  repeated: count.optional(),
  unremembered: count.optional(),
  missed_swaps: count.optional(),
  missed_by_program: array(missed).optional(),
  tip_services: array(tips).optional(),
  tip_candidates: count.optional(),
  tip_candidate_accounts: array(candidate).optional(),
  arbitrage: count,
  sandwich: count,
  wide_sandwich: count,
  open_arbitrage: count,
  open_sandwich: count,
  candidates: count,
  passed: count,
  why_not: counts,
  observed_withheld: count,
  funnel: maybe(funnel),
  published: count,
  already_logged: count,
  evidence: count,
  outcomes: count,
  unpublished: count,
  dropped: count,
  outcomes_untold: count,
  here: flag(),
  age_s: number(),
  silent_after_s: number(),
}).meta({ id: "Agent" });
const desired: z.ZodType<DesiredState> = object({ module: moduleName, policy, request_id: text() });
export const agents = object({
  agents: array(agent),
  unreadable: array(object({ module: moduleName, reason: text() })),
  wanted: array(desired),
});
