import { Buffer } from "node:buffer";
import { UsageError } from "../core/platform/errors.ts";
import { readThrough } from "../core/log/follow.ts";
import type { StoredRecord } from "../core/log/log.ts";
import { type AgentStatus, agentStatuses, gatesText } from "../core/control/control.ts";
import { sourceLine } from "../core/decisions/funnel.ts";
import type { Evidence, EvidenceLeg } from "../core/decisions/evidence.ts";
import type { Context } from "../app/context.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type VerbBody } from "./command.ts";
import type { TopicName } from "../proto/topics.ts";

type Leg = EvidenceLeg;
/** Evidence of a landed event. */
type Observed =
  & Evidence
  & Required<
    Pick<
      Evidence,
      | "attackers"
      | "links"
      | "tips"
      | "failed"
      | "net_raw"
      | "net_mint"
      | "fee_lamports"
      | "tip_lamports"
      | "victims"
      | "back"
      | "victim_losses"
    >
  >;
/** Evidence of an open opportunity. */
type Open =
  & Evidence
  & Required<Pick<Evidence, "hops" | "ev" | "landing" | "gate_terms" | "trigger" | "score" | "model">>;

const EVIDENCE_TOPIC: TopicName = "decision-evidence";
const DECISION_ID = /^[0-9a-f]{32}$/;
const SIGNATURE = /^[1-9A-HJ-NP-Za-km-z]{80,90}$/;

export const explain: VerbBody = {
  async run({ args, flags }, context) {
    const [what = ""] = args;
    const json = flags.json === true;
    if (flags["why-not"] && args.length === 0) return whyNot(context, json);
    if (!(what === "newest" || DECISION_ID.test(what) || SIGNATURE.test(what))) {
      throw new UsageError(
        `Cannot explain ${what || "nothing"}: need a signature, a decision id of 32 hex digits, or newest`,
      );
    }
    const found = what === "newest" ? await newest(context) : await search(context, what);
    for (const evidence of found) context.out(json ? `${JSON.stringify(evidence)}\n` : `${text(evidence)}\n`);
    if (found.length > 0) return EXIT.done;
    context.say(
      `Cannot explain ${what}: no evidence names it; \`legend topics tail ${EVIDENCE_TOPIC}\` shows what there is`,
    );
    return EXIT.failed;
  },
};

/**
 * All evidence that names the id or signature. The bytes are searched first, because most records then need no parsing.
 */
async function search(context: Context, what: string): Promise<Evidence[]> {
  using topic = await context.log().topic(EVIDENCE_TOPIC);
  const found: Evidence[] = [];
  for await (const block of readThrough(topic, "start")) {
    if ("gap" in block) {
      const { from, to, cause } = block.gap;
      context.say(`Cannot read ${EVIDENCE_TOPIC} offsets ${from}..${to}: ${cause}`);
      continue;
    }
    for (const { value } of block.records) {
      const bytes = Buffer.from(value ?? []);
      if (bytes.includes(what)) found.push(JSON.parse(bytes.toString()));
    }
  }
  return found;
}

/** The newest piece of evidence; empty when there is none yet. */
async function newest(context: Context): Promise<Evidence[]> {
  using topic = await context.log().topic(EVIDENCE_TOPIC);
  let last: StoredRecord | undefined;
  for await (const block of readThrough(topic, { last: 1n })) {
    if ("gap" in block) continue;
    for (const record of block.records) {
      if (!last || record.timestampMs >= last.timestampMs) last = record;
    }
  }
  return last?.value ? [JSON.parse(Buffer.from(last.value).toString())] : [];
}

/** Letters in the longest term of the gate. */
const TERM_WIDTH = "liquidity_unknown".length;

