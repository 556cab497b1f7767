/** Landed cycles, used to label whether an open opportunity was taken. */

/** Slots after the trigger in which a landing counts. */
export const LANDING_SLOTS = 2;
/** Pools that an open cycle and the landed one must share. */
const SHARED_POOLS = 2;

interface Landed<T> {
  readonly pools: ReadonlySet<string>;
  readonly who: T;
}

/** Landed cycles that paid, by slot. */
export class LandedCycles<T> {
  readonly #bySlot = new Map<number, Landed<T>[]>();

  add(slot: number, pools: readonly string[], who: T): void {
    const known = this.#bySlot.get(slot) ?? [];
    known.push({ pools: new Set(pools), who });
    this.#bySlot.set(slot, known);
  }

  /** Who took a cycle over `pools` that was open in `slot`. */
  taker(slot: number, pools: readonly string[]): T | undefined {
    for (let later = slot; later <= slot + LANDING_SLOTS; later++) {
      const found = this.#bySlot.get(later)?.find((landed) =>
        pools.filter((pool) => landed.pools.has(pool)).length >= SHARED_POOLS
      );
      if (found) return found.who;
    }
    return undefined;
  }
}

/** SQL of the pools of a list of legs in a decision's evidence, joined by commas. */
export const poolsSql = (list: "hops" | "cycle") =>
  `arrayStringConcat(arrayMap(leg -> JSONExtractString(leg, 'pool'), JSONExtractArrayRaw(evidence, '${list}')), ',')`;
