/**
 * The columns of the store's tables, declared once. Their DDL, ClickHouse's own Kafka engine, the order in which the
 * sink writes rows (Rust, after `deno task gen`), and the columns of datasets follow from it.
 */
import { TOPICS } from "../../proto/topics.ts";

/** How the sink writes a column (`wire::store::Layout`), by its type in the store. */
export const LAYOUTS = {
  "DateTime64(3, 'UTC')": "Time",
  "FixedString(16)": "Id",
  String: "Text",
  "LowCardinality(String)": "Text",
  UInt16: "U16",
  UInt64: "U64",
  Float64: "F64",
  Bool: "Bool",
  "Array(Float64)": "Ladder",
} as const;

export type ColumnType = keyof typeof LAYOUTS;

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly codec?: string;
  /** What a reader of a dataset must know besides the type. */
  readonly unit?: string;
  /** Its field in the message, if that has another name. */
  readonly field?: string;
}

export type TableName = Extract<typeof TOPICS[number], { readonly table: string }>["table"];

export interface Table {
  readonly name: TableName;
  /** The payload of the Envelopes that become its rows, and its number in Envelope.Type; none: evidence. */
  readonly payload?: "arb" | "mev" | "outcome" | "metrics";
  readonly columns: readonly Column[];
  readonly order: string;
}

const DELTA = "Delta, ZSTD";
const TEXT = "String";
/** A text column with few different values. */
const WORD = "LowCardinality(String)";

const PLACE: readonly Column[] = [
  { name: "partition", type: "UInt16" },
  { name: "offset", type: "UInt64", codec: DELTA },
];

/** The first columns of every Envelope's row. */
const COMMON: readonly Column[] = [
  { name: "dt", type: "DateTime64(3, 'UTC')", codec: DELTA },
  { name: "decision_id", type: "FixedString(16)" },
  { name: "producer_id", type: WORD },
  { name: "seq", type: "UInt64", codec: DELTA },
  { name: "event_ns", type: "UInt64", codec: DELTA, unit: "Unix nanoseconds" },
  { name: "kind", type: WORD },
  { name: "tier", type: WORD },
  { name: "module", type: WORD },
  ...PLACE,
];

const opportunity = (who: string, what: string): readonly Column[] => [
  { name: "version", type: WORD },
  { name: "slot", type: "UInt64" },
  { name: who, type: TEXT },
  { name: "net_sol", type: "Float64", unit: "SOL" },
  { name: what, type: WORD },
  { name: "p_land_est", type: "Float64", unit: "0..1" },
  { name: "tip_ladder", type: "Array(Float64)" },
  { name: "bundle_id", type: TEXT },
];

/** In the order of their numbers in the sink; the last one is for evidence. */
export const TABLES: readonly Table[] = [
  {
    name: "arb_opportunities",
    payload: "arb",
    columns: [...COMMON, ...opportunity("tx_signature", "classification")],
    order: "(slot, tx_signature)",
  },
  {
    name: "mev_opportunities",
    payload: "mev",
    columns: [...COMMON, ...opportunity("attacker", "type")],
    order: "(slot, attacker)",
  },
  {
    name: "bundle_outcomes_typed",
    payload: "outcome",
    columns: [
      ...COMMON,
      { name: "bundle_id", type: TEXT },
      { name: "landed", type: "Bool" },
      { name: "tip_lamports", type: "UInt64" },
      { name: "path", type: WORD },
      { name: "leader", type: TEXT },
      { name: "simulated", type: "Bool" },
      { name: "reason", type: TEXT },
      { name: "outcome_module", type: WORD, field: "module" },
      { name: "slot", type: "UInt64" },
    ],
    order: "(dt, bundle_id)",
  },
  {
    name: "metrics_typed",
    payload: "metrics",
    columns: [
      ...COMMON,
      { name: "hotpath_p50", type: "Float64" },
      { name: "hotpath_p99", type: "Float64" },
      { name: "send_p99", type: "Float64" },
      { name: "landed_pct", type: "Float64" },
      { name: "pnl_1h", type: "Float64" },
      { name: "metrics_module", type: WORD, field: "module" },
      { name: "instance", type: WORD },
      { name: "paper", type: "Bool" },
    ],
    order: "(metrics_module, dt)",
  },
  {
    name: "decision_evidence",
    columns: [
      { name: "dt", type: "DateTime64(3, 'UTC')", codec: DELTA },
      { name: "decision_id", type: "FixedString(16)" },
      { name: "evidence", type: TEXT, codec: "ZSTD(3)" },
      ...PLACE,
    ],
    order: "(decision_id, dt)",
  },
];

/** A table by its name. */
export const tableNamed = (name: TableName): Table => TABLES.find((table) => table.name === name)!;

/** Only the columns of a payload. */
export const payloadColumns = ({ columns }: Table): readonly Column[] => columns.slice(COMMON.length);

/** The part of `CREATE TABLE` between the brackets; the store itself adds the time at which it stored a row. */
export function columnsSql({ columns }: Table): string {
  const all = columns.map(({ name, type, codec }) => `${name} ${type}${codec ? ` CODEC(${codec})` : ""}`);
  const stored = "stored_at DateTime DEFAULT now()";
  const at = columns.findIndex(({ name }) => name === "offset") + 1;
  return `\n  ${all.toSpliced(at, 0, stored).join(",\n  ")}\n`;
}

/** What a dataset takes from a table: its columns, in order, and how its rows are sorted. */
export const DATASETS = {
  arb: {
    table: "arb_opportunities",
    order: "slot, tx_signature, producer_id, seq",
    columns: ["slot", "tx_signature", "net_sol", "classification", "p_land_est", "tip_ladder", "bundle_id"],
    more: ["kind"],
  },
  mev: {
    table: "mev_opportunities",
    order: "slot, attacker, producer_id, seq",
    columns: ["slot", "attacker", "net_sol", "type", "p_land_est", "tip_ladder", "bundle_id"],
    more: ["kind", "tier"],
  },
} as const;

export type DatasetType = keyof typeof DATASETS;

/** Names of a dataset's columns, in their order. */
export function datasetColumns(type: DatasetType): string[] {
  const { columns, more } = DATASETS[type];
  return ["dt", ...columns, ...more, "decision_id", "producer_id", "seq", "event_ns"];
}

/** Type and unit of each column of a dataset, for people. */
export function datasetSchema(type: DatasetType): Record<string, string> {
  const { columns } = tableNamed(DATASETS[type].table);
  return Object.fromEntries(
    datasetColumns(type).map((name) => {
      const { type, unit } = columns.find((column) => column.name === name)!;
      const plain = type === "FixedString(16)"
        ? "String (32 hex digits)"
        : type.replace(WORD, TEXT).replace(", 'UTC'", "");
      return [name, unit ? `${plain} (${unit})` : plain];
    }),
  );
}
