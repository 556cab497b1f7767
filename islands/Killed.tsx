/** Who killed a module, when and why. */
import type { AuditEntry } from "../core/audit/entry.ts";
import type { ModuleName } from "../core/control.ts";
import { NoAnswer } from "./_ui.tsx";
import { detailOf } from "./audit_detail.ts";
import { useAsked } from "./ask.ts";
import { utc } from "./format.ts";

const ASKED = 50;
const EVERY_MS = 10_000;

export interface KilledProps {
  module: ModuleName;
  /** Whether the viewer may read the audit. */
  audit: boolean;
  /** Where it is lifted; null: not from here. */
  lift: string | null;
}

/** Out of the audit; a kill by a signal is not in it, and one that could not be written neither. */
export function Killed({ module, audit, lift }: KilledProps) {
  const path = (action: string) => audit ? `/api/control/audit-log?action=${action}&limit=${ASKED}` : null;
  const kills = useAsked<{ entries: AuditEntry[] }>(path("kill"), EVERY_MS);
  const lifts = useAsked<{ entries: AuditEntry[] }>(path("un-kill"), EVERY_MS);
  const newest = (entries?: readonly AuditEntry[]) => entries?.find((one) => one.module === module);
  const [kill, lifted] = [newest(kills.value?.entries), newest(lifts.value?.entries)];
  // One that was lifted since is not what holds now.
  const entry = kill && kill.seq > (lifted?.seq ?? 0) ? kill : undefined;
  const reason = entry && detailOf(entry.detail).reason;
  return (
    <div class="notice" data-s="bad" data-killed={module}>
      <div class="grow">
        <b>Killed.</b> <NoAnswer asked={kills} what="Who killed it" />
        {!audit ? <span>Who did it stands in the audit, which this role does not read.</span> : entry
          ? (
            <span>
              By <b>{entry.who}</b> at {utc(entry.at_ms)} UTC
              {typeof reason === "string" && reason !== "" ? `: ${reason}` : ", without a reason"}.
            </span>
          )
          : kills.value && lifts.value
          ? <span>No kill of it is in the audit: it came by a signal, or from another host.</span>
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
