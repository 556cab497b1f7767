/** A deployment: changes the symlink, then collects the receipts of the running agents. */
import type { Act } from "../audit/entry.ts";
import type { ModuleName, Receipt } from "../control/control.ts";
import { type GoingLive, goLive, type LiveRegistry } from "./going_live.ts";
import type { Log } from "../log/log.ts";
import { type IsSigned, Receipts } from "../control/receipts.ts";
import { delay } from "../platform/delay.ts";

/** How long to wait for agents: a swap takes milliseconds, the probe of a foreign file at most two seconds. */
const WAIT_MS = 4_000;
/**
 * Wait after the first receipt for agents whose names are unknown: agents here answer at once, other hosts through the
 * cluster.
 */
const MORE_MS = { here: 300, cluster: 1_500 };
const POLL_MS = 10;
/** Short, so that a deployment ends soon after the answers. */
const WAIT_FOR_RECORD_MS = 50;

export interface DeployDeps {
  readonly registry: LiveRegistry;
  readonly audit: (act: Act) => void | Promise<void>;
  readonly log: Log;
  readonly isSigned: IsSigned;
  readonly signal: AbortSignal;
  /** Whether there may be other hosts. */
  readonly cluster: boolean;
  /** Agents of a module that reported recently, by instance. */
  seenAgents?(module: ModuleName): readonly string[];
}

export interface Deployed {
  readonly request_id: string;
  readonly receipts: Receipt[];
  /** Agents that reported recently and did not answer. */
  readonly silent: string[];
}

/**
 * Throws what `goLive` throws, and `not_found` for a version that is neither registered nor `baseline`. Without running
 * agents there are no receipts.
 */
export async function deployModel(
  { registry, audit, log, isSigned, signal, cluster, seenAgents }: DeployDeps,
  live: GoingLive,
): Promise<Deployed> {
  const { module, requestId } = live;
  const known = seenAgents?.(module) ?? [];
  const more = cluster ? MORE_MS.cluster : MORE_MS.here;
  const stop = new AbortController();
  const receipts = new Receipts(log, isSigned);
  const following = receipts.follow(AbortSignal.any([signal, stop.signal]), WAIT_FOR_RECORD_MS);
  try {
    await goLive(registry, audit, live);
    const begin = performance.now();
    const answers = () => receipts.of(requestId).filter(({ genuine }) => genuine);
    const silent = () => known.filter((name) => !answers().some(({ instance }) => instance === name));
    let first: number | null = null;
    while (!signal.aborted) {
      const now = performance.now();
      if (answers().length > 0) first ??= now;
      const all = known.length > 0 ? silent().length === 0 : first !== null && now - first > more;
      if (all || now - begin > WAIT_MS) break;
      await delay(POLL_MS, signal);
    }
    return { request_id: requestId, receipts: answers(), silent: silent() };
  } finally {
    stop.abort();
    await following;
  }
}