/** The counters of each agent that has run here, with their age. */
function whyNot(context: Context, json: boolean): typeof EXIT.done | typeof EXIT.failed {
  const statuses = agentStatuses(context.dataDir().path);
  for (const status of statuses) {
    if (json) {
      const { instance, module, state, killed, at_ns, policy, candidates, passed, funnel, why_not } = status;
      const row = { instance, module, state, killed, at_ns, policy, candidates, passed, funnel, why_not };
      context.out(`${JSON.stringify(row)}\n`);
      continue;
    }
    const ageSeconds = Math.max(0, Date.now() - Number(BigInt(status.at_ns) / 1_000_000n)) / 1000;
    const rows = Object.entries(status.why_not).sort(([, a], [, b]) => b - a);
    context.out([
      `${status.instance}: ${status.candidates} opportunities found, ${status.passed} passed (reported ${
        ageSeconds.toFixed(0)
      } s ago, ${status.state}${status.killed ? ", killed" : ""})`,
      `  source: ${sourceLine([status])}; paper: nothing is submitted`,
      ...funnelText(status),
      ...gatesText(status.policy).map((gate) => `  gate ${gate}`),
      "  since its start, by every term that refused (one opportunity may be in several):",
      ...rows.map(([term, count]) => `  ${term.padEnd(TERM_WIDTH)} refused ${count}`),
      "",
    ].join("\n"));
  }
  if (statuses.length > 0) return EXIT.done;
  context.say(`Cannot explain: no agent has run in ${context.dataDir().path}`);
  return EXIT.failed;
}

/** The last ten minutes, stage by stage. */
function funnelText({ funnel }: AgentStatus): string[] {
  if (!funnel) return [];
  const { seen, fresh, weighed, passed, published, landed, window_s, refused_first } = funnel;
  const refused = Object.entries(refused_first).filter(([, count]) => count > 0).sort(([, a], [, b]) =>
    b - a
  );
  return [
    `  last ${window_s} s: ${seen} seen -> ${fresh} fresh -> ${weighed} weighed -> ${passed} passed -> ` +
    `${published} published -> ${landed} landed (paper)`,
    ...refused.map(([term, count]) => `  ${term.padEnd(TERM_WIDTH)} was the first to refuse ${count}`),
  ];
}

/** An opportunity as paragraphs, with everything needed to recompute EV and gate. */
function openText(evidence: Open): string {
  const { ev, landing } = evidence;
  const hop = (row: Open["hops"][number], at: number) =>
    `hop ${
      at + 1
    }: pay ${row.in_amount} of ${row.in_mint}, get ${row.out_amount} of ${row.out_mint} in ${row.dex} ` +
    `${row.pool}, which holds ${row.reserve_in} and ${row.reserve_out}`;
  const target = evidence.target &&
    `target: pays ${evidence.target.amount_in}, wants at least ${evidence.target.min_out}, would get ` +
      `${evidence.target.out_planned} (alone ${evidence.target.out_alone})`;
  const refused = evidence.gate_terms.filter(({ passes }) => !passes);
  return [
    `${
      evidence.kind.replaceAll("_", " ")
    }, slot ${evidence.slot}: ${evidence.classification}, gate ${evidence.gate}`,
    `decision ${evidence.decision_id}, rule ${evidence.rule}, opened by ${evidence.trigger}`,
    ...evidence.hops.map((row, at) => `  ${hop(row, at)}`),
    ...(target ? [`  ${target}`] : []),
    `  score ${evidence.score} by ${evidence.model}; p_land ${ev.p_land} from tip quantile ${landing.tip_quantile}, ` +
    `${landing.contention} swaps in 8 slots, ${landing.bundle_len} transactions`,
    `  EV = ${ev.p_land} * (${ev.edge_lamports} - ${ev.tip_lamports} - ${ev.landed_fee_lamports}) - ` +
    `${1 - ev.p_land} * ${ev.fail_cost_lamports} lamports = ${ev.ev_sol} SOL`,
    ...refused.map(({ term, value, limit }) => `  refused by ${term}: ${value ?? "unknown"}, limit ${limit}`),
    "",
  ].join("\n");
}

