/**
 * What the routes answer. Nothing is checked by these when the server runs: the OpenAPI file and the page's types are
 * made from them, and the tests hold real answers against them, where a field that is not here is a fault.
 */
import { z } from "zod";
import { ROLES, SCOPES } from "../core/auth/rights.ts";
import type { ApiKey, Session, User } from "../core/auth/accounts.ts";
import type { StoredEntry } from "../core/audit/chain.ts";
import type { PolicyState, Receipt } from "../core/control/control.ts";
import type { FleetAgent } from "../core/control/fleet.ts";
import type { WantedState } from "../core/control/wanted.ts";
import type { MetricsSeries } from "../core/decisions/metrics.ts";
import type { ConnectionInfo } from "../core/decisions/realtime.ts";
import type { JobsLack } from "../core/jobs/contract.ts";
import type { ModelList, ModelManifest } from "../core/models/models.ts";
import type { ShadowComparison } from "../core/models/shadow.ts";
import type { SystemHealth } from "../core/platform/system.ts";
import { JOB_STATES, schedule } from "../proto/jobs.ts";
import { MODULES } from "../proto/gen/names.ts";

const { strictObject: object, string: text, number, boolean: flag, array, enum: one, record } = z;
const maybe = <T extends z.ZodType>(type: T) => type.nullable();
/** A whole number that may be larger than JSON's: decimal digits. */
const digits = text();
const count = number();
const moduleName = one(MODULES);
const counts = record(text(), count);

export const ok = object({ ok: flag() });

// Logins, users, keys

const role = one(ROLES);
export const login = object({
  user: text(),
  role,
  must_change: flag(),
  /** Seconds. */
  expires_in: count,
  /** Tokens are for programs; the page gets cookies. */
  access_token: text().optional(),
  refresh_token: text().optional(),
});
export const me = object({ user: text(), role: role.optional(), expires: number(), must_change: flag() });
const session: z.ZodType<Session> = object({
  id: text(),
  user: text(),
  created_ms: number(),
  used_ms: number(),
  expires_ms: number(),
  agent: text(),
});
export const sessions = object({ sessions: array(session) });
const user: z.ZodType<User> = object({
  name: text(),
  role,
  must_change: flag(),
  created_ms: number(),
  disabled: flag(),
});
export const users = object({ users: array(user) });
const key: z.ZodType<ApiKey> = object({
  id: text(),
  label: text(),
  scopes: array(one(SCOPES)),
  created_by: text(),
  created_ms: number(),
  expires_ms: number(),
  revoked: flag(),
});
export const keys = object({ keys: array(key) });
export const newKey = object({ id: text(), key: text() });

