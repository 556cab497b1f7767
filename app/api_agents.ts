/** The agents that the API commands and shows: those of this host, and those that other hosts report. */
import { dispatch, RECEIPT_WAIT_MS } from "../core/control/dispatch.ts";
import { hasAgent, type ModuleName, MODULES, readAgents, type SendCommand } from "../core/control/control.ts";
import { Fleet } from "../core/control/fleet.ts";
import { Receipts } from "../core/control/receipts.ts";
import { kafkaOf } from "../core/config/kafka.ts";
import type { MetricsView } from "../core/decisions/metrics.ts";
import { sendCommand, signatureCheck } from "../ffi/control.ts";
import { cachedBriefly } from "./cached_for.ts";
import type { Context } from "./context.ts";

/** How long metrics of an agent on another host count as proof that it is there. */
const SEEN_MS = 5_000;
/**
 * Once a kill is in force here, the answer waits only this long for the log, and reports when the log has not taken it
 * yet.
 */
const KILL_LOG_WAIT_MS = 60;
const isKill = ({ action, args }: Parameters<SendCommand>[0]) => action === "kill" && args.kill !== "false";

export type ApiAgents = ReturnType<typeof openAgents>;

/** The known agents, and the way to send them a command. */
export function openAgents(context: Context, metrics: MetricsView) {
  const { path } = context.dataDir();
  const log = context.log();
  const isSigned = signatureCheck(context.library(), path, context.setting("control.sign_sk_hex"));
  const own = cachedBriefly(() => readAgents(path));
  const fleet = new Fleet({
    log,
    isSigned,
    own: () => own().agents,
    refused: (name) =>
      context.say(
        `Cannot trust the reports of ${name}: no agent with a key of this installation signed it; do all hosts have the same CTRL_SIGN_SK_HEX?`,
      ),
  });
  const receipts = new Receipts(log, isSigned);
  return {
    isSigned,
    fleet,
    receipts,
    send: sender(context, { metrics, fleet, receipts }),
    own: () => own().agents,
    unreadable: () => own().unreadable,
    all: cachedBriefly(() => fleet.all()),
    /** Agents on any host whose metrics were read recently. */
    seenAgents: () => MODULES.flatMap((module) => metrics.instances(module, SEEN_MS)),
  };
}

/** Sends a command to this host's agent and awaits the receipts of all others. */
function sender(
  context: Context,
  { metrics, fleet, receipts }: { metrics: MetricsView; fleet: Fleet; receipts: Receipts },
): ReturnType<typeof dispatch> {
  const { path, instance } = context.dataDir();
  const sign_sk_hex = context.setting("control.sign_sk_hex");
  const kafka = kafkaOf(context.config()) !== null;
  const hasOwn = (module: ModuleName) => hasAgent(path, module);
  return dispatch({
    here: (command) =>
      sendCommand(context.library(), {
        ...command,
        data_dir: path,
        instance,
        ...(sign_sk_hex ? { sign_sk_hex } : {}),
        wait_ms: RECEIPT_WAIT_MS,
        log_wait_ms: isKill(command) && hasOwn(command.module) ? KILL_LOG_WAIT_MS : RECEIPT_WAIT_MS,
        disk: hasOwn(command.module) || !kafka,
      }),
    hasOwn,
    others: (module) => {
      const mine = hasOwn(module) ? `${module}-${instance}` : "";
      const reported = fleet.all().filter((agent) => !agent.here && agent.module === module);
      const silent = metrics.instances(module).filter((name) =>
        name !== mine && !reported.some(({ instance }) => instance === name)
      );
      return [
        ...reported.filter(({ state }) => state === "running"),
        // Known by their metrics only: agents of a version that reports nothing else.
        ...silent.map((instance) => ({ instance, age_s: 0 })),
      ];
    },
    receipts: (requestId) => receipts.of(requestId),
  });
}
