/** Written by `deno task gen` from the rows in routes/; do not edit. */

export interface Agent {
  state: "running" | "done" | "failed";
  error: string | null;
  trouble: string | null;
  warnings: string[];
  module: "arbitrage" | "mev";
  instance: string;
  mode: "paper";
  source: { class: "sim" | "file" | "kafka"; name: string } | null;
  pid: number;
  at_ns: string;
  up_s: number | null;
  slot: number;
  event_ns: string;
  policy: Policy;
  policy_hash: string;
  killed: boolean;
  model: string | null;
  shadow_model: string | null;
  model_refused: { version: string; reason: string } | null;
  files: number;
  blocks: number;
  transactions: number;
  failed: number;
  votes: number;
  pending: number;
  malformed: number;
  unknown_version: number;
  legs: number;
  unresolved_swaps: number;
  repeated?: number;
  unremembered?: number;
  missed_swaps?: number;
  missed_by_program?:
    ({ program: string; dex: string | null; tag: string; count: number; example?: string })[];
  tip_services?: ({ service: string; payments: number; lamports: string })[];
  tip_candidates?: number;
  tip_candidate_accounts?: ({ account: string; payers: number; payments: number; lamports: string })[];
  arbitrage: number;
  sandwich: number;
  wide_sandwich: number;
  open_arbitrage: number;
  open_sandwich: number;
  candidates: number;
  passed: number;
  why_not: Record<string, number>;
  observed_withheld: number;
  funnel: Funnel | null;
  published: number;
  already_logged: number;
  evidence: number;
  outcomes: number;
  unpublished: number;
  dropped: number;
  outcomes_untold: number;
  here: boolean;
  age_s: number;
  silent_after_s: number;
}
export interface AuditEntry {
  seq: number;
  at_ms: number;
  who: string;
  action: string;
  module: string;
  detail: string;
  request_id: string;
  hash: string;
}
export interface CommandAnswer {
  ok: boolean;
  request_id: string;
  sent: ({
    module: "arbitrage" | "mev";
    instance: string | null;
    path: "socket" | "disk" | "signal" | "kafka" | "none";
    taken: boolean;
    receipt: Receipt | null;
    log_error: string | null;
    agent_error: string | null;
  })[];
}
export interface Decision {
  decision_id: string;
  rule: string;
  kind: string;
  tier: string | null;
  gate: string;
  classification: string;
  slot: number;
  event_ns: string;
  features?: Record<string, number | null> | null;
  published: boolean;
  outcome: { landed: boolean; simulated: boolean; reason: string } | null;
  attackers?: string[];
  quote_mint?: string;
  net_lamports?: string | null;
  net_raw?: string;
  net_mint?: string;
  gross_raw?: string;
  moved_out_lamports?: string;
  funded_lamports?: string;
  fee_lamports?: string;
  tip_lamports?: string;
  tips_by_service?: Record<string, string>;
  cycle?: Leg[];
  front?: Leg[];
  victims?: Leg[];
  back?: Leg[];
  victim_losses?:
    ({ signature: string; mint: string; out_actual: string; out_without: string; loss: string })[];
  links?: string[];
  tips?: string[];
  failed?: string[];
  trigger?: string;
  hops?: ({
    dex: string;
    pool: string;
    in_mint: string;
    in_amount: string;
    out_mint: string;
    out_amount: string;
    reserve_in: string;
    reserve_out: string;
  })[];
  target?: { amount_in: string; min_out: string; out_planned: string; out_alone: string } | null;
  model?: string;
  score?: number;
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
  gate_terms?: ({ term: string; value: unknown; limit: unknown; passes: boolean })[];
  tip_ladder?: number[];
}
export interface DecisionBrief {
  decision_id: string;
  kind: string;
  tier?: string | null;
  slot: number;
  event_ns: string;
  classification: string;
  gate: string;
  net_lamports?: string | null;
  net_raw?: string;
  net_mint?: string;
  trigger?: string;
  published: boolean;
  outcome: { landed: boolean; simulated: boolean; reason: string } | null;
  gate_terms?: ({ term: string; passes: boolean })[];
  ev?: { edge_lamports: string; tip_lamports: string; landed_fee_lamports: string; p_land: number };
  attackers?: string[];
  cycle?: ({ signature: string })[];
}
export interface Funnel {
  window_s: number;
  seen: number;
  fresh: number;
  weighed: number;
  passed: number;
  published: number;
  landed: number;
  refused_first: Record<string, number>;
  refused_any: Record<string, number>;
}
export interface Job {
  job_id: string;
  kind: string;
  about: string;
  state: "queued" | "running" | "done" | "error" | "cancelled";
  progress: number;
  message: string;
  attempts: number;
  attempts_max: number;
  worker: string;
  issuer: string;
  args: Record<string, unknown>;
  created_ms: number;
  started_ms: number | null;
  ended_ms: number | null;
  result: Record<string, unknown> | null;
}
export interface Judgement {
  rows: number;
  positives: number;
  auc: number | null;
  pr_auc: number | null;
  log_loss: number;
  brier: number;
  calibration_error: number;
  curve: ([number, number, number])[];
}
export interface Leg {
  slot: number;
  index: number;
  signature: string;
  ix: string;
  dex: string;
  pool: string;
  trader: string;
  in_mint: string;
  in_amount: string;
  out_mint: string;
  out_amount: string;
}
export interface Model {
  schema?: string;
  version: string;
  module: "arbitrage" | "mev";
  sha256?: string;
  bytes?: number;
  refused?: string;
  kind?: "xgb" | "lgbm" | "torch";
  features?: "default" | "extended";
  feature_names?: string[];
  schema_hash?: string;
  dataset?: { start: string; end: string; rows: number; positives: number; sha256: string };
  params?: Record<string, number | string>;
  rounds?: number;
  split?: string;
  calibration?: { slope: number; offset: number };
  metrics?: Judgement;
  importance?: number[];
  per_dex?: ({ dex: string; rows: number; positives: number; auc: number | null; log_loss: number })[];
  code_version?: string;
}
export interface Policy {
  running: boolean;
  killed: boolean;
  throttle_pct: number;
  ev_min: number;
  score_min: number;
  tip_ladder: number[];
  pools_deny?: string[];
  mints_allow?: string[];
  mints_deny?: string[];
  liquidity_min?: number;
  mint_refuse?: ("freeze" | "delegate" | "hook" | "fee")[];
  unknown?: "refuse" | "pass";
}
export interface Receipt {
  request_id: string;
  instance: string;
  module: "arbitrage" | "mev";
  applied: boolean;
  reason: string;
  sequence: string;
  policy_hash: string;
  applied_ns: string;
  first_event_ns: string;
  genuine: boolean;
}
export interface Series {
  t: number[];
  hotpath_p50: (number | null)[];
  hotpath_p99: (number | null)[];
  send_p99: (number | null)[];
  p_land: (number | null)[];
  pnl: (number | null)[];
}

