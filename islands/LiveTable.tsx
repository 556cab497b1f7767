/** The live table: rows never jump under the reader; what waits is counted in the head, what left the buffer in the foot. */
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import { NoAnswer, Skeleton } from "./_ui.tsx";
import { tableAddress, withParam } from "./address.ts";
import type { Ask } from "./api.ts";
import { useAsked } from "./ask.ts";
import { copyText } from "./copy.ts";
import { EvidenceDrawer } from "./EvidenceDrawer.tsx";
import { rowOf } from "./evidence.ts";
import { grouped } from "./format.ts";
import { Notes } from "./Ignored.tsx";
import { useKeys, useUnixClock } from "./keys.ts";
import { isRow, type Item, LiveBuffer, stepFrom } from "./live_buffer.ts";
import { Empty, GapRow, Row, Spacer } from "./LiveRows.tsx";
import { listen } from "./stream.ts";
import { TableHead, TableTools } from "./TableTools.tsx";
import { useVirtual } from "./virtual.ts";

export interface LiveTableProps {
  module: ModuleName;
}

/** At most so often is the table drawn. */
const DRAW_MS = 100;
/** How often refusals and evidence are asked for: neither is on the live stream. */
const LIST_EVERY_MS = 10_000;
const NOTHING = { query: "", gate: "", tiers: [], selected: null, notes: [] };

