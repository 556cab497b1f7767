/** Which rows of a long table are rendered. */
import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type Range,
  Virtualizer,
} from "@tanstack/virtual-core";
import type preact from "preact";
import { useEffect, useMemo, useReducer, useState } from "preact/hooks";

/** Height of a row until one is rendered; then its real height, which differs on a phone. */
const ROW_PX = 28;
const OVERSCAN = 8;

/** The rows to render, by the virtual list, and the height of one. `kept`: a row that is always rendered. */
export function useVirtual(
  count: number,
  scroller: preact.RefObject<HTMLDivElement | null>,
  kept: number,
) {
  const [rowPx, setRowPx] = useState(ROW_PX);
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: OVERSCAN,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => draw(0),
    rangeExtractor: (range: Range) => {
      const drawn = defaultRangeExtractor(range);
      return kept < 0 || kept >= count || drawn.includes(kept)
        ? drawn
        : [...drawn, kept].sort((one, other) => one - other);
    },
  };
  const virtual = useMemo(() => new Virtualizer<HTMLDivElement, HTMLTableRowElement>(options), []);
  virtual.setOptions(options);
  useEffect(() => virtual._didMount(), []);
  useEffect(() => virtual._willUpdate());
  useEffect(() => {
    const drawn = scroller.current?.querySelector<HTMLElement>("tr[data-id]")?.offsetHeight ?? 0;
    if (drawn > 0 && drawn !== rowPx) setRowPx(drawn);
  });
  useEffect(() => virtual.measure(), [rowPx]);
  return [virtual.getVirtualItems(), rowPx] as const;
}
