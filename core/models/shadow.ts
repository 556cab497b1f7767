/**
 * Compares a model in shadow with the one that decides, on the same live decisions from the store: how far their scores
 * differ, what the gate would have done, and, where the chain has answered since, which was right.
 */
import type { ModuleName } from "../control/control.ts";
import { AppError } from "../platform/errors.ts";
import { LandedCycles, LANDING_SLOTS, poolsSql } from "../decisions/landed_cycles.ts";
import type { Judgement } from "./models.ts";
import type { Store } from "../store/client.ts";

/** Maximum decisions compared, newest first. */
const DECISIONS_MAX = 50_000;
const LANDED_MAX = 200_000;
/** Slots that an attack may span, plus one for its report. */
const ATTACK_SLOTS = 4;
/** With fewer decisions that have an outcome, no judgement is made. */
const JUDGED_MIN = 20;
export const HOURS_MAX = 720;

export interface ShadowComparison {
  module: ModuleName;
  /** Version in shadow. */
  shadow: string;
  /** The version that decided, or the baseline. */
  live: string;
  hours: number;
  /** Decisions that both scored. */
  decisions: number;
  /** Mean difference of the scores, 0..1. */
  mean_difference: number;
  /** Number of decisions whose score is at least `score_min`, by model. */
  passes: { both: number; live_only: number; shadow_only: number; neither: number };
  /** For decisions that the chain has answered since; null: too few. */
  judged: { live: Judgement; shadow: Judgement } | null;
  /** Number of these decisions. */
  answered: number;
}

/** An open decision that two models scored. */
export interface Scored {
  readonly slot: number;
  /** The transaction that it follows. */
  readonly trigger: string;
  readonly pools: readonly string[];
  readonly live: string;
  readonly live_score: number;
  readonly shadow: string;
  readonly shadow_score: number;
  readonly score_min: number;
}

/** Answers from the chain. */
export interface Answers {
  /** Newest slot of any known decision or outcome. */
  readonly newest_slot: number;
  /** Cycles that paid. */
  readonly cycles: LandedCycles<true>;
  /** Transactions that a tier A sandwich had between front and back. */
  readonly victims: ReadonlySet<string>;
}

type Judge = (labels: Float32Array<ArrayBuffer>, scores: Float32Array<ArrayBuffer>) => Judgement;

/** `decisions`: newest first. Only those of the current pair of versions are compared. */
export function compare(
  module: ModuleName,
  hours: number,
  decisions: readonly Scored[],
  answers: Answers,
  judge: Judge,
): ShadowComparison {
  const [newest] = decisions;
  if (!newest) {
    throw new AppError(
      "not_found",
      `Cannot compare ${module}: no decision of the last ${hours} h was scored by a model in shadow, see \`legend model shadow\``,
    );
  }
  const { live, shadow } = newest;
  const rows = decisions.filter((one) => one.live === live && one.shadow === shadow);
  const passes = { both: 0, live_only: 0, shadow_only: 0, neither: 0 };
  let apart = 0;
  for (const { live_score, shadow_score, score_min } of rows) {
    apart += Math.abs(live_score - shadow_score);
    const [one, other] = [live_score >= score_min, shadow_score >= score_min];
    passes[one && other ? "both" : one ? "live_only" : other ? "shadow_only" : "neither"]++;
  }
  const wait = module === "arbitrage" ? LANDING_SLOTS : ATTACK_SLOTS;
  const answered = rows.filter(({ slot }) => slot + wait < answers.newest_slot);
  const cameTrue = ({ slot, pools, trigger }: Scored) =>
    module === "arbitrage" ? answers.cycles.taker(slot, pools) === true : answers.victims.has(trigger);
  const labels = Float32Array.from(answered, (one) => cameTrue(one) ? 1 : 0);
  const judged = answered.length < JUDGED_MIN ? null : {
    live: judge(labels, Float32Array.from(answered, ({ live_score }) => live_score)),
    shadow: judge(labels, Float32Array.from(answered, ({ shadow_score }) => shadow_score)),
  };
  return {
    module,
    shadow,
    live,
    hours,
    decisions: rows.length,
    mean_difference: apart / rows.length,
    passes,
    judged,
    answered: answered.length,
  };
}

