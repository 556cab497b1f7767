/** A deployment: the symlink first, then what each running agent says of it. */
import type { ModuleName } from "./control.ts";
import type { ModelList } from "./models.ts";
import type { Log } from "./log/log.ts";
import { type LoggedReceipt, Receipts } from "./receipts.ts";

/** How long agents are waited for: a swap takes milliseconds, the probe of a foreign file two seconds at most. */
const WAIT_MS = 4_000;
/** After the first receipt, for other hosts. */
const MORE_MS = 300;
const LOOK_MS = 10;

/** What a deployment needs of the registry (`ffi/models.ts`). */
export interface Deployable {
  list(module: ModuleName): ModelList;
  point(module: ModuleName, link: "latest" | "shadow", version: string | null, requestId?: string): void;
}

export interface DeployDeps {
  readonly registry: Deployable;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Throws `not_found` for a version that is not registered. Without running agents there are no receipts. */
export async function deployModel(
  { registry, log, signal }: DeployDeps,
  module: ModuleName,
  version: string,
  requestId: string = crypto.randomUUID(),
): Promise<{ request_id: string; receipts: LoggedReceipt[] }> {
  const stop = new AbortController();
  const receipts = new Receipts(log);
  const following = receipts.follow(AbortSignal.any([signal, stop.signal]));
  try {
    registry.point(module, "latest", version, requestId);
    const begin = performance.now();
    let first: number | null = null;
    while (!signal.aborted) {
      const now = performance.now();
      if (receipts.of(requestId).length > 0) first ??= now;
      if (now - begin > WAIT_MS || (first !== null && now - first > MORE_MS)) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return { request_id: requestId, receipts: [...receipts.of(requestId)] };
  } finally {
    stop.abort();
    await following;
  }
}
