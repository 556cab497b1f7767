/** Navigation in the live table: by keys from row to row, into a decision and back. */
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { copyText } from "./clipboard.ts";
import { useKeys } from "./keys.ts";
import { hasFocus } from "./live.ts";
import { isRow, type Item, stepFrom } from "./live_buffer.ts";

type Scroller = RefObject<HTMLDivElement | null>;

/** The table's one tab stop and the functions that move it; `found`: its index, -1 until there is one. */
export function useCursor(shown: readonly Item[], scroller: Scroller, draw: (n: number) => void) {
  const [active, setActive] = useState<string | null>(null);
  /** The row that gets the focus once it is rendered. */
  const focus = useRef<string | null>(null);
  const found = shown.findIndex(({ id }) => id === active);
  const at = found >= 0 ? found : stepFrom(shown, 0, 0);
  // The focused row is always rendered, so that the table never loses the focus.
  useLayoutEffect(() => {
    const id = focus.current;
    const row = id && scroller.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`);
    if (!row) return;
    focus.current = null;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  });
  const goTo = (index: number) => {
    const item = shown[index];
    if (!isRow(item)) return;
    focus.current = item.id;
    setActive(item.id);
    draw(0);
  };
  const goBy = (by: number) => goTo(hasFocus(scroller) ? stepFrom(shown, at, by) : at);
  return { found, at, setActive, goTo, goBy };
}
type Cursor = ReturnType<typeof useCursor>;

/** The open decision: opened from a row, closed back to it, and moved to the next. */
export function useDrawer(
  shown: readonly Item[],
  selected: string | null,
  select: (id: string | null) => void,
  { at, goTo, setActive }: Cursor,
) {
  useEffect(() => {
    document.body.classList.toggle("with-drawer", selected !== null);
  }, [selected]);
  const open = (id: string) => {
    setActive(id);
    select(id);
  };
  const close = () => {
    const id = selected;
    select(null);
    const row = shown.findIndex((item) => item.id === id);
    goTo(row >= 0 ? row : at);
  };
  const step = (by: number) => {
    const from = shown.findIndex((item) => item.id === selected);
    const next = shown[stepFrom(shown, from, by)];
    if (from < 0 || !next) return;
    open(next.id);
  };
  return { selected, select, open, close, step };
}

export interface TableKeys {
  readonly shown: readonly Item[];
  readonly scroller: Scroller;
  readonly rowPx: number;
  readonly cursor: Cursor;
  readonly drawer: ReturnType<typeof useDrawer>;
  onPause(): void;
}

/** The page's single-key shortcuts; the returned handler is for keys pressed in the table's body. */
export function useTableKeys({ shown, scroller, rowPx, cursor, drawer, onPause }: TableKeys) {
  const { at, goTo, goBy } = cursor;
  const { selected, select, close, step } = drawer;
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowPx) - 2);
  const copySignature = () => {
    const inDrawer = document.querySelector<HTMLElement>(".drawer [data-copy][aria-label*=signature]");
    const row = shown[at];
    if (inDrawer) inDrawer.click();
    else if (isRow(row) && row.who) copyText(row.who, scroller.current ?? undefined);
  };
  useKeys({
    p: onPause,
    "[": () => step(-1),
    "]": () => step(1),
    Escape: () => selected && close(),
    j: () => goBy(1),
    k: () => goBy(-1),
    c: copySignature,
  });
  const moves: Record<string, () => void> = {
    ArrowDown: () => goBy(1),
    ArrowUp: () => goBy(-1),
    PageDown: () => goBy(page),
    PageUp: () => goBy(-page),
    Home: () => goTo(stepFrom(shown, 0, 0)),
    End: () => goTo(stepFrom(shown, shown.length - 1, 1)),
    Enter: () => isRow(shown[at]) && select(shown[at].id),
  };
  return (event: KeyboardEvent) => {
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move();
  };
}
