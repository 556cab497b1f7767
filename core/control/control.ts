/** Modules, commands and the agents' status, as everything above the library sees them. */
import type { ReportedReceipt } from "../../proto/receipt.ts";
import { agentsAreGone, isHeld } from "../platform/data_dir.ts";
import { messageOf } from "../platform/errors.ts";
import { type ActionName, type ModuleName, MODULES } from "../../proto/gen/names.ts";

export { type ActionName, type ModuleName, MODULES };

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
  /** Pools that are not traded in. This field and the next ones are omitted when they are off. */
  pools_deny?: string[];
  /** The only mints beside SOL that are traded. */
  mints_allow?: string[];
  mints_deny?: string[];
  /** SOL that each pool must hold. */
  liquidity_min?: number;
  /** Powers that the authorities of a traded mint must not have. */
  mint_refuse?: MintRisk[];
  /** What happens to an opportunity when a gate lacks the value it needs; `refuse` by default. */
  unknown?: "refuse" | "pass";
}

export type MintRisk = "freeze" | "delegate" | "hook" | "fee";

/** The gates in force, in words; disabled ones are omitted. */
export function gatesText(policy: PolicyState): string[] {
  const { pools_deny = [], mints_allow = [], mints_deny = [], liquidity_min = 0, mint_refuse = [] } = policy;
  const list = (name: string, words: readonly string[]) =>
    words.length > 0 ? [`${name} ${words.join(",")}`] : [];
  const found = [
    ...list("pools_deny", pools_deny),
    ...list("mints_allow", mints_allow),
    ...list("mints_deny", mints_deny),
    ...list("mint_refuse", mint_refuse),
    ...(liquidity_min > 0 ? [`liquidity_min ${liquidity_min} SOL`] : []),
  ];
  return found.length > 0 ? [...found, `unknown ${policy.unknown ?? "refuse"}`] : [];
}

/** Where an agent's frames come from. */
export interface AgentSource {
  /** `sim`: a simulated chain, whose results say nothing about a market; `file`: captured blocks; `kafka`: a topic. */
  class: "sim" | "file" | "kafka";
  /** For people, without folders and secrets. */
  name: string;
}

/**
 * How many opportunities reached each stage in the last ten minutes. Each stage is a subset of the one before it.
 * Observed facts (what others did on the chain) are not opportunities and are not counted.
 */
export interface Funnel {
  /** Seconds that the window covers: 600, less where the agent is younger. */
  window_s: number;
  /** Opportunities found. */
  seen: number;
  /** Seen ones whose pool state was recent enough. */
  fresh: number;
  /** Fresh ones that no switch stopped (kill, stop, throttle): judged by their value. */
  weighed: number;
  /** Weighed ones that no term of the gate refused. */
  passed: number;
  /** Passed ones whose Envelope is on the log. */
  published: number;
  /**
   * Outcomes on the log that count as landed; in paper mode this is an estimate. They may belong to the previous
   * window.
   */
  landed: number;
  /** By the first term that refused, in the gate's order: each refused opportunity once, so the sum is `seen - passed`. */
  refused_first: Record<string, number>;
  /** By every term that refused: an opportunity that three terms refused is in three of them. */
  refused_any: Record<string, number>;
}

/** An instruction of a program that looks like a swap but yielded no leg. */
export interface MissedSwaps {
  program: string;
  /** Its name, when it has one. */
  dex: string | null;
  /** First bytes of the instruction, hex. */
  tag: string;
  count: number;
  /** Signature of the first transaction that had it; agents of older versions do not report it. */
  example?: string;
}

/** Tips paid to one landing service since the start. */
export interface ServiceTips {
  service: string;
  payments: number;
  lamports: string;
}

/** An account that many wallets pay, but that no table of tip accounts names; its figures are lower bounds. */
export interface TipCandidate {
  account: string;
  /** Distinct wallets, at most 32 are counted. */
  payers: number;
  payments: number;
  lamports: string;
}