// Control

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
const funnel = object({
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
/** What agents of older versions leave out is optional. */
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
const wanted: z.ZodType<WantedState> = object({ module: moduleName, policy, request_id: text() });
export const agents = object({
  agents: array(agent),
  unreadable: array(object({ module: moduleName, reason: text() })),
  wanted: array(wanted),
});

// Decisions and figures

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
/** As `ffi/engine/src/envelope.rs` writes it; what a kind of decision does not have is left out. */
export const decision = object({
  decision_id: text(),
  rule: text(),
  kind: text(),
  tier: maybe(text()),
  gate: text(),
  classification: text(),
  slot: number(),
  event_ns: digits,
  /** A feature that is not known is null; null as a whole: the decision has none. */
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
/** What a row of a table is made of. */
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
  /** Milliseconds, as the next two. */
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

// Health

export const ready = object({
  ready: flag(),
  reasons: array(object({ part: text(), ok: flag(), detail: text() })),
});
const systemShape = {
  host: text(),
  cpus: count,
  load: array(number()),
  memory: object({ total_bytes: number(), available_bytes: number(), process_bytes: number() }),
  disk: object({ free_bytes: number() }),
  descriptors: object({ open: count, limit: count }),
  host_uptime_s: number(),
  process_uptime_s: number(),
};
export const system: z.ZodType<SystemHealth & { version: string }> = object({
  version: text(),
  ...systemShape,
});
const latency = object({
  hotpath_p50: maybe(number()),
  hotpath_p99: maybe(number()),
  send_p99: maybe(number()),
  age_s: maybe(number()),
});
export const performance = object({
  modules: object({ arbitrage: latency, mev: latency }),
  store: maybe(
    object({ rows_per_s: maybe(number()), waiting: count, at_ms: number(), trouble: maybe(text()) }),
  ),
  link: maybe(object({ waiting: count, lost: count, at_ms: number(), trouble: maybe(text()) })),
  connections: maybe(object({ connections: count, connections_max: count, shut: counts })),
  streams: object({ open: count, sent: digits, dropped: digits }),
});
export const rows = object({ name: text(), rows: array(record(text(), z.unknown())) });

// Jobs

const jobShape = {
  job_id: text(),
  kind: text(),
  /** One line for people. */
  about: text(),
  state: one(JOB_STATES),
  progress: number(),
  message: text(),
  attempts: count,
  attempts_max: count,
  worker: text(),
  issuer: text(),
  args: record(text(), z.unknown()),
  created_ms: number(),
  started_ms: maybe(number()),
  ended_ms: maybe(number()),
  result: maybe(record(text(), z.unknown())),
};
export const job = object(jobShape).meta({ id: "Job" });
export const jobWithLog = object({ ...jobShape, log: array(object({ at_ms: number(), line: text() })) });
const lacks: z.ZodType<JobsLack> = object({ store: maybe(text()), engines: maybe(text()) });
export const jobs = object({ jobs: array(job), total: count, lacks });
export const jobGiven = object({ ok: flag(), job_id: text() });
export const columns = object({ type: one(["arb", "mev"]), columns: record(text(), text()) });
export const schedules = object({
  schedules: array(schedule.extend({ next_ms: maybe(number()) })),
});

// Models

const judgementShape = {
  rows: count,
  positives: count,
  auc: maybe(number()),
  pr_auc: maybe(number()),
  log_loss: number(),
  brier: number(),
  calibration_error: number(),
  curve: array(z.tuple([number(), number(), number()])),
};
const judgement = object(judgementShape).meta({ id: "Judgement" });
/** What an imported model does not say is left out. */
const model: z.ZodType<ModelManifest> = object({
  schema: text().optional(),
  version: text(),
  module: moduleName,
  sha256: text().optional(),
  bytes: number().optional(),
  refused: text().optional(),
  kind: one(["xgb", "lgbm", "torch"]).optional(),
  features: one(["default", "extended"]).optional(),
  feature_names: array(text()).optional(),
  schema_hash: text().optional(),
  dataset: object({ start: text(), end: text(), rows: count, positives: count, sha256: text() }).optional(),
  params: record(text(), z.union([number(), text()])).optional(),
  rounds: count.optional(),
  split: text().optional(),
  calibration: object({ slope: number(), offset: number() }).optional(),
  metrics: judgement.optional(),
  importance: array(number()).optional(),
  per_dex: array(
    object({ dex: text(), rows: count, positives: count, auc: maybe(number()), log_loss: number() }),
  ).optional(),
  code_version: text().optional(),
}).meta({ id: "Model" });
const modelList: z.ZodType<ModelList> = object({
  module: moduleName,
  latest: maybe(text()),
  shadow: maybe(text()),
  pinned: maybe(text()),
  models: array(model),
  history: array(object({ at_ms: number(), version: text() })),
});
export const models = object({ modules: array(modelList) });
export const comparison: z.ZodType<ShadowComparison> = object({
  module: moduleName,
  shadow: text(),
  live: text(),
  hours: number(),
  decisions: count,
  mean_difference: number(),
  passes: object({ both: count, live_only: count, shadow_only: count, neither: count }),
  judged: maybe(object({ live: judgement, shadow: judgement })),
  answered: count,
});
export const deployed = object({
  ok: flag(),
  request_id: text(),
  module: moduleName,
  version: text(),
  receipts: array(receipt),
  silent: array(text()),
});
export const shadowed = object({ ok: flag(), module: moduleName, version: text(), on: flag() });

// The live stream

export const ticket = object({ ticket: text(), expires_in: count });
const connection: z.ZodType<ConnectionInfo> = object({
  id: text(),
  user: text(),
  mode: one(["json", "proto"]),
  since_ms: number(),
  sent: digits,
  dropped: digits,
  filtered: digits,
  queued_bytes: number(),
});
export const connections = object({ connections: array(connection) });
export const settings = object({ batch_window_ms: number(), batch_max_size: number() });
/** A file of its own form. */
export const openApiFile = record(text(), z.unknown());
