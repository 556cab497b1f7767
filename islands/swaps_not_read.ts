/** The swaps on the chain that the agents together could not read. */
import type { AgentStatus, MissedSwaps } from "../core/control/control.ts";

/** Maximum rows shown; the total beside them includes all. */
const ROWS_MAX = 16;

export interface NotRead {
  /** Calls since the agents started. */
  readonly total: number;
  /** The most frequent first. */
  readonly rows: readonly MissedSwaps[];
  /** The part of the total that is in no row. */
  readonly others: number;
}

/**
 * Agents of one chain see the same calls: each row has the highest count of any agent, not the sum. Null: no agent
 * counts them (none is known, or all are of an older version), which does not mean "none".
 */
export function notRead(
  agents: readonly Pick<AgentStatus, "missed_swaps" | "missed_by_program">[],
): NotRead | null {
  const totals = agents.flatMap(({ missed_swaps }) => missed_swaps ?? []);
  if (totals.length === 0) return null;
  const byCall = new Map<string, MissedSwaps>();
  for (const row of agents.flatMap(({ missed_by_program }) => missed_by_program ?? [])) {
    const call = `${row.program} ${row.tag}`;
    const known = byCall.get(call);
    if (!known || known.count < row.count) byCall.set(call, row);
  }
  const rows = [...byCall.values()].sort((one, other) => other.count - one.count).slice(0, ROWS_MAX);
  const shown = rows.reduce((sum, { count }) => sum + count, 0);
  const total = Math.max(shown, ...totals);
  return { total, rows, others: total - shown };
}
