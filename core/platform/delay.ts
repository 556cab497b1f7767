/** The one way to wait for a time. */
import { setTimeout as timeout } from "node:timers/promises";

/** Waits for a time, or until the optional signal ends the wait; that is not an error. */
export async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await timeout(Math.max(0, ms), undefined, { signal });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
