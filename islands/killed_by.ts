/** Which kill of the audit holds now, as far as its entries say. */
import type { AuditEntry } from "../core/audit/entry.ts";
import type { ModuleName } from "../core/control/control.ts";
import { detailOf } from "./audit_detail.ts";

/** Entries of each kind that are asked for. */
export const ASKED = 50;

/** What the audit says of a module that is killed. */
export type KilledBy =
  /** An agent took it, and nobody has asked to lift it since. */
  | { readonly is: "by"; readonly kill: AuditEntry }
  /** No agent had taken it when its entry was written; it may have been taken since. */
  | { readonly is: "asked"; readonly kill: AuditEntry }
  /** It was to be lifted: what came of that is not in the audit. */
  | { readonly is: "lifted"; readonly kill: AuditEntry; readonly lift: AuditEntry }
  /** `all`: the audit has no more kills than those that were looked at. */
  | { readonly is: "unknown"; readonly all: boolean };

/** `kills` and `lifts`: the newest {@link ASKED} entries of all modules, newest first. */
export function killedBy(
  module: ModuleName,
  kills: readonly AuditEntry[],
  lifts: readonly AuditEntry[],
): KilledBy {
  const own = kills.filter((one) => one.module === module);
  const lift = lifts.find((one) => one.module === module);
  const isSince = (kill: AuditEntry) => kill.seq > (lift?.seq ?? 0);
  const taken = own.find(isTaken);
  if (taken && isSince(taken)) return { is: "by", kill: taken };
  const asked = own.find((one) => !isTaken(one));
  if (asked && isSince(asked)) return { is: "asked", kill: asked };
  if (taken && lift) return { is: "lifted", kill: taken, lift };
  return { is: "unknown", all: kills.length < ASKED };
}

/** Whether an agent has taken the kill, by its entry; one that says nothing of it counts as taken. */
function isTaken({ detail }: AuditEntry): boolean {
  const { came_of, more } = detailOf(detail);
  // Those that do not fit are the taken ones: they stand last.
  if (!Array.isArray(came_of) || more !== undefined) return true;
  return came_of.some((one) => one?.taken === true);
}
