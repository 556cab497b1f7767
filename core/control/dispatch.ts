/** Sends one command to the agents of a module on all hosts, and collects their answers. */
import type { ModuleName, Receipt, SendCommand, Sent } from "./control.ts";
import { delay } from "../platform/delay.ts";

/** How long to wait for the agents' receipts. */
export const RECEIPT_WAIT_MS = 5_000;
const POLL_MS = 5;
/** An agent without a report for this long is named in the answer, but not waited for. */
const GONE_S = 60;

/** An agent on another host that has not reported its end. */
export interface RemoteReceipts {
  readonly instance: string;
  /** Seconds since its last report. */
  readonly age_s: number;
}

export interface DispatchDeps {
  /** Signs the command, writes it to the log and delivers it to the agent of this host. */
  here(command: Parameters<SendCommand>[0] & { request_id: string }): Promise<Sent>;
  /** Whether this host has an agent of the module, running or not. */
  hasOwn(module: ModuleName): boolean;
  others(module: ModuleName): readonly RemoteReceipts[];
  receipts(requestId: string): readonly Receipt[];
}

export function dispatch(deps: DispatchDeps): SendCommand {
  return (command) => {
    const request_id = command.request_id ?? crypto.randomUUID().replaceAll("-", "");
    // Nothing runs before this: a kill is on its way when this function returns.
    const first = deps.here({ ...command, request_id });
    const isOwn = deps.hasOwn(command.module);
    const all = first.then(async (sent) => {
      const far = await answersOf(deps.others(command.module), request_id, deps.receipts);
      // A host without agents has nothing of its own to report when others answer.
      return isOwn || far.length === 0 ? [sent, ...far] : far;
    });
    // The caller that awaits it gets the error.
    all.catch(() => {});
    return { here: isOwn ? first : null, all };
  };
}

/**
 * Answers of agents on other hosts: their receipts on the log. A receipt that no agent of this installation signed does
 * not count.
 */
export function answersOf(
  agents: readonly RemoteReceipts[],
  request_id: string,
  receipts: DispatchDeps["receipts"],
): Promise<Sent[]> {
  return Promise.all(agents.map((agent) => answerOf(agent, request_id, receipts)));
}

async function answerOf(
  { instance, age_s }: RemoteReceipts,
  request_id: string,
  receipts: DispatchDeps["receipts"],
): Promise<Sent> {
  const end = performance.now() + (age_s > GONE_S ? 0 : RECEIPT_WAIT_MS);
  const common = { request_id, instance, at_ms: 0, path: "kafka" as const, log_error: null };
  for (;;) {
    const receipt = receipts(request_id).find((one) => one.instance === instance && one.genuine);
    if (receipt) return { ...common, taken: receipt.applied, receipt, agent_error: null };
    if (performance.now() >= end) break;
    await delay(POLL_MS);
  }
  const what = age_s > GONE_S
    ? `last reported ${Math.round(age_s / 60)} min ago`
    : `has not answered in ${RECEIPT_WAIT_MS / 1000} s`;
  return {
    ...common,
    taken: false,
    receipt: null,
    agent_error: `${instance} ${what}; it will obey when it is back`,
  };
}
