/** Who killed a module, when and why. */
import type { AuditEntry } from "../core/audit/entry.ts";
import type { ModuleName } from "../core/control/control.ts";
import { NoAnswer } from "./_ui.tsx";
import { detailOf } from "./audit_detail.ts";
import { usePolled } from "./polling.ts";
import { utc } from "./format.ts";
import { ENTRIES_READ, type KilledBy, killedBy } from "./killed_by.ts";

const EVERY_MS = 10_000;

export interface KilledProps {
  module: ModuleName;
  /** Whether the viewer may read the audit. */
  audit: boolean;
  /** Link to the page that lifts the kill; null: not shown. */
  lift: string | null;
}

/** Only what the audit says. */
export function Killed({ module, audit, lift }: KilledProps) {
  const entries = (action: string) => audit ? { query: { action, limit: ENTRIES_READ } } : null;
  const kills = usePolled("GET /api/control/audit-log", entries("kill"), EVERY_MS);
  const lifts = usePolled("GET /api/control/audit-log", entries("un-kill"), EVERY_MS);
  const known = kills.value && lifts.value && killedBy(module, kills.value.entries, lifts.value.entries);
  return (
    <div class="notice" data-s="bad" data-killed={module}>
      <div class="grow">
        <b>Killed.</b> <NoAnswer asked={kills.problem ? kills : lifts} what="Who killed it" />
        {!audit
          ? <span>The audit says who did it; this role cannot read the audit.</span>
          : known
          ? <KillEntry {...known} />
          : null}
      </div>
      {lift !== null && (
        <div class="end">
          <a class="btn" href={lift}>Lift…</a>
        </div>
      )}
    </div>
  );
}

/** Kills by a signal, and kills that could not be written, are not in the audit. */
function KillEntry(found: KilledBy) {
  if (found.is === "unknown") {
    return found.all
      ? (
        <span>
          This kill is not in the audit: it came by a signal or from another host, or it could not be written
          down.
        </span>
      )
      : <span>This kill is not among the newest {ENTRIES_READ} kills in the audit.</span>;
  }
  const { kill } = found;
  const at = <>at {utc(kill.at_ms)} UTC{reasonOf(kill)}.</>;
  if (found.is === "asked") {
    return (
      <span>
        <b>{kill.who}</b> asked for it {at} No agent had confirmed it when the answer was given.
      </span>
    );
  }
  const by = (
    <>
      By <b>{kill.who}</b> {at}
    </>
  );
  if (found.is === "by") return <span>{by}</span>;
  return (
    <span>
      {by} <b>{found.lift.who}</b> asked to lift it at {utc(found.lift.at_ms)}{" "}
      UTC: if it was lifted, the module was killed again by a signal or from another host.
    </span>
  );
}

function reasonOf({ detail }: AuditEntry): string {
  const { reason } = detailOf(detail);
  return typeof reason === "string" && reason !== "" ? `: ${reason}` : ", without a reason";
}
