/** Modules, commands and what agents say of themselves, as everything above the library sees them. */

export type ModuleName = "arbitrage" | "mev";

/** The policy in force, as receipts hash it. */
export interface PolicyState {
  running: boolean;
  killed: boolean;
  /** Share of decisions skipped, 0..100. */
  throttle_pct: number;
  /** SOL. */
  ev_min: number;
  /** 0..1. */
  score_min: number;
  /** Quantiles of landed tips. */
  tip_ladder: number[];
}

/** Where an agent's frames come from. */
export interface AgentSource {
  /** `sim`: a simulated chain, whose results say nothing of a market; `file`: captured blocks; `kafka`: a topic. */
  class: "sim" | "file" | "kafka";
  /** In words, without folders and secrets. */
  name: string;
}

/**
 * How many opportunities came how far in the last ten minutes. Each stage is a part of the one before it; observed
 * facts (what others did on the chain) are no opportunities and are not in here.
 */
export interface Funnel {
  /** Seconds that the window covers: 600, less where the agent is younger. */
  window_s: number;
  /** Opportunities found. */
  seen: number;
  /** Of them those whose pool state was young enough. */
  fresh: number;
  /** Of the fresh ones those that no switch took (killed, stopped, throttled): judged by their worth. */
  weighed: number;
  /** Of the weighed ones those that no term of the gate refused. */
  passed: number;
  /** Of the passed ones those whose Envelope is on the log. */
  published: number;
  /** Outcomes on the log that say landed; on paper this is an estimate. They may belong to the window before. */
  landed: number;
  /** By the first term that refused, in the gate's order: each refused opportunity once, so the sum is `seen - passed`. */
  refused_first: Record<string, number>;
  /** By every term that refused: an opportunity that three terms refused is in three of them. */
  refused_any: Record<string, number>;
}

export interface AgentStatus {
  state: "running" | "done" | "failed";
  error: string | null;
  /** What keeps a running agent from telling what it found. */
  trouble: string | null;
  warnings: string[];
  module: ModuleName;
  instance: string;
  /** Nothing is submitted. All that this version can do. */
  mode: "paper";
  /** Null: an agent of an older version, which does not say it. */
  source: AgentSource | null;
  pid: number;
  /** Unix nanoseconds at which this was told. */
  at_ns: string;
  slot: number;
  event_ns: string;
  policy: PolicyState;
  policy_hash: string;
  killed: boolean;
  /** Version that scores; null: the baseline. */
  model: string | null;
  /** Version that is asked beside it. */
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
  arbitrage: number;
  sandwich: number;
  wide_sandwich: number;
  open_arbitrage: number;
  open_sandwich: number;
  /** Opportunities found since the start; observed facts are none. */
  candidates: number;
  passed: number;
  /** Opportunities since the start by every term of the gate that refused. */
  why_not: Record<string, number>;
  /** Observed facts that a switch kept from the log. */
  observed_withheld: number;
  /** Null: an agent of an older version. */
  funnel: Funnel | null;
  published: number;
  already_logged: number;
  evidence: number;
  outcomes: number;
  unpublished: number;
  dropped: number;
  /** Outcomes that a kill or a publisher too far behind kept from the log. */
  outcomes_untold: number;
}

export type ActionName = "start" | "stop" | "restart" | "throttle" | "policy" | "kill";

export interface SendOptions {
  data_dir: string;
  instance: string;
  module: ModuleName;
  action: ActionName;
  /** Numbers as text. */
  args: Record<string, string>;
  /** The authenticated subject. */
  issuer: string;
  request_id?: string;
  /** Another key to sign with. */
  sign_sk_hex?: string;
  /** Milliseconds to wait for the receipt. */
  wait_ms: number;
  /** Whether the state on disk is changed when no agent runs here. */
  disk?: boolean;
}

/** What one agent answered. */
export interface Receipt {
  request_id: string;
  instance: string;
  module: ModuleName;
  applied: boolean;
  /** Why not, when refused. */
  reason: string;
  sequence: string;
  /** SHA-256 of the policy in force. */
  policy_hash: string;
  applied_ns: string;
  /** Time of the first event handled under it; "0": none came in time. */
  first_event_ns: string;
  /** Signed by an agent of this installation. */
  genuine: boolean;
}

export interface Sent {
  request_id: string;
  /** Who was asked, where it is known before an answer. */
  instance?: string;
  /** Unix milliseconds at which it was signed. */
  at_ms: number;
  /** Who has it: the agent, its state on disk (no agent runs), the agent by a signal, or the log alone. */
  path: "socket" | "disk" | "signal" | "kafka" | "none";
  receipt: Receipt | null;
  log_error: string | null;
  agent_error: string | null;
}

export const MODULES: readonly ModuleName[] = ["arbitrage", "mev"];

/** Brings one command to one module; what each of its agents answered. */
export type SendCommand = (
  command: Pick<SendOptions, "module" | "action" | "args" | "issuer" | "request_id">,
) => Promise<Sent[]>;

/** The newest status of each agent that has run in a data folder. */
export function agentStatuses(dataDir: string): AgentStatus[] {
  return MODULES.flatMap((module) => {
    try {
      return [JSON.parse(Deno.readTextFileSync(`${dataDir}/agents/${module}.status.json`)) as AgentStatus];
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  });
}
