import { Buffer } from "node:buffer";
import { UsageError } from "../core/errors.ts";
import { type Command, type Context, EXIT } from "./command.ts";

interface Leg {
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

/** The evidence of an observed event, as `ffi/engine/src/envelope.rs` writes it. */
interface Evidence {
  decision_id: string;
  rule: string;
  kind: string;
  tier: string | null;
  classification: string;
  slot: number;
  attackers: string[];
  net_lamports: string | null;
  net_raw: string;
  net_mint: string;
  fee_lamports: string;
  tip_lamports: string;
  cycle?: Leg[];
  front?: Leg[];
  victims: Leg[];
  back: Leg[];
  victim_losses: { signature: string; mint: string; out_actual: string; out_without: string; loss: string }[];
  links: string[];
  tips: string[];
  failed: string[];
}

const EVIDENCE_TOPIC = "decision-evidence";
const DECISION_ID = /^[0-9a-f]{32}$/;
const SIGNATURE = /^[1-9A-HJ-NP-Za-km-z]{80,90}$/;

export const explain: Command = {
  name: "explain",
  args: "SIGNATURE|DECISION",
  summary: "Tell in words what was concluded from a transaction or decision, and from which numbers",
  details: ["Reads decision-evidence; amounts are base units of their mint, as on the chain."],
  run({ args }, context) {
    const [what = "", ...more] = args;
    if (more.length > 0 || !(DECISION_ID.test(what) || SIGNATURE.test(what))) {
      throw new UsageError(
        `Cannot explain ${what || "nothing"}: need a signature, or a decision id of 32 hex digits`,
      );
    }
    const found = search(context, what);
    for (const evidence of found) context.out(`${text(evidence)}\n`);
    if (found.length > 0) return EXIT.done;
    context.say(
      `Cannot explain ${what}: no evidence names it; \`legend topics tail ${EVIDENCE_TOPIC}\` shows what there is`,
    );
    return EXIT.failed;
  },
};

/** All evidence that names the id or signature. Bytes are searched first: most records need no parsing. */
function search(context: Context, what: string): Evidence[] {
  using topic = context.log().topic(EVIDENCE_TOPIC);
  using reader = topic.reader(topic.info().start);
  const found: Evidence[] = [];
  for (;;) {
    const answer = reader.read();
    if ("gap" in answer) {
      context.say(
        `Cannot read ${EVIDENCE_TOPIC} offsets ${answer.gap.from}..${answer.gap.to}: ${answer.gap.cause}`,
      );
      continue;
    }
    if (answer.records.length === 0) return found;
    for (const { value } of answer.records) {
      const bytes = Buffer.from(value ?? []);
      if (bytes.includes(what)) found.push(JSON.parse(bytes.toString()));
    }
  }
}

/** One event as paragraphs. */
function text(evidence: Evidence): string {
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

function sandwichText({ front = [], victims, back, victim_losses }: Evidence): string[] {
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

function netText(
  { net_lamports, net_raw, net_mint, fee_lamports, tip_lamports, links, tips, failed }: Evidence,
): string {
  const net = net_lamports === null ? `${net_raw} of ${net_mint}` : `${net_lamports} lamports`;
  const also = [["transfers between its wallets", links], ["tips", tips], ["failed tries", failed]] as const;
  const counted = also.filter(([, list]) => list.length > 0).map(([name, list]) => `${list.length} ${name}`);
  const besides = counted.length > 0 ? `, with ${counted.join(", ")} of their own` : "";
  return `net ${net} by balances${besides}; in it are fees of ${fee_lamports} and tips of ${tip_lamports} lamports`;
}

/** Why the tier is what it is (SPEC 3). */
function tierText({ tier, net_raw, victim_losses }: Evidence): string {
  if (tier === "A") {
    return "tier A: the window executed again without the attacker leaves a victim better off, and the net is above 0";
  }
  if (tier === "B") return "tier B: the net is above 0, but the pool's state is not known exactly";
  if (BigInt(net_raw) <= 0n) return "tier C: the shape of a sandwich, but the net is not above 0";
  const known = victim_losses.length > 0;
  return known
    ? "tier C: the shape of a sandwich, but no victim is better off without it"
    : "tier C: the shape of a sandwich only";
}
