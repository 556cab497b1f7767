/** The live table: rows never jump under the reader; what waits is counted in the head, what left the buffer in the foot. */
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { ModuleName } from "../core/control.ts";
import { Icon } from "./_icons.tsx";
import { api } from "./api.ts";
import type { LiveRow } from "./envelope.ts";
import { EvidenceDrawer } from "./EvidenceDrawer.tsx";
import type { Evidence } from "../core/evidence.ts";
import { rowOf } from "./evidence.ts";
import { grouped } from "./format.ts";
import { useClock, useKeys } from "./keys.ts";
import { Empty, GapRow, Row, Spacer } from "./LiveRows.tsx";
import { listen } from "./stream.ts";
import { useVirtual } from "./virtual.ts";

export interface LiveTableProps {
  module: ModuleName;
}

/** Rows kept; older ones leave the buffer. */
const ROWS_MAX = 5_000;
/** At most so often is the table drawn. */
const DRAW_MS = 100;

interface Gap {
  gap: number;
  id: string;
}
type Item = LiveRow | Gap;

interface Buffer {
  /** Newest first. */
  items: Item[];
  /** Newest first, not shown yet. */
  waiting: Item[];
  left: number;
  received: number;
}

export default function LiveTable({ module }: LiveTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const buffer = useRef<Buffer>({ items: [], waiting: [], left: 0, received: 0 });
  const outcomes = useRef(new Map<string, boolean>());
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const [paused, setPaused] = useState(false);
  const [selected, setSelected] = useState<string | null>(null);
  const [query, setQuery] = useState("");
  const [gate, setGate] = useState<string>("");
  const [refused, setRefused] = useState<Evidence[] | null>(null);
  const hover = useRef(false);
  const hold = useRef({ paused, selected });
  hold.current = { paused, selected };

  const held = () => {
    const place = scroller.current;
    return hold.current.paused || hold.current.selected !== null || hover.current ||
      (place?.scrollTop ?? 0) > 0 ||
      (place?.querySelector("tbody")?.contains(document.activeElement) ?? false);
  };
  const flush = () => {
    const { items, waiting } = buffer.current;
    if (waiting.length === 0) return;
    const all = [...waiting, ...items];
    buffer.current.left += Math.max(0, all.length - ROWS_MAX);
    buffer.current.items = all.slice(0, ROWS_MAX);
    buffer.current.waiting = [];
  };

  useEffect(() => {
    const params = new URLSearchParams(location.search);
    setGate(params.get("gate") ?? "");
    setQuery(params.get("q") ?? "");
    // What was decided before the page was opened.
    api<{ decisions: Evidence[] }>("GET", `/api/decisions?limit=100&module=${module}`).then(
      ({ decisions }) => {
        const { items, waiting } = buffer.current;
        const known = new Set([...items, ...waiting].map(({ id }) => id));
        items.push(
          ...decisions.filter((one) => one.gate === "pass" || one.gate === "observed").map(rowOf).filter((
            { id },
          ) => !known.has(id)),
        );
        draw(0);
      },
      () => {},
    );
    let pending = false;
    return listen((message) => {
      const rows = message.rows.filter((row) => row.module === module);
      for (const { id, landed } of message.outcomes) outcomes.current.set(id, landed);
      if (outcomes.current.size > 2 * ROWS_MAX) {
        outcomes.current = new Map([...outcomes.current].slice(-ROWS_MAX));
      }
      buffer.current.received += rows.length;
      const fresh: Item[] = rows.reverse();
      if (message.gap > 0) fresh.push({ gap: message.gap, id: `gap-${message.dropped}` });
      if (fresh.length === 0 && message.outcomes.length === 0) return;
      const waiting = [...fresh, ...buffer.current.waiting];
      buffer.current.left += Math.max(0, waiting.length - ROWS_MAX);
      buffer.current.waiting = waiting.slice(0, ROWS_MAX);
      if (!held()) flush();
      if (!pending) {
        pending = true;
        setTimeout(() => {
          pending = false;
          draw(0);
        }, DRAW_MS);
      }
    });
  }, [module]);

  // A gate's refusals are not on the live stream: they are asked for.
  useEffect(() => {
    if (!gate || gate === "pass") return setRefused(null);
    const look = () =>
      api<{ decisions: Evidence[] }>(
        "GET",
        `/api/decisions?limit=200&module=${module}&gate=${encodeURIComponent(gate)}`,
      ).then(
        ({ decisions }) => setRefused(decisions),
        () => {},
      );
    look();
    const timer = setInterval(() => document.hidden || look(), 5_000);
    return () => clearInterval(timer);
  }, [gate, module]);

  const now = useClock();
  const { items: live, waiting, left, received } = buffer.current;
  const source: Item[] = refused ? refused.map(rowOf) : live;
  const words = query.trim().toLowerCase();
  const shown = words === "" ? source : source.filter((item) =>
    "gap" in item ||
    `${item.what} ${item.kind} ${item.who} ${item.id} ${item.slot}`.toLowerCase().includes(words)
  );
  const [rows, rowPx] = useVirtual(shown.length, scroller);
  const [top, bottom] = [
    rows[0]?.start ?? 0,
    rows.length > 0 ? (shown.length * rowPx) - rows.at(-1)!.end : 0,
  ];

  const open = (id: string) => {
    setSelected(id);
    history.pushState(null, "", withParam("sel", id));
  };
  const close = () => {
    const row = selected;
    setSelected(null);
    history.pushState(null, "", withParam("sel", ""));
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-id="${row}"]`)?.focus());
  };
  useEffect(() => {
    const sel = new URLSearchParams(location.search).get("sel");
    if (sel) setSelected(sel);
  }, []);
  useEffect(() => {
    document.body.classList.toggle("with-drawer", selected !== null);
  }, [selected]);
  const step = (by: number) => {
    const at = shown.findIndex((item) => item.id === selected) + by;
    const next = shown[at];
    if (next && !("gap" in next)) open(next.id);
  };
  useKeys({
    p: () => setPaused((one) => !one),
    "[": () => step(-1),
    "]": () => step(1),
    Escape: () => selected && close(),
  });

  const newWaiting = refused ? 0 : waiting.length;
  return (
    <>
      <section class="panel">
        <div class="panel-h">
          <h2>Decisions</h2>
          <div class="filters end">
            {newWaiting > 0 && (
              <button
                type="button"
                class="pill"
                onClick={() => {
                  flush();
                  if (scroller.current) scroller.current.scrollTop = 0;
                  draw(0);
                }}
              >
                <Icon name="up" />
                {newWaiting > 999 ? "999+" : newWaiting} new
              </button>
            )}
            {gate && (
              <span class="chip">
                gate: {gate}
                <button
                  type="button"
                  class="cpy"
                  aria-label={`Remove filter gate ${gate}`}
                  onClick={() => {
                    setGate("");
                    history.replaceState(null, "", withParam("gate", ""));
                  }}
                >
                  <Icon name="close" />
                </button>
              </span>
            )}
            <input
              class="in q"
              type="search"
              placeholder="Filter"
              aria-label="Filter rows"
              data-search
              value={query}
              onInput={(event) => {
                setQuery(event.currentTarget.value);
                history.replaceState(null, "", withParam("q", event.currentTarget.value));
              }}
            />
            <button type="button" class="btn" aria-pressed={paused} onClick={() => setPaused(!paused)}>
              <Icon name="pause" />
              {paused ? "Paused" : "Pause"}
            </button>
          </div>
        </div>
        <div
          class="tw scroll"
          ref={scroller}
          tabIndex={0}
          role="region"
          aria-label="Decisions, scrolls"
          onPointerEnter={() => (hover.current = true)}
          onPointerLeave={() => (hover.current = false)}
        >
          <table class="live" role="grid" aria-rowcount={shown.length + 1}>
            <caption class="sr">Decisions, newest first</caption>
            <thead role="rowgroup">
              <tr role="row">
                <th role="columnheader" scope="col" class="p2">Slot</th>
                <th role="columnheader" scope="col" class="n">Age</th>
                <th role="columnheader" scope="col">What</th>
                <th role="columnheader" scope="col" class="p2">Kind</th>
                {module === "mev" && <th role="columnheader" scope="col" class="p2">Tier</th>}
                <th role="columnheader" scope="col" class="p3">
                  {module === "mev" ? "Attacker" : "Signature"}
                </th>
                <th role="columnheader" scope="col" class="n p2">p_land</th>
                <th role="columnheader" scope="col" class="n">
                  Net <span class="u">SOL</span>
                </th>
                <th role="columnheader" scope="col">{refused ? "Gate" : "Outcome"}</th>
              </tr>
            </thead>
            <tbody role="rowgroup">
              {top > 0 && <Spacer height={top} />}
              {rows.map(({ index }) => {
                const item = shown[index]!;
                return "gap" in item ? <GapRow key={item.id} count={item.gap} /> : (
                  <Row
                    key={item.id}
                    row={item}
                    module={module}
                    index={index}
                    now={now}
                    selected={item.id === selected}
                    landed={outcomes.current.get(item.id)}
                    gate={refused ? refused[index]?.gate ?? "" : ""}
                    onOpen={open}
                  />
                );
              })}
              {bottom > 0 && <Spacer height={bottom} />}
            </tbody>
          </table>
          {shown.length === 0 && <Empty filtered={source.length > 0} gate={gate} />}
        </div>
        <div class="panel-f">
          <span>
            {grouped(shown.length)} rows shown, {grouped(received)}{" "}
            received since the page was opened{left > 0 ? `, ${grouped(left)} left the buffer` : ""}
          </span>
        </div>
      </section>
      {selected && <EvidenceDrawer id={selected} onClose={close} onStep={step} />}
    </>
  );
}

function withParam(name: string, value: string): string {
  const params = new URLSearchParams(location.search);
  if (value) params.set(name, value);
  else params.delete(name);
  const text = params.toString();
  return `${location.pathname}${text ? `?${text}` : ""}`;
}