export interface AgentStatus {
  state: "running" | "done" | "failed";
  error: string | null;
  /** What keeps a running agent from publishing what it found. */
  trouble: string | null;
  warnings: string[];
  module: ModuleName;
  instance: string;
  /** Nothing is submitted. The only mode of this version. */
  mode: "paper";
  /** Null: an agent of an older version, which does not report it. */
  source: AgentSource | null;
  pid: number;
  /** Unix nanoseconds at which this status was written. */
  at_ns: string;
  /** Seconds since its start, by the monotonic clock. Null: an agent of an older version. */
  up_s: number | null;
  slot: number;
  event_ns: string;
  policy: PolicyState;
  policy_hash: string;
  killed: boolean;
  /** Version that scores; null: the baseline. */
  model: string | null;
  /** Version in shadow beside it. */
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
  /** Transactions seen before; agents of older versions do not count them, nor the next three. */
  repeated?: number;
  /** Transactions that could not be remembered for lack of room: if they come again, they count again. */
  unremembered?: number;
  /** Calls that look like swaps but could not be read. */
  missed_swaps?: number;
  /** The most frequent of them. */
  missed_by_program?: MissedSwaps[];
  /** Tips by landing service; agents of older versions do not count them, nor the next two. */
  tip_services?: ServiceTips[];
  /** Accounts that at least eight wallets have paid and no table of tip accounts names. */
  tip_candidates?: number;
  /** Those that were paid most often. */
  tip_candidate_accounts?: TipCandidate[];
  arbitrage: number;
  sandwich: number;
  wide_sandwich: number;
  open_arbitrage: number;
  open_sandwich: number;
  /** Opportunities found since the start; observed facts do not count. */
  candidates: number;
  passed: number;
  /** Opportunities since the start by every term of the gate that refused. */
  why_not: Record<string, number>;
  /** Observed facts that a switch kept off the log. */
  observed_withheld: number;
  /** Null: an agent of an older version. */
  funnel: Funnel | null;
  published: number;
  already_logged: number;
  evidence: number;
  outcomes: number;
  unpublished: number;
  dropped: number;
  /** Outcomes not published because of a kill or a publisher too far behind. */
  outcomes_untold: number;
}

export interface SendOptions {
  data_dir: string;
  instance: string;
  module: ModuleName;
  action: ActionName;
  /** Numbers as text. */
  args: Record<string, string>;
  /** The authenticated subject. */
  issuer: string;
  /** Rights of the sender: an un-kill needs `admin`. */
  role: "admin" | "control";
  request_id?: string;
  /** Another key to sign with. */
  sign_sk_hex?: string;
  /** Milliseconds to wait for the receipt; a kill has limits of its own. */
  wait_ms: number;
  /** Milliseconds to wait for the log after that. */
  log_wait_ms?: number;
  /** Whether the state on disk is changed when no agent runs here. */
  disk?: boolean;
}

/** One agent's answer, and whether its signature is genuine. */
export interface Receipt extends ReportedReceipt {
  /** Signed by an agent of this installation. */
  genuine: boolean;
}

export interface Sent {
  request_id: string;
  /** Who was asked, where it is known before an answer. */
  instance?: string;
  /** Unix milliseconds at which it was signed. */
  at_ms: number;
  /** Where it arrived: the agent, its state on disk (no agent runs), the agent by a signal, or only the log. */
  path: "socket" | "disk" | "signal" | "kafka" | "none";
  /** For a kill: no agent that was asked decides any more. For another command: an agent or the log has it. */
  taken: boolean;
  receipt: Receipt | null;
  log_error: string | null;
  /** Why no agent answered; for a kill that was taken, a note. */
  agent_error: string | null;
}

/** A command on its way. */
export interface Sending {
  /** The outcome on this host; null on a host that never had an agent of the module. */
  readonly here: Promise<Sent> | null;
  /** The answers of all the module's agents, including other hosts. */
  readonly all: Promise<Sent[]>;
}

/** Sends one command to one module. */
export type SendCommand = (
  command: Pick<SendOptions, "module" | "action" | "args" | "issuer" | "role" | "request_id">,
) => Sending;

/**
 * Whether a data folder has or had an agent of the module: an agent has written its status or holds its lock. Files
 * that a command leaves (a state, a latch, a free lock) do not count. If it cannot be checked, the answer is yes.
 */
export function hasAgent(dataDir: string, module: ModuleName): boolean {
  try {
    Deno.lstatSync(`${dataDir}/agents/${module}.status.json`);
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) return true;
  }
  try {
    return agentsAreGone(dataDir) || isHeld(`${dataDir}/agents/${module}.lock`);
  } catch (error) {
    return !(error instanceof Deno.errors.NotADirectory);
  }
}

/** An agent of this host whose status file cannot be read. */
export interface Unreadable {
  readonly module: ModuleName;
  /** One line. */
  readonly reason: string;
}

/** The newest status of each agent that has run in a data folder, and the agents whose status cannot be read. */
export function readAgents(dataDir: string): { agents: AgentStatus[]; unreadable: Unreadable[] } {
  const agents: AgentStatus[] = [];
  const unreadable: Unreadable[] = [];
  if (agentsAreGone(dataDir)) {
    const reason = `${dataDir}/agents is gone, put it back: it is not known whether the agent runs`;
    return { agents, unreadable: MODULES.map((module) => ({ module, reason })) };
  }
  for (const module of MODULES) {
    const file = `${dataDir}/agents/${module}.status.json`;
    try {
      const status = statusOf(Deno.readFileSync(file));
      if (status?.module === module) agents.push(status);
      else unreadable.push({ module, reason: `${file} is damaged; a running agent writes it again` });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      const why = messageOf(error);
      unreadable.push({ module, reason: `Cannot read ${file}: ${why}` });
    }
  }
  return { agents, unreadable };
}

