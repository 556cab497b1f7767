/** Where numbers come from and whether anything is submitted: shown beside every total. */
import type { FleetAgent } from "../core/control/fleet.ts";
import { provenance } from "./agents.ts";

const SOURCES: Record<string, [word: string, title: string]> = {
  sim: ["SIM", "Made by the simulator: these numbers say nothing about a market"],
  replay: ["REPLAY", "Read from files with data of the past"],
  files: ["REPLAY", "Read from files with data of the past"],
  several: ["MIXED", "Agents of this module read different kinds of sources"],
};

/** SIM or REPLAY if the source is not the live chain; PAPER or LIVE. If no agent names its source, it is unknown. */
export function ModeBadges({ agents }: { agents: readonly FleetAgent[] }) {
  if (agents.length === 0) return null;
  const { source_class, source_name, mode } = provenance(agents);
  const known = source_class === null
    ? ["SOURCE UNKNOWN", "No agent has reported its source"] as const
    : SOURCES[source_class];
  return (
    <>
      {known && (
        <span class="badge" data-s="paper" title={`${known[1]}${source_name ? ` (${source_name})` : ""}`}>
          {known[0]}
        </span>
      )}
      {mode === "live"
        ? <span class="badge" data-s="live" title="Transactions are submitted">LIVE</span>
        : (
          <span class="badge" data-s="paper" title="Nothing is submitted; outcomes are inferred">
            PAPER
          </span>
        )}
    </>
  );
}
