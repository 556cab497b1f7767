/** The progress of a kill, and its texts in the dialog. */
import { type KillState, SILENT_MS } from "./kill.ts";

/** ask: not pressed yet; sending: no answer yet; unreachable: none for 3 s; failed: refused; partly, done: answered. */
export type Stage = "ask" | "sending" | "unreachable" | "failed" | "partly" | "done";

/** The stage of a kill that was sent `waited_ms` ago. */
export function stageOf({ kill, rows, stopped }: KillState, waited_ms: number): Stage {
  if (!kill) return "ask";
  if (rows.length > 0 && stopped === rows.length) return "done";
  // If some agents have stopped in spite of a refusal, only the others refused.
  if (kill.answer || (kill.problem && stopped > 0)) return "partly";
  if (kill.problem) return "failed";
  return waited_ms >= SILENT_MS ? "unreachable" : "sending";
}

/** The dialog's heading. */
export function titleOf(stage: Stage, { rows, stopped }: KillState, seconds: number): string {
  const title: Record<Stage, string> = {
    ask: "Kill trading",
    sending: `Kill sent, waiting for the answer: ${seconds} s`,
    unreachable: `Kill sent, no answer for ${seconds} s`,
    failed: "The kill was not accepted",
    partly: `Kill sent · ${stopped} of ${rows.length} agents have stopped`,
    done: `Kill sent · ${stopped} of ${rows.length} agents have stopped`,
  };
  return title[stage];
}

/** What a screen reader announces for a stage. */
export const ANNOUNCEMENTS = {
  unreachable: "The kill was sent, but there is no answer. Run the command below on the host.",
  failed: "The kill was not accepted.",
  partly: "Not all agents have stopped yet.",
  done: "All agents have stopped.",
} as const;
