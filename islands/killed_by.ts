/** Which kill in the audit is in force, as far as the entries show. */
import type { AuditEntry } from "../core/audit/entry.ts";
import type { ModuleName } from "../core/control/control.ts";
import { detailOf } from "./audit_detail.ts";

/** How many entries of each kind are fetched. */
export const ENTRIES_READ = 50;

/** What the audit says about a killed module. */
export type KilledBy =
  /** An agent received it, and there was no request to lift it since. */
  | { readonly is: "by"; readonly kill: AuditEntry }
  /** No agent had received it when its entry was written; one may have received it since. */
  | { readonly is: "asked"; readonly kill: AuditEntry }
  /** A lift was requested; its result is not in the audit. */
  | { readonly is: "lifted"; readonly kill: AuditEntry; readonly lift: AuditEntry }
  /** `all`: the audit has no more kills than those checked here. */
  | { readonly is: "unknown"; readonly all: boolean };

/** `kills` and `lifts`: the newest {@link ENTRIES_READ} entries of all modules, newest first. */
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
  return { is: "unknown", all: kills.length < ENTRIES_READ };
}

/** Whether an agent has received the kill, by its entry; an entry without this information counts as received. */
function isTaken({ detail }: AuditEntry): boolean {
  const { came_of, more } = detailOf(detail);
  // What was cut off are the agents that received it: they come last.
  if (!Array.isArray(came_of) || more !== undefined) return true;
  return came_of.some((one) => one?.taken === true);
}
