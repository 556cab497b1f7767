/** Sends a command from the page and waits for its receipts: never shown as done before an agent has reported it. */
import type { ActionName, ModuleName } from "../core/control/control.ts";
import { pollAgents } from "./agents.ts";
import { api } from "./api.ts";
import type { Api, CommandAnswer } from "./client.gen.ts";
import { hex } from "./hex.ts";

/** Longer than the server waits for receipts. */
const KILL_LIMIT_MS = 15_000;

export async function sendCommand(
  module: ModuleName,
  action: ActionName,
  body: Api["POST /api/control/module/:target"]["body"],
): Promise<CommandAnswer> {
  const answer = await api("POST /api/control/module/:target", {
    params: { target: `${module}:${action}` },
    query: { wait: "receipt" },
    body,
  });
  pollAgents();
  return answer;
}

/** Sends a kill under an id made by the page: sent again, it is the same kill. */
export async function sendKill(
  module: ModuleName | "all",
  request_id: string,
  reason: string,
): Promise<CommandAnswer> {
  const body = { module, request_id, ...(reason ? { reason } : {}) };
  const limit = { limit_ms: KILL_LIMIT_MS };
  const answer = await api("POST /api/control/kill-switch", { query: { wait: "receipt" }, body }, limit);
  pollAgents();
  return answer;
}

/** 32 hexadecimal digits; `crypto.randomUUID` exists only on HTTPS. */
export const newRequestId = (): string => hex(crypto.getRandomValues(new Uint8Array(16)));

/** An operating system's error, in plain words. */
export function answerText(error: string): string {
  if (/temporarily unavailable|timed? ?out|EAGAIN/i.test(error)) return "It did not answer in time.";
  if (/connection refused|no such file|not found/i.test(error)) {
    return "Nothing listens there: it is not running.";
  }
  return error.replace(/\s*\(os error \d+\)/g, "");
}

/** A receipt's time, 24-hour UTC with milliseconds; "" if it has none. */
export function receiptTime(applied_ns: string): string {
  const ms = Number(BigInt(/^\d{1,20}$/.test(applied_ns) ? applied_ns : "0") / 1_000_000n);
  return ms > 0 ? `${new Date(ms).toISOString().slice(11, 23)} UTC` : "";
}