/** Only the statuses, of the agents that have one. */
export const agentStatuses = (dataDir: string): AgentStatus[] => readAgents(dataDir).agents;

/** What a running agent does with its findings, in one word: it may be alive and not decide. */
export function decidingText({ policy, killed }: Pick<AgentStatus, "policy" | "killed">): string {
  if (killed || policy.killed) return "killed";
  if (policy.running === false) return "stopped";
  return policy.throttle_pct >= 100 ? "skips everything" : "running";
}

/** Whether the agent has ended normally: captured files end, and the agent with them. */
export const isOver = ({ state, source }: Pick<AgentStatus, "state" | "source">): boolean =>
  state === "done" && source?.class === "file";

const STATUS_BYTES_MAX = 64 << 10;

const amountOf = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;

const textsOf = (value: unknown): string[] | undefined =>
  Array.isArray(value) && value.every((word) => typeof word === "string") ? value : undefined;

/** The policy with the gates that can be read; a damaged gate is left out, as it is by an agent without it. */
function policyOf(policy: PolicyState): PolicyState {
  const { pools_deny, mints_allow, mints_deny, mint_refuse, liquidity_min, unknown, ...always } = policy;
  const gates = {
    pools_deny: textsOf(pools_deny),
    mints_allow: textsOf(mints_allow),
    mints_deny: textsOf(mints_deny),
    mint_refuse: textsOf(mint_refuse),
    liquidity_min: amountOf(liquidity_min) ?? undefined,
    unknown: unknown === "pass" || unknown === "refuse" ? unknown : undefined,
  };
  const known = Object.entries(gates).filter(([, value]) => value !== undefined);
  return { ...always, ...Object.fromEntries(known) };
}

const sourceOf = (source: AgentSource | null | undefined): AgentSource | null =>
  typeof source?.name === "string" && ["sim", "file", "kafka"].includes(source.class) ? source : null;

function isMissed({ program, dex, tag, count, example }: MissedSwaps): boolean {
  return typeof program === "string" && (dex === null || typeof dex === "string") &&
    typeof tag === "string" && Number.isSafeInteger(count) &&
    (example === undefined || typeof example === "string");
}

const isServiceTips = ({ service, payments, lamports }: ServiceTips): boolean =>
  typeof service === "string" && Number.isSafeInteger(payments) && isUnsigned(lamports);

const isCandidate = ({ account, payers, payments, lamports }: TipCandidate): boolean =>
  typeof account === "string" && Number.isSafeInteger(payers) && Number.isSafeInteger(payments) &&
  isUnsigned(lamports);

const isUnsigned = (text: unknown): boolean => typeof text === "string" && /^\d{1,20}$/.test(text);

/** Undefined when a row is not valid: part of a list would pass for the whole list. */
const rowsOf = <T>(rows: readonly T[] | undefined, isRow: (row: T) => boolean): T[] | undefined =>
  Array.isArray(rows) && rows.every((row) => row !== null && typeof row === "object" && isRow(row))
    ? rows
    : undefined;

/** Parses a status written by a host of this or another version; undefined when a required field is missing. */
export function statusOf(json: Uint8Array): AgentStatus | undefined {
  if (json.length > STATUS_BYTES_MAX) return undefined;
  let status: AgentStatus;
  try {
    status = JSON.parse(new TextDecoder().decode(json));
  } catch {
    // Damaged, or in the format of another version.
    return undefined;
  }
  const isWhole = MODULES.includes(status?.module) && /^\d{1,20}$/.test(status.at_ns) &&
    typeof status.instance === "string" &&
    Array.isArray(status.policy?.tip_ladder) && typeof status.policy_hash === "string" &&
    typeof status.why_not === "object" && status.why_not !== null;
  if (!isWhole) return undefined;
  const { missed_by_program, tip_services, tip_candidates, tip_candidate_accounts, ...rest } = status;
  const lists = {
    missed_by_program: rowsOf(missed_by_program, isMissed),
    tip_services: rowsOf(tip_services, isServiceTips),
    tip_candidates: Number.isSafeInteger(tip_candidates) ? tip_candidates : undefined,
    tip_candidate_accounts: rowsOf(tip_candidate_accounts, isCandidate),
  };
  const present = Object.fromEntries(Object.entries(lists).filter(([, value]) => value !== undefined));
  const counts = Object.entries(status.why_not).filter(([, count]) => Number.isSafeInteger(count));
  // An agent of an older version reports less.
  return {
    ...rest,
    ...present,
    policy: policyOf(status.policy),
    why_not: Object.fromEntries(counts),
    source: sourceOf(status.source),
    up_s: amountOf(status.up_s),
    funnel: status.funnel ?? null,
  };
}
