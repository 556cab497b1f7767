/** The live rows of a module, and what keeps them from moving under the reader. */
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import { usePolled } from "./polling.ts";
import { rowOf } from "./evidence.ts";
import { LiveBuffer } from "./live_buffer.ts";
import { listen } from "./stream.ts";

/** Minimum time between two renders of the table. */
const DRAW_MS = 100;

/** Whether the focus is in a row. */
export const hasFocus = (scroller: RefObject<HTMLElement | null>): boolean =>
  scroller.current?.querySelector("tbody")?.contains(document.activeElement) ?? false;

/**
 * Whether rows keep their place: paused, a drawer is open, the pointer or the focus is on them, or they are scrolled.
 */
export function useHeld(scroller: RefObject<HTMLElement | null>, paused: boolean, selected: string | null) {
  const hover = useRef(false);
  const hold = useRef({ paused, selected });
  hold.current = { paused, selected };
  const held = () =>
    hold.current.paused || hold.current.selected !== null || hover.current ||
    (scroller.current?.scrollTop ?? 0) > 0 || hasFocus(scroller);
  return { held, hover };
}

/** The rows of the stream and those before it; `draw` is called when they have changed. */
export function useLive(
  module: ModuleName,
  held: () => boolean,
  draw: (n: number) => void,
): [buffer: LiveBuffer, isLoaded: boolean] {
  const buffer = useRef(new LiveBuffer());
  const backlog = usePolled(
    "GET /api/decisions",
    { query: { brief: 1, limit: 100, module, published: "true" } },
    0,
  );
  const lately = useRef({ held, backlog });
  lately.current = { held, backlog };
  const shown = () => {
    if (!lately.current.held()) buffer.current.flush();
  };
  useEffect(() => {
    if (!backlog.value) return;
    buffer.current.backlog(backlog.value.decisions.map(rowOf));
    shown();
    draw(0);
  }, [backlog.value]);
  useEffect(() => {
    let pending = false;
    let state = "";
    return listen((message) => {
      // Fetches what was decided while the stream was down.
      if (message.state === "live" && state !== "live") lately.current.backlog.refresh();
      state = message.state;
      const rows = message.rows.filter((row) => row.module === module);
      buffer.current.hear(message.outcomes);
      const gap = message.gap > 0 ? { gap: message.gap, id: `gap-${message.dropped}` } : null;
      if (rows.length === 0 && !gap && message.outcomes.length === 0) return;
      buffer.current.take(rows, gap);
      shown();
      if (pending) return;
      pending = true;
      setTimeout(() => {
        pending = false;
        draw(0);
      }, DRAW_MS);
    });
  }, [module]);
  return [buffer.current, backlog.value !== undefined];
}
