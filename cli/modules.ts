/** The names that users have for the two modules. */
import type { ModuleName } from "../core/control/control.ts";

const NAMES: Readonly<Record<ModuleName, readonly string[]>> = {
  arbitrage: ["arbitrage", "arbitrages", "arb", "arbs"],
  mev: ["mev", "sandwich", "sandwiches", "mev-sandwich"],
};

export const MODULE_NAMES = Object.keys(NAMES) as readonly ModuleName[];

/** The module that a word names; undefined when it names none. */
export function moduleNamed(word: string): ModuleName | undefined {
  const typed = word.toLowerCase();
  return MODULE_NAMES.find((module) => NAMES[module].includes(typed));
}
