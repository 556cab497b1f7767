/** The clock of a page, and its single keys. */
import { useEffect, useRef, useState } from "preact/hooks";

/** Unix milliseconds, once a second; 0 until the page is awake. */
export function useClock(): number {
  const [now, setNow] = useState(0);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => document.hidden || setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Single keys, off while typing. */
export function useKeys(keys: Record<string, () => unknown>): void {
  const newest = useRef(keys);
  newest.current = keys;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "/" && !(event.target as Element).closest("input, textarea, select")) {
        document.querySelector<HTMLElement>("[data-search]")?.focus();
        event.preventDefault();
      }
      const typing = (event.target as Element).closest("input, textarea, select, dialog");
      if (!typing) newest.current[event.key]?.();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}
