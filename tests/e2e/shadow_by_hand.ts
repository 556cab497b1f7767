/** The comparison of a shadow model with the live one, from the evidence alone, by code other than the product's. */
import type { Evidence } from "./evidence.ts";

/** Modules that have models. */
export const MODULES = ["mev", "arbitrage"] as const;
/** Kinds of evidence that a module's comparison uses. */
export const KINDS = {
  mev: "open_sandwich sandwich wide_sandwich",
  arbitrage: "open_arbitrage arbitrage",
} as const;

/** The comparison of a shadow, by looking up for each decision what landed; linear in both. */
export function byHand(
  all: readonly Evidence[],
  module: typeof MODULES[number],
  live: string,
  shadow: string,
) {
  const once = [...new Map(all.map((one) => [one.decision_id, one])).values()];
  const scored = once.filter((one) => one.kind.startsWith("open_") && one.shadow);
  const landed = once.filter((one) =>
    module === "mev" ? one.tier === "A" : one.kind === "arbitrage" && BigInt(one.net_raw) > 0n
  );
  const victims = new Set(landed.flatMap((one) => (one.victims ?? []).map(({ signature }) => signature)));
  const cyclesOfSlot = Map.groupBy(landed, ({ slot }) => slot);
  const newestSlot = [...scored, ...landed].reduce((newest, { slot }) => Math.max(newest, slot), 0);
  const rows = scored.filter((one) => one.model === live && one.shadow!.model === shadow);
  const scoreMin = (one: Evidence) => one.gate_terms.find(({ term }) => term === "score_min")!.limit;
  const passes = { both: 0, live_only: 0, shadow_only: 0, neither: 0 };
  for (const one of rows) {
    const words = [one.score >= scoreMin(one), one.shadow!.score >= scoreMin(one)].join();
    if (words === "true,true") passes.both++;
    if (words === "true,false") passes.live_only++;
    if (words === "false,true") passes.shadow_only++;
    if (words === "false,false") passes.neither++;
  }
  const answered = rows.filter(({ slot }) => newestSlot - slot > (module === "mev" ? 4 : 2));
  const taken = (one: Evidence) =>
    [0, 1, 2].some((later) =>
      (cyclesOfSlot.get(one.slot + later) ?? []).some(({ cycle }) => {
        const pools = new Set(cycle.map(({ pool }) => pool));
        return one.hops.filter(({ pool }) => pools.has(pool)).length >= 2;
      })
    );
  const label = new Map(
    answered.map((one) => [one, Number(module === "mev" ? victims.has(one.trigger) : taken(one))]),
  );
  const mean = (of: (one: Evidence) => number, list: readonly Evidence[]) =>
    list.reduce((sum, one) => sum + of(one), 0) / list.length;
  return {
    decisions: rows.length,
    answered: answered.length,
    positives: answered.reduce((sum, one) => sum + label.get(one)!, 0),
    passes,
    mean_difference: mean((one) => Math.abs(one.score - one.shadow!.score), rows),
    brier: {
      live: mean((one) => (one.score - label.get(one)!) ** 2, answered),
      shadow: mean((one) => (one.shadow!.score - label.get(one)!) ** 2, answered),
    },
  };
}
