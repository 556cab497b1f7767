/** The parts of the live table's body: a row, a gap, what is above and below them, and what is said when there is none. */
import type { ModuleName } from "../core/control.ts";
import { State } from "./_icons.tsx";
import type { LiveRow } from "./envelope.ts";
import { age, grouped, short, sol, utc } from "./format.ts";

/** Room for the rows that are not drawn. */
export const Spacer = ({ height }: { height: number }) => (
  <tr aria-hidden="true">
    <td
      colSpan={9}
      ref={(cell) => {
        if (cell) cell.style.height = `${height}px`;
      }}
    >
    </td>
  </tr>
);

/** Records that did not come, at their place. */
export const GapRow = ({ count }: { count: number }) => (
  <tr class="gapline" role="row">
    <td role="gridcell" colSpan={9}>
      <b>{grouped(count)} records not received:</b>{" "}
      this browser was slow. They are in the log and in the decisions of the API.
    </td>
  </tr>
);

/** What is said when no row is shown. */
export const Empty = ({ filtered, gate }: { filtered: boolean; gate: string }) => (
  <div class="empty">
    <h3>
      {filtered
        ? "No row matches the filter"
        : gate
        ? `Nothing was refused by ${gate} lately`
        : "No decisions yet"}
    </h3>
    <p class="t2">
      {filtered ? "Rows are there, but hidden." : "What is weighed and refused is counted on the Overview."}
    </p>
  </div>
);

interface RowProps {
  row: LiveRow;
  module: ModuleName;
  index: number;
  now: number;
  selected: boolean;
  landed: boolean | undefined;
  gate: string;
  onOpen(id: string): void;
}

/** One decision. */
export function Row({ row, module, index, now, selected, landed, gate, onOpen }: RowProps) {
  const key = (event: KeyboardEvent) => {
    const target = event.currentTarget as HTMLElement;
    const other = event.key === "ArrowDown" || event.key === "j"
      ? target.nextElementSibling
      : event.key === "ArrowUp" || event.key === "k"
      ? target.previousElementSibling
      : null;
    if (other instanceof HTMLElement) {
      other.focus();
      event.preventDefault();
    }
    if (event.key === "Enter") onOpen(row.id);
  };
  const open = row.kind.startsWith("open_");
  return (
    <tr
      role="row"
      tabIndex={0}
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-id={row.id}
      onClick={() => onOpen(row.id)}
      onKeyDown={key}
    >
      <td role="gridcell" class="p2">{grouped(row.slot)}</td>
      <td role="gridcell" class="n t2 a-age" title={utc(row.at)}>
        {now > 0 ? age((now - row.at) / 1000) : ""}
      </td>
      <td role="gridcell" class="a-what">{row.what}</td>
      <td role="gridcell" class="p2">{row.kind.replaceAll("_", " ")}</td>
      {module === "mev" && <td role="gridcell" class="p2">{row.tier || "–"}</td>}
      <td role="gridcell" class="p3 mono" title={row.who}>{row.who ? short(row.who) : "–"}</td>
      <td role="gridcell" class="n p2">{row.pLand.toFixed(2)}</td>
      <td role="gridcell" class="n b a-ev">
        <data value={String(row.net)}>{open ? "≈ " : ""}{sol(row.net)}</data>
      </td>
      <td role="gridcell" class="a-out">
        {gate
          ? <State kind="off" icon="skip">{gate}</State>
          : !open
          ? <State kind="info" icon="ok">Observed</State>
          : landed === undefined
          ? <State kind="paper" icon="paper">Paper, open</State>
          : landed
          ? <State kind="ok" icon="ok">Landed (paper)</State>
          : <State kind="off" icon="no">Missed (paper)</State>}
      </td>
    </tr>
  );
}