/** What each route of the API takes and answers. */
export interface Api {
  "POST /api/auth/login": {
    body: { user: string; password: string };
    answer: {
      user: string;
      role: "admin" | "auditor" | "viewer";
      must_change: boolean;
      expires_in: number;
      access_token?: string;
      refresh_token?: string;
    };
  };
  "POST /api/auth/refresh": {
    body: { refresh_token?: string };
    answer: {
      user: string;
      role: "admin" | "auditor" | "viewer";
      must_change: boolean;
      expires_in: number;
      access_token?: string;
      refresh_token?: string;
    };
  };
  "POST /api/auth/logout": { answer: { ok: boolean } };
  "POST /api/auth/password": { body: { current: string; next: string }; answer: { ok: boolean } };
  "GET /api/auth/me": {
    answer: { user: string; role?: "admin" | "auditor" | "viewer"; expires: number; must_change: boolean };
  };
  "GET /api/auth/sessions": {
    answer: {
      sessions: ({
        id: string;
        user: string;
        created_ms: number;
        used_ms: number;
        expires_ms: number;
        agent: string;
      })[];
    };
  };
  "DELETE /api/auth/sessions/:id": { params: { id: string }; answer: { ok: boolean } };
  "GET /api/users": {
    answer: {
      users: ({
        name: string;
        role: "admin" | "auditor" | "viewer";
        must_change: boolean;
        created_ms: number;
        disabled: boolean;
      })[];
    };
  };
  "POST /api/users": {
    body: { name: string; role: "admin" | "auditor" | "viewer"; password: string };
    answer: { ok: boolean };
  };
  "PATCH /api/users/:name": {
    params: { name: string };
    body: { role?: "admin" | "auditor" | "viewer"; disabled?: boolean };
    answer: { ok: boolean };
  };
  "GET /api/keys": {
    answer: {
      keys: ({
        id: string;
        label: string;
        scopes: ("read" | "control" | "jobs" | "models" | "config" | "metrics")[];
        created_by: string;
        created_ms: number;
        expires_ms: number;
        revoked: boolean;
      })[];
    };
  };
  "POST /api/keys": {
    body: {
      label: string;
      scopes: readonly ("read" | "control" | "jobs" | "models" | "config" | "metrics")[];
      days?: number;
    };
    answer: { id: string; key: string };
  };
  "DELETE /api/keys/:id": { params: { id: string }; answer: { ok: boolean } };
  "POST /api/control/module/:target": {
    params: { target: string };
    query?: { wait?: string | number };
    body: {
      throttle_pct?: number;
      ev_min?: number;
      score_min?: number;
      tip_ladder?: readonly number[];
      pools_deny?: readonly string[];
      mints_allow?: readonly string[];
      mints_deny?: readonly string[];
      liquidity_min?: number;
      mint_refuse?: readonly ("freeze" | "delegate" | "hook" | "fee")[];
      unknown?: "refuse" | "pass";
      kill?: boolean;
      reason?: string;
      request_id?: string;
    };
    answer: CommandAnswer;
  };
  "POST /api/policy/update": {
    query?: { wait?: string | number };
    body: {
      throttle_pct?: number;
      ev_min?: number;
      score_min?: number;
      tip_ladder?: readonly number[];
      pools_deny?: readonly string[];
      mints_allow?: readonly string[];
      mints_deny?: readonly string[];
      liquidity_min?: number;
      mint_refuse?: readonly ("freeze" | "delegate" | "hook" | "fee")[];
      unknown?: "refuse" | "pass";
      reason?: string;
      module: "arbitrage" | "mev";
    };
    answer: CommandAnswer;
  };
  "POST /api/control/policy": {
    query?: { wait?: string | number };
    body: {
      throttle_pct?: number;
      ev_min?: number;
      score_min?: number;
      tip_ladder?: readonly number[];
      pools_deny?: readonly string[];
      mints_allow?: readonly string[];
      mints_deny?: readonly string[];
      liquidity_min?: number;
      mint_refuse?: readonly ("freeze" | "delegate" | "hook" | "fee")[];
      unknown?: "refuse" | "pass";
      reason?: string;
      module: "arbitrage" | "mev";
    };
    answer: CommandAnswer;
  };
  "POST /api/control/command": {
    query?: { wait?: string | number };
    body: {
      module: "arbitrage" | "mev";
      action: "start" | "stop" | "restart" | "throttle" | "policy" | "kill";
      args?: {
        throttle_pct?: number;
        ev_min?: number;
        score_min?: number;
        tip_ladder?: readonly number[];
        pools_deny?: readonly string[];
        mints_allow?: readonly string[];
        mints_deny?: readonly string[];
        liquidity_min?: number;
        mint_refuse?: readonly ("freeze" | "delegate" | "hook" | "fee")[];
        unknown?: "refuse" | "pass";
        kill?: boolean;
        reason?: string;
        request_id?: string;
      };
    };
    answer: CommandAnswer;
  };
  "POST /api/control/kill-switch": {
    query?: { wait?: string | number };
    body: { module: "arbitrage" | "mev" | "all"; reason?: string; request_id?: string };
    answer: CommandAnswer;
  };
  "GET /api/control/commands/:request_id": {
    params: { request_id: string };
    answer: { request_id: string; receipts: Receipt[] };
  };
  "GET /api/control/audit-log": {
    query?: {
      limit?: string | number;
      before?: string | number;
      who?: string | number;
      action?: string | number;
    };
    answer: { entries: AuditEntry[]; total: number };
  };
  "GET /api/agents": {
    query?: { brief?: string | number };
    answer: {
      agents: Agent[];
      unreadable: ({ module: "arbitrage" | "mev"; reason: string })[];
      wanted: ({ module: "arbitrage" | "mev"; policy: Policy; request_id: string })[];
    };
  };
  "GET /api/health": { answer: { ok: boolean } };
  "GET /api/health/metrics/system": {
    answer: {
      version: string;
      host: string;
      cpus: number;
      load: number[];
      memory: { total_bytes: number; available_bytes: number; process_bytes: number };
      disk: { free_bytes: number };
      descriptors: { open: number; limit: number };
      host_uptime_s: number;
      process_uptime_s: number;
    };
  };
  "GET /api/health/metrics/performance": {
    answer: {
      modules: {
        arbitrage: {
          hotpath_p50: number | null;
          hotpath_p99: number | null;
          send_p99: number | null;
          age_s: number | null;
        };
        mev: {
          hotpath_p50: number | null;
          hotpath_p99: number | null;
          send_p99: number | null;
          age_s: number | null;
        };
      };
      store: { rows_per_s: number | null; waiting: number; at_ms: number; trouble: string | null } | null;
      link: { waiting: number; lost: number; at_ms: number; trouble: string | null } | null;
      connections: { connections: number; connections_max: number; shut: Record<string, number> } | null;
      streams: { open: number; sent: string; dropped: string };
    };
  };
  "GET /api/decisions": {
    query?: {
      ids?: string | number;
      limit?: string | number;
      kind?: "arbitrage" | "open_arbitrage" | "sandwich" | "wide_sandwich" | "open_sandwich";
      module?: "arbitrage" | "mev";
      gate?:
        | "pass"
        | "observed"
        | "killed"
        | "stopped"
        | "throttled"
        | "score_min"
        | "ev_positive"
        | "ev_min"
        | "fee_share"
        | "slippage"
        | "state_age"
        | "pools_deny"
        | "mints_deny"
        | "mints_allow"
        | "liquidity_min"
        | "liquidity_unknown"
        | "mint_freeze"
        | "mint_delegate"
        | "mint_hook"
        | "mint_fee"
        | "mint_unknown";
      published?: "true" | "false";
      before?: string | number;
      brief?: string | number;
    };
    answer: { decisions: (Decision | DecisionBrief)[]; next?: string | null };
  };
  "GET /api/decisions/:id": { params: { id: string }; answer: Decision };
  "GET /api/metrics/summary": {
    query?: {
      module?: "arbitrage" | "mev";
      hours?: string | number;
      series?: string | number;
      since?: string | number;
    };
    answer: {
      module: "arbitrage" | "mev";
      paper: true;
      source: { class: "sim" | "file" | "kafka" | "mixed"; name: string } | null;
      simulated: boolean;
      hotpath_p50: number | null;
      hotpath_p99: number | null;
      send_p99: number | null;
      landed_pct: number | null;
      pnl_1h: number | null;
      age_s: number | null;
      funnel: Funnel | null;
      counters: {
        candidates?: number;
        passed?: number;
        published?: number;
        observed_withheld?: number;
        why_not?: Record<string, number>;
      };
      series?: Series;
    };
  };
  "GET /api/health/ready": {
    answer: { ready: boolean; reasons: ({ part: string; ok: boolean; detail: string })[] };
  };
  "POST /api/clickhouse/query": {
    body: { name: string; params?: Record<string, string | number> };
    answer: { name: string; rows: (Record<string, unknown>)[] };
  };
  "POST /api/datasets/scrape": {
    body: {
      start: number | string;
      end: number | string;
      types?: readonly ("arb" | "mev")[];
      dex?: readonly (
        | "alphaq"
        | "aquifer"
        | "bisonfi"
        | "fluxbeam"
        | "goonfi"
        | "goonfi_v2"
        | "humidifi"
        | "invariant"
        | "lifinity_v2"
        | "meteora_damm_v1"
        | "meteora_damm_v2"
        | "meteora_dbc"
        | "meteora_dlmm"
        | "obric_v2"
        | "openbook_v2"
        | "orca_whirlpool"
        | "phoenix"
        | "pump_fun"
        | "pump_swap"
        | "raydium_amm_v4"
        | "raydium_clmm"
        | "raydium_cpmm"
        | "raydium_launchlab"
        | "solfi"
        | "solfi_v2"
        | "tessera"
        | "zerofi"
      )[];
      format?: "parquet" | "jsonl";
      compress?: "zstd" | "gzip" | "none";
      output: string;
    };
    answer: { ok: boolean; job_id: string };
  };
  "POST /api/datasets/export": {
    body: {
      start: number | string;
      end: number | string;
      types?: readonly ("arb" | "mev")[];
      dex?: readonly (
        | "alphaq"
        | "aquifer"
        | "bisonfi"
        | "fluxbeam"
        | "goonfi"
        | "goonfi_v2"
        | "humidifi"
        | "invariant"
        | "lifinity_v2"
        | "meteora_damm_v1"
        | "meteora_damm_v2"
        | "meteora_dbc"
        | "meteora_dlmm"
        | "obric_v2"
        | "openbook_v2"
        | "orca_whirlpool"
        | "phoenix"
        | "pump_fun"
        | "pump_swap"
        | "raydium_amm_v4"
        | "raydium_clmm"
        | "raydium_cpmm"
        | "raydium_launchlab"
        | "solfi"
        | "solfi_v2"
        | "tessera"
        | "zerofi"
      )[];
      format?: "parquet" | "jsonl";
      compress?: "zstd" | "gzip" | "none";
      output: string;
    };
    answer: { ok: boolean; job_id: string };
  };
  "GET /api/datasets/status/:id": { params: { id: string }; answer: Job };
  "GET /api/datasets/export/:id": { params: { id: string }; answer: Job };
  "POST /api/training/start": {
    body: {
      module: "arbitrage" | "mev";
      features?: "default" | "extended";
      model?: "xgb" | "lgbm" | "torch";
      gpu?: boolean;
      params?: {
        max_depth?: number;
        learning_rate?: number;
        n_estimators?: number;
        subsample?: number;
        colsample?: number;
        lambda?: number;
        seed?: number;
      };
      promote?: "never" | "if_better" | "shadow";
      range: { start: number | string; end: number | string };
    };
    answer: { ok: boolean; job_id: string };
  };
  "POST /api/training/train": {
    body: {
      module: "arbitrage" | "mev";
      features?: "default" | "extended";
      model?: "xgb" | "lgbm" | "torch";
      gpu?: boolean;
      params?: {
        max_depth?: number;
        learning_rate?: number;
        n_estimators?: number;
        subsample?: number;
        colsample?: number;
        lambda?: number;
        seed?: number;
      };
      promote?: "never" | "if_better" | "shadow";
      range: { start: number | string; end: number | string };
    };
    answer: { ok: boolean; job_id: string };
  };
  "GET /api/training/status/:id": { params: { id: string }; answer: Job };
  "GET /api/training/jobs/:id": { params: { id: string }; answer: Job };
  "GET /api/datasets/schema/:type": {
    params: { type: string };
    answer: { type: "arb" | "mev"; columns: Record<string, string> };
  };
  "GET /api/jobs": {
    query?: {
      kind?: "scrape" | "train";
      state?: "queued" | "running" | "done" | "error" | "cancelled";
      page?: "datasets" | "training";
    };
    answer: { jobs: Job[]; total: number; lacks: { store: string | null; engines: string | null } };
  };
  "GET /api/jobs/:id": {
    params: { id: string };
    answer: {
      job_id: string;
      kind: string;
      about: string;
      state: "queued" | "running" | "done" | "error" | "cancelled";
      progress: number;
      message: string;
      attempts: number;
      attempts_max: number;
      worker: string;
      issuer: string;
      args: Record<string, unknown>;
      created_ms: number;
      started_ms: number | null;
      ended_ms: number | null;
      result: Record<string, unknown> | null;
      log: ({ at_ms: number; line: string })[];
    };
  };
  "POST /api/jobs/:id/cancel": {
    params: { id: string };
    body: Record<string, never>;
    answer: { ok: boolean; job_id: string };
  };
  "POST /api/jobs/:id/retry": {
    params: { id: string };
    body: Record<string, never>;
    answer: { ok: boolean; job_id: string };
  };
  "GET /api/schedules": {
    answer: {
      schedules: ({
        name: string;
        cron: string;
        enabled: boolean;
        kind: string;
        days: number;
        args: Record<string, unknown>;
        next_ms: number | null;
      })[];
    };
  };
  "PUT /api/schedules": {
    body: {
      schedules: readonly ({
        name: string;
        cron: string;
        enabled?: boolean;
        kind: "scrape";
        days?: number;
        args: {
          types?: readonly ("arb" | "mev")[];
          dex?: readonly (
            | "alphaq"
            | "aquifer"
            | "bisonfi"
            | "fluxbeam"
            | "goonfi"
            | "goonfi_v2"
            | "humidifi"
            | "invariant"
            | "lifinity_v2"
            | "meteora_damm_v1"
            | "meteora_damm_v2"
            | "meteora_dbc"
            | "meteora_dlmm"
            | "obric_v2"
            | "openbook_v2"
            | "orca_whirlpool"
            | "phoenix"
            | "pump_fun"
            | "pump_swap"
            | "raydium_amm_v4"
            | "raydium_clmm"
            | "raydium_cpmm"
            | "raydium_launchlab"
            | "solfi"
            | "solfi_v2"
            | "tessera"
            | "zerofi"
          )[];
          format?: "parquet" | "jsonl";
          compress?: "zstd" | "gzip" | "none";
          output: string;
        };
      } | {
        name: string;
        cron: string;
        enabled?: boolean;
        kind: "train";
        days?: number;
        args: {
          module: "arbitrage" | "mev";
          features?: "default" | "extended";
          model?: "xgb" | "lgbm" | "torch";
          gpu?: boolean;
          params?: {
            max_depth?: number;
            learning_rate?: number;
            n_estimators?: number;
            subsample?: number;
            colsample?: number;
            lambda?: number;
            seed?: number;
          };
          promote?: "never" | "if_better" | "shadow";
        };
      })[];
    };
    answer: { ok: boolean };
  };
  "GET /api/training/models": {
    answer: {
      modules: ({
        module: "arbitrage" | "mev";
        latest: string | null;
        shadow: string | null;
        pinned: string | null;
        models: Model[];
        history: ({ at_ms: number; version: string })[];
      })[];
    };
  };
  "GET /api/training/shadow": {
    query: { module: "arbitrage" | "mev"; hours?: string | number };
    answer: {
      module: "arbitrage" | "mev";
      shadow: string;
      live: string;
      hours: number;
      decisions: number;
      mean_difference: number;
      passes: { both: number; live_only: number; shadow_only: number; neither: number };
      judged: { live: Judgement; shadow: Judgement } | null;
      answered: number;
    };
  };
  "POST /api/training/models/:id/deploy": {
    params: { id: string };
    body: { module?: "arbitrage" | "mev"; reason?: string };
    answer: {
      ok: boolean;
      request_id: string;
      module: "arbitrage" | "mev";
      version: string;
      receipts: Receipt[];
      silent: string[];
    };
  };
  "POST /api/training/models/:id/rollback": {
    params: { id: string };
    body: { module?: "arbitrage" | "mev"; reason?: string };
    answer: {
      ok: boolean;
      request_id: string;
      module: "arbitrage" | "mev";
      version: string;
      receipts: Receipt[];
      silent: string[];
    };
  };
  "POST /api/training/models/:id/shadow": {
    params: { id: string };
    body: { on?: boolean; reason?: string };
    answer: { ok: boolean; module: "arbitrage" | "mev"; version: string; on: boolean };
  };
  "POST /api/control/model-swap": {
    body: { model_id: "arbitrage" | "mev"; version?: string; model_path?: string };
    answer: {
      ok: boolean;
      request_id: string;
      module: "arbitrage" | "mev";
      version: string;
      receipts: Receipt[];
      silent: string[];
    };
  };
  "POST /api/realtime/ticket": { answer: { ticket: string; expires_in: number } };
  "GET /api/realtime/connections": {
    answer: {
      connections: ({
        id: string;
        user: string;
        mode: "json" | "proto";
        since_ms: number;
        sent: string;
        dropped: string;
        filtered: string;
        queued_bytes: number;
      })[];
    };
  };
  "DELETE /api/realtime/connections/:id": { params: { id: string }; answer: { ok: boolean } };
  "GET /api/realtime/settings": { answer: { batch_window_ms: number; batch_max_size: number } };
  "POST /api/realtime/settings": {
    body: { batch_window_ms: number; batch_max_size: number };
    answer: { ok: boolean };
  };
  "GET /api/openapi.json": { answer: Record<string, unknown> };
}
