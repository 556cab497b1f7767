/** The head of the live table: what is shown, how many rows wait, the filters. */
import { useRef } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import { Icon } from "./_icons.tsx";
import type { TableAddress } from "./address.ts";
import { useKeys } from "./keys.ts";

export interface TableToolsProps {
  module: ModuleName;
  /** Rows that are not shown yet. */
  waiting: number;
  paused: boolean;
  address: TableAddress;
  filter(name: string, value: string): void;
  onPause(): void;
  onNew(): void;
}

const Chip = ({ text, onRemove }: { text: string; onRemove(): void }) => (
  <span class="chip">
    {text}
    <button type="button" class="cpy" aria-label={`Remove filter ${text}`} onClick={onRemove}>
      <Icon name="close" />
    </button>
  </span>
);

/** Pill, filters, pause. */
export function TableTools({ module, waiting, paused, address, filter, onPause, onNew }: TableToolsProps) {
  const search = useRef<HTMLInputElement>(null);
  // In the next frame, so that the key is not typed into the field.
  useKeys({ "/": () => requestAnimationFrame(() => search.current?.focus()) });
  const { gate, tiers, query } = address;
  return (
    <div class="panel-h">
      <h2>{gate ? "Refused decisions" : tiers.length > 0 ? "Evidence, not published" : "Decisions"}</h2>
      <div class="filters end">
        {waiting > 0 && (
          <button type="button" class="pill" onClick={onNew}>
            <Icon name="up" />
            {waiting > 999 ? "999+" : waiting} new
          </button>
        )}
        {gate && <Chip text={`gate: ${gate}`} onRemove={() => filter("gate", "")} />}
        {module === "mev" && !gate && (
          <select
            class="in"
            aria-label="What is shown"
            value={tiers.join(",")}
            onChange={(event) => filter("tier", event.currentTarget.value)}
          >
            <option value="">Published: tier A and open</option>
            <option value="B,C">Evidence only: tiers B and C</option>
            {tiers.length === 1 && <option value={tiers[0]}>{`Evidence only: tier ${tiers[0]}`}</option>}
          </select>
        )}
        <input
          ref={search}
          class="in q"
          type="search"
          placeholder="Filter"
          aria-label="Filter rows"
          aria-keyshortcuts="/"
          data-search
          value={query}
          onInput={(event) => filter("q", event.currentTarget.value)}
        />
        <button type="button" class="btn" aria-pressed={paused} aria-keyshortcuts="p" onClick={onPause}>
          <Icon name="pause" />
          {paused ? "Paused" : "Pause"}
        </button>
      </div>
    </div>
  );
}

/** The columns of a module's table. */
export const TableHead = ({ module, isGate }: { module: ModuleName; isGate: boolean }) => (
  <>
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
        <th role="columnheader" scope="col">{isGate ? "Refused by" : "Outcome"}</th>
      </tr>
    </thead>
  </>
);
