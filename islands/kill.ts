/**
 * One kill from the page: sent, possibly several times under the same id, with what is known about every agent so far.
 */
import { useRef, useState } from "preact/hooks";
import type { ModuleName, Receipt } from "../core/control/control.ts";
import type { FleetAgent } from "../core/control/fleet.ts";
import { useAgents } from "./agents.ts";
import { wordsOf } from "./api.ts";
import { usePolled } from "./polling.ts";
import type { CommandAnswer } from "./client.gen.ts";
import { newRequestId, sendKill } from "./commands.ts";
import { type ReceiptRow, receiptRow } from "./Receipts.tsx";

export type Scope = ModuleName | "all";

/**
 * If the server has not answered for this long, the page stops waiting: the kill is sent again, or given on the host.
 */
export const SILENT_MS = 3_000;
const POLL_MS = 1_000;

interface Kill {
  id: string;
  scope: Scope;
  reason: string;
  /** `performance.now()` of the last try. */
  sent_at: number;
  tries: number;
  answer: CommandAnswer | null;
  /** The error of the last try. */
  problem: string;
}

export interface KillRow extends ReceiptRow {
  isStopped: boolean;
}

export interface KillState {
  kill: Kill | null;
  rows: KillRow[];
  stopped: number;
  send(scope: Scope, reason: string): void;
  retry(): void;
  forget(): void;
}

/** `isOpen`: whether the dialog is open. */
export function useKill(isOpen: boolean): KillState {
  const [kill, setKill] = useState<Kill | null>(null);
  const current = useRef<Kill | null>(null);
  const { agents, late_s } = useAgents([]);
  const change = (next: Kill | null) => {
    current.current = next;
    setKill(next);
  };
  const dispatch = (next: Kill) => {
    change(next);
    sendKill(next.scope, next.id, next.reason).then((answer) => {
      const now = current.current;
      // If this kill was lifted, the server may have started a new one with another id.
      if (now?.id === next.id) change({ ...now, id: answer.request_id, answer, problem: "" });
    }, (error) => {
      const now = current.current;
      if (now?.id === next.id && now.tries === next.tries) change({ ...now, problem: wordsOf(error) });
    });
  };
  const known = kill !== null && isOpen;
  const later = usePolled(
    "GET /api/control/commands/:request_id",
    known ? { params: { request_id: kill.id } } : null,
    POLL_MS,
  );
  const rows = kill ? rowsOf(kill, agents, late_s, later.value?.receipts ?? []) : [];
  return {
    kill,
    rows,
    stopped: rows.filter(({ isStopped }) => isStopped).length,
    send: (scope, reason) =>
      dispatch({
        id: newRequestId(),
        scope,
        reason,
        sent_at: performance.now(),
        tries: 1,
        answer: null,
        problem: "",
      }),
    retry: () => {
      if (kill) dispatch({ ...kill, sent_at: performance.now(), tries: kill.tries + 1, problem: "" });
    },
    forget: () => change(null),
  };
}

/** Every agent that the kill is meant for: those that answered, and those that this page knows. */
function rowsOf(
  { scope, answer }: Kill,
  agents: readonly FleetAgent[],
  late_s: number | null,
  later: readonly Receipt[],
): KillRow[] {
  const meant = agents.filter(({ module, state }) =>
    (scope === "all" || module === scope) && state !== "done"
  );
  const sent = [...answer?.sent ?? []];
  const rows: KillRow[] = [];
  for (const agent of meant) {
    const at = sent.findIndex(({ instance, module, receipt }) =>
      (receipt?.instance ?? instance ?? (agent.here && module === agent.module ? agent.instance : "")) ===
        agent.instance
    );
    const [own] = at < 0 ? [] : sent.splice(at, 1);
    const receipt = later.find(({ instance, genuine }) => instance === agent.instance && genuine) ??
      own?.receipt ?? null;
    rows.push(rowOf({
      module: agent.module,
      path: own?.path ?? "none",
      taken: own?.taken ?? false,
      instance: agent.instance,
      agent_error: own?.agent_error ?? null,
      log_error: null,
      receipt,
    }, agent.killed && agent.age_s <= agent.silent_after_s && late_s !== null && 1000 * late_s < SILENT_MS));
  }
  // Agents that the page does not know, or not by this name.
  for (const one of sent) rows.push(rowOf(one, false));
  return rows;
}

function rowOf(sent: CommandAnswer["sent"][number], isKilled: boolean): KillRow {
  const row = receiptRow(sent, "Stopped");
  if (row.kind === "ok") return { ...row, isStopped: true };
  if (!isKilled) return { ...row, isStopped: false };
  // The agent's own state reports the kill.
  return {
    ...row,
    kind: "ok",
    icon: "ok",
    word: "Stopped",
    detail: "Its state says that it is killed.",
    isStopped: true,
  };
}