const RECENT = "stored_at >= now() - toIntervalHour({hours:UInt32})";
const LIMITS = {
  readonly: 2,
  max_execution_time: 20,
  max_memory_usage: 1 << 30,
  // Evidence is long, so it is read in small blocks, and only what is extracted from it is sorted.
  max_block_size: 2_048,
  query_plan_execute_functions_after_sorting: 0,
};

/** Compares the models of a module over the last hours. Throws `not_found` when none was in shadow. */
export async function compareShadow(
  store: Store,
  judge: Judge,
  module: ModuleName,
  hours: number,
  signal?: AbortSignal,
): Promise<ShadowComparison> {
  const options = { params: { hours }, settings: LIMITS, ...(signal ? { signal } : {}) };
  const kind = module === "arbitrage" ? "open_arbitrage" : "open_sandwich";
  const rows = await store.query(
    `SELECT JSONExtractUInt(evidence, 'slot') AS slot, JSONExtractString(evidence, 'trigger') AS trigger,
  ${poolsSql("hops")} AS pools, JSONExtractString(evidence, 'model') AS live,
  JSONExtractFloat(evidence, 'score') AS live_score, JSONExtractString(evidence, 'shadow', 'model') AS shadow,
  JSONExtractFloat(evidence, 'shadow', 'score') AS shadow_score,
  JSONExtractFloat(arrayFirst(term -> JSONExtractString(term, 'term') = 'score_min', JSONExtractArrayRaw(evidence, 'gate_terms')), 'limit') AS score_min
FROM decision_evidence
WHERE ${RECENT} AND JSONExtractString(evidence, 'kind') = '${kind}' AND JSONHas(evidence, 'shadow', 'model')
ORDER BY dt DESC, decision_id LIMIT 1 BY decision_id LIMIT ${DECISIONS_MAX}`,
    options,
  );
  const decisions = rows.map((row): Scored => ({
    slot: Number(row.slot),
    trigger: String(row.trigger),
    pools: String(row.pools).split(","),
    live: String(row.live),
    live_score: Number(row.live_score),
    shadow: String(row.shadow),
    shadow_score: Number(row.shadow_score),
    score_min: Number(row.score_min),
  }));
  const landed = await store.query(
    module === "arbitrage"
      ? `SELECT JSONExtractUInt(evidence, 'slot') AS slot, ${
        poolsSql("cycle")
      } AS names FROM decision_evidence
WHERE ${RECENT} AND JSONExtractString(evidence, 'kind') = 'arbitrage'
  AND toInt128OrZero(JSONExtractString(evidence, 'net_raw')) > 0 ORDER BY dt DESC LIMIT ${LANDED_MAX}`
      : `SELECT JSONExtractUInt(evidence, 'slot') AS slot,
  arrayStringConcat(arrayMap(leg -> JSONExtractString(leg, 'signature'), JSONExtractArrayRaw(evidence, 'victims')), ',') AS names
FROM decision_evidence
WHERE ${RECENT} AND JSONExtractString(evidence, 'kind') IN ('sandwich', 'wide_sandwich')
  AND JSONExtractString(evidence, 'tier') = 'A' ORDER BY dt DESC LIMIT ${LANDED_MAX}`,
    options,
  );
  const [cycles, victims] = [new LandedCycles<true>(), new Set<string>()];
  let newest_slot = decisions.reduce((newest, { slot }) => Math.max(newest, slot), 0);
  for (const row of landed) {
    const [slot, names] = [Number(row.slot), String(row.names).split(",")];
    newest_slot = Math.max(newest_slot, slot);
    if (module === "arbitrage") cycles.add(slot, names, true);
    else names.forEach((name) => victims.add(name));
  }
  return compare(module, hours, decisions, { newest_slot, cycles, victims }, judge);
}