/** One event as paragraphs. */
function text(evidence: Evidence): string {
  return evidence.hops ? openText(evidence as Open) : observedText(evidence as Observed);
}

function observedText(evidence: Observed): string {
  const { kind, tier, slot, classification, decision_id, rule, attackers } = evidence;
  const parts = evidence.cycle ? cycleText(evidence.cycle) : sandwichText(evidence);
  return [
    `${kind.replaceAll("_", " ")}${tier ? `, tier ${tier}` : ""}, slot ${slot}: ${classification}`,
    `decision ${decision_id}, rule ${rule}, by ${attackers.join(" and ")}`,
    ...parts.map((line) => `  ${line}`),
    netText(evidence),
    ...(evidence.cycle ? [] : [tierText(evidence)]),
    "",
  ].join("\n");
}

function legText(
  { slot, index, signature, dex, pool, in_amount, in_mint, out_amount, out_mint }: Leg,
): string {
  return `${slot}/${index} paid ${in_amount} of ${in_mint}, got ${out_amount} of ${out_mint} in ${dex} ${pool} (${signature})`;
}

const cycleText = (cycle: readonly Leg[]) => cycle.map((leg, at) => `hop ${at + 1}: ${legText(leg)}`);

function sandwichText({ front = [], victims, back, victim_losses }: Observed): string[] {
  const losses = new Map(victim_losses.map((loss) => [loss.signature, loss]));
  const victimText = (leg: Leg) => {
    const loss = losses.get(leg.signature);
    const without = loss
      ? `; without the attack it would have got ${loss.out_without}: a loss of ${loss.loss}`
      : "; what it lost is not known";
    return `victim: ${legText(leg)}${without}`;
  };
  return [
    ...front.map((leg) => `front:  ${legText(leg)}`),
    ...victims.map(victimText),
    ...back.map((leg) => `back:   ${legText(leg)}`),
  ];
}

/** Evidence of older versions lacks the gain of the legs alone and the amount moved out. */
function netText(observed: Observed & Evidence): string {
  const { net_lamports, net_raw, net_mint, fee_lamports, tip_lamports, links, tips, failed } = observed;
  const { gross_raw, moved_out_lamports, funded_lamports, tips_by_service = {} } = observed;
  const net = net_lamports === null ? `${net_raw} of ${net_mint}` : `${net_lamports} lamports`;
  const also = [["transfers between its wallets", links], ["tips", tips], ["failed tries", failed]] as const;
  const counted = also.filter(([, list]) => list.length > 0).map(([name, list]) => `${list.length} ${name}`);
  const besides = counted.length > 0 ? `, including ${counted.join(", ")} in separate transactions` : "";
  const gross = gross_raw === undefined ? "" : `; gross ${gross_raw}, computed from the legs`;
  const moved = moved_out_lamports === undefined || moved_out_lamports === "0"
    ? ""
    : `; ${moved_out_lamports} lamports went to other wallets, of which ${funded_lamports} to empty wallets: ` +
      "the net does not count the latter as a loss";
  const services = Object.entries(tips_by_service).map(([service, lamports]) => `${service} ${lamports}`);
  const to = services.length > 0 ? ` (${services.join(", ")})` : "";
  return `net ${net}, computed from balances${besides}, after fees of ${fee_lamports} and tips of ${tip_lamports} lamports` +
    `${to}${gross}${moved}`;
}

/** The reason for the tier (docs/CONTRACT.md, "Events"). */
function tierText({ tier, net_raw, victim_losses }: Observed): string {
  if (tier === "A") {
    return "tier A: a victim is better off when the window is executed again without the attacker, and the net is above 0";
  }
  if (tier === "B") return "tier B: the net is above 0, but the pool's state is not known exactly";
  if (BigInt(net_raw) <= 0n) return "tier C: the shape of a sandwich, but the net is not above 0";
  const known = victim_losses.length > 0;
  return known
    ? "tier C: the shape of a sandwich, but no victim is better off without it"
    : "tier C: the shape of a sandwich only";
}
