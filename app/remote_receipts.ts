/** Receipts of agents on other hosts for a command from this host's command line. */
import { answersOf } from "../core/control/dispatch.ts";
import { kafkaOf } from "../core/config/kafka.ts";
import type { ModuleName, Sent } from "../core/control/control.ts";
import { AppError } from "../core/platform/errors.ts";
import { Fleet } from "../core/control/fleet.ts";
import { Receipts } from "../core/control/receipts.ts";
import { signatureCheck } from "../ffi/control.ts";
import type { Context } from "./context.ts";

/** Short, so that the verb ends soon after the answer. */
const WAIT_FOR_RECORD_MS = 50;
/** How long Kafka may take to list the agents: a kill does not wait for a broker that cannot be reached. */
const KAFKA_WAIT_MS = 2_000;

/**
 * Waits for the agents of all other hosts; on a single host there are none. Returns null when Kafka does not list the
 * agents; that is reported, and the command waits on this host's log.
 */
export async function remoteReceipts(
  context: Context,
  commands: readonly { module: ModuleName; request_id: string }[],
): Promise<(Sent & { module: ModuleName })[] | null> {
  if (kafkaOf(context.config()) === null) return [];
  const { path, instance } = context.dataDir();
  const isSigned = signatureCheck(context.library(), path, context.setting("control.sign_sk_hex"));
  let log, fleet;
  try {
    log = context.log();
    fleet = new Fleet({
      log,
      isSigned,
      own: () => [],
      refused: (name) =>
        context.say(`Cannot trust the reports of ${name}: its key does not belong to this installation`),
    });
    await within(KAFKA_WAIT_MS, fleet.read());
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    context.say(`Cannot read the answers of other hosts: ${error.message}; commands wait here for them`);
    return null;
  }
  const agents = fleet.all().filter((agent) =>
    agent.state === "running" && agent.instance !== `${agent.module}-${instance}`
  );
  const stop = new AbortController();
  const receipts = new Receipts(log, isSigned);
  const following = receipts.follow(AbortSignal.any([context.signal, stop.signal]), WAIT_FOR_RECORD_MS);
  try {
    const answers = await Promise.all(commands.map(async ({ module, request_id }) => {
      const others = agents.filter((agent) => agent.module === module);
      const sent = await answersOf(others, request_id, (id) => receipts.of(id));
      return sent.map((one) => ({ ...one, module }));
    }));
    return answers.flat();
  } finally {
    stop.abort();
    await following;
  }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer;
  const late = new Promise<never>((_, reject) => {
    const error = new AppError("unavailable", `Kafka has not answered in ${ms / 1000} s`);
    timer = setTimeout(() => reject(error), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // Later results are ignored.
    work.catch(() => {});
  }
}