/** The rows of the stream and those before it; told when the table is to be drawn. */
function useLive(module: ModuleName, held: () => boolean, draw: (n: number) => void): [LiveBuffer, boolean] {
  const buffer = useRef(new LiveBuffer());
  const backlog = useAsked(
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
      // What was decided while nothing was heard is asked for.
      if (message.state === "live" && state !== "live") lately.current.backlog.again();
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

/** A list that is asked for; it does not change under the reader. */
function useList(ask: Listed | null, held: () => boolean) {
  const path = JSON.stringify(ask);
  const asked = useAsked("GET /api/decisions", ask, LIST_EVERY_MS);
  const kept = useRef<{ path: string; value: typeof asked.value }>({ path, value: undefined });
  if (kept.current.path !== path || kept.current.value === undefined || !held()) {
    kept.current = { path, value: asked.value };
  }
  return { asked, rows: kept.current.value?.decisions };
}

/** What the address says; Back and Forward are followed. */
function useAddress(module: ModuleName) {
  const read = () => tableAddress(location.search, module === "mev");
  const [address, setAddress] = useState<ReturnType<typeof tableAddress>>(NOTHING);
  useEffect(() => {
    const follow = () => setAddress(read());
    follow();
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, [module]);
  /** Filters change the entry of the history that is there. */
  const filter = (name: string, value: string) => {
    history.replaceState(history.state, "", withParam(location.search, name, value));
    setAddress(read());
  };
  /** A drawer is one entry, however many decisions are seen in it. */
  const select = (id: string | null) => {
    if (id === address.selected) return;
    if (id === null && history.state?.drawer) {
      setAddress({ ...address, selected: null });
      return history.back();
    }
    const url = withParam(location.search, "sel", id ?? "");
    if (id !== null && address.selected === null) history.pushState({ drawer: true }, "", url);
    else history.replaceState(history.state, "", url);
    setAddress(read());
  };
  return { address, filter, select };
}

type Listed = Ask<"GET /api/decisions">;
type Gate = NonNullable<NonNullable<Listed["query"]>["gate"]>;

/** A gate that the address names and nobody knows is refused by the server, in words. */
const listOf = (module: ModuleName, gate: string, tiers: readonly string[]): Listed | null =>
  gate
    ? { query: { brief: 1, limit: 200, module, gate: gate as Gate } }
    : tiers.length > 0
    ? { query: { brief: 1, limit: 200, module, gate: "observed", published: "false" } }
    : null;

export default function LiveTable({ module }: LiveTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const [paused, setPaused] = useState(false);
  const [active, setActive] = useState<string | null>(null);
  /** The row that is to have the focus once it is drawn. */
  const focus = useRef<string | null>(null);
  const hover = useRef(false);
  const { address, filter, select } = useAddress(module);
  const { query, gate, tiers, selected, notes } = address;
  const hold = useRef({ paused, selected });
  hold.current = { paused, selected };
  const inBody = () => scroller.current?.querySelector("tbody")?.contains(document.activeElement) ?? false;
  const held = () =>
    hold.current.paused || hold.current.selected !== null || hover.current ||
    (scroller.current?.scrollTop ?? 0) > 0 || inBody();

  const [buffer, isLoaded] = useLive(module, held, draw);
  const { asked, rows: listed } = useList(listOf(module, gate, tiers), held);
  const isList = gate !== "" || tiers.length > 0;
  const source: readonly Item[] | undefined = isList
    ? listed?.filter(({ tier }) => gate !== "" || tiers.includes(tier ?? "")).map(rowOf)
    : isLoaded || buffer.items.length > 0
    ? buffer.items
    : undefined;
  const words = query.trim().toLowerCase();
  const shown = (source ?? []).filter((item) =>
    words === "" || !isRow(item) ||
    `${item.what} ${item.kind} ${item.who} ${item.id} ${item.slot}`.toLowerCase().includes(words)
  );
  const found = shown.findIndex(({ id }) => id === active);
  const at = found >= 0 ? found : stepFrom(shown, 0, 0);
  const now = useUnixClock();
  const [rows, rowPx] = useVirtual(shown.length, scroller, found);

  useEffect(() => {
    document.body.classList.toggle("with-drawer", selected !== null);
  }, [selected]);
  // The focused row is always drawn, so that the focus never falls out of the table.
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
  const goBy = (by: number) => goTo(inBody() ? stepFrom(shown, at, by) : at);
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
    setActive(next.id);
    select(next.id);
  };
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowPx) - 2);
  const copySignature = () => {
    const inDrawer = document.querySelector<HTMLElement>(".drawer [data-copy][aria-label*=signature]");
    const row = shown[at];
    if (inDrawer) inDrawer.click();
    else if (isRow(row) && row.who) copyText(row.who, scroller.current ?? undefined);
  };
  useKeys({
    p: () => setPaused((one) => !one),
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
  const onKeyDown = (event: KeyboardEvent) => {
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move();
  };
  const body = rows.flatMap(({ index, start }, place) => {
    const item = shown[index];
    if (!item) return [];
    const above = start - (rows[place - 1]?.end ?? 0);
    return [
      above > 0 && <Spacer key={`above-${item.id}`} height={above} />,
      isRow(item)
        ? (
          <Row
            key={item.id}
            row={item}
            module={module}
            index={index}
            now={now}
            selected={item.id === selected}
            active={index === at}
            landed={buffer.landed(item.id) ?? item.landed}
            gate={gate}
            onOpen={(id) => {
              setActive(id);
              select(id);
            }}
            onFocus={setActive}
          />
        )
        : <GapRow key={item.id} count={item.gap} />,
    ];
  });
  const below = rows.length > 0 ? shown.length * rowPx - rows.at(-1)!.end : 0;
  return (
    <>
      <section class="panel">
        <TableTools
          module={module}
          waiting={isList ? 0 : buffer.waiting.length}
          paused={paused}
          address={address}
          filter={filter}
          onPause={() => setPaused(!paused)}
          onNew={() => {
            buffer.flush();
            if (scroller.current) scroller.current.scrollTop = 0;
            draw(0);
          }}
        />
        <Notes notes={notes} />
        {isList && <NoAnswer asked={asked} what="These decisions" />}
        <div
          class="tw scroll"
          ref={scroller}
          role="region"
          aria-label="Decisions, scrolls"
          onPointerEnter={() => (hover.current = true)}
          onPointerLeave={() => (hover.current = false)}
        >
          <table class="live" role="grid" aria-rowcount={shown.length + 1}>
            <TableHead module={module} isGate={gate !== ""} />
            <tbody role="rowgroup" onKeyDown={onKeyDown}>
              {body}
              {below > 0 && <Spacer key="below" height={below} />}
            </tbody>
          </table>
          {source === undefined && <Skeleton what="Decisions" lines={6} />}
          {source && shown.length === 0 && <Empty filtered={source.length > 0} gate={gate} />}
        </div>
        <div class="panel-f">
          <span>
            {source === undefined ? "" : `${grouped(shown.length)} rows shown`}
            {isList
              ? `, the newest ${grouped(listed?.length ?? 0)} that are kept at hand, asked for every 5 s`
              : `, ${grouped(buffer.received)} received since the page was opened${
                buffer.left > 0 ? `, ${grouped(buffer.left)} left the buffer` : ""
              }`}
          </span>
        </div>
      </section>
      {selected && <EvidenceDrawer id={selected} onClose={close} onStep={step} />}
    </>
  );
}
