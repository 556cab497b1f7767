/** The parts of the live table's body: row, gap, spacers above and below, and the text when there are no rows. */
import type { ModuleName } from "../core/control/control.ts";
import { State } from "./_icons.tsx";
import type { LiveRow } from "./envelope.ts";
import { age, grouped, short, sol, utc } from "./format.ts";
import { isRow, type Item } from "./live_buffer.ts";
import type { useVirtual } from "./virtual.ts";

const COLUMNS = 9;

/** Space for the rows that are not rendered. */
export const Spacer = ({ height }: { height: number }) => (
  <tr aria-hidden="true" class="spacer">
    <td
      colSpan={COLUMNS}
      ref={(cell) => {
        if (cell) cell.style.height = `${height}px`;
      }}
    >
    </td>
  </tr>
);

/** Missed records, shown where they would be. */
export const GapRow = ({ count }: { count: number }) => (
  <tr class="gapline" role="row">
    <td role="gridcell" colSpan={COLUMNS}>
      <b>{grouped(count)} records not received:</b>{" "}
      this browser was slow. They are in the log and in the decisions of the API.
    </td>
  </tr>
);

/** Shown when there are no rows, once this is known. */
export const Empty = ({ filtered, gate }: { filtered: boolean; gate: string }) => (
  <div class="empty">
    <h3>
      {filtered
        ? "No row matches the filter"
        : gate
        ? `Nothing was refused by ${gate} recently`
        : "No decisions yet"}
    </h3>
    <p class="t2">
      {filtered
        ? "There are rows, but the filter hides them."
        : "The Overview shows how many opportunities were weighed and refused."}
    </p>
  </div>
);

/** The gain in SOL, or in its own mint; a dash if neither is known. */
function Net({ net, other, kind }: LiveRow) {
  if (net !== null) {
    return <data value={String(net)}>{kind.startsWith("open_") ? "≈ " : ""}{sol(net)}</data>;
  }
  if (!other) return <span title="Its gain is not in SOL; its evidence has the amount">–</span>;
  const amount = `${other.amount.startsWith("-") ? "" : "+"}${grouped(other.amount)}`;
  return (
    <span class="other" title={`${amount} base units of ${other.mint}`}>
      – <span class="t3">{amount} of {short(other.mint)}</span>
    </span>
  );
}

/** The result, or every term of the gate that refused it. */
function Outcome({ row, landed, gate }: { row: LiveRow; landed: boolean | undefined; gate: string }) {
  if (row.refused) {
    return (
      <State kind="off" icon="skip">
        <span class="terms">
          {row.refused.map((term, at) => (
            <>
              {at > 0 ? ", " : ""}
              {term === gate ? <b>{term}</b> : term}
            </>
          ))}
        </span>
      </State>
    );
  }
  if (!row.kind.startsWith("open_")) return <State kind="info" icon="ok">Observed</State>;
  if (landed === undefined) return <State kind="paper" icon="paper">Paper, open</State>;
  return landed
    ? <State kind="ok" icon="ok">Landed (paper)</State>
    : <State kind="off" icon="no">Missed (paper)</State>;
}

export interface RowProps {
  row: LiveRow;
  module: ModuleName;
  index: number;
  now: number;
  selected: boolean;
  /** Whether this row is the table's tab stop. */
  active: boolean;
  landed: boolean | undefined;
  /** The gate term whose refusals are listed. */
  gate: string;
  onOpen(id: string): void;
  onFocus(id: string): void;
}

/** One decision. */
export function Row({ row, module, index, now, selected, active, landed, gate, onOpen, onFocus }: RowProps) {
  return (
    <tr
      role="row"
      tabIndex={active ? 0 : -1}
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-id={row.id}
      onClick={() => onOpen(row.id)}
      onFocus={() => onFocus(row.id)}
    >
      <td role="gridcell" class="p2">{grouped(row.slot)}</td>
      <td role="gridcell" class="n t2 a-age" title={utc(row.at)}>
        {now > 0 ? age((now - row.at) / 1000) : ""}
      </td>
      <td role="gridcell" class="a-what">{row.what}</td>
      <td role="gridcell" class="p2">{row.kind.replaceAll("_", " ")}</td>
      {module === "mev" && <td role="gridcell" class="p2">{row.tier || "–"}</td>}
      <td role="gridcell" class="p3 mono" title={row.who}>{row.who ? short(row.who) : "–"}</td>
      <td role="gridcell" class="n p2">{row.pLand === null ? "–" : row.pLand.toFixed(2)}</td>
      <td role="gridcell" class="n b a-ev">
        <Net {...row} />
      </td>
      <td role="gridcell" class="a-out">
        <Outcome row={row} landed={landed} gate={gate} />
      </td>
    </tr>
  );
}

export interface LiveBodyProps extends Pick<RowProps, "module" | "now" | "gate" | "onOpen" | "onFocus"> {
  shown: readonly Item[];
  /** Which rows are rendered, and the height of one. */
  virtual: ReturnType<typeof useVirtual>;
  selected: string | null;
  /** Index of the table's only tab stop. */
  at: number;
  landed(id: string): boolean | undefined;
  onKeyDown(event: KeyboardEvent): void;
}

/** The visible rows, with spacers for the others. */
export function LiveBody(
  { shown, virtual: [rows, rowPx], module, now, gate, selected, at, landed, onOpen, onFocus, onKeyDown }:
    LiveBodyProps,
) {
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
            landed={landed(item.id) ?? item.landed}
            gate={gate}
            onOpen={onOpen}
            onFocus={onFocus}
          />
        )
        : <GapRow key={item.id} count={item.gap} />,
    ];
  });
  const below = rows.length > 0 ? shown.length * rowPx - rows.at(-1)!.end : 0;
  return (
    <tbody role="rowgroup" onKeyDown={onKeyDown}>
      {body}
      {below > 0 && <Spacer key="below" height={below} />}
    </tbody>
  );
}
