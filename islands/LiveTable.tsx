/**
 * The live table. Rows never move under the reader; the head counts waiting rows, the foot those evicted from the
 * buffer.
 */
import { useReducer, useRef, useState } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import { NoAnswer, Skeleton } from "./_ui.tsx";
import type { TableAddress } from "./address.ts";
import { EvidenceDrawer } from "./EvidenceDrawer.tsx";
import { rowOf } from "./evidence.ts";
import { grouped } from "./format.ts";
import { NotesLine } from "./IgnoredParameters.tsx";
import { useUnixClock } from "./keys.ts";
import { useHeld, useLive } from "./live.ts";
import { type Item, matching } from "./live_buffer.ts";
import { LIST_EVERY_MS, listOf, useList } from "./live_list.ts";
import { Empty, LiveBody } from "./LiveRows.tsx";
import { useAddress } from "./table_address.ts";
import { useCursor, useDrawer, useTableKeys } from "./table_cursor.ts";
import { TableHead, TableTools } from "./TableTools.tsx";
import { useVirtual } from "./virtual.ts";

export interface LiveTableProps {
  module: ModuleName;
}

/** The items of the table: the list that the address asks for, else the stream, and which of them match the filter. */
function useItems(
  module: ModuleName,
  { query, gate, tiers }: TableAddress,
  held: () => boolean,
  draw: (n: number) => void,
) {
  const [buffer, isLoaded] = useLive(module, held, draw);
  const { asked, rows: listed } = useList(listOf(module, gate, tiers), held);
  const isList = gate !== "" || tiers.length > 0;
  const source: readonly Item[] | undefined = isList
    ? listed?.filter(({ tier }) => gate !== "" || tiers.includes(tier ?? "")).map(rowOf)
    : isLoaded || buffer.items.length > 0
    ? buffer.items
    : undefined;
  return { buffer, asked, listed, isList, source, shown: matching(source ?? [], query) };
}

export default function LiveTable({ module }: LiveTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const [paused, setPaused] = useState(false);
  const { address, filter, select } = useAddress(module);
  const { gate, selected, notes } = address;
  const { held, hover } = useHeld(scroller, paused, selected);
  const items = useItems(module, address, held, draw);
  const { buffer, isList, source, shown } = items;
  const cursor = useCursor(shown, scroller, draw);
  const now = useUnixClock();
  const virtual = useVirtual(shown.length, scroller, cursor.found);
  const drawer = useDrawer(shown, selected, select, cursor);
  const onPause = () => setPaused((one) => !one);
  const onKeyDown = useTableKeys({ shown, scroller, rowPx: virtual[1], cursor, drawer, onPause });
  const onNew = () => {
    buffer.flush();
    if (scroller.current) scroller.current.scrollTop = 0;
    draw(0);
  };
  return (
    <>
      <section class="panel">
        <TableTools
          module={module}
          waiting={isList ? 0 : buffer.waiting.length}
          paused={paused}
          address={address}
          filter={filter}
          onPause={onPause}
          onNew={onNew}
        />
        <NotesLine notes={notes} />
        {isList && <NoAnswer asked={items.asked} what="These decisions" />}
        <div
          class="tw scroll"
          ref={scroller}
          role="region"
          aria-label="Decisions (scrollable)"
          onPointerEnter={() => (hover.current = true)}
          onPointerLeave={() => (hover.current = false)}
        >
          <table class="live" role="grid" aria-rowcount={shown.length + 1}>
            <TableHead module={module} isGate={gate !== ""} />
            <LiveBody
              shown={shown}
              virtual={virtual}
              module={module}
              now={now}
              gate={gate}
              selected={selected}
              at={cursor.at}
              landed={(id) => buffer.landed(id)}
              onOpen={drawer.open}
              onFocus={cursor.setActive}
              onKeyDown={onKeyDown}
            />
          </table>
          {source === undefined && <Skeleton what="Decisions" lines={6} />}
          {source && shown.length === 0 && <Empty filtered={source.length > 0} gate={gate} />}
        </div>
        <Foot {...items} />
      </section>
      {selected && <EvidenceDrawer id={selected} onClose={drawer.close} onStep={drawer.step} />}
    </>
  );
}

/** How many rows are shown, and of how many. */
const Foot = ({ buffer, listed, isList, source, shown }: ReturnType<typeof useItems>) => (
  <div class="panel-f">
    <span>
      {source === undefined ? "" : `${grouped(shown.length)} rows shown`}
      {isList
        ? `, the newest ${grouped(listed?.length ?? 0)} that the server keeps, refreshed every ${
          LIST_EVERY_MS / 1000
        } s`
        : `, ${grouped(buffer.received)} received since the page was opened${
          buffer.left > 0 ? `, ${grouped(buffer.left)} left the buffer` : ""
        }`}
    </span>
  </div>
);
