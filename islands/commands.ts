/** Sending a command from the page and waiting for its receipts: never shown as done before an agent has said so. */
import type { ActionName, ModuleName, Receipt } from "../core/control.ts";
import { ask } from "./agents.ts";
import { api } from "./api.ts";

export interface CommandAnswer {
  ok: boolean;
  request_id: string;
  sent: {
    module: ModuleName;
    path: string;
    instance: string | null;
    receipt: Receipt | null;
    agent_error: string | null;
    log_error: string | null;
  }[];
}

export async function sendCommand(
  module: ModuleName | "all",
  action: ActionName,
  body: Record<string, unknown>,
): Promise<CommandAnswer> {
  const answer = action === "kill" && body.kill !== false
    ? await api<CommandAnswer>("POST", "/api/control/kill-switch?wait=receipt", {
      module,
      ...(body.reason ? { reason: body.reason } : {}),
    })
    : await api<CommandAnswer>("POST", `/api/control/module/${module}:${action}?wait=receipt`, body);
  ask();
  return answer;
}
