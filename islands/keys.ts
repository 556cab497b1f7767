/** The clock for the ages of rows, and a page's single-key shortcuts. */
import { useEffect, useRef, useState } from "preact/hooks";

/** Unix milliseconds, once a second; 0 until the page is hydrated. */
export function useUnixClock(): number {
  const [now, setNow] = useState(0);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => document.hidden || setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Whether a key is meant for a field or a dialog, or is the browser's own. */
export const isTyping = (event: KeyboardEvent): boolean =>
  event.ctrlKey || event.metaKey || event.altKey ||
  (event.target as Element).closest("input, select, textarea, dialog") !== null;

/** Single-key shortcuts, off while typing. */
export function useKeys(keys: Record<string, () => unknown>): void {
  const newest = useRef(keys);
  newest.current = keys;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const act = newest.current[event.key];
      if (!act || isTyping(event) || event.defaultPrevented) return;
      act();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}
