/** One clock for every age on the page: the browser's own, which needs no answer from the server. */
import { useEffect, useState } from "preact/hooks";

/** How often every age is updated. */
export const TICK_MS = 250;
const listeners = new Set<(now: number) => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** `performance.now()` of the last tick; 0 in the server's HTML. */
export function useClock(): number {
  const [now, setNow] = useState(0);
  useEffect(() => {
    listeners.add(setNow);
    setNow(performance.now());
    timer ??= setInterval(() => {
      const at = performance.now();
      for (const listener of listeners) listener(at);
    }, TICK_MS);
    return () => {
      listeners.delete(setNow);
    };
  }, []);
  return now;
}
